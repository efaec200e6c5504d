-- The inbox of every person.

-- A copy of the people, fed by the directory.
CREATE TABLE persons (
    id       TEXT    NOT NULL PRIMARY KEY,
    name     TEXT    NOT NULL,
    unit_id  TEXT    NOT NULL,
    disabled BOOLEAN NOT NULL,
    version  INTEGER NOT NULL
) WITHOUT ROWID;

-- A copy of the grants. A withdrawn one stays, so that an older event cannot
-- bring it back.
CREATE TABLE person_grants (
    id        TEXT    NOT NULL PRIMARY KEY,
    person_id TEXT    NOT NULL,
    role      TEXT    NOT NULL,
    unit_id   TEXT    NOT NULL,
    withdrawn BOOLEAN NOT NULL,
    version   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX person_grants_unit ON person_grants (unit_id, role, person_id);
CREATE INDEX person_grants_person ON person_grants (person_id);
CREATE INDEX person_grants_role ON person_grants (role, person_id);

-- One row a person: the number of the newest notice and how many are unread.
CREATE TABLE inboxes (
    person_id TEXT    NOT NULL PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    unread    INTEGER NOT NULL
) WITHOUT ROWID;

-- One row a person and event. seq counts within a person, in the order of commit.
CREATE TABLE notices (
    person_id    TEXT      NOT NULL,
    seq          INTEGER   NOT NULL,
    event_id     TEXT      NOT NULL,
    kind         TEXT      NOT NULL,
    subject_type TEXT      NOT NULL,
    subject_id   TEXT      NOT NULL,
    unit_id      TEXT      NOT NULL,
    params       TEXT      NOT NULL,
    actor_id     TEXT      NOT NULL,
    actor_name   TEXT      NOT NULL,
    at           TIMESTAMP NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    read_at      TIMESTAMP,
    PRIMARY KEY (person_id, seq),
    UNIQUE (person_id, event_id)
) WITHOUT ROWID;
CREATE INDEX notices_unread ON notices (person_id, seq) WHERE read_at IS NULL;
CREATE INDEX notices_old ON notices (created_at) WHERE read_at IS NOT NULL;
