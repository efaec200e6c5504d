-- Checklists, inspections, findings, rectifications.

-- What is known of campaigns: their title and limits for lights.
CREATE TABLE campaigns (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title        TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    near_days    BIGINT NOT NULL,
    overdue_days BIGINT NOT NULL,
    ack_days     BIGINT NOT NULL,
    version      BIGINT NOT NULL
);

-- One row is one version of a checklist; a published one never changes.
CREATE TABLE checklists (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    series       TEXT COLLATE "C" NOT NULL, -- the same for all versions
    number       BIGINT NOT NULL,
    title        TEXT COLLATE "C" NOT NULL,
    note         TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL, -- empty for the built-in ones
    unit_path    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- draft, published
    items        TEXT COLLATE "C" NOT NULL, -- JSON
    item_count   BIGINT NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    author       TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    version      BIGINT NOT NULL,
    -- Checklists that were built for one inspection; no list shows them.
    purpose      TEXT COLLATE "C" NOT NULL, -- look_back
    UNIQUE (series, number)
);
CREATE UNIQUE INDEX checklists_draft ON checklists (series) WHERE state = 'draft';
CREATE INDEX checklists_unit ON checklists (unit_path);

CREATE TABLE inspections (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash  TEXT COLLATE "C" NOT NULL, -- of what was first sent, to know a retry
    campaign_id   TEXT COLLATE "C" NOT NULL,
    checklist_id  TEXT COLLATE "C" NOT NULL REFERENCES checklists (id),
    kind          TEXT COLLATE "C" NOT NULL,
    unit_id       TEXT COLLATE "C" NOT NULL,
    unit_path     TEXT COLLATE "C" NOT NULL,
    office_id     TEXT COLLATE "C" NOT NULL,
    planned_day   TEXT COLLATE "C" NOT NULL,
    note          TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL, -- planned, sent, cancelled
    failed        BIGINT NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    author        TEXT COLLATE "C" NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    sent_by       TEXT COLLATE "C" NOT NULL,
    sender        TEXT COLLATE "C" NOT NULL,
    sent_at       TIMESTAMPTZ,
    cancel_reason TEXT COLLATE "C" NOT NULL,
    version       BIGINT NOT NULL,
    -- What the inspected unit says about the results, and what became of it.
    response      TEXT COLLATE "C" NOT NULL -- confirmed, objected, upheld, overruled
);
CREATE INDEX inspections_path ON inspections (unit_path, planned_day, id);
CREATE INDEX inspections_day ON inspections (planned_day, id);
CREATE INDEX inspections_state ON inspections (state, planned_day, id);
CREATE INDEX inspections_campaign ON inspections (campaign_id, planned_day, id);
CREATE INDEX inspections_unit ON inspections (unit_id, planned_day, id);
CREATE INDEX inspections_objected ON inspections (planned_day, id) WHERE response = 'objected';

CREATE TABLE inspection_inspectors (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    person_id     TEXT COLLATE "C" NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (inspection_id, person_id)
);
CREATE INDEX inspection_inspectors_person ON inspection_inspectors (person_id, inspection_id);

CREATE TABLE inspection_devices (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    id            TEXT COLLATE "C" NOT NULL,
    position      BIGINT NOT NULL,
    label         TEXT COLLATE "C" NOT NULL,
    kind          TEXT COLLATE "C" NOT NULL,
    network       TEXT COLLATE "C" NOT NULL,
    serial        TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (inspection_id, id)
);

CREATE TABLE inspection_answers (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL,
    device_id     TEXT COLLATE "C" NOT NULL, -- empty for the unit as a whole
    result        TEXT COLLATE "C" NOT NULL, -- pass, fail, na
    value         TEXT COLLATE "C" NOT NULL,
    note          TEXT COLLATE "C" NOT NULL,
    file_ids      TEXT COLLATE "C" NOT NULL, -- JSON
    answered_by   TEXT COLLATE "C" NOT NULL,
    answered_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (inspection_id, item_key, device_id)
);

CREATE TABLE inspection_amendments (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL,
    device_id     TEXT COLLATE "C" NOT NULL,
    text          TEXT COLLATE "C" NOT NULL,
    by_id         TEXT COLLATE "C" NOT NULL,
    by_name       TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    -- What is added to a sent inspection may have pictures and files.
    file_ids      TEXT COLLATE "C" NOT NULL -- JSON
);
CREATE INDEX inspection_amendments_of ON inspection_amendments (inspection_id, id);

