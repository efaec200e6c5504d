-- The process that stores an import, so that what a killed one has left can be
-- told from what another one is still at.
ALTER TABLE imports ADD COLUMN owner TEXT NOT NULL DEFAULT '';
