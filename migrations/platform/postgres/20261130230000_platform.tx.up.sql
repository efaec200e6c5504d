-- What every service needs to talk to the others.

-- Events that were committed with their cause and wait for, or have had, publication.
CREATE TABLE outbox (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    type       TEXT COLLATE "C" NOT NULL,
    payload    TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    sent_at    TIMESTAMPTZ,
    -- How often an event was sent once more; NATS knows it by another id then.
    resent     INTEGER NOT NULL
);
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

-- Events a consumer has already taken effect of.
CREATE TABLE inbox (
    consumer TEXT COLLATE "C" NOT NULL,
    event_id TEXT COLLATE "C" NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (consumer, event_id)
);

-- Events a consumer could not take, kept for a person to look at and retry.
CREATE TABLE dead_letters (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    consumer   TEXT COLLATE "C" NOT NULL,
    event_id   TEXT COLLATE "C" NOT NULL,
    type       TEXT COLLATE "C" NOT NULL,
    payload    TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    deliveries INTEGER NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    retried_at TIMESTAMPTZ,
    UNIQUE (consumer, event_id)
);

-- Answers to commands that carried an Idempotency-Key.
CREATE TABLE idempotency_keys (
    key          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    request_hash TEXT COLLATE "C" NOT NULL,
    response     TEXT COLLATE "C",
    created_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- The stream that the events of the outbox went to: another one has nothing of
-- what the one before it held.
CREATE TABLE outbox_streams (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    born TIMESTAMPTZ NOT NULL
);
