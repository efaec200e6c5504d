-- What findings are counted by besides their state. Those told of before this
-- have found_us 0 and are not counted by it.
ALTER TABLE entries ADD COLUMN clause TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN item TEXT COLLATE "C" NOT NULL DEFAULT ''; -- series and key of the checklist item
ALTER TABLE entries ADD COLUMN item_title TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN sector TEXT COLLATE "C" NOT NULL DEFAULT ''; -- of its unit, as it is counted
ALTER TABLE entries ADD COLUMN found_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN closed_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN on_time BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entries ADD COLUMN duplicate BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entries_item ON entries (item) WHERE item <> '';

-- Counters of findings by one facet and the month they were found in; own as above.
CREATE TABLE facet_tallies (
    node_id     TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C" NOT NULL,
    own         BOOLEAN NOT NULL,
    facet       TEXT COLLATE "C" NOT NULL, -- all, category, severity, clause, item, sector, relapsed (unit), open_on (day)
    value       TEXT COLLATE "C" NOT NULL,
    month       TEXT COLLATE "C" NOT NULL, -- local: 2026-09
    found       BIGINT NOT NULL,
    open        BIGINT NOT NULL,
    closed      BIGINT NOT NULL,
    on_time     BIGINT NOT NULL, -- of the closed ones
    relapses    BIGINT NOT NULL,
    seconds     BIGINT NOT NULL, -- from finding to closing, of the closed ones
    PRIMARY KEY (node_id, campaign_id, own, facet, value, month)
);
