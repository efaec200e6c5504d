-- The assignment one was delegated from; empty for none. It tells what the
-- units it was delegated to have handed in.
ALTER TABLE targets ADD COLUMN parent_id TEXT NOT NULL DEFAULT '';
CREATE INDEX targets_parent ON targets (parent_id) WHERE parent_id <> '';
