-- Received, and not found clean by the virus scanner yet.
ALTER TABLE files ADD COLUMN quarantined BOOLEAN NOT NULL DEFAULT FALSE;
