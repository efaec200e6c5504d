-- Checklists, inspections, findings, rectifications.

-- What is known of campaigns: their title and limits for lights.
CREATE TABLE campaigns (
    id           TEXT NOT NULL PRIMARY KEY,
    title        TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    unit_path    TEXT NOT NULL,
    state        TEXT NOT NULL,
    near_days    INTEGER NOT NULL,
    overdue_days INTEGER NOT NULL,
    ack_days     INTEGER NOT NULL,
    version      INTEGER NOT NULL
) WITHOUT ROWID;

-- One row is one version of a checklist; a published one never changes.
CREATE TABLE checklists (
    id           TEXT NOT NULL PRIMARY KEY,
    series       TEXT NOT NULL, -- the same for all versions
    number       INTEGER NOT NULL,
    title        TEXT NOT NULL,
    note         TEXT NOT NULL,
    unit_id      TEXT NOT NULL, -- empty for the built-in ones
    unit_path    TEXT NOT NULL,
    state        TEXT NOT NULL, -- draft, published
    items        TEXT NOT NULL, -- JSON
    item_count   INTEGER NOT NULL,
    created_by   TEXT NOT NULL,
    author       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    published_at TIMESTAMP,
    version      INTEGER NOT NULL,
    -- Checklists that were built for one inspection; no list shows them.
    purpose      TEXT NOT NULL, -- look_back
    UNIQUE (series, number)
);
CREATE UNIQUE INDEX checklists_draft ON checklists (series) WHERE state = 'draft';
CREATE INDEX checklists_unit ON checklists (unit_path);

CREATE TABLE inspections (
    id            TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash  TEXT NOT NULL, -- of what was first sent, to know a retry
    campaign_id   TEXT NOT NULL,
    checklist_id  TEXT NOT NULL REFERENCES checklists (id),
    kind          TEXT NOT NULL,
    unit_id       TEXT NOT NULL,
    unit_path     TEXT NOT NULL,
    office_id     TEXT NOT NULL,
    planned_day   TEXT NOT NULL,
    note          TEXT NOT NULL,
    state         TEXT NOT NULL, -- planned, sent, cancelled
    failed        INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    author        TEXT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    sent_by       TEXT NOT NULL,
    sender        TEXT NOT NULL,
    sent_at       TIMESTAMP,
    cancel_reason TEXT NOT NULL,
    version       INTEGER NOT NULL,
    -- What the inspected unit says about the results, and what became of it.
    response      TEXT NOT NULL -- confirmed, objected, upheld, overruled
);
CREATE INDEX inspections_path ON inspections (unit_path, planned_day, id);
CREATE INDEX inspections_day ON inspections (planned_day, id);
CREATE INDEX inspections_state ON inspections (state, planned_day, id);
CREATE INDEX inspections_campaign ON inspections (campaign_id, planned_day, id);
CREATE INDEX inspections_unit ON inspections (unit_id, planned_day, id);
CREATE INDEX inspections_objected ON inspections (planned_day, id) WHERE response = 'objected';

CREATE TABLE inspection_inspectors (
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    person_id     TEXT NOT NULL,
    name          TEXT NOT NULL,
    PRIMARY KEY (inspection_id, person_id)
) WITHOUT ROWID;
CREATE INDEX inspection_inspectors_person ON inspection_inspectors (person_id, inspection_id);

CREATE TABLE inspection_devices (
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    id            TEXT NOT NULL,
    position      INTEGER NOT NULL,
    label         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    network       TEXT NOT NULL,
    serial        TEXT NOT NULL,
    PRIMARY KEY (inspection_id, id)
) WITHOUT ROWID;

