-- A role is held for an office. What was granted before is held for the unit where
-- the person works, if that lies in the area, else for the area's own unit.
ALTER TABLE grants ADD COLUMN office_id TEXT COLLATE "C" NOT NULL DEFAULT ''; -- the unit it is held for
UPDATE grants SET office_id = unit_id;
UPDATE grants SET office_id = p.unit_id FROM people AS p
    WHERE p.id = grants.person_id AND grants.role IN ('campaign_manager', 'inspector') AND SUBSTR(p.unit_path, 1, LENGTH(grants.unit_path)) = grants.unit_path;
ALTER TABLE grants ALTER COLUMN office_id DROP DEFAULT;
ALTER TABLE grants DROP CONSTRAINT grants_person_id_role_unit_id_key;
ALTER TABLE grants ADD CONSTRAINT grants_held UNIQUE (person_id, role, unit_id, office_id);
-- What a unit took over.
CREATE INDEX units_successor ON units (successor_id) WHERE successor_id <> '';
