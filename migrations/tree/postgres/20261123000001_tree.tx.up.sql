-- A copy of the unit tree, fed by the directory's events.
CREATE TABLE tree_units (
    id        TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    parent_id TEXT COLLATE "C"    NOT NULL,
    path      TEXT COLLATE "C"    NOT NULL,
    level     TEXT COLLATE "C"    NOT NULL,
    kind      TEXT COLLATE "C"    NOT NULL,
    sector    TEXT COLLATE "C"    NOT NULL,
    code      TEXT COLLATE "C"    NOT NULL,
    name      TEXT COLLATE "C"    NOT NULL,
    active    BOOLEAN NOT NULL,
    classes   BIGINT NOT NULL,
    staff     BIGINT NOT NULL,
    residents BIGINT NOT NULL,
    contact   TEXT COLLATE "C"    NOT NULL, -- responsible person's id, empty when there is none
    version   BIGINT NOT NULL
);
CREATE INDEX tree_units_path ON tree_units (path);
CREATE INDEX tree_units_parent ON tree_units (parent_id, id);