CREATE TABLE inspection_answers (
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    item_key      TEXT NOT NULL,
    device_id     TEXT NOT NULL, -- empty for the unit as a whole
    result        TEXT NOT NULL, -- pass, fail, na
    value         TEXT NOT NULL,
    note          TEXT NOT NULL,
    file_ids      TEXT NOT NULL, -- JSON
    answered_by   TEXT NOT NULL,
    answered_at   TIMESTAMP NOT NULL,
    PRIMARY KEY (inspection_id, item_key, device_id)
) WITHOUT ROWID;

CREATE TABLE inspection_amendments (
    id            TEXT NOT NULL PRIMARY KEY,
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    item_key      TEXT NOT NULL,
    device_id     TEXT NOT NULL,
    text          TEXT NOT NULL,
    by_id         TEXT NOT NULL,
    by_name       TEXT NOT NULL,
    at            TIMESTAMP NOT NULL,
    -- What is added to a sent inspection may have pictures and files.
    file_ids      TEXT NOT NULL -- JSON
);
CREATE INDEX inspection_amendments_of ON inspection_amendments (inspection_id, id);

CREATE TABLE findings (
    id                    TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash          TEXT NOT NULL,
    campaign_id           TEXT NOT NULL,
    inspection_id         TEXT NOT NULL,
    checklist_series      TEXT NOT NULL,
    item_key              TEXT NOT NULL,
    device_id             TEXT NOT NULL,
    device                TEXT NOT NULL,
    rectification_id      TEXT NOT NULL,
    unit_id               TEXT NOT NULL,
    unit_path             TEXT NOT NULL,
    title                 TEXT NOT NULL,
    text                  TEXT NOT NULL,
    place                 TEXT NOT NULL,
    category              TEXT NOT NULL,
    severity              TEXT NOT NULL,
    clause                TEXT NOT NULL,
    deadline_days         INTEGER NOT NULL,
    file_ids              TEXT NOT NULL, -- JSON
    state                 TEXT NOT NULL, -- open, rectifying, closed, dismissed
    repeats_id            TEXT NOT NULL,
    found_by              TEXT NOT NULL,
    finder                TEXT NOT NULL,
    found_at              TIMESTAMP NOT NULL,
    dismissed_by          TEXT NOT NULL,
    dismiss_reason        TEXT NOT NULL,
    closed_at             TIMESTAMP,
    version               INTEGER NOT NULL,
    -- The unit that has to rectify a finding now, where its order was transferred
    -- from the unit where it was found; empty where it is that unit.
    responsible_unit_id   TEXT NOT NULL,
    responsible_unit_path TEXT NOT NULL,
    -- Where a finding comes from, what proves that it was fixed, and the finding
    -- it was recorded twice as.
    source                TEXT NOT NULL DEFAULT 'other', -- inspection, review, report, other
    source_id             TEXT NOT NULL,
    fix_evidence          TEXT NOT NULL,
    duplicate_of          TEXT NOT NULL,
    -- What numbers of findings are counted by: the checklist item as it was called,
    -- and of closed ones whether the report that stands was in time.
    item_title            TEXT NOT NULL,
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
    office_id TEXT NOT NULL,
    year      INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    PRIMARY KEY (office_id, year)
) WITHOUT ROWID;

