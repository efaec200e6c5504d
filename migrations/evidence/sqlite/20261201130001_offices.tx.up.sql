-- Whose evidence is: office_id is the office whose campaign or order it is for,
-- issuer_office_id who handed an assignment to its unit, that office or whoever
-- delegated it. The services that own them are asked for both.
ALTER TABLE targets ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE targets ADD COLUMN issuer_office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE submissions ADD COLUMN issuer_office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE retentions ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE finding_files ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
