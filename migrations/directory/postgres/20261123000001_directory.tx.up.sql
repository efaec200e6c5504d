-- Units, people, what they were granted, and their sessions.

CREATE TABLE units (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    parent_id  TEXT COLLATE "C" NOT NULL, -- empty for a root
    path       TEXT COLLATE "C" NOT NULL, -- ids from the root, each followed by "/"
    code       TEXT COLLATE "C" NOT NULL UNIQUE,
    level      TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL,
    sector     TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    initials   TEXT COLLATE "C" NOT NULL, -- of the pinyin of name, lower case
    classes    BIGINT NOT NULL,
    staff      BIGINT NOT NULL,
    residents  BIGINT NOT NULL,
    contact_id TEXT COLLATE "C" NOT NULL, -- responsible person, empty when there is none
    phone      TEXT COLLATE "C" NOT NULL,
    active     BOOLEAN   NOT NULL,
    version    BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX units_path ON units (path);
CREATE INDEX units_parent ON units (parent_id, code);
CREATE INDEX units_initials ON units (initials, code);

-- Where words of names begin: up to four characters from each position, so
-- that a part of a name is found without reading every name.
CREATE TABLE unit_terms (
    term TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL, -- of the unit
    PRIMARY KEY (term, code)
);

CREATE TABLE people (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    account       TEXT COLLATE "C" NOT NULL, -- as it is shown
    account_key   TEXT COLLATE "C" NOT NULL UNIQUE, -- lower case
    name          TEXT COLLATE "C" NOT NULL,
    initials      TEXT COLLATE "C" NOT NULL,
    unit_id       TEXT COLLATE "C" NOT NULL,
    unit_path     TEXT COLLATE "C" NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    phone         TEXT COLLATE "C" NOT NULL,
    disabled      BOOLEAN   NOT NULL,
    must_change   BOOLEAN   NOT NULL, -- the password is an initial one
    password_hash TEXT COLLATE "C" NOT NULL,
    failures      BIGINT NOT NULL, -- wrong passwords in a row
    failed_at     TIMESTAMPTZ,
    locked_until  TIMESTAMPTZ,
    version       BIGINT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX people_unit ON people (unit_id, account_key);
CREATE INDEX people_path ON people (unit_path, account_key);

CREATE TABLE grants (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id  TEXT COLLATE "C" NOT NULL,
    role       TEXT COLLATE "C" NOT NULL,
    unit_id    TEXT COLLATE "C" NOT NULL,
    unit_path  TEXT COLLATE "C" NOT NULL,
    level      TEXT COLLATE "C" NOT NULL, -- of the unit
    given_by   TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    UNIQUE (person_id, role, unit_id)
);
CREATE INDEX grants_unit ON grants (unit_id, id);
CREATE INDEX grants_role ON grants (role, id);
CREATE INDEX grants_path ON grants (unit_path);

CREATE TABLE sessions (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    token_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    person_id  TEXT COLLATE "C" NOT NULL,
    address    TEXT COLLATE "C" NOT NULL,
    user_agent TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id, id);
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- One row. Who changes the shape of the tree, or imports, locks it first.
CREATE TABLE directory_state (
    id           BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL, -- grows with everything the check of an import depends on
    import_id    TEXT COLLATE "C" NOT NULL, -- the import that is being taken in, empty when there is none
    setup_hash   TEXT COLLATE "C" NOT NULL  -- SHA-256 of the setup token, empty when there is none
);
INSERT INTO directory_state (id, version, import_id, setup_hash) VALUES (1, 1, '', '');

CREATE TABLE imports (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind       TEXT COLLATE "C" NOT NULL, -- units, people, grants
    person_id  TEXT COLLATE "C" NOT NULL, -- who sent it
    name       TEXT COLLATE "C" NOT NULL, -- of that person
    state      TEXT COLLATE "C" NOT NULL, -- staging, applying, done, failed
    line_count BIGINT NOT NULL,
    created    BIGINT NOT NULL,
    updated    BIGINT NOT NULL,
    unchanged  BIGINT NOT NULL,
    chunks     BIGINT NOT NULL,
    applied    BIGINT NOT NULL, -- chunks that took effect
    reason     TEXT COLLATE "C" NOT NULL, -- why it failed
    created_at TIMESTAMPTZ NOT NULL,
    touched_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX imports_open ON imports (state, id);

-- Checked lines of an import that wait to take effect.
CREATE TABLE import_chunks (
    import_id TEXT COLLATE "C" NOT NULL,
    number    BIGINT NOT NULL,
    payload   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, number)
);
