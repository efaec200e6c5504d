-- The unit that a deactivated one was merged into.
ALTER TABLE units ADD COLUMN successor_id TEXT COLLATE "C" NOT NULL DEFAULT '';
