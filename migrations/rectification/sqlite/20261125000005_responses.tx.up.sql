-- What the inspected unit says about the results, and what became of it.
ALTER TABLE inspections ADD COLUMN response TEXT NOT NULL DEFAULT ''; -- confirmed, objected, upheld, overruled
CREATE TABLE inspection_responses (
    id            TEXT NOT NULL PRIMARY KEY,
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    item_key      TEXT NOT NULL, -- what an objection is about; empty for the whole
    device_id     TEXT NOT NULL,
    text          TEXT NOT NULL,
    by_id         TEXT NOT NULL,
    by_name       TEXT NOT NULL,
    at            TIMESTAMP NOT NULL,
    state         TEXT NOT NULL, -- confirmed, objected, upheld, overruled
    answer        TEXT NOT NULL,
    decided_by    TEXT NOT NULL,
    decider       TEXT NOT NULL,
    decided_at    TIMESTAMP
);
CREATE INDEX inspection_responses_of ON inspection_responses (inspection_id, id);
CREATE INDEX inspections_objected ON inspections (planned_day, id) WHERE response = 'objected';
