-- Read models of the insight service: what events told about assignments,
-- submissions, findings, rectifications and inspections (source rows), and the
-- counters kept from them. Instants are microseconds since 1970 (…_us, 0 for
-- none), because they are parts of the counters' keys.

-- Campaigns and their tasks, as far as roll-ups show them.
CREATE TABLE campaigns (
    id           TEXT NOT NULL,
    title        TEXT NOT NULL,
    template     TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    unit_path    TEXT NOT NULL,
    state        TEXT NOT NULL,
    starts_on    TEXT NOT NULL,
    ends_on      TEXT NOT NULL,
    near_days    INTEGER NOT NULL,
    overdue_days INTEGER NOT NULL,
    ack_days     INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
CREATE INDEX campaigns_path ON campaigns (unit_path);

CREATE TABLE tasks (
    campaign_id TEXT NOT NULL,
    id          TEXT NOT NULL,
    position    INTEGER NOT NULL,
    title       TEXT NOT NULL,
    themed_day  TEXT NOT NULL,
    due_at      TIMESTAMP NOT NULL,
    weight      INTEGER NOT NULL,
    figures     TEXT NOT NULL, -- JSON: titles and measures of the numbers it asks for
    version     INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, id)
) WITHOUT ROWID;

-- Units that events named before the copy of the tree had them, with the path
-- their numbers are counted under meanwhile.
CREATE TABLE strays (
    unit_id TEXT NOT NULL,
    path    TEXT NOT NULL,
    PRIMARY KEY (unit_id)
) WITHOUT ROWID;
CREATE INDEX strays_path ON strays (path);

-- Source: one row per assignment. The key is the order in which a task is
-- issued, and finds the rows of a few units in a few tasks.
CREATE TABLE assignments (
    campaign_id  TEXT NOT NULL,
    task_id      TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    id           TEXT NOT NULL,
    state        TEXT NOT NULL,
    due_us       INTEGER NOT NULL,
    original_us  INTEGER NOT NULL, -- of the deadline before any extension
    ack_us       INTEGER NOT NULL, -- when acknowledging is due
    acknowledged BOOLEAN NOT NULL,
    submitted_us INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    -- When things happened to it, so that it is counted by local day.
    issued_us    INTEGER NOT NULL,
    acked_us     INTEGER NOT NULL, -- when it was acknowledged
    approved_us  INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, task_id, unit_id, id)
) WITHOUT ROWID;

-- Which units have assignments of which campaigns: what a unit may see, and where
-- its rows are to be sought.
CREATE TABLE presences (
    unit_id     TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    PRIMARY KEY (unit_id, campaign_id)
) WITHOUT ROWID;

-- Counters of the assignments strictly below a node; those of the node's own
-- unit are read from the source. Deadlines are part of the key, so that what is
-- overdue can be told at any moment without touching a row.
CREATE TABLE tallies (
    node_id        TEXT NOT NULL,
    campaign_id    TEXT NOT NULL,
    task_id        TEXT NOT NULL,
    due_us         INTEGER NOT NULL,
    original_us    INTEGER NOT NULL,
    ack_us         INTEGER NOT NULL,
    issued         INTEGER NOT NULL,
    acknowledged   INTEGER NOT NULL,
    submitted      INTEGER NOT NULL,
    approved       INTEGER NOT NULL,
    returned       INTEGER NOT NULL,
    declined       INTEGER NOT NULL,
    cancelled      INTEGER NOT NULL,
    unacknowledged INTEGER NOT NULL,
    late           INTEGER NOT NULL, -- handed in after the deadline
    late_original  INTEGER NOT NULL, -- handed in after the original deadline
    PRIMARY KEY (node_id, campaign_id, task_id, due_us, original_us, ack_us)
) WITHOUT ROWID;
CREATE INDEX tallies_task ON tallies (campaign_id, task_id);

-- Source: one row per version of a submission for an assignment.
CREATE TABLE submissions (
    campaign_id   TEXT NOT NULL,
    unit_id       TEXT NOT NULL,
    id            TEXT NOT NULL,
    task_id       TEXT NOT NULL,
    assignment_id TEXT NOT NULL,
    number        INTEGER NOT NULL,
    state         TEXT NOT NULL,
    sealed_us     INTEGER NOT NULL,
    values_json   TEXT NOT NULL, -- JSON: the figures in it
    version       INTEGER NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, id)
) WITHOUT ROWID;

