-- Every place a unit has been at as far as the trail knows, so that "this unit
-- and what was below it then" can be asked for by the unit's id: the path of an
-- entry is the one of its day, and a unit that moved has several.
CREATE TABLE audit_places (
    unit_id TEXT NOT NULL,
    path    TEXT NOT NULL,
    PRIMARY KEY (unit_id, path)
);
WITH RECURSIVE place (path) AS (
    SELECT DISTINCT unit_path FROM audit_entries WHERE unit_path <> ''
    UNION
    SELECT SUBSTR(path, 1, LENGTH(RTRIM(RTRIM(path, '/'), '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.')))
    FROM place WHERE RTRIM(path, '/') LIKE '%/%'
)
INSERT INTO audit_places (unit_id, path)
SELECT SUBSTR(RTRIM(path, '/'), LENGTH(RTRIM(RTRIM(path, '/'), '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.')) + 1), path
FROM place;
