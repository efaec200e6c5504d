-- How often a job was begun.
ALTER TABLE campaign_jobs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
