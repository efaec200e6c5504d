-- What the inspected unit says about the results, and what became of it.
ALTER TABLE inspections ADD COLUMN response TEXT COLLATE "C" NOT NULL DEFAULT ''; -- confirmed, objected, upheld, overruled
CREATE TABLE inspection_responses (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL, -- what an objection is about; empty for the whole
    device_id     TEXT COLLATE "C" NOT NULL,
    text          TEXT COLLATE "C" NOT NULL,
    by_id         TEXT COLLATE "C" NOT NULL,
    by_name       TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    state         TEXT COLLATE "C" NOT NULL, -- confirmed, objected, upheld, overruled
    answer        TEXT COLLATE "C" NOT NULL,
    decided_by    TEXT COLLATE "C" NOT NULL,
    decider       TEXT COLLATE "C" NOT NULL,
    decided_at    TIMESTAMPTZ
);
CREATE INDEX inspection_responses_of ON inspection_responses (inspection_id, id);
CREATE INDEX inspections_objected ON inspections (planned_day, id) WHERE response = 'objected';
