-- Campaigns, their tasks, and the assignments they were issued as.

CREATE TABLE campaigns (
    id             TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id        TEXT COLLATE "C" NOT NULL,
    unit_path      TEXT COLLATE "C" NOT NULL,
    office_id      TEXT COLLATE "C" NOT NULL,
    title          TEXT COLLATE "C" NOT NULL,
    theme          TEXT COLLATE "C" NOT NULL,
    basis          TEXT COLLATE "C" NOT NULL,
    template       TEXT COLLATE "C" NOT NULL,
    state          TEXT COLLATE "C" NOT NULL,
    starts_on      TEXT COLLATE "C" NOT NULL, -- local days
    ends_on        TEXT COLLATE "C" NOT NULL,
    near_days      BIGINT NOT NULL,
    overdue_days   BIGINT NOT NULL,
    ack_days       BIGINT NOT NULL,
    days           TEXT COLLATE "C" NOT NULL, -- JSON: themed days
    materials      TEXT COLLATE "C" NOT NULL, -- JSON
    created_by     TEXT COLLATE "C" NOT NULL,
    created_at     TIMESTAMPTZ NOT NULL,
    issued_by      TEXT COLLATE "C" NOT NULL,
    issued_by_name TEXT COLLATE "C" NOT NULL,
    issued_at      TIMESTAMPTZ,
    ended_at       TIMESTAMPTZ, -- closed or cancelled
    version        BIGINT NOT NULL,
    -- What searches compare, made by the program when a campaign is stored: title
    -- and document number, folded, each on a line. folded is the rule they were
    -- made by; rows of an earlier one are made anew at start.
    search         TEXT COLLATE "C" NOT NULL,
    folded         BIGINT NOT NULL
);
CREATE INDEX campaigns_path ON campaigns (unit_path, id);
CREATE INDEX campaigns_state ON campaigns (state, id);

CREATE TABLE tasks (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id  TEXT COLLATE "C" NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    position     BIGINT NOT NULL,
    title        TEXT COLLATE "C" NOT NULL,
    description  TEXT COLLATE "C" NOT NULL,
    themed_day   TEXT COLLATE "C" NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    weight       BIGINT NOT NULL,
    review       TEXT COLLATE "C" NOT NULL,
    targets      TEXT COLLATE "C" NOT NULL, -- JSON
    requirements TEXT COLLATE "C" NOT NULL, -- JSON
    version      BIGINT NOT NULL
);
CREATE INDEX tasks_campaign ON tasks (campaign_id, position, id);

CREATE TABLE assignments (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id       TEXT COLLATE "C" NOT NULL,
    task_id           TEXT COLLATE "C" NOT NULL,
    parent_id         TEXT COLLATE "C" NOT NULL, -- delegated from; empty for none
    unit_id           TEXT COLLATE "C" NOT NULL,
    unit_path         TEXT COLLATE "C" NOT NULL,
    issuer_id         TEXT COLLATE "C" NOT NULL,
    issuer_path       TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL,
    review_level      TEXT COLLATE "C" NOT NULL,
    reviewer_id       TEXT COLLATE "C" NOT NULL,
    reviewer_path     TEXT COLLATE "C" NOT NULL, -- who reviews next while submitted, else empty
    review_started_by TEXT COLLATE "C" NOT NULL,
    review_started_at TIMESTAMPTZ,
    responsible_id    TEXT COLLATE "C" NOT NULL,
    submission_id     TEXT COLLATE "C" NOT NULL,
    submission_number BIGINT NOT NULL, -- highest seen
    submitted_by      TEXT COLLATE "C" NOT NULL,
    issued_at         TIMESTAMPTZ NOT NULL,
    ack_due_at        TIMESTAMPTZ NOT NULL,
    due_at            TIMESTAMPTZ NOT NULL,
    original_due_at   TIMESTAMPTZ NOT NULL,
    ack_at            TIMESTAMPTZ,
    submitted_at      TIMESTAMPTZ,
    approved_at       TIMESTAMPTZ,
    urged_at          TIMESTAMPTZ,
    open_children     BIGINT NOT NULL,
    percent           BIGINT NOT NULL,
    returns           BIGINT NOT NULL, -- how often it was returned
    reassigned_to     TEXT COLLATE "C" NOT NULL,
    version           BIGINT NOT NULL
);
-- One live assignment per task and unit. A declined one is live until the
-- issuer has decided.
CREATE UNIQUE INDEX assignments_live ON assignments (task_id, unit_id) WHERE state <> 'cancelled';
CREATE INDEX assignments_path ON assignments (unit_path, due_at, id);
CREATE INDEX assignments_campaign ON assignments (campaign_id, due_at, id);
CREATE INDEX assignments_due ON assignments (due_at, id);
CREATE INDEX assignments_parent ON assignments (parent_id, id) WHERE parent_id <> '';
CREATE INDEX assignments_review ON assignments (reviewer_path, due_at, id) WHERE reviewer_path <> '';
CREATE INDEX assignments_moved ON assignments (state, due_at, id) WHERE state <> 'issued';
-- The burden report and the dry run look at what was issued lately.
CREATE INDEX assignments_issued ON assignments (issued_at);

