-- A copy of the unit tree, fed by the directory's events.
CREATE TABLE tree_units (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    parent_id   TEXT COLLATE "C" NOT NULL,
    path        TEXT COLLATE "C" NOT NULL,
    level       TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    sector      TEXT COLLATE "C" NOT NULL,
    code        TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    active      BOOLEAN NOT NULL,
    classes     BIGINT NOT NULL,
    staff       BIGINT NOT NULL,
    residents   BIGINT NOT NULL,
    contact     TEXT COLLATE "C" NOT NULL, -- responsible person's id, empty when there is none
    version     BIGINT NOT NULL,
    -- Where a unit is, in degrees; both 0 is unknown.
    longitude   DOUBLE PRECISION NOT NULL,
    latitude    DOUBLE PRECISION NOT NULL,
    -- The unit that a deactivated one was merged into, empty when there is none.
    successor   TEXT COLLATE "C" NOT NULL,
    -- Whether other units have the same name, as the directory tells; NULL was not
    -- told yet.
    shares_name BOOLEAN
);
CREATE INDEX tree_units_path ON tree_units (path);
CREATE INDEX tree_units_parent ON tree_units (parent_id, id);
