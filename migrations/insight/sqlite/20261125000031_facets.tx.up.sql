-- What findings are counted by besides their state. Those told of before this
-- have found_us 0 and are not counted by it.
ALTER TABLE entries ADD COLUMN clause TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN item TEXT NOT NULL DEFAULT ''; -- series and key of the checklist item
ALTER TABLE entries ADD COLUMN item_title TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN sector TEXT NOT NULL DEFAULT ''; -- of its unit, as it is counted
ALTER TABLE entries ADD COLUMN found_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN closed_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN on_time INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN duplicate INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entries_item ON entries (item) WHERE item <> '';

-- Counters of findings by one facet and the month they were found in; own as above.
CREATE TABLE facet_tallies (
    node_id     TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    own         BOOLEAN NOT NULL,
    facet       TEXT NOT NULL, -- all, category, severity, clause, item, sector, relapsed (unit), open_on (day)
    value       TEXT NOT NULL,
    month       TEXT NOT NULL, -- local: 2026-09
    found       INTEGER NOT NULL,
    open        INTEGER NOT NULL,
    closed      INTEGER NOT NULL,
    on_time     INTEGER NOT NULL, -- of the closed ones
    relapses    INTEGER NOT NULL,
    seconds     INTEGER NOT NULL, -- from finding to closing, of the closed ones
    PRIMARY KEY (node_id, campaign_id, own, facet, value, month)
) WITHOUT ROWID;
