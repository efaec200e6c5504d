-- A copy of the people and of what they were granted, fed by the directory.
CREATE TABLE known_people (
    id       TEXT NOT NULL PRIMARY KEY,
    name     TEXT NOT NULL,
    unit_id  TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    version  INTEGER NOT NULL
) WITHOUT ROWID;

-- A withdrawn grant stays, so that an event that comes late cannot bring it back.
CREATE TABLE known_grants (
    id        TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL,
    role      TEXT NOT NULL,
    unit_id   TEXT NOT NULL,
    withdrawn BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE INDEX known_grants_unit ON known_grants (unit_id, role, person_id);
CREATE INDEX known_grants_person ON known_grants (person_id, unit_id, role);
CREATE INDEX known_grants_role ON known_grants (role, person_id);
