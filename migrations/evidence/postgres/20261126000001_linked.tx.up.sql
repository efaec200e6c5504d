-- Where an item was taken over from; empty for what was given anew.
ALTER TABLE submission_items ADD COLUMN from_submission TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE submission_items ADD COLUMN from_requirement TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Who signed a pledge, and when.
ALTER TABLE submission_items ADD COLUMN signatory TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE submission_items ADD COLUMN signed_at TIMESTAMPTZ;
-- What a campaign is about, in local days; empty for campaigns of before.
ALTER TABLE campaign_begins ADD COLUMN starts_on TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE campaign_begins ADD COLUMN ends_on TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Figures of a task over units are compared.
CREATE INDEX submissions_task ON submissions (task_id, state) WHERE task_id <> '';
