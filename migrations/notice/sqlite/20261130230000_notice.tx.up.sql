-- The inbox of every person.

-- One row a person: the number of the newest notice and how many are unread.
CREATE TABLE inboxes (
    person_id TEXT NOT NULL PRIMARY KEY,
    last_seq  INTEGER NOT NULL,
    unread    INTEGER NOT NULL
) WITHOUT ROWID;

-- One row a person and event. seq counts within a person, in the order of commit.
CREATE TABLE notices (
    person_id    TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    event_id     TEXT NOT NULL,
    kind         TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    params       TEXT NOT NULL,
    actor_id     TEXT NOT NULL,
    actor_name   TEXT NOT NULL,
    at           TIMESTAMP NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    read_at      TIMESTAMP,
    PRIMARY KEY (person_id, seq),
    UNIQUE (person_id, event_id)
) WITHOUT ROWID;
CREATE INDEX notices_unread ON notices (person_id, seq) WHERE read_at IS NULL;
CREATE INDEX notices_old ON notices (created_at) WHERE read_at IS NOT NULL;
