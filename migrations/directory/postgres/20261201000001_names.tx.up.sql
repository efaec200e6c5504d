-- Whether other units have the same name.
ALTER TABLE units ADD COLUMN shares_name BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE units SET shares_name = TRUE WHERE name IN (SELECT name FROM units GROUP BY name HAVING COUNT(*) > 1);
CREATE INDEX units_name ON units (name, shares_name);
-- unit_words has taken its place.
DROP TABLE unit_terms;
