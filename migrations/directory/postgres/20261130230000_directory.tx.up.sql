-- Units, people, what they were granted, and their sessions.

CREATE TABLE units (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    parent_id    TEXT COLLATE "C" NOT NULL, -- empty for a root
    path         TEXT COLLATE "C" NOT NULL, -- ids from the root, each followed by "/"
    code         TEXT COLLATE "C" NOT NULL UNIQUE,
    level        TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    sector       TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    initials     TEXT COLLATE "C" NOT NULL, -- of the pinyin of name, lower case
    classes      BIGINT NOT NULL,
    staff        BIGINT NOT NULL,
    residents    BIGINT NOT NULL,
    contact_id   TEXT COLLATE "C" NOT NULL, -- responsible person, empty when there is none
    phone        TEXT COLLATE "C" NOT NULL,
    active       BOOLEAN NOT NULL,
    version      BIGINT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    -- Where a unit is, in degrees; both 0 is unknown.
    longitude    DOUBLE PRECISION NOT NULL,
    latitude     DOUBLE PRECISION NOT NULL,
    -- The unit that a deactivated one was merged into.
    successor_id TEXT COLLATE "C" NOT NULL,
    -- What searches compare, made by the program when a row is stored: folded
    -- names and codes, and the spellings of names, each behind a line end. folded
    -- is the rule they were made by; rows of an earlier one are made anew at start.
    name_fold    TEXT COLLATE "C" NOT NULL,
    code_fold    TEXT COLLATE "C" NOT NULL,
    spellings    TEXT COLLATE "C" NOT NULL,
    folded       BIGINT NOT NULL,
    -- Whether other units have the same name.
    shares_name  BOOLEAN NOT NULL
);
CREATE INDEX units_path ON units (path);
CREATE INDEX units_parent ON units (parent_id, code);
CREATE INDEX units_initials ON units (initials, code);
-- Codes that differ in case only are one; imports look for them by this.
CREATE INDEX units_code_folded ON units (lower(code));
CREATE INDEX units_code_fold ON units (code_fold, code);
CREATE INDEX units_name ON units (name, shares_name);

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
    disabled      BOOLEAN NOT NULL,
    must_change   BOOLEAN NOT NULL, -- the password is an initial one
    password_hash TEXT COLLATE "C" NOT NULL,
    failures      BIGINT NOT NULL, -- wrong passwords in a row
    failed_at     TIMESTAMPTZ,
    locked_until  TIMESTAMPTZ,
    version       BIGINT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    updated_at    TIMESTAMPTZ NOT NULL,
    name_fold     TEXT COLLATE "C" NOT NULL,
    spellings     TEXT COLLATE "C" NOT NULL,
    folded        BIGINT NOT NULL,
    -- Until when the account takes no password from where it was never used.
    shut_until    TIMESTAMPTZ
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
    id         BIGINT NOT NULL PRIMARY KEY,
    version    BIGINT NOT NULL, -- grows with everything the check of an import depends on
    import_id  TEXT COLLATE "C" NOT NULL, -- the import that is being taken in, empty when there is none
    setup_hash TEXT COLLATE "C" NOT NULL, -- SHA-256 of the setup token, empty when there is none
    -- The rule by which every row is folded.
    folded     BIGINT NOT NULL
);
INSERT INTO directory_state (id, version, import_id, setup_hash, folded) VALUES (1, 1, '', '', 0);

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
    touched_at TIMESTAMPTZ NOT NULL,
    -- The process that stores an import, so that what a killed one has left can be
    -- told from what another one is still at.
    owner      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX imports_open ON imports (state, id);

-- Checked lines of an import that wait to take effect.
CREATE TABLE import_chunks (
    import_id TEXT COLLATE "C" NOT NULL,
    number    BIGINT NOT NULL,
    payload   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- Where words of folded names begin: up to four characters from each position,
-- so that a part of a name is found without reading every name; and behind a
-- line end the beginnings of the spellings.
CREATE TABLE unit_words (
    word TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL, -- of the unit
    PRIMARY KEY (word, code)
);

-- Accounts seen from addresses: wrong passwords lock them there first.
CREATE TABLE person_places (
    person_id    TEXT COLLATE "C" NOT NULL,
    network      TEXT COLLATE "C" NOT NULL, -- an address of IPv4, or 64 bits of one of IPv6
    used_at      TIMESTAMPTZ, -- signed in from there last; null for never
    failures     BIGINT NOT NULL,
    failed_at    TIMESTAMPTZ,
    locked_until TIMESTAMPTZ,
    PRIMARY KEY (person_id, network)
);
