-- Double random draws, with everything that is needed to draw again.
CREATE TABLE draws (
    id           TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT NOT NULL,
    title        TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    seed         TEXT NOT NULL,
    unit_id      TEXT NOT NULL, -- the units drawn from are below it
    unit_path    TEXT NOT NULL,
    office_id    TEXT NOT NULL,
    wanted       INTEGER NOT NULL,
    per_unit     INTEGER NOT NULL, -- inspectors
    weighted     BOOLEAN NOT NULL,
    units        TEXT NOT NULL, -- JSON, in the order in which they were drawn from
    inspectors   TEXT NOT NULL, -- JSON, the same
    picks        TEXT NOT NULL, -- JSON
    state        TEXT NOT NULL, -- drawn, planned
    created_by   TEXT NOT NULL,
    author       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    version      INTEGER NOT NULL
);
CREATE INDEX draws_path ON draws (unit_path, id);
