-- Each finding of an order has its own deadline.
ALTER TABLE rectification_findings ADD COLUMN due_at TIMESTAMP;
ALTER TABLE rectification_findings ADD COLUMN original_due_at TIMESTAMP;
UPDATE rectification_findings SET
    due_at = (SELECT r.due_at FROM rectifications AS r WHERE r.id = rectification_findings.rectification_id),
    original_due_at = (SELECT r.original_due_at FROM rectifications AS r WHERE r.id = rectification_findings.rectification_id);

-- How an order went from unit to unit: transferred, bounced, settled. What
-- was before a reopening no longer counts and stays, dropped.
CREATE TABLE transfers (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    kind             TEXT NOT NULL, -- transfer, bounce, contest, settle
    from_unit_id     TEXT NOT NULL,
    to_unit_id       TEXT NOT NULL,
    reason           TEXT NOT NULL,
    by_id            TEXT NOT NULL,
    by_name          TEXT NOT NULL,
    at               TIMESTAMP NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX transfers_of ON transfers (rectification_id, id);

ALTER TABLE rectifications ADD COLUMN transferred_by TEXT NOT NULL DEFAULT '';
ALTER TABLE rectifications ADD COLUMN bounces INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rectifications ADD COLUMN contested BOOLEAN NOT NULL DEFAULT FALSE; -- an arbiter has to say whose it is
ALTER TABLE rectifications ADD COLUMN settled BOOLEAN NOT NULL DEFAULT FALSE; -- an arbiter has said whose it is
CREATE INDEX rectifications_contested ON rectifications (due_at, id) WHERE contested;
