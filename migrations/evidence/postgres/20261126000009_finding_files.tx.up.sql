-- Which files show which findings, and at which unit: whoever may read the finding
-- may see them. The version is that of the finding.
CREATE TABLE finding_files (
    file_id    TEXT COLLATE "C" NOT NULL,
    finding_id TEXT COLLATE "C" NOT NULL,
    unit_id    TEXT COLLATE "C" NOT NULL,
    unit_path  TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    PRIMARY KEY (file_id, finding_id)
);
CREATE INDEX finding_files_finding ON finding_files (finding_id);
CREATE INDEX finding_files_path ON finding_files (unit_path);
