-- What is done with a file after its receipt, and the queue of it.
CREATE TABLE examinations (
    file_id     TEXT      NOT NULL PRIMARY KEY,
    state       TEXT      NOT NULL, -- waiting, done, failed
    attempts    INTEGER   NOT NULL,
    not_before  TIMESTAMP NOT NULL, -- when it may be tried
    verdict     TEXT      NOT NULL, -- damaged, costly, no_preview; empty for nothing wrong
    width       INTEGER   NOT NULL, -- of a picture, in pixels
    height      INTEGER   NOT NULL,
    examined_at TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX examinations_due ON examinations (not_before, file_id) WHERE state = 'waiting';
INSERT INTO examinations (file_id, state, attempts, not_before, verdict, width, height)
    SELECT id, 'waiting', 0, received_at, '', 0, 0 FROM files WHERE state = 'received';
CREATE INDEX files_bytes ON files (sha256, id) WHERE sha256 <> '';

-- When and where pictures say they were taken: apart from files, because few may see it.
CREATE TABLE captures (
    file_id   TEXT NOT NULL PRIMARY KEY,
    taken_at  TIMESTAMP,
    latitude  REAL, -- degrees
    longitude REAL
) WITHOUT ROWID;

-- What pictures are compared by.
CREATE TABLE pictures (
    file_id   TEXT NOT NULL PRIMARY KEY,
    signature BLOB NOT NULL -- 64 x 64 gray
);

-- What pictures are found by: codes of the whole, and of windows, which are
-- what is left when edges are cut off. The search looks codes up, so that its
-- cost does not grow with the pictures.
CREATE TABLE picture_codes (
    whole   BOOLEAN NOT NULL,
    code    INTEGER NOT NULL,
    file_id TEXT    NOT NULL,
    PRIMARY KEY (whole, code, file_id)
) WITHOUT ROWID;
CREATE INDEX picture_codes_file ON picture_codes (file_id);

-- Pairs of files that are or look the same, for a human to judge.
CREATE TABLE matches (
    id           TEXT      NOT NULL PRIMARY KEY,
    file_id      TEXT      NOT NULL, -- the later one
    other_id     TEXT      NOT NULL, -- the earlier one
    unit_id      TEXT      NOT NULL, -- of the later one
    unit_path    TEXT      NOT NULL,
    how          TEXT      NOT NULL, -- identical, alike, cropped, mirrored
    score        REAL      NOT NULL, -- from 0 to 1
    state        TEXT      NOT NULL, -- found, confirmed, dismissed, shared
    reason       TEXT      NOT NULL,
    decided_by   TEXT      NOT NULL, -- person
    decided_name TEXT      NOT NULL,
    decided_at   TIMESTAMP,
    found_at     TIMESTAMP NOT NULL,
    version      INTEGER   NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX matches_pair ON matches (file_id, other_id);
CREATE INDEX matches_path ON matches (unit_path, id);

-- Material that several may use.
CREATE TABLE shared_files (
    file_id     TEXT      NOT NULL PRIMARY KEY,
    match_id    TEXT      NOT NULL, -- where it was marked
    reason      TEXT      NOT NULL,
    marked_by   TEXT      NOT NULL, -- person
    marked_name TEXT      NOT NULL,
    marked_at   TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE INDEX shared_files_match ON shared_files (match_id);

-- Since when work on a campaign can have been done.
CREATE TABLE campaign_begins (
    campaign_id TEXT      NOT NULL PRIMARY KEY,
    begun_at    TIMESTAMP NOT NULL
) WITHOUT ROWID;
