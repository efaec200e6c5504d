-- The stream that the events of the outbox went to: another one has nothing of
-- what the one before it held.
CREATE TABLE outbox_streams (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    born TIMESTAMPTZ NOT NULL
);

-- How often an event was sent once more; NATS knows it by another id then.
ALTER TABLE outbox ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
