-- Whose campaigns and entries of the register are. What is open to one office alone
-- is counted apart by office; the owner is asked for the office of each entry, and
-- counting it again moves it from no office to its own.
ALTER TABLE campaigns ADD COLUMN office_id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN office_id TEXT COLLATE "C" NOT NULL DEFAULT '';

ALTER TABLE entry_tallies RENAME TO entry_tallies_before;
CREATE TABLE entry_tallies (
    node_id TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C" NOT NULL,
    office_id TEXT COLLATE "C" NOT NULL,
    own BOOLEAN NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    category TEXT COLLATE "C" NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    due_us BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    relapses BIGINT NOT NULL,
    suspended BIGINT NOT NULL,
    late BIGINT NOT NULL,
    late_original BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, office_id, own, kind, category, severity, state, due_us)
);
INSERT INTO entry_tallies (node_id, campaign_id, office_id, own, kind, category, severity, state, due_us, entries, relapses, suspended, late, late_original, failed) SELECT node_id, campaign_id, '', own, kind, category, severity, state, due_us, entries, relapses, suspended, late, late_original, failed FROM entry_tallies_before;
DROP TABLE entry_tallies_before;

ALTER TABLE facet_tallies RENAME TO facet_tallies_before;
CREATE TABLE facet_tallies (
    node_id TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C" NOT NULL,
    office_id TEXT COLLATE "C" NOT NULL,
    own BOOLEAN NOT NULL,
    facet TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    month TEXT COLLATE "C" NOT NULL,
    found BIGINT NOT NULL,
    open BIGINT NOT NULL,
    closed BIGINT NOT NULL,
    on_time BIGINT NOT NULL,
    relapses BIGINT NOT NULL,
    seconds BIGINT NOT NULL,
    on_time_original BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, office_id, own, facet, value, month)
);
INSERT INTO facet_tallies (node_id, campaign_id, office_id, own, facet, value, month, found, open, closed, on_time, relapses, seconds, on_time_original) SELECT node_id, campaign_id, '', own, facet, value, month, found, open, closed, on_time, relapses, seconds, on_time_original FROM facet_tallies_before;
DROP TABLE facet_tallies_before;
