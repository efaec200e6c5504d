-- Who works on it: not_before tells until when, or from when on it may be tried.
ALTER TABLE examinations ADD COLUMN lease_owner TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE link_snapshots ADD COLUMN lease_owner TEXT COLLATE "C" NOT NULL DEFAULT '';
