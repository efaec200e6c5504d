-- The unit that has to rectify the finding that a file shows, where its order
-- was transferred from the unit where it was found; empty where it is that unit.
ALTER TABLE finding_files ADD COLUMN responsible_unit_id TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_files ADD COLUMN responsible_unit_path TEXT NOT NULL DEFAULT '';
