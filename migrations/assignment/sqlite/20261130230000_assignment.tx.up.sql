-- Campaigns, their tasks, and the assignments they were issued as.

CREATE TABLE campaigns (
    id             TEXT NOT NULL PRIMARY KEY,
    unit_id        TEXT NOT NULL,
    unit_path      TEXT NOT NULL,
    office_id      TEXT NOT NULL,
    title          TEXT NOT NULL,
    theme          TEXT NOT NULL,
    basis          TEXT NOT NULL,
    template       TEXT NOT NULL,
    state          TEXT NOT NULL,
    starts_on      TEXT NOT NULL, -- local days
    ends_on        TEXT NOT NULL,
    near_days      INTEGER NOT NULL,
    overdue_days   INTEGER NOT NULL,
    ack_days       INTEGER NOT NULL,
    days           TEXT NOT NULL, -- JSON: themed days
    materials      TEXT NOT NULL, -- JSON
    created_by     TEXT NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    issued_by      TEXT NOT NULL,
    issued_by_name TEXT NOT NULL,
    issued_at      TIMESTAMP,
    ended_at       TIMESTAMP, -- closed or cancelled
    version        INTEGER NOT NULL,
    -- What searches compare, made by the program when a campaign is stored: title
    -- and document number, folded, each on a line. folded is the rule they were
    -- made by; rows of an earlier one are made anew at start.
    search         TEXT NOT NULL,
    folded         INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX campaigns_path ON campaigns (unit_path, id);
CREATE INDEX campaigns_state ON campaigns (state, id);

CREATE TABLE tasks (
    id           TEXT NOT NULL PRIMARY KEY,
    campaign_id  TEXT NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    title        TEXT NOT NULL,
    description  TEXT NOT NULL,
    themed_day   TEXT NOT NULL,
    due_at       TIMESTAMP NOT NULL,
    weight       INTEGER NOT NULL,
    review       TEXT NOT NULL,
    targets      TEXT NOT NULL, -- JSON
    requirements TEXT NOT NULL, -- JSON
    version      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX tasks_campaign ON tasks (campaign_id, position, id);

CREATE TABLE assignments (
    id                TEXT NOT NULL PRIMARY KEY,
    campaign_id       TEXT NOT NULL,
    task_id           TEXT NOT NULL,
    parent_id         TEXT NOT NULL, -- delegated from; empty for none
    unit_id           TEXT NOT NULL,
    unit_path         TEXT NOT NULL,
    issuer_id         TEXT NOT NULL,
    issuer_path       TEXT NOT NULL,
    state             TEXT NOT NULL,
    review_level      TEXT NOT NULL,
    reviewer_id       TEXT NOT NULL,
    reviewer_path     TEXT NOT NULL, -- who reviews next while submitted, else empty
    review_started_by TEXT NOT NULL,
    review_started_at TIMESTAMP,
    responsible_id    TEXT NOT NULL,
    submission_id     TEXT NOT NULL,
    submission_number INTEGER NOT NULL, -- highest seen
    submitted_by      TEXT NOT NULL,
    issued_at         TIMESTAMP NOT NULL,
    ack_due_at        TIMESTAMP NOT NULL,
    due_at            TIMESTAMP NOT NULL,
    original_due_at   TIMESTAMP NOT NULL,
    ack_at            TIMESTAMP,
    submitted_at      TIMESTAMP,
    approved_at       TIMESTAMP,
    urged_at          TIMESTAMP,
    open_children     INTEGER NOT NULL,
    percent           INTEGER NOT NULL,
    returns           INTEGER NOT NULL, -- how often it was returned
    reassigned_to     TEXT NOT NULL,
    version           INTEGER NOT NULL
) WITHOUT ROWID;
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
    id            TEXT NOT NULL PRIMARY KEY,
    assignment_id TEXT NOT NULL,
    at            TIMESTAMP NOT NULL,
    action        TEXT NOT NULL,
    from_state    TEXT NOT NULL,
    to_state      TEXT NOT NULL,
    actor_id      TEXT NOT NULL,
    actor_name    TEXT NOT NULL,
    actor_unit_id TEXT NOT NULL,
    text          TEXT NOT NULL,
    level         TEXT NOT NULL,
    percent       INTEGER,
    formal        BOOLEAN NOT NULL,
    related_id    TEXT NOT NULL, -- submission, extension request, replacement or person
    -- Why somebody reviewed in the place of a level that had nobody; else empty.
    stand_in      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX assignment_history_of ON assignment_history (assignment_id, id);

CREATE TABLE extension_requests (
    id                TEXT NOT NULL PRIMARY KEY,
    assignment_id     TEXT NOT NULL,
    campaign_id       TEXT NOT NULL,
    unit_id           TEXT NOT NULL,
    unit_path         TEXT NOT NULL,
    issuer_path       TEXT NOT NULL,
    state             TEXT NOT NULL,
    asked_due_at      TIMESTAMP NOT NULL,
    due_at            TIMESTAMP NOT NULL, -- asked, or once granted the new deadline
    reason            TEXT NOT NULL,
    answer            TEXT NOT NULL,
    requested_by      TEXT NOT NULL,
    requested_by_name TEXT NOT NULL,
    requested_at      TIMESTAMP NOT NULL,
    decided_by        TEXT NOT NULL,
    decided_by_name   TEXT NOT NULL,
    decided_at        TIMESTAMP,
    version           INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX extension_requests_open ON extension_requests (assignment_id) WHERE state = 'requested';
CREATE INDEX extension_requests_of ON extension_requests (assignment_id, id);
CREATE INDEX extension_requests_path ON extension_requests (unit_path, id);
CREATE INDEX extension_requests_issuer ON extension_requests (issuer_path, id) WHERE state = 'requested';

-- Background work that survives a crash: issuing, cancelling and urging.
CREATE TABLE campaign_jobs (
    id          TEXT NOT NULL PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL, -- running, done
    args        TEXT NOT NULL, -- JSON
    actor_id    TEXT NOT NULL,
    actor_name  TEXT NOT NULL,
    actor_unit  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    total       INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    position    TEXT NOT NULL, -- last id that is done
    lease_owner TEXT NOT NULL,
    lease_until TIMESTAMP NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
) WITHOUT ROWID;
CREATE UNIQUE INDEX campaign_jobs_running ON campaign_jobs (campaign_id, kind) WHERE state = 'running';
CREATE INDEX campaign_jobs_of ON campaign_jobs (campaign_id, id);

CREATE TABLE issue_progress (
    task_id     TEXT NOT NULL PRIMARY KEY,
    campaign_id TEXT NOT NULL,
    position    TEXT NOT NULL, -- last unit id that has its assignment
    total       INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    finished    BOOLEAN NOT NULL
) WITHOUT ROWID;
CREATE INDEX issue_progress_campaign ON issue_progress (campaign_id, task_id);

-- Templates that offices keep of their campaigns.
CREATE TABLE campaign_templates (
    id         TEXT NOT NULL PRIMARY KEY,
    unit_id    TEXT NOT NULL,
    unit_path  TEXT NOT NULL,
    content    TEXT NOT NULL, -- JSON
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    INTEGER NOT NULL
);
CREATE INDEX campaign_templates_path ON campaign_templates (unit_path, id);
