-- A copy of the people and of what they were granted, fed by the directory.
CREATE TABLE known_people (
    id       TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name     TEXT COLLATE "C" NOT NULL,
    unit_id  TEXT COLLATE "C" NOT NULL,
    disabled BOOLEAN NOT NULL,
    version  BIGINT NOT NULL
);

-- A withdrawn grant stays, so that an event that comes late cannot bring it back.
CREATE TABLE known_grants (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    person_id TEXT COLLATE "C" NOT NULL,
    role      TEXT COLLATE "C" NOT NULL,
    unit_id   TEXT COLLATE "C" NOT NULL,
    withdrawn BOOLEAN NOT NULL
);
CREATE INDEX known_grants_unit ON known_grants (unit_id, role, person_id);
CREATE INDEX known_grants_person ON known_grants (person_id, unit_id, role);
CREATE INDEX known_grants_role ON known_grants (role, person_id);
