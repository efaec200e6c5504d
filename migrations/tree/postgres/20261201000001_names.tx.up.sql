-- Whether other units have the same name, as the directory tells; NULL was not
-- told yet.
ALTER TABLE tree_units ADD COLUMN shares_name BOOLEAN;
UPDATE tree_units SET shares_name = TRUE WHERE name IN (SELECT name FROM tree_units GROUP BY name HAVING COUNT(*) > 1);
