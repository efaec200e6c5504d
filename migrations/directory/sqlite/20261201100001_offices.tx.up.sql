-- A role is held for an office. What was granted before is held for the unit where
-- the person works, if that lies in the area, else for the area's own unit.
CREATE TABLE office_grants (
    id         TEXT NOT NULL PRIMARY KEY,
    person_id  TEXT NOT NULL,
    role       TEXT NOT NULL,
    unit_id    TEXT NOT NULL,
    unit_path  TEXT NOT NULL,
    level      TEXT NOT NULL, -- of the unit
    given_by   TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    office_id  TEXT NOT NULL, -- the unit it is held for
    UNIQUE (person_id, role, unit_id, office_id)
);
INSERT INTO office_grants SELECT g.id, g.person_id, g.role, g.unit_id, g.unit_path, g.level, g.given_by, g.created_at,
    CASE WHEN g.role IN ('campaign_manager', 'inspector') AND SUBSTR(p.unit_path, 1, LENGTH(g.unit_path)) = g.unit_path THEN p.unit_id ELSE g.unit_id END
    FROM grants AS g JOIN people AS p ON p.id = g.person_id;
DROP TABLE grants;
ALTER TABLE office_grants RENAME TO grants;
CREATE INDEX grants_unit ON grants (unit_id, id);
CREATE INDEX grants_role ON grants (role, id);
CREATE INDEX grants_path ON grants (unit_path);
-- What a unit took over.
CREATE INDEX units_successor ON units (successor_id) WHERE successor_id <> '';
