-- Who holds which role where: tells whether a level has anybody who could review.
CREATE TABLE people_grants (
    person_id TEXT COLLATE "C" NOT NULL,
    unit_id   TEXT COLLATE "C" NOT NULL,
    role      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (person_id, unit_id, role)
);
CREATE INDEX people_grants_unit ON people_grants (unit_id, role, person_id);

-- Why somebody reviewed in the place of a level that had nobody; else empty.
ALTER TABLE assignment_history ADD COLUMN stand_in TEXT COLLATE "C" NOT NULL DEFAULT '';
