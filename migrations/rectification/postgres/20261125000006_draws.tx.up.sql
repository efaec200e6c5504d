-- Double random draws, with everything that is needed to draw again.
CREATE TABLE draws (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT COLLATE "C" NOT NULL,
    title        TEXT COLLATE "C" NOT NULL,
    algorithm    TEXT COLLATE "C" NOT NULL,
    seed         TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL, -- the units drawn from are below it
    unit_path    TEXT COLLATE "C" NOT NULL,
    office_id    TEXT COLLATE "C" NOT NULL,
    wanted       BIGINT NOT NULL,
    per_unit     BIGINT NOT NULL, -- inspectors
    weighted     BOOLEAN NOT NULL,
    units        TEXT COLLATE "C" NOT NULL, -- JSON, in the order in which they were drawn from
    inspectors   TEXT COLLATE "C" NOT NULL, -- JSON, the same
    picks        TEXT COLLATE "C" NOT NULL, -- JSON
    state        TEXT COLLATE "C" NOT NULL, -- drawn, planned
    created_by   TEXT COLLATE "C" NOT NULL,
    author       TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX draws_path ON draws (unit_path, id);
