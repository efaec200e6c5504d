-- A unit belongs to several lines: their codes, as JSON. sector is the first of
-- them, for versions of before, and goes with a later release.
ALTER TABLE tree_units ADD COLUMN sectors TEXT NOT NULL DEFAULT '[]';
UPDATE tree_units SET sectors = '["' || sector || '"]' WHERE sector <> '' AND sector NOT LIKE '%"%' AND instr(sector, char(92)) = 0;
