-- Read models of the insight service: what events told about assignments,
-- submissions, findings, rectifications and inspections (source rows), and the
-- counters kept from them. Instants are microseconds since 1970 (…_us, 0 for
-- none), because they are parts of the counters' keys.

-- Campaigns and their tasks, as far as roll-ups show them.
CREATE TABLE campaigns (
    id           TEXT COLLATE "C" NOT NULL,
    title        TEXT COLLATE "C" NOT NULL,
    template     TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    starts_on    TEXT COLLATE "C" NOT NULL,
    ends_on      TEXT COLLATE "C" NOT NULL,
    near_days    BIGINT NOT NULL,
    overdue_days BIGINT NOT NULL,
    ack_days     BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    PRIMARY KEY (id)
);
CREATE INDEX campaigns_path ON campaigns (unit_path);

CREATE TABLE tasks (
    campaign_id TEXT COLLATE "C" NOT NULL,
    id          TEXT COLLATE "C" NOT NULL,
    position    BIGINT NOT NULL,
    title       TEXT COLLATE "C" NOT NULL,
    themed_day  TEXT COLLATE "C" NOT NULL,
    due_at      TIMESTAMPTZ NOT NULL,
    weight      BIGINT NOT NULL,
    figures     TEXT COLLATE "C" NOT NULL, -- JSON: titles and measures of the numbers it asks for
    version     BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, id)
);

-- Units that events named before the copy of the tree had them, with the path
-- their numbers are counted under meanwhile.
CREATE TABLE strays (
    unit_id TEXT COLLATE "C" NOT NULL,
    path    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_id)
);
CREATE INDEX strays_path ON strays (path);

-- Source: one row per assignment. The key is the order in which a task is
-- issued, and finds the rows of a few units in a few tasks.
CREATE TABLE assignments (
    campaign_id  TEXT COLLATE "C" NOT NULL,
    task_id      TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    id           TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    due_us       BIGINT NOT NULL,
    original_us  BIGINT NOT NULL, -- of the deadline before any extension
    ack_us       BIGINT NOT NULL, -- when acknowledging is due
    acknowledged BOOLEAN NOT NULL,
    submitted_us BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    -- When things happened to it, so that it is counted by local day.
    issued_us    BIGINT NOT NULL,
    acked_us     BIGINT NOT NULL, -- when it was acknowledged
    approved_us  BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, task_id, unit_id, id)
);

-- Which units have assignments of which campaigns: what a unit may see, and where
-- its rows are to be sought.
CREATE TABLE presences (
    unit_id     TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_id, campaign_id)
);

-- Counters of the assignments strictly below a node; those of the node's own
-- unit are read from the source. Deadlines are part of the key, so that what is
-- overdue can be told at any moment without touching a row.
CREATE TABLE tallies (
    node_id        TEXT COLLATE "C" NOT NULL,
    campaign_id    TEXT COLLATE "C" NOT NULL,
    task_id        TEXT COLLATE "C" NOT NULL,
    due_us         BIGINT NOT NULL,
    original_us    BIGINT NOT NULL,
    ack_us         BIGINT NOT NULL,
    issued         BIGINT NOT NULL,
    acknowledged   BIGINT NOT NULL,
    submitted      BIGINT NOT NULL,
    approved       BIGINT NOT NULL,
    returned       BIGINT NOT NULL,
    declined       BIGINT NOT NULL,
    cancelled      BIGINT NOT NULL,
    unacknowledged BIGINT NOT NULL,
    late           BIGINT NOT NULL, -- handed in after the deadline
    late_original  BIGINT NOT NULL, -- handed in after the original deadline
    PRIMARY KEY (node_id, campaign_id, task_id, due_us, original_us, ack_us)
);
CREATE INDEX tallies_task ON tallies (campaign_id, task_id);

-- Source: one row per version of a submission for an assignment.
CREATE TABLE submissions (
    campaign_id   TEXT COLLATE "C" NOT NULL,
    unit_id       TEXT COLLATE "C" NOT NULL,
    id            TEXT COLLATE "C" NOT NULL,
    task_id       TEXT COLLATE "C" NOT NULL,
    assignment_id TEXT COLLATE "C" NOT NULL,
    number        BIGINT NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    sealed_us     BIGINT NOT NULL,
    values_json   TEXT COLLATE "C" NOT NULL, -- JSON: the figures in it
    version       BIGINT NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, id)
);

