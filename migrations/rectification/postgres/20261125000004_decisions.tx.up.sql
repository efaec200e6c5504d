-- What an order asks for besides the report, and how far that is.
ALTER TABLE rectifications ADD COLUMN approve_plan BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN plan_state TEXT COLLATE "C" NOT NULL DEFAULT ''; -- submitted, approved, returned, where it asks for approval
ALTER TABLE rectifications ADD COLUMN plan_answer TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN needs_sign_off BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN signed_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN signer TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN signed_at TIMESTAMPTZ;
ALTER TABLE rectifications ADD COLUMN needs_application BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rectifications ADD COLUMN close_out_asked BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE measures ADD COLUMN percent BIGINT NOT NULL DEFAULT 0;
UPDATE measures SET percent = 100 WHERE done_at IS NOT NULL;

-- What was said about how far a measure is.
CREATE TABLE measure_progress (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    measure_id       TEXT COLLATE "C" NOT NULL REFERENCES measures (id),
    percent          BIGINT NOT NULL,
    note             TEXT COLLATE "C" NOT NULL,
    by_id            TEXT COLLATE "C" NOT NULL,
    by_name          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL
);
CREATE INDEX measure_progress_of ON measure_progress (rectification_id, id);

ALTER TABLE verifications ADD COLUMN method TEXT COLLATE "C" NOT NULL DEFAULT ''; -- on_site, documents; empty where nobody was asked

-- Applications of the unit to be closed out.
CREATE TABLE applications (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    report_id        TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL, -- applied, granted, refused, withdrawn
    text             TEXT COLLATE "C" NOT NULL,
    asked_by         TEXT COLLATE "C" NOT NULL,
    asker            TEXT COLLATE "C" NOT NULL,
    asked_at         TIMESTAMPTZ NOT NULL,
    answer           TEXT COLLATE "C" NOT NULL,
    decided_by       TEXT COLLATE "C" NOT NULL,
    decider          TEXT COLLATE "C" NOT NULL,
    decided_at       TIMESTAMPTZ
);
CREATE UNIQUE INDEX applications_open ON applications (rectification_id) WHERE state = 'applied';
CREATE INDEX applications_of ON applications (rectification_id, id);
