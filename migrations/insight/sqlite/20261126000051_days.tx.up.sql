-- When things happened to assignments, so that they are counted by local day.
-- Those told of before this have issued_us 0 and are not, until something is
-- done to them again.
ALTER TABLE assignments ADD COLUMN issued_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN acked_us INTEGER NOT NULL DEFAULT 0; -- when it was acknowledged
ALTER TABLE assignments ADD COLUMN approved_us INTEGER NOT NULL DEFAULT 0;

-- Counters of the assignments strictly below a node by local day, as they stand
-- now; those of the node's own unit are read from the source. A campaign is
-- issued at a time, so its rows lie together.
CREATE TABLE day_tallies (
    campaign_id  TEXT NOT NULL,
    node_id      TEXT NOT NULL,
    day          TEXT NOT NULL, -- local: 2026-09-20
    issued       INTEGER NOT NULL,
    due          INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    submitted    INTEGER NOT NULL,
    approved     INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, node_id, day)
) WITHOUT ROWID;
