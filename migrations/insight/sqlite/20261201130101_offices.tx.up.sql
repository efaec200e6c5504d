-- Whose campaigns and entries of the register are. What is open to one office alone
-- is counted apart by office; the owner is asked for the office of each entry, and
-- counting it again moves it from no office to its own.
ALTER TABLE campaigns ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN office_id TEXT NOT NULL DEFAULT '';

ALTER TABLE entry_tallies RENAME TO entry_tallies_before;
CREATE TABLE entry_tallies (
    node_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    office_id TEXT NOT NULL,
    own BOOLEAN NOT NULL,
    kind TEXT NOT NULL,
    category TEXT NOT NULL,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    due_us INTEGER NOT NULL,
    entries INTEGER NOT NULL,
    relapses INTEGER NOT NULL,
    suspended INTEGER NOT NULL,
    late INTEGER NOT NULL,
    late_original INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, office_id, own, kind, category, severity, state, due_us)
) WITHOUT ROWID;
INSERT INTO entry_tallies (node_id, campaign_id, office_id, own, kind, category, severity, state, due_us, entries, relapses, suspended, late, late_original, failed) SELECT node_id, campaign_id, '', own, kind, category, severity, state, due_us, entries, relapses, suspended, late, late_original, failed FROM entry_tallies_before;
DROP TABLE entry_tallies_before;

ALTER TABLE facet_tallies RENAME TO facet_tallies_before;
CREATE TABLE facet_tallies (
    node_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    office_id TEXT NOT NULL,
    own BOOLEAN NOT NULL,
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    month TEXT NOT NULL,
    found INTEGER NOT NULL,
    open INTEGER NOT NULL,
    closed INTEGER NOT NULL,
    on_time INTEGER NOT NULL,
    relapses INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    on_time_original INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, office_id, own, facet, value, month)
) WITHOUT ROWID;
INSERT INTO facet_tallies (node_id, campaign_id, office_id, own, facet, value, month, found, open, closed, on_time, relapses, seconds, on_time_original) SELECT node_id, campaign_id, '', own, facet, value, month, found, open, closed, on_time, relapses, seconds, on_time_original FROM facet_tallies_before;
DROP TABLE facet_tallies_before;
