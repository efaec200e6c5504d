-- A unit belongs to several lines: their codes, as JSON. sector is the first of
-- them, for versions of before, and goes with a later release.
ALTER TABLE units ADD COLUMN sectors TEXT NOT NULL DEFAULT '[]';
UPDATE units SET sectors = '["' || sector || '"]' WHERE sector <> '' AND sector NOT LIKE '%"%' AND instr(sector, char(92)) = 0;

-- The code lists: kinds of unit, lines and denominators.
CREATE TABLE codes (
    id         TEXT NOT NULL PRIMARY KEY,
    list       TEXT NOT NULL,
    code       TEXT NOT NULL,
    chinese    TEXT NOT NULL,
    english    TEXT NOT NULL,
    also       TEXT NOT NULL, -- other names, as JSON
    position   INTEGER NOT NULL,
    open       BOOLEAN NOT NULL, -- units can be given it
    built_in   BOOLEAN NOT NULL,
    version    INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    UNIQUE (list, code)
);

-- Which unit leads a line in an area; one that nobody leads any more has no office.
CREATE TABLE lead_offices (
    unit_id    TEXT NOT NULL, -- the area
    sector     TEXT NOT NULL,
    office_id  TEXT NOT NULL,
    version    INTEGER NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    PRIMARY KEY (unit_id, sector)
);
