-- The SM3 digest of a file in hex; empty where it was not made.
ALTER TABLE files ADD COLUMN sm3 TEXT NOT NULL DEFAULT '';
