-- Whose things are: office_id is the office for which somebody wrote a checklist or
-- recorded a finding, or which acts on an order: the one whose number it bears
-- (issuer_id), or who took it over. Inspections and draws have it already.
ALTER TABLE checklists ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
UPDATE checklists SET office_id = COALESCE((SELECT p.unit_id FROM known_people AS p JOIN tree_units AS u ON u.id = p.unit_id
    WHERE p.id = checklists.created_by AND SUBSTR(u.path, 1, LENGTH(checklists.unit_path)) = checklists.unit_path), unit_id) WHERE unit_id <> '';

ALTER TABLE findings ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
UPDATE findings SET office_id = COALESCE(
    (SELECT r.issuer_id FROM rectifications AS r WHERE r.id = findings.rectification_id),
    (SELECT i.office_id FROM inspections AS i WHERE i.id = findings.inspection_id),
    (SELECT p.unit_id FROM known_people AS p WHERE p.id = findings.found_by), '');

ALTER TABLE rectifications ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
UPDATE rectifications SET office_id = issuer_id;