CREATE TABLE assignment_history (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    assignment_id TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    action        TEXT COLLATE "C" NOT NULL,
    from_state    TEXT COLLATE "C" NOT NULL,
    to_state      TEXT COLLATE "C" NOT NULL,
    actor_id      TEXT COLLATE "C" NOT NULL,
    actor_name    TEXT COLLATE "C" NOT NULL,
    actor_unit_id TEXT COLLATE "C" NOT NULL,
    text          TEXT COLLATE "C" NOT NULL,
    level         TEXT COLLATE "C" NOT NULL,
    percent       BIGINT,
    formal        BOOLEAN NOT NULL,
    related_id    TEXT COLLATE "C" NOT NULL, -- submission, extension request, replacement or person
    -- Why somebody reviewed in the place of a level that had nobody; else empty.
    stand_in      TEXT COLLATE "C" NOT NULL
);
CREATE INDEX assignment_history_of ON assignment_history (assignment_id, id);

CREATE TABLE extension_requests (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    assignment_id     TEXT COLLATE "C" NOT NULL,
    campaign_id       TEXT COLLATE "C" NOT NULL,
    unit_id           TEXT COLLATE "C" NOT NULL,
    unit_path         TEXT COLLATE "C" NOT NULL,
    issuer_path       TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL,
    asked_due_at      TIMESTAMPTZ NOT NULL,
    due_at            TIMESTAMPTZ NOT NULL, -- asked, or once granted the new deadline
    reason            TEXT COLLATE "C" NOT NULL,
    answer            TEXT COLLATE "C" NOT NULL,
    requested_by      TEXT COLLATE "C" NOT NULL,
    requested_by_name TEXT COLLATE "C" NOT NULL,
    requested_at      TIMESTAMPTZ NOT NULL,
    decided_by        TEXT COLLATE "C" NOT NULL,
    decided_by_name   TEXT COLLATE "C" NOT NULL,
    decided_at        TIMESTAMPTZ,
    version           BIGINT NOT NULL
);
CREATE UNIQUE INDEX extension_requests_open ON extension_requests (assignment_id) WHERE state = 'requested';
CREATE INDEX extension_requests_of ON extension_requests (assignment_id, id);
CREATE INDEX extension_requests_path ON extension_requests (unit_path, id);
CREATE INDEX extension_requests_issuer ON extension_requests (issuer_path, id) WHERE state = 'requested';

-- Background work that survives a crash: issuing, cancelling and urging.
CREATE TABLE campaign_jobs (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL, -- running, done
    args        TEXT COLLATE "C" NOT NULL, -- JSON
    actor_id    TEXT COLLATE "C" NOT NULL,
    actor_name  TEXT COLLATE "C" NOT NULL,
    actor_unit  TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    total       BIGINT NOT NULL,
    done        BIGINT NOT NULL,
    position    TEXT COLLATE "C" NOT NULL, -- last id that is done
    lease_owner TEXT COLLATE "C" NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX campaign_jobs_running ON campaign_jobs (campaign_id, kind) WHERE state = 'running';
CREATE INDEX campaign_jobs_of ON campaign_jobs (campaign_id, id);

CREATE TABLE issue_progress (
    task_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id TEXT COLLATE "C" NOT NULL,
    position    TEXT COLLATE "C" NOT NULL, -- last unit id that has its assignment
    total       BIGINT NOT NULL,
    done        BIGINT NOT NULL,
    finished    BOOLEAN NOT NULL
);
CREATE INDEX issue_progress_campaign ON issue_progress (campaign_id, task_id);

-- Templates that offices keep of their campaigns.
CREATE TABLE campaign_templates (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id    TEXT COLLATE "C" NOT NULL,
    unit_path  TEXT COLLATE "C" NOT NULL,
    content    TEXT COLLATE "C" NOT NULL, -- JSON
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version    BIGINT NOT NULL
);
CREATE INDEX campaign_templates_path ON campaign_templates (unit_path, id);
