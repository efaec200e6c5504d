-- Checklists that were built for one inspection; no list shows them.
ALTER TABLE checklists ADD COLUMN purpose TEXT COLLATE "C" NOT NULL DEFAULT ''; -- look_back