CREATE TABLE rectifications (
    id                TEXT NOT NULL PRIMARY KEY,
    campaign_id       TEXT NOT NULL,
    issuer_id         TEXT NOT NULL,
    issuer_path       TEXT NOT NULL,
    year              INTEGER NOT NULL,
    seq               INTEGER NOT NULL,
    number            TEXT NOT NULL,
    title             TEXT NOT NULL,
    note              TEXT NOT NULL,
    unit_id           TEXT NOT NULL,
    unit_path         TEXT NOT NULL,
    state             TEXT NOT NULL,
    suspended         BOOLEAN NOT NULL,
    outcome           TEXT NOT NULL,
    severity          TEXT NOT NULL,
    needs_plan        BOOLEAN NOT NULL,
    has_plan          BOOLEAN NOT NULL,
    copy_to_superior  BOOLEAN NOT NULL,
    responsible_id    TEXT NOT NULL,
    responsible       TEXT NOT NULL,
    funds             TEXT NOT NULL,
    contingency       TEXT NOT NULL,
    ordered_by        TEXT NOT NULL,
    orderer           TEXT NOT NULL,
    ordered_at        TIMESTAMP NOT NULL,
    ack_due_at        TIMESTAMP NOT NULL,
    ack_at            TIMESTAMP,
    due_at            TIMESTAMP NOT NULL,
    original_due_at   TIMESTAMP NOT NULL,
    near_at           TIMESTAMP NOT NULL, -- from when the deadline is near
    submission_id     TEXT NOT NULL,
    fixed_on_spot     BOOLEAN NOT NULL,
    reported_by       TEXT NOT NULL,
    reported_at       TIMESTAMP,
    verifier_id       TEXT NOT NULL,
    still_wrong       TEXT NOT NULL,
    closed_at         TIMESTAMP,
    rejections        INTEGER NOT NULL,
    relapses          INTEGER NOT NULL,
    transfers         INTEGER NOT NULL,
    extension_asked   BOOLEAN NOT NULL,
    version           INTEGER NOT NULL,
    transferred_by    TEXT NOT NULL,
    bounces           INTEGER NOT NULL,
    contested         BOOLEAN NOT NULL, -- an arbiter has to say whose it is
    settled           BOOLEAN NOT NULL, -- an arbiter has said whose it is
    -- What an order asks for besides the report, and how far that is.
    approve_plan      BOOLEAN NOT NULL,
    plan_state        TEXT NOT NULL, -- submitted, approved, returned, where it asks for approval
    plan_answer       TEXT NOT NULL,
    needs_sign_off    BOOLEAN NOT NULL,
    signed_by         TEXT NOT NULL,
    signer            TEXT NOT NULL,
    signed_at         TIMESTAMP,
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
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    finding_id       TEXT NOT NULL REFERENCES findings (id),
    -- Each finding of an order has its own deadline.
    due_at           TIMESTAMP,
    original_due_at  TIMESTAMP,
    PRIMARY KEY (rectification_id, finding_id)
) WITHOUT ROWID;
CREATE INDEX rectification_findings_finding ON rectification_findings (finding_id);

-- Measures of the plan; those of an earlier plan stay, dropped.
CREATE TABLE measures (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    position         INTEGER NOT NULL,
    text             TEXT NOT NULL,
    person_id        TEXT NOT NULL,
    person           TEXT NOT NULL,
    due_at           TIMESTAMP NOT NULL,
    done_at          TIMESTAMP,
    done_by          TEXT NOT NULL,
    done_note        TEXT NOT NULL,
    dropped          BOOLEAN NOT NULL,
    percent          INTEGER NOT NULL
);
CREATE INDEX measures_of ON measures (rectification_id, position);
CREATE INDEX measures_person ON measures (person_id, rectification_id);

