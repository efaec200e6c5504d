-- Where a unit is, in degrees; both 0 is unknown.
ALTER TABLE units ADD COLUMN longitude DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE units ADD COLUMN latitude DOUBLE PRECISION NOT NULL DEFAULT 0;