CREATE TABLE findings (
    id                    TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash          TEXT COLLATE "C" NOT NULL,
    campaign_id           TEXT COLLATE "C" NOT NULL,
    inspection_id         TEXT COLLATE "C" NOT NULL,
    checklist_series      TEXT COLLATE "C" NOT NULL,
    item_key              TEXT COLLATE "C" NOT NULL,
    device_id             TEXT COLLATE "C" NOT NULL,
    device                TEXT COLLATE "C" NOT NULL,
    rectification_id      TEXT COLLATE "C" NOT NULL,
    unit_id               TEXT COLLATE "C" NOT NULL,
    unit_path             TEXT COLLATE "C" NOT NULL,
    title                 TEXT COLLATE "C" NOT NULL,
    text                  TEXT COLLATE "C" NOT NULL,
    place                 TEXT COLLATE "C" NOT NULL,
    category              TEXT COLLATE "C" NOT NULL,
    severity              TEXT COLLATE "C" NOT NULL,
    clause                TEXT COLLATE "C" NOT NULL,
    deadline_days         BIGINT NOT NULL,
    file_ids              TEXT COLLATE "C" NOT NULL, -- JSON
    state                 TEXT COLLATE "C" NOT NULL, -- open, rectifying, closed, dismissed
    repeats_id            TEXT COLLATE "C" NOT NULL,
    found_by              TEXT COLLATE "C" NOT NULL,
    finder                TEXT COLLATE "C" NOT NULL,
    found_at              TIMESTAMPTZ NOT NULL,
    dismissed_by          TEXT COLLATE "C" NOT NULL,
    dismiss_reason        TEXT COLLATE "C" NOT NULL,
    closed_at             TIMESTAMPTZ,
    version               BIGINT NOT NULL,
    -- The unit that has to rectify a finding now, where its order was transferred
    -- from the unit where it was found; empty where it is that unit.
    responsible_unit_id   TEXT COLLATE "C" NOT NULL,
    responsible_unit_path TEXT COLLATE "C" NOT NULL,
    -- Where a finding comes from, what proves that it was fixed, and the finding
    -- it was recorded twice as.
    source                TEXT COLLATE "C" NOT NULL DEFAULT 'other', -- inspection, review, report, other
    source_id             TEXT COLLATE "C" NOT NULL,
    fix_evidence          TEXT COLLATE "C" NOT NULL,
    duplicate_of          TEXT COLLATE "C" NOT NULL,
    -- What numbers of findings are counted by: the checklist item as it was called,
    -- and of closed ones whether the report that stands was in time.
    item_title            TEXT COLLATE "C" NOT NULL,
    on_time               BOOLEAN,
    -- Of closed findings, whether the report that stands was in time against the
    -- deadline they were ordered with.
    on_time_original      BOOLEAN
);
CREATE UNIQUE INDEX findings_answer ON findings (inspection_id, item_key, device_id) WHERE inspection_id <> '' AND item_key <> '';
CREATE INDEX findings_path ON findings (unit_path, found_at, id);
CREATE INDEX findings_found ON findings (found_at, id);
CREATE INDEX findings_state ON findings (state, found_at, id);
CREATE INDEX findings_severity ON findings (severity, found_at, id);
CREATE INDEX findings_category ON findings (category, found_at, id);
CREATE INDEX findings_campaign ON findings (campaign_id, found_at, id);
CREATE INDEX findings_unit ON findings (unit_id, found_at, id);
CREATE INDEX findings_rectification ON findings (rectification_id);
CREATE INDEX findings_responsible ON findings (responsible_unit_path, found_at, id);
CREATE INDEX findings_device ON findings (device_id, found_at, id) WHERE device_id <> '';

-- The last number given out, one row an office and year.
CREATE TABLE order_numbers (
    office_id TEXT COLLATE "C" NOT NULL,
    year      BIGINT NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (office_id, year)
);

