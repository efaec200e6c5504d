-- The inbox of every person.

-- One row a person: the number of the newest notice and how many are unread.
CREATE TABLE inboxes (
    person_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last_seq  BIGINT NOT NULL,
    unread    BIGINT NOT NULL
);

-- One row a person and event. seq counts within a person, in the order of commit.
CREATE TABLE notices (
    person_id    TEXT COLLATE "C" NOT NULL,
    seq          BIGINT NOT NULL,
    event_id     TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    subject_type TEXT COLLATE "C" NOT NULL,
    subject_id   TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    params       TEXT COLLATE "C" NOT NULL,
    actor_id     TEXT COLLATE "C" NOT NULL,
    actor_name   TEXT COLLATE "C" NOT NULL,
    at           TIMESTAMPTZ NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    read_at      TIMESTAMPTZ,
    PRIMARY KEY (person_id, seq),
    UNIQUE (person_id, event_id)
);
CREATE INDEX notices_unread ON notices (person_id, seq) WHERE read_at IS NULL;
CREATE INDEX notices_old ON notices (created_at) WHERE read_at IS NOT NULL;
