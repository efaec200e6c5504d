-- What documents are compared by: the least hashes of the shingles of their text.
CREATE TABLE wordings (
    file_id TEXT NOT NULL PRIMARY KEY,
    hashes  BLOB NOT NULL -- 128 of 32 bits
);

-- What documents are found by: a hash of every four of those hashes.
CREATE TABLE wording_bands (
    band    INTEGER NOT NULL,
    file_id TEXT   NOT NULL,
    PRIMARY KEY (band, file_id)
) WITHOUT ROWID;
CREATE INDEX wording_bands_file ON wording_bands (file_id);

-- The documents that are there already are read, too.
UPDATE examinations SET state = 'waiting', attempts = 0
    WHERE file_id IN (SELECT id FROM files WHERE type IN ('application/pdf', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'));
