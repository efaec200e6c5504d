-- Of what others own and this service keeps a copy of: which shape of the copy
-- they were last asked to tell.
CREATE TABLE asked_copies (
    things  TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) WITHOUT ROWID;

-- What of its own this service tells again, in the order of ids, and how far it is.
CREATE TABLE tellings (
    id          TEXT      NOT NULL PRIMARY KEY,
    things      TEXT      NOT NULL,
    position    TEXT      NOT NULL, -- last id that was told
    attempts    INTEGER   NOT NULL,
    lease_owner TEXT      NOT NULL,
    not_before  TIMESTAMP NOT NULL
) WITHOUT ROWID;
