-- What every service needs to talk to the others.

-- Events that were committed with their cause and wait for, or have had, publication.
CREATE TABLE outbox (
    id         TEXT NOT NULL PRIMARY KEY,
    type       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    sent_at    TIMESTAMP,
    -- How often an event was sent once more; NATS knows it by another id then.
    resent     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX outbox_unsent ON outbox (id) WHERE sent_at IS NULL;

-- Events a consumer has already taken effect of.
CREATE TABLE inbox (
    consumer TEXT NOT NULL,
    event_id TEXT NOT NULL,
    taken_at TIMESTAMP NOT NULL,
    PRIMARY KEY (consumer, event_id)
) WITHOUT ROWID;

-- Events a consumer could not take, kept for a person to look at and retry.
CREATE TABLE dead_letters (
    id         TEXT NOT NULL PRIMARY KEY,
    consumer   TEXT NOT NULL,
    event_id   TEXT NOT NULL,
    type       TEXT NOT NULL,
    payload    TEXT NOT NULL,
    reason     TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    retried_at TIMESTAMP,
    UNIQUE (consumer, event_id)
);

-- Answers to commands that carried an Idempotency-Key.
CREATE TABLE idempotency_keys (
    key          TEXT NOT NULL PRIMARY KEY,
    request_hash TEXT NOT NULL,
    response     TEXT,
    created_at   TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- The stream that the events of the outbox went to: another one has nothing of
-- what the one before it held.
CREATE TABLE outbox_streams (
    name TEXT NOT NULL PRIMARY KEY,
    born TIMESTAMP NOT NULL
) WITHOUT ROWID;
