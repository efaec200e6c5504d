-- Of what others own and this service keeps a copy of: which shape of the copy
-- they were last asked to tell.
CREATE TABLE asked_copies (
    things  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
);

-- What of its own this service tells again, in the order of ids, and how far it is.
CREATE TABLE tellings (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    things      TEXT COLLATE "C" NOT NULL,
    position    TEXT COLLATE "C" NOT NULL, -- last id that was told
    attempts    BIGINT    NOT NULL,
    lease_owner TEXT COLLATE "C" NOT NULL,
    not_before  TIMESTAMPTZ NOT NULL
);
