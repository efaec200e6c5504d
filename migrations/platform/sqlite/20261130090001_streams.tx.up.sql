-- The stream that the events of the outbox went to: another one has nothing of
-- what the one before it held.
CREATE TABLE outbox_streams (
    name TEXT NOT NULL PRIMARY KEY,
    born TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- How often an event was sent once more; NATS knows it by another id then.
ALTER TABLE outbox ADD COLUMN resent INTEGER NOT NULL DEFAULT 0;
