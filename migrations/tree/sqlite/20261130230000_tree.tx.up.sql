-- A copy of the unit tree, fed by the directory's events.
CREATE TABLE tree_units (
    id          TEXT NOT NULL PRIMARY KEY,
    parent_id   TEXT NOT NULL,
    path        TEXT NOT NULL,
    level       TEXT NOT NULL,
    kind        TEXT NOT NULL,
    sector      TEXT NOT NULL,
    code        TEXT NOT NULL,
    name        TEXT NOT NULL,
    active      BOOLEAN NOT NULL,
    classes     INTEGER NOT NULL,
    staff       INTEGER NOT NULL,
    residents   INTEGER NOT NULL,
    contact     TEXT NOT NULL, -- responsible person's id, empty when there is none
    version     INTEGER NOT NULL,
    -- Where a unit is, in degrees; both 0 is unknown.
    longitude   REAL NOT NULL,
    latitude    REAL NOT NULL,
    -- The unit that a deactivated one was merged into, empty when there is none.
    successor   TEXT NOT NULL,
    -- Whether other units have the same name, as the directory tells; NULL was not
    -- told yet.
    shares_name BOOLEAN
) WITHOUT ROWID;
CREATE INDEX tree_units_path ON tree_units (path);
CREATE INDEX tree_units_parent ON tree_units (parent_id, id);
