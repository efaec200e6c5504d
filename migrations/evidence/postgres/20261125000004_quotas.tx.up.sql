-- What is kept of a person and of a unit is summed up at every announcement.
CREATE INDEX files_owner ON files (owner_id, state, size);
CREATE INDEX files_kept ON files (unit_id, state, size);
