-- What numbers of findings are counted by: the checklist item as it was called,
-- and of closed ones whether the report that stands was in time.
ALTER TABLE findings ADD COLUMN item_title TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN on_time BOOLEAN;
UPDATE findings SET on_time = (SELECT r.reported_at <= l.due_at FROM rectifications AS r
    JOIN rectification_findings AS l ON l.rectification_id = r.id AND l.finding_id = findings.id
    WHERE r.id = findings.rectification_id) WHERE state = 'closed';
