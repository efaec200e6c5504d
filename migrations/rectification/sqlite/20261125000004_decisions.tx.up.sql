-- What an order asks for besides the report, and how far that is.
ALTER TABLE rectifications ADD COLUMN approve_plan BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN plan_state TEXT NOT NULL DEFAULT ''; -- submitted, approved, returned, where it asks for approval
ALTER TABLE rectifications ADD COLUMN plan_answer TEXT NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN needs_sign_off BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN signed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN signer TEXT NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN signed_at TIMESTAMP;
ALTER TABLE rectifications ADD COLUMN needs_application BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN close_out_asked BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE measures ADD COLUMN percent INTEGER NOT NULL DEFAULT 0;
UPDATE measures SET percent = 100 WHERE done_at IS NOT NULL;

-- What was said about how far a measure is.
CREATE TABLE measure_progress (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    measure_id       TEXT NOT NULL REFERENCES measures (id),
    percent          INTEGER NOT NULL,
    note             TEXT NOT NULL,
    by_id            TEXT NOT NULL,
    by_name          TEXT NOT NULL,
    at               TIMESTAMP NOT NULL
);
CREATE INDEX measure_progress_of ON measure_progress (rectification_id, id);

ALTER TABLE verifications ADD COLUMN method TEXT NOT NULL DEFAULT ''; -- on_site, documents; empty where nobody was asked

-- Applications of the unit to be closed out.
CREATE TABLE applications (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    report_id        TEXT NOT NULL,
    state            TEXT NOT NULL, -- applied, granted, refused, withdrawn
    text             TEXT NOT NULL,
    asked_by         TEXT NOT NULL,
    asker            TEXT NOT NULL,
    asked_at         TIMESTAMP NOT NULL,
    answer           TEXT NOT NULL,
    decided_by       TEXT NOT NULL,
    decider          TEXT NOT NULL,
    decided_at       TIMESTAMP
);
CREATE UNIQUE INDEX applications_open ON applications (rectification_id) WHERE state = 'applied';
CREATE INDEX applications_of ON applications (rectification_id, id);
