-- Which files show which findings, and at which unit: whoever may read the finding
-- may see them. The version is that of the finding.
CREATE TABLE finding_files (
    file_id    TEXT NOT NULL,
    finding_id TEXT NOT NULL,
    unit_id    TEXT NOT NULL,
    unit_path  TEXT NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (file_id, finding_id)
) WITHOUT ROWID;
CREATE INDEX finding_files_finding ON finding_files (finding_id);
CREATE INDEX finding_files_path ON finding_files (unit_path);
