-- Units, people, what they were granted, and their sessions.

CREATE TABLE units (
    id           TEXT NOT NULL PRIMARY KEY,
    parent_id    TEXT NOT NULL, -- empty for a root
    path         TEXT NOT NULL, -- ids from the root, each followed by "/"
    code         TEXT NOT NULL UNIQUE,
    level        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    sector       TEXT NOT NULL,
    name         TEXT NOT NULL,
    initials     TEXT NOT NULL, -- of the pinyin of name, lower case
    classes      INTEGER NOT NULL,
    staff        INTEGER NOT NULL,
    residents    INTEGER NOT NULL,
    contact_id   TEXT NOT NULL, -- responsible person, empty when there is none
    phone        TEXT NOT NULL,
    active       BOOLEAN NOT NULL,
    version      INTEGER NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    -- Where a unit is, in degrees; both 0 is unknown.
    longitude    REAL NOT NULL,
    latitude     REAL NOT NULL,
    -- The unit that a deactivated one was merged into.
    successor_id TEXT NOT NULL,
    -- What searches compare, made by the program when a row is stored: folded
    -- names and codes, and the spellings of names, each behind a line end. folded
    -- is the rule they were made by; rows of an earlier one are made anew at start.
    name_fold    TEXT NOT NULL,
    code_fold    TEXT NOT NULL,
    spellings    TEXT NOT NULL,
    folded       INTEGER NOT NULL,
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
    id            TEXT NOT NULL PRIMARY KEY,
    account       TEXT NOT NULL, -- as it is shown
    account_key   TEXT NOT NULL UNIQUE, -- lower case
    name          TEXT NOT NULL,
    initials      TEXT NOT NULL,
    unit_id       TEXT NOT NULL,
    unit_path     TEXT NOT NULL,
    title         TEXT NOT NULL,
    phone         TEXT NOT NULL,
    disabled      BOOLEAN NOT NULL,
    must_change   BOOLEAN NOT NULL, -- the password is an initial one
    password_hash TEXT NOT NULL,
    failures      INTEGER NOT NULL, -- wrong passwords in a row
    failed_at     TIMESTAMP,
    locked_until  TIMESTAMP,
    version       INTEGER NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    updated_at    TIMESTAMP NOT NULL,
    name_fold     TEXT NOT NULL,
    spellings     TEXT NOT NULL,
    folded        INTEGER NOT NULL,
    -- Until when the account takes no password from where it was never used.
    shut_until    TIMESTAMP
);
CREATE INDEX people_unit ON people (unit_id, account_key);
CREATE INDEX people_path ON people (unit_path, account_key);

CREATE TABLE grants (
    id         TEXT NOT NULL PRIMARY KEY,
    person_id  TEXT NOT NULL,
    role       TEXT NOT NULL,
    unit_id    TEXT NOT NULL,
    unit_path  TEXT NOT NULL,
    level      TEXT NOT NULL, -- of the unit
    given_by   TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    UNIQUE (person_id, role, unit_id)
);
CREATE INDEX grants_unit ON grants (unit_id, id);
CREATE INDEX grants_role ON grants (role, id);
CREATE INDEX grants_path ON grants (unit_path);

CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    person_id  TEXT NOT NULL,
    address    TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    seen_at    TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_person ON sessions (person_id, id);
CREATE INDEX sessions_seen ON sessions (seen_at);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- One row. Who changes the shape of the tree, or imports, locks it first.
CREATE TABLE directory_state (
    id         INTEGER NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL, -- grows with everything the check of an import depends on
    import_id  TEXT NOT NULL, -- the import that is being taken in, empty when there is none
    setup_hash TEXT NOT NULL, -- SHA-256 of the setup token, empty when there is none
    -- The rule by which every row is folded.
    folded     INTEGER NOT NULL
);
INSERT INTO directory_state (id, version, import_id, setup_hash, folded) VALUES (1, 1, '', '', 0);

CREATE TABLE imports (
    id         TEXT NOT NULL PRIMARY KEY,
    kind       TEXT NOT NULL, -- units, people, grants
    person_id  TEXT NOT NULL, -- who sent it
    name       TEXT NOT NULL, -- of that person
    state      TEXT NOT NULL, -- staging, applying, done, failed
    line_count INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    chunks     INTEGER NOT NULL,
    applied    INTEGER NOT NULL, -- chunks that took effect
    reason     TEXT NOT NULL, -- why it failed
    created_at TIMESTAMP NOT NULL,
    touched_at TIMESTAMP NOT NULL,
    -- The process that stores an import, so that what a killed one has left can be
    -- told from what another one is still at.
    owner      TEXT NOT NULL
);
CREATE INDEX imports_open ON imports (state, id);

-- Checked lines of an import that wait to take effect.
CREATE TABLE import_chunks (
    import_id TEXT NOT NULL,
    number    INTEGER NOT NULL,
    payload   TEXT NOT NULL,
    PRIMARY KEY (import_id, number)
);

-- Where words of folded names begin: up to four characters from each position,
-- so that a part of a name is found without reading every name; and behind a
-- line end the beginnings of the spellings.
CREATE TABLE unit_words (
    word TEXT NOT NULL,
    code TEXT NOT NULL, -- of the unit
    PRIMARY KEY (word, code)
) WITHOUT ROWID;

-- Accounts seen from addresses: wrong passwords lock them there first.
CREATE TABLE person_places (
    person_id    TEXT NOT NULL,
    network      TEXT NOT NULL, -- an address of IPv4, or 64 bits of one of IPv6
    used_at      TIMESTAMP, -- signed in from there last; null for never
    failures     INTEGER NOT NULL,
    failed_at    TIMESTAMP,
    locked_until TIMESTAMP,
    PRIMARY KEY (person_id, network)
);
