-- Where a finding comes from, what proves that it was fixed, and the finding
-- it was recorded twice as.
ALTER TABLE findings ADD COLUMN source TEXT NOT NULL DEFAULT 'other'; -- inspection, review, report, other
ALTER TABLE findings ADD COLUMN source_id TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN fix_evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN duplicate_of TEXT NOT NULL DEFAULT '';
UPDATE findings SET source = 'inspection', source_id = inspection_id WHERE inspection_id <> '';
