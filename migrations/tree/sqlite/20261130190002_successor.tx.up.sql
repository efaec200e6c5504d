-- The unit that a deactivated one was merged into, empty when there is none.
ALTER TABLE tree_units ADD COLUMN successor TEXT NOT NULL DEFAULT '';
