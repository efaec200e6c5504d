-- Each finding of an order has its own deadline.
ALTER TABLE rectification_findings ADD COLUMN due_at TIMESTAMPTZ;
ALTER TABLE rectification_findings ADD COLUMN original_due_at TIMESTAMPTZ;
UPDATE rectification_findings SET
    due_at = (SELECT r.due_at FROM rectifications AS r WHERE r.id = rectification_findings.rectification_id),
    original_due_at = (SELECT r.original_due_at FROM rectifications AS r WHERE r.id = rectification_findings.rectification_id);

-- How an order went from unit to unit: transferred, bounced, settled. What
-- was before a reopening no longer counts and stays, dropped.
CREATE TABLE transfers (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    kind             TEXT COLLATE "C" NOT NULL, -- transfer, bounce, contest, settle
    from_unit_id     TEXT COLLATE "C" NOT NULL,
    to_unit_id       TEXT COLLATE "C" NOT NULL,
    reason           TEXT COLLATE "C" NOT NULL,
    by_id            TEXT COLLATE "C" NOT NULL,
    by_name          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX transfers_of ON transfers (rectification_id, id);

ALTER TABLE rectifications ADD COLUMN transferred_by TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN bounces BIGINT NOT NULL DEFAULT 0;
ALTER TABLE rectifications ADD COLUMN contested BOOLEAN NOT NULL DEFAULT FALSE; -- an arbiter has to say whose it is
ALTER TABLE rectifications ADD COLUMN settled BOOLEAN NOT NULL DEFAULT FALSE; -- an arbiter has said whose it is
CREATE INDEX rectifications_contested ON rectifications (due_at, id) WHERE contested;
