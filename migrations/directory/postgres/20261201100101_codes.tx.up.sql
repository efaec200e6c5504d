-- A unit belongs to several lines: their codes, as JSON. sector is the first of
-- them, for versions of before, and goes with a later release.
ALTER TABLE units ADD COLUMN sectors TEXT COLLATE "C" NOT NULL DEFAULT '[]';
UPDATE units SET sectors = '["' || sector || '"]' WHERE sector <> '' AND sector NOT LIKE '%"%' AND strpos(sector, chr(92)) = 0;

-- The code lists: kinds of unit, lines and denominators.
CREATE TABLE codes (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    list       TEXT COLLATE "C" NOT NULL,
    code       TEXT COLLATE "C" NOT NULL,
    chinese    TEXT COLLATE "C" NOT NULL,
    english    TEXT COLLATE "C" NOT NULL,
    also       TEXT COLLATE "C" NOT NULL, -- other names, as JSON
    position   BIGINT NOT NULL,
    open       BOOLEAN NOT NULL, -- units can be given it
    built_in   BOOLEAN NOT NULL,
    version    BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (list, code)
);

-- Which unit leads a line in an area; one that nobody leads any more has no office.
CREATE TABLE lead_offices (
    unit_id    TEXT COLLATE "C" NOT NULL, -- the area
    sector     TEXT COLLATE "C" NOT NULL,
    office_id  TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (unit_id, sector)
);
