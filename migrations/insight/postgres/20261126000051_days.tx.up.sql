-- When things happened to assignments, so that they are counted by local day.
-- Those told of before this have issued_us 0 and are not, until something is
-- done to them again.
ALTER TABLE assignments ADD COLUMN issued_us BIGINT NOT NULL DEFAULT 0;
ALTER TABLE assignments ADD COLUMN acked_us BIGINT NOT NULL DEFAULT 0; -- when it was acknowledged
ALTER TABLE assignments ADD COLUMN approved_us BIGINT NOT NULL DEFAULT 0;

-- Counters of the assignments strictly below a node by local day, as they stand
-- now; those of the node's own unit are read from the source. A campaign is
-- issued at a time, so its rows lie together.
CREATE TABLE day_tallies (
    campaign_id  TEXT COLLATE "C" NOT NULL,
    node_id      TEXT COLLATE "C" NOT NULL,
    day          TEXT COLLATE "C" NOT NULL, -- local: 2026-09-20
    issued       BIGINT NOT NULL,
    due          BIGINT NOT NULL,
    acknowledged BIGINT NOT NULL,
    submitted    BIGINT NOT NULL,
    approved     BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, node_id, day)
);