-- Sums of figures, whole and millionths apart, so that adding and taking away is exact.
-- own: those of the node's own unit; otherwise those strictly below it. task_id
-- is empty for the campaign-wide value of figures of which only the last counts.
CREATE TABLE figure_tallies (
    node_id        TEXT NOT NULL,
    campaign_id    TEXT NOT NULL,
    own            BOOLEAN NOT NULL,
    task_id        TEXT NOT NULL,
    figure         TEXT NOT NULL,
    measure        TEXT NOT NULL,
    aggregate      TEXT NOT NULL,
    reported_whole INTEGER NOT NULL,
    reported_micro INTEGER NOT NULL,
    accepted_whole INTEGER NOT NULL,
    accepted_micro INTEGER NOT NULL,
    reports        INTEGER NOT NULL,
    acceptances    INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, task_id, figure, measure, aggregate)
) WITHOUT ROWID;
CREATE INDEX figure_tallies_campaign ON figure_tallies (campaign_id);

-- How often each value of a figure stands whose greatest one counts.
CREATE TABLE figure_values (
    node_id     TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    own         BOOLEAN NOT NULL,
    task_id     TEXT NOT NULL,
    figure      TEXT NOT NULL,
    measure     TEXT NOT NULL,
    value_whole INTEGER NOT NULL,
    value_micro INTEGER NOT NULL,
    reports     INTEGER NOT NULL,
    acceptances INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, task_id, figure, measure, value_whole, value_micro)
) WITHOUT ROWID;
CREATE INDEX figure_values_campaign ON figure_values (campaign_id);

-- Source: the register (台账): one row per finding, rectification and inspection.
CREATE TABLE entries (
    kind             TEXT NOT NULL, -- finding, rectification, inspection
    id               TEXT NOT NULL,
    unit_id          TEXT NOT NULL,
    campaign_id      TEXT NOT NULL, -- empty outside a campaign
    category         TEXT NOT NULL, -- of a finding; kind of an inspection
    severity         TEXT NOT NULL,
    state            TEXT NOT NULL,
    due_us           INTEGER NOT NULL, -- while a rectification waits for its unit
    relapses         INTEGER NOT NULL,
    suspended        INTEGER NOT NULL,
    late             INTEGER NOT NULL,
    late_original    INTEGER NOT NULL,
    failed           INTEGER NOT NULL, -- failed answers of an inspection
    version          INTEGER NOT NULL,
    -- What findings are counted by besides their state.
    clause           TEXT NOT NULL,
    item             TEXT NOT NULL, -- series and key of the checklist item
    item_title       TEXT NOT NULL,
    sector           TEXT NOT NULL, -- of its unit, as it is counted
    found_us         INTEGER NOT NULL,
    closed_us        INTEGER NOT NULL,
    on_time          INTEGER NOT NULL,
    duplicate        INTEGER NOT NULL,
    -- Of closed findings, those whose report was in time against the deadline they
    -- were ordered with.
    on_time_original INTEGER NOT NULL,
    -- 1 for a finding that counts at another unit than the one where it was found:
    -- the one that has to rectify it.
    transferred      INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX entries_unit ON entries (unit_id, kind, id);
CREATE INDEX entries_item ON entries (item) WHERE item <> '';

-- Counters of the register; own as above.
CREATE TABLE entry_tallies (
    node_id       TEXT NOT NULL,
    campaign_id   TEXT NOT NULL,
    own           BOOLEAN NOT NULL,
    kind          TEXT NOT NULL,
    category      TEXT NOT NULL,
    severity      TEXT NOT NULL,
    state         TEXT NOT NULL,
    due_us        INTEGER NOT NULL,
    entries       INTEGER NOT NULL,
    relapses      INTEGER NOT NULL,
    suspended     INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    late_original INTEGER NOT NULL,
    failed        INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, kind, category, severity, state, due_us)
) WITHOUT ROWID;

-- Counters of findings by one facet and the month they were found in; own as above.
CREATE TABLE facet_tallies (
    node_id          TEXT NOT NULL,
    campaign_id      TEXT NOT NULL,
    own              BOOLEAN NOT NULL,
    facet            TEXT NOT NULL, -- all, category, severity, clause, item, sector, relapsed (unit), open_on (day)
    value            TEXT NOT NULL,
    month            TEXT NOT NULL, -- local: 2026-09
    found            INTEGER NOT NULL,
    open             INTEGER NOT NULL,
    closed           INTEGER NOT NULL,
    on_time          INTEGER NOT NULL, -- of the closed ones
    relapses         INTEGER NOT NULL,
    seconds          INTEGER NOT NULL, -- from finding to closing, of the closed ones
    on_time_original INTEGER NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, facet, value, month)
) WITHOUT ROWID;

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
