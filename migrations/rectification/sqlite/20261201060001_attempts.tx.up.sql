-- How often a job was begun.
ALTER TABLE document_jobs ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