-- Sums of figures, whole and millionths apart, so that adding and taking away is exact.
-- own: those of the node's own unit; otherwise those strictly below it. task_id
-- is empty for the campaign-wide value of figures of which only the last counts.
CREATE TABLE figure_tallies (
    node_id        TEXT COLLATE "C" NOT NULL,
    campaign_id    TEXT COLLATE "C" NOT NULL,
    own            BOOLEAN NOT NULL,
    task_id        TEXT COLLATE "C" NOT NULL,
    figure         TEXT COLLATE "C" NOT NULL,
    measure        TEXT COLLATE "C" NOT NULL,
    aggregate      TEXT COLLATE "C" NOT NULL,
    reported_whole BIGINT NOT NULL,
    reported_micro BIGINT NOT NULL,
    accepted_whole BIGINT NOT NULL,
    accepted_micro BIGINT NOT NULL,
    reports        BIGINT NOT NULL,
    acceptances    BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, task_id, figure, measure, aggregate)
);
CREATE INDEX figure_tallies_campaign ON figure_tallies (campaign_id);

-- How often each value of a figure stands whose greatest one counts.
CREATE TABLE figure_values (
    node_id     TEXT COLLATE "C" NOT NULL,
    campaign_id TEXT COLLATE "C" NOT NULL,
    own         BOOLEAN NOT NULL,
    task_id     TEXT COLLATE "C" NOT NULL,
    figure      TEXT COLLATE "C" NOT NULL,
    measure     TEXT COLLATE "C" NOT NULL,
    value_whole BIGINT NOT NULL,
    value_micro BIGINT NOT NULL,
    reports     BIGINT NOT NULL,
    acceptances BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, task_id, figure, measure, value_whole, value_micro)
);
CREATE INDEX figure_values_campaign ON figure_values (campaign_id);

-- Source: the register (台账): one row per finding, rectification and inspection.
CREATE TABLE entries (
    kind             TEXT COLLATE "C" NOT NULL, -- finding, rectification, inspection
    id               TEXT COLLATE "C" NOT NULL,
    unit_id          TEXT COLLATE "C" NOT NULL,
    campaign_id      TEXT COLLATE "C" NOT NULL, -- empty outside a campaign
    category         TEXT COLLATE "C" NOT NULL, -- of a finding; kind of an inspection
    severity         TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    due_us           BIGINT NOT NULL, -- while a rectification waits for its unit
    relapses         BIGINT NOT NULL,
    suspended        BIGINT NOT NULL,
    late             BIGINT NOT NULL,
    late_original    BIGINT NOT NULL,
    failed           BIGINT NOT NULL, -- failed answers of an inspection
    version          BIGINT NOT NULL,
    -- What findings are counted by besides their state.
    clause           TEXT COLLATE "C" NOT NULL,
    item             TEXT COLLATE "C" NOT NULL, -- series and key of the checklist item
    item_title       TEXT COLLATE "C" NOT NULL,
    sector           TEXT COLLATE "C" NOT NULL, -- of its unit, as it is counted
    found_us         BIGINT NOT NULL,
    closed_us        BIGINT NOT NULL,
    on_time          BIGINT NOT NULL,
    duplicate        BIGINT NOT NULL,
    -- Of closed findings, those whose report was in time against the deadline they
    -- were ordered with.
    on_time_original BIGINT NOT NULL,
    -- 1 for a finding that counts at another unit than the one where it was found:
    -- the one that has to rectify it.
    transferred      BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX entries_unit ON entries (unit_id, kind, id);
CREATE INDEX entries_item ON entries (item) WHERE item <> '';

-- Counters of the register; own as above.
CREATE TABLE entry_tallies (
    node_id       TEXT COLLATE "C" NOT NULL,
    campaign_id   TEXT COLLATE "C" NOT NULL,
    own           BOOLEAN NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    category      TEXT COLLATE "C" NOT NULL,
    severity      TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    due_us        BIGINT NOT NULL,
    entries       BIGINT NOT NULL,
    relapses      BIGINT NOT NULL,
    suspended     BIGINT NOT NULL,
    late          BIGINT NOT NULL,
    late_original BIGINT NOT NULL,
    failed        BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, kind, category, severity, state, due_us)
);

-- Counters of findings by one facet and the month they were found in; own as above.
CREATE TABLE facet_tallies (
    node_id          TEXT COLLATE "C" NOT NULL,
    campaign_id      TEXT COLLATE "C" NOT NULL,
    own              BOOLEAN NOT NULL,
    facet            TEXT COLLATE "C" NOT NULL, -- all, category, severity, clause, item, sector, relapsed (unit), open_on (day)
    value            TEXT COLLATE "C" NOT NULL,
    month            TEXT COLLATE "C" NOT NULL, -- local: 2026-09
    found            BIGINT NOT NULL,
    open             BIGINT NOT NULL,
    closed           BIGINT NOT NULL,
    on_time          BIGINT NOT NULL, -- of the closed ones
    relapses         BIGINT NOT NULL,
    seconds          BIGINT NOT NULL, -- from finding to closing, of the closed ones
    on_time_original BIGINT NOT NULL,
    PRIMARY KEY (node_id, campaign_id, own, facet, value, month)
);

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