-- Stages of a long-term rectification.
CREATE TABLE stages (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    position         INTEGER NOT NULL,
    title            TEXT NOT NULL,
    due_at           TIMESTAMP NOT NULL,
    checked_at       TIMESTAMP,
    checked_by       TEXT NOT NULL,
    note             TEXT NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX stages_of ON stages (rectification_id, position);

-- Reports of the unit: one for every sealed submission that was taken in.
CREATE TABLE reports (
    id               TEXT NOT NULL PRIMARY KEY, -- of the submission
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    number           INTEGER NOT NULL,
    person_id        TEXT NOT NULL,
    person           TEXT NOT NULL,
    at               TIMESTAMP NOT NULL,
    note             TEXT NOT NULL,
    fixed_on_spot    BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX reports_of ON reports (rectification_id, number);

CREATE TABLE verifications (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    report_id        TEXT NOT NULL,
    person_id        TEXT NOT NULL,
    person           TEXT NOT NULL,
    unit_id          TEXT NOT NULL,
    at               TIMESTAMP NOT NULL,
    decision         TEXT NOT NULL, -- close, reject
    outcome          TEXT NOT NULL,
    still_wrong      TEXT NOT NULL,
    new_due_at       TIMESTAMP,
    method           TEXT NOT NULL -- on_site, documents; empty where nobody was asked
);
CREATE INDEX verifications_of ON verifications (rectification_id, id);

CREATE TABLE verification_results (
    verification_id TEXT NOT NULL REFERENCES verifications (id),
    finding_id      TEXT NOT NULL,
    result          TEXT NOT NULL, -- fixed, partly, not
    note            TEXT NOT NULL,
    PRIMARY KEY (verification_id, finding_id)
) WITHOUT ROWID;

CREATE TABLE extensions (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    state            TEXT NOT NULL, -- requested, granted, refused, withdrawn
    due_at           TIMESTAMP NOT NULL, -- asked for; granted, when granted
    reason           TEXT NOT NULL,
    asked_by         TEXT NOT NULL,
    asker            TEXT NOT NULL,
    asked_at         TIMESTAMP NOT NULL,
    answer           TEXT NOT NULL,
    decided_by       TEXT NOT NULL,
    decider          TEXT NOT NULL,
    decided_at       TIMESTAMP
);
CREATE UNIQUE INDEX extensions_open ON extensions (rectification_id) WHERE state = 'requested';
CREATE INDEX extensions_of ON extensions (rectification_id, id);

-- Who did what, for which unit, when and why, to any of the above.
CREATE TABLE history (
    id         TEXT NOT NULL PRIMARY KEY,
    thing      TEXT NOT NULL, -- checklist, inspection, finding, rectification
    thing_id   TEXT NOT NULL,
    action     TEXT NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    unit_id    TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    actor      TEXT NOT NULL,
    actor_unit TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    reason     TEXT NOT NULL,
    text       TEXT NOT NULL,
    due_at     TIMESTAMP, -- the deadline after it
    version    INTEGER NOT NULL
);
CREATE INDEX history_of ON history (thing, thing_id, version, id);

-- How an order went from unit to unit: transferred, bounced, settled. What
-- was before a reopening no longer counts and stays, dropped.
CREATE TABLE transfers (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    kind             TEXT NOT NULL, -- transfer, bounce, contest, settle
    from_unit_id     TEXT NOT NULL,
    to_unit_id       TEXT NOT NULL,
    reason           TEXT NOT NULL,
    by_id            TEXT NOT NULL,
    by_name          TEXT NOT NULL,
    at               TIMESTAMP NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX transfers_of ON transfers (rectification_id, id);

-- What was said about how far a measure is.
CREATE TABLE measure_progress (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    measure_id       TEXT NOT NULL REFERENCES measures (id),
    percent          INTEGER NOT NULL,
    note             TEXT NOT NULL,
    by_id            TEXT NOT NULL,
    by_name          TEXT NOT NULL,
    at               TIMESTAMP NOT NULL
);
CREATE INDEX measure_progress_of ON measure_progress (rectification_id, id);

-- Applications of the unit to be closed out.
CREATE TABLE applications (
    id               TEXT NOT NULL PRIMARY KEY,
    rectification_id TEXT NOT NULL REFERENCES rectifications (id),
    report_id        TEXT NOT NULL,
    state            TEXT NOT NULL, -- applied, granted, refused, withdrawn
    text             TEXT NOT NULL,
    asked_by         TEXT NOT NULL,
    asker            TEXT NOT NULL,
    asked_at         TIMESTAMP NOT NULL,
    answer           TEXT NOT NULL,
    decided_by       TEXT NOT NULL,
    decider          TEXT NOT NULL,
    decided_at       TIMESTAMP
);
CREATE UNIQUE INDEX applications_open ON applications (rectification_id) WHERE state = 'applied';
CREATE INDEX applications_of ON applications (rectification_id, id);

CREATE TABLE inspection_responses (
    id            TEXT NOT NULL PRIMARY KEY,
    inspection_id TEXT NOT NULL REFERENCES inspections (id),
    item_key      TEXT NOT NULL, -- what an objection is about; empty for the whole
    device_id     TEXT NOT NULL,
    text          TEXT NOT NULL,
    by_id         TEXT NOT NULL,
    by_name       TEXT NOT NULL,
    at            TIMESTAMP NOT NULL,
    state         TEXT NOT NULL, -- confirmed, objected, upheld, overruled
    answer        TEXT NOT NULL,
    decided_by    TEXT NOT NULL,
    decider       TEXT NOT NULL,
    decided_at    TIMESTAMP
);
CREATE INDEX inspection_responses_of ON inspection_responses (inspection_id, id);

-- Double random draws, with everything that is needed to draw again.
CREATE TABLE draws (
    id           TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT NOT NULL,
    title        TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    seed         TEXT NOT NULL,
    unit_id      TEXT NOT NULL, -- the units drawn from are below it
    unit_path    TEXT NOT NULL,
    office_id    TEXT NOT NULL,
    wanted       INTEGER NOT NULL,
    per_unit     INTEGER NOT NULL, -- inspectors
    weighted     BOOLEAN NOT NULL,
    units        TEXT NOT NULL, -- JSON, in the order in which they were drawn from
    inspectors   TEXT NOT NULL, -- JSON, the same
    picks        TEXT NOT NULL, -- JSON
    state        TEXT NOT NULL, -- drawn, planned
    created_by   TEXT NOT NULL,
    author       TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    version      INTEGER NOT NULL,
    -- Who is to plan the inspections of a draw; empty where that person has left it
    -- to the office.
    planner_id   TEXT NOT NULL
);
CREATE INDEX draws_path ON draws (unit_path, id);
-- What hangs on a person.
CREATE INDEX draws_planner ON draws (planner_id) WHERE state = 'drawn';

-- The registers of units' devices; an inspection keeps a copy of what it checks.
CREATE TABLE devices (
    id           TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    unit_path    TEXT NOT NULL,
    label        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    network      TEXT NOT NULL, -- inner, outer, none
    serial       TEXT NOT NULL,
    place        TEXT NOT NULL,
    keeper       TEXT NOT NULL,
    state        TEXT NOT NULL, -- active, retired
    created_by   TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    changed_at   TIMESTAMP NOT NULL,
    version      INTEGER NOT NULL
);
CREATE INDEX devices_path ON devices (unit_path, id);
CREATE INDEX devices_unit ON devices (unit_id, id);

-- Documents of many orders at once, made in the background and kept for a week.
CREATE TABLE document_jobs (
    id          TEXT NOT NULL PRIMARY KEY,
    form        TEXT NOT NULL, -- order, close_out
    format      TEXT NOT NULL, -- docx, xlsx
    state       TEXT NOT NULL, -- running, done
    person_id   TEXT NOT NULL,
    actor       TEXT NOT NULL, -- JSON: whoever asked, with what they were granted then
    total       INTEGER NOT NULL,
    done        INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until TIMESTAMP NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    finished_at TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX document_jobs_running ON document_jobs (id) WHERE state = 'running';

-- One document of a job.
CREATE TABLE document_parts (
    job_id           TEXT NOT NULL,
    position         INTEGER NOT NULL,
    rectification_id TEXT NOT NULL,
    name             TEXT NOT NULL, -- of the file; empty until it is made
    problem          TEXT NOT NULL, -- code of why it could not be made
    data             BLOB,
    PRIMARY KEY (job_id, position)
);

-- Which version of whose tables is known to hold all that findings are counted by.
CREATE TABLE copies (
    service TEXT NOT NULL PRIMARY KEY,
    tables  TEXT NOT NULL
) WITHOUT ROWID;
