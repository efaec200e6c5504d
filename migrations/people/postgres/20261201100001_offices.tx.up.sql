-- The unit that a role is held for; empty until it is told.
ALTER TABLE known_grants ADD COLUMN office_id TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX known_grants_office ON known_grants (office_id, role, person_id);
