-- What is done with a file after its receipt, and the queue of it.
CREATE TABLE examinations (
    file_id     TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    state       TEXT COLLATE "C"      NOT NULL, -- waiting, done, failed
    attempts    BIGINT   NOT NULL,
    not_before  TIMESTAMPTZ NOT NULL, -- when it may be tried
    verdict     TEXT COLLATE "C"      NOT NULL, -- damaged, costly, no_preview; empty for nothing wrong
    width       BIGINT   NOT NULL, -- of a picture, in pixels
    height      BIGINT   NOT NULL,
    examined_at TIMESTAMPTZ
);
CREATE INDEX examinations_due ON examinations (not_before, file_id) WHERE state = 'waiting';
INSERT INTO examinations (file_id, state, attempts, not_before, verdict, width, height)
    SELECT id, 'waiting', 0, received_at, '', 0, 0 FROM files WHERE state = 'received';
CREATE INDEX files_bytes ON files (sha256, id) WHERE sha256 <> '';

-- When and where pictures say they were taken: apart from files, because few may see it.
CREATE TABLE captures (
    file_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    taken_at  TIMESTAMPTZ,
    latitude  DOUBLE PRECISION, -- degrees
    longitude DOUBLE PRECISION
);

-- What pictures are compared by.
CREATE TABLE pictures (
    file_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    signature BYTEA NOT NULL -- 64 x 64 gray
);

-- What pictures are found by: codes of the whole, and of windows, which are
-- what is left when edges are cut off. The search looks codes up, so that its
-- cost does not grow with the pictures.
CREATE TABLE picture_codes (
    whole   BOOLEAN NOT NULL,
    code    INTEGER NOT NULL,
    file_id TEXT COLLATE "C"    NOT NULL,
    PRIMARY KEY (whole, code, file_id)
);
CREATE INDEX picture_codes_file ON picture_codes (file_id);

-- Pairs of files that are or look the same, for a human to judge.
CREATE TABLE matches (
    id           TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    file_id      TEXT COLLATE "C"      NOT NULL, -- the later one
    other_id     TEXT COLLATE "C"      NOT NULL, -- the earlier one
    unit_id      TEXT COLLATE "C"      NOT NULL, -- of the later one
    unit_path    TEXT COLLATE "C"      NOT NULL,
    how          TEXT COLLATE "C"      NOT NULL, -- identical, alike, cropped, mirrored
    score        DOUBLE PRECISION NOT NULL, -- from 0 to 1
    state        TEXT COLLATE "C"      NOT NULL, -- found, confirmed, dismissed, shared
    reason       TEXT COLLATE "C"      NOT NULL,
    decided_by   TEXT COLLATE "C"      NOT NULL, -- person
    decided_name TEXT COLLATE "C"      NOT NULL,
    decided_at   TIMESTAMPTZ,
    found_at     TIMESTAMPTZ NOT NULL,
    version      BIGINT   NOT NULL
);
CREATE UNIQUE INDEX matches_pair ON matches (file_id, other_id);
CREATE INDEX matches_path ON matches (unit_path, id);

-- Material that several may use.
CREATE TABLE shared_files (
    file_id     TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    match_id    TEXT COLLATE "C"      NOT NULL, -- where it was marked
    reason      TEXT COLLATE "C"      NOT NULL,
    marked_by   TEXT COLLATE "C"      NOT NULL, -- person
    marked_name TEXT COLLATE "C"      NOT NULL,
    marked_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX shared_files_match ON shared_files (match_id);

-- Since when work on a campaign can have been done.
CREATE TABLE campaign_begins (
    campaign_id TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    begun_at    TIMESTAMPTZ NOT NULL
);
