-- The unit that has to rectify a finding now, where its order was transferred
-- from the unit where it was found; empty where it is that unit.
ALTER TABLE findings ADD COLUMN responsible_unit_id TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN responsible_unit_path TEXT NOT NULL DEFAULT '';
UPDATE findings SET
    responsible_unit_id = (SELECT r.unit_id FROM rectifications AS r WHERE r.id = findings.rectification_id),
    responsible_unit_path = (SELECT r.unit_path FROM rectifications AS r WHERE r.id = findings.rectification_id)
WHERE EXISTS (SELECT 1 FROM rectifications AS r WHERE r.id = findings.rectification_id AND r.unit_id <> findings.unit_id);
CREATE INDEX findings_responsible ON findings (responsible_unit_path, found_at, id);
