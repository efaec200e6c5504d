-- Where a unit is, in degrees; both 0 is unknown.
ALTER TABLE units ADD COLUMN longitude REAL NOT NULL DEFAULT 0;
ALTER TABLE units ADD COLUMN latitude REAL NOT NULL DEFAULT 0;