CREATE TABLE rectifications (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id       TEXT COLLATE "C" NOT NULL,
    issuer_id         TEXT COLLATE "C" NOT NULL,
    issuer_path       TEXT COLLATE "C" NOT NULL,
    year              BIGINT NOT NULL,
    seq               BIGINT NOT NULL,
    number            TEXT COLLATE "C" NOT NULL,
    title             TEXT COLLATE "C" NOT NULL,
    note              TEXT COLLATE "C" NOT NULL,
    unit_id           TEXT COLLATE "C" NOT NULL,
    unit_path         TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL,
    suspended         BOOLEAN NOT NULL,
    outcome           TEXT COLLATE "C" NOT NULL,
    severity          TEXT COLLATE "C" NOT NULL,
    needs_plan        BOOLEAN NOT NULL,
    has_plan          BOOLEAN NOT NULL,
    copy_to_superior  BOOLEAN NOT NULL,
    responsible_id    TEXT COLLATE "C" NOT NULL,
    responsible       TEXT COLLATE "C" NOT NULL,
    funds             TEXT COLLATE "C" NOT NULL,
    contingency       TEXT COLLATE "C" NOT NULL,
    ordered_by        TEXT COLLATE "C" NOT NULL,
    orderer           TEXT COLLATE "C" NOT NULL,
    ordered_at        TIMESTAMPTZ NOT NULL,
    ack_due_at        TIMESTAMPTZ NOT NULL,
    ack_at            TIMESTAMPTZ,
    due_at            TIMESTAMPTZ NOT NULL,
    original_due_at   TIMESTAMPTZ NOT NULL,
    near_at           TIMESTAMPTZ NOT NULL, -- from when the deadline is near
    submission_id     TEXT COLLATE "C" NOT NULL,
    fixed_on_spot     BOOLEAN NOT NULL,
    reported_by       TEXT COLLATE "C" NOT NULL,
    reported_at       TIMESTAMPTZ,
    verifier_id       TEXT COLLATE "C" NOT NULL,
    still_wrong       TEXT COLLATE "C" NOT NULL,
    closed_at         TIMESTAMPTZ,
    rejections        BIGINT NOT NULL,
    relapses          BIGINT NOT NULL,
    transfers         BIGINT NOT NULL,
    extension_asked   BOOLEAN NOT NULL,
    version           BIGINT NOT NULL,
    transferred_by    TEXT COLLATE "C" NOT NULL,
    bounces           BIGINT NOT NULL,
    contested         BOOLEAN NOT NULL, -- an arbiter has to say whose it is
    settled           BOOLEAN NOT NULL, -- an arbiter has said whose it is
    -- What an order asks for besides the report, and how far that is.
    approve_plan      BOOLEAN NOT NULL,
    plan_state        TEXT COLLATE "C" NOT NULL, -- submitted, approved, returned, where it asks for approval
    plan_answer       TEXT COLLATE "C" NOT NULL,
    needs_sign_off    BOOLEAN NOT NULL,
    signed_by         TEXT COLLATE "C" NOT NULL,
    signer            TEXT COLLATE "C" NOT NULL,
    signed_at         TIMESTAMPTZ,
    needs_application BOOLEAN NOT NULL,
    close_out_asked   BOOLEAN NOT NULL,
    UNIQUE (issuer_id, year, seq)
);
CREATE INDEX rectifications_path ON rectifications (unit_path, due_at, id);
CREATE INDEX rectifications_due ON rectifications (due_at, id);
CREATE INDEX rectifications_state ON rectifications (state, due_at, id);
CREATE INDEX rectifications_campaign ON rectifications (campaign_id, due_at, id);
CREATE INDEX rectifications_unit ON rectifications (unit_id, due_at, id);
CREATE INDEX rectifications_asked ON rectifications (due_at, id) WHERE extension_asked;
CREATE INDEX rectifications_contested ON rectifications (due_at, id) WHERE contested;
CREATE INDEX rectifications_responsible ON rectifications (responsible_id, id);
CREATE INDEX rectifications_verifier ON rectifications (verifier_id, id) WHERE state = 'verifying';

-- Which findings an order was given for; kept when it is withdrawn.
CREATE TABLE rectification_findings (
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    finding_id       TEXT COLLATE "C" NOT NULL REFERENCES findings (id),
    -- Each finding of an order has its own deadline.
    due_at           TIMESTAMPTZ,
    original_due_at  TIMESTAMPTZ,
    PRIMARY KEY (rectification_id, finding_id)
);
CREATE INDEX rectification_findings_finding ON rectification_findings (finding_id);

-- Measures of the plan; those of an earlier plan stay, dropped.
CREATE TABLE measures (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    position         BIGINT NOT NULL,
    text             TEXT COLLATE "C" NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT COLLATE "C" NOT NULL,
    due_at           TIMESTAMPTZ NOT NULL,
    done_at          TIMESTAMPTZ,
    done_by          TEXT COLLATE "C" NOT NULL,
    done_note        TEXT COLLATE "C" NOT NULL,
    dropped          BOOLEAN NOT NULL,
    percent          BIGINT NOT NULL
);
CREATE INDEX measures_of ON measures (rectification_id, position);
CREATE INDEX measures_person ON measures (person_id, rectification_id);

