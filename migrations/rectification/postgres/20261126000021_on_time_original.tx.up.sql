-- Of closed findings, whether the report that stands was in time against the
-- deadline they were ordered with.
ALTER TABLE findings ADD COLUMN on_time_original BOOLEAN;
UPDATE findings SET on_time_original = (SELECT r.reported_at <= l.original_due_at FROM rectifications AS r
    JOIN rectification_findings AS l ON l.rectification_id = r.id AND l.finding_id = findings.id
    WHERE r.id = findings.rectification_id) WHERE state = 'closed';