-- Stages of a long-term rectification.
CREATE TABLE stages (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    position         BIGINT NOT NULL,
    title            TEXT COLLATE "C" NOT NULL,
    due_at           TIMESTAMPTZ NOT NULL,
    checked_at       TIMESTAMPTZ,
    checked_by       TEXT COLLATE "C" NOT NULL,
    note             TEXT COLLATE "C" NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX stages_of ON stages (rectification_id, position);

-- Reports of the unit: one for every sealed submission that was taken in.
CREATE TABLE reports (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- of the submission
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    number           BIGINT NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    note             TEXT COLLATE "C" NOT NULL,
    fixed_on_spot    BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX reports_of ON reports (rectification_id, number);

CREATE TABLE verifications (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    report_id        TEXT COLLATE "C" NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT COLLATE "C" NOT NULL,
    unit_id          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    decision         TEXT COLLATE "C" NOT NULL, -- close, reject
    outcome          TEXT COLLATE "C" NOT NULL,
    still_wrong      TEXT COLLATE "C" NOT NULL,
    new_due_at       TIMESTAMPTZ,
    method           TEXT COLLATE "C" NOT NULL -- on_site, documents; empty where nobody was asked
);
CREATE INDEX verifications_of ON verifications (rectification_id, id);

CREATE TABLE verification_results (
    verification_id TEXT COLLATE "C" NOT NULL REFERENCES verifications (id),
    finding_id      TEXT COLLATE "C" NOT NULL,
    result          TEXT COLLATE "C" NOT NULL, -- fixed, partly, not
    note            TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (verification_id, finding_id)
);

CREATE TABLE extensions (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    state            TEXT COLLATE "C" NOT NULL, -- requested, granted, refused, withdrawn
    due_at           TIMESTAMPTZ NOT NULL, -- asked for; granted, when granted
    reason           TEXT COLLATE "C" NOT NULL,
    asked_by         TEXT COLLATE "C" NOT NULL,
    asker            TEXT COLLATE "C" NOT NULL,
    asked_at         TIMESTAMPTZ NOT NULL,
    answer           TEXT COLLATE "C" NOT NULL,
    decided_by       TEXT COLLATE "C" NOT NULL,
    decider          TEXT COLLATE "C" NOT NULL,
    decided_at       TIMESTAMPTZ
);
CREATE UNIQUE INDEX extensions_open ON extensions (rectification_id) WHERE state = 'requested';
CREATE INDEX extensions_of ON extensions (rectification_id, id);

-- Who did what, for which unit, when and why, to any of the above.
CREATE TABLE history (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    thing      TEXT COLLATE "C" NOT NULL, -- checklist, inspection, finding, rectification
    thing_id   TEXT COLLATE "C" NOT NULL,
    action     TEXT COLLATE "C" NOT NULL,
    from_state TEXT COLLATE "C" NOT NULL,
    to_state   TEXT COLLATE "C" NOT NULL,
    unit_id    TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    actor      TEXT COLLATE "C" NOT NULL,
    actor_unit TEXT COLLATE "C" NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    text       TEXT COLLATE "C" NOT NULL,
    due_at     TIMESTAMPTZ, -- the deadline after it
    version    BIGINT NOT NULL
);
CREATE INDEX history_of ON history (thing, thing_id, version, id);

-- How an order went from unit to unit: transferred, bounced, settled. What
-- was before a reopening no longer counts and stays, dropped.
CREATE TABLE transfers (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    kind             TEXT COLLATE "C" NOT NULL, -- transfer, bounce, contest, settle
    from_unit_id     TEXT COLLATE "C" NOT NULL,
    to_unit_id       TEXT COLLATE "C" NOT NULL,
    reason           TEXT COLLATE "C" NOT NULL,
    by_id            TEXT COLLATE "C" NOT NULL,
    by_name          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX transfers_of ON transfers (rectification_id, id);

-- What was said about how far a measure is.
CREATE TABLE measure_progress (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    measure_id       TEXT COLLATE "C" NOT NULL REFERENCES measures (id),
    percent          BIGINT NOT NULL,
    note             TEXT COLLATE "C" NOT NULL,
    by_id            TEXT COLLATE "C" NOT NULL,
    by_name          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL
);
CREATE INDEX measure_progress_of ON measure_progress (rectification_id, id);

-- Applications of the unit to be closed out.
CREATE TABLE applications (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    report_id        TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL, -- applied, granted, refused, withdrawn
    text             TEXT COLLATE "C" NOT NULL,
    asked_by         TEXT COLLATE "C" NOT NULL,
    asker            TEXT COLLATE "C" NOT NULL,
    asked_at         TIMESTAMPTZ NOT NULL,
    answer           TEXT COLLATE "C" NOT NULL,
    decided_by       TEXT COLLATE "C" NOT NULL,
    decider          TEXT COLLATE "C" NOT NULL,
    decided_at       TIMESTAMPTZ
);
CREATE UNIQUE INDEX applications_open ON applications (rectification_id) WHERE state = 'applied';
CREATE INDEX applications_of ON applications (rectification_id, id);

CREATE TABLE inspection_responses (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL, -- what an objection is about; empty for the whole
    device_id     TEXT COLLATE "C" NOT NULL,
    text          TEXT COLLATE "C" NOT NULL,
    by_id         TEXT COLLATE "C" NOT NULL,
    by_name       TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    state         TEXT COLLATE "C" NOT NULL, -- confirmed, objected, upheld, overruled
    answer        TEXT COLLATE "C" NOT NULL,
    decided_by    TEXT COLLATE "C" NOT NULL,
    decider       TEXT COLLATE "C" NOT NULL,
    decided_at    TIMESTAMPTZ
);
CREATE INDEX inspection_responses_of ON inspection_responses (inspection_id, id);

-- Double random draws, with everything that is needed to draw again.
CREATE TABLE draws (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT COLLATE "C" NOT NULL,
    title        TEXT COLLATE "C" NOT NULL,
    algorithm    TEXT COLLATE "C" NOT NULL,
    seed         TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL, -- the units drawn from are below it
    unit_path    TEXT COLLATE "C" NOT NULL,
    office_id    TEXT COLLATE "C" NOT NULL,
    wanted       BIGINT NOT NULL,
    per_unit     BIGINT NOT NULL, -- inspectors
    weighted     BOOLEAN NOT NULL,
    units        TEXT COLLATE "C" NOT NULL, -- JSON, in the order in which they were drawn from
    inspectors   TEXT COLLATE "C" NOT NULL, -- JSON, the same
    picks        TEXT COLLATE "C" NOT NULL, -- JSON
    state        TEXT COLLATE "C" NOT NULL, -- drawn, planned
    created_by   TEXT COLLATE "C" NOT NULL,
    author       TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL,
    -- Who is to plan the inspections of a draw; empty where that person has left it
    -- to the office.
    planner_id   TEXT COLLATE "C" NOT NULL
);
CREATE INDEX draws_path ON draws (unit_path, id);
-- What hangs on a person.
CREATE INDEX draws_planner ON draws (planner_id) WHERE state = 'drawn';

-- The registers of units' devices; an inspection keeps a copy of what it checks.
CREATE TABLE devices (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    label        TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    network      TEXT COLLATE "C" NOT NULL, -- inner, outer, none
    serial       TEXT COLLATE "C" NOT NULL,
    place        TEXT COLLATE "C" NOT NULL,
    keeper       TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- active, retired
    created_by   TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX devices_path ON devices (unit_path, id);
CREATE INDEX devices_unit ON devices (unit_id, id);

-- Documents of many orders at once, made in the background and kept for a week.
CREATE TABLE document_jobs (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    form        TEXT COLLATE "C" NOT NULL, -- order, close_out
    format      TEXT COLLATE "C" NOT NULL, -- docx, xlsx
    state       TEXT COLLATE "C" NOT NULL, -- running, done
    person_id   TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL, -- JSON: whoever asked, with what they were granted then
    total       BIGINT NOT NULL,
    done        BIGINT NOT NULL,
    lease_owner TEXT COLLATE "C" NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX document_jobs_running ON document_jobs (id) WHERE state = 'running';

-- One document of a job.
CREATE TABLE document_parts (
    job_id           TEXT COLLATE "C" NOT NULL,
    position         BIGINT NOT NULL,
    rectification_id TEXT COLLATE "C" NOT NULL,
    name             TEXT COLLATE "C" NOT NULL, -- of the file; empty until it is made
    problem          TEXT COLLATE "C" NOT NULL, -- code of why it could not be made
    data             BYTEA,
    PRIMARY KEY (job_id, position)
);

-- Which version of whose tables is known to hold all that findings are counted by.
CREATE TABLE copies (
    service TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tables  TEXT COLLATE "C" NOT NULL
);
