-- Checklists, inspections, findings, rectifications.

-- What is known of campaigns: their title and limits for lights.
CREATE TABLE campaigns (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title        TEXT NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    near_days    BIGINT NOT NULL,
    overdue_days BIGINT NOT NULL,
    ack_days     BIGINT NOT NULL,
    version      BIGINT NOT NULL
);

-- What is known of people: names, and where they work.
CREATE TABLE people (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name      TEXT NOT NULL,
    unit_id   TEXT COLLATE "C" NOT NULL,
    unit_path TEXT COLLATE "C" NOT NULL,
    disabled  BOOLEAN NOT NULL,
    version   BIGINT NOT NULL
);

-- One row is one version of a checklist; a published one never changes.
CREATE TABLE checklists (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    series       TEXT COLLATE "C" NOT NULL, -- the same for all versions
    number       BIGINT NOT NULL,
    title        TEXT NOT NULL,
    note         TEXT NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL, -- empty for the built-in ones
    unit_path    TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- draft, published
    items        TEXT NOT NULL, -- JSON
    item_count   BIGINT NOT NULL,
    created_by   TEXT COLLATE "C" NOT NULL,
    author       TEXT NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    published_at TIMESTAMPTZ,
    version      BIGINT NOT NULL,
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
    note          TEXT NOT NULL,
    state         TEXT COLLATE "C" NOT NULL, -- planned, sent, cancelled
    failed        BIGINT NOT NULL,
    created_by    TEXT COLLATE "C" NOT NULL,
    author        TEXT NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    sent_by       TEXT COLLATE "C" NOT NULL,
    sender        TEXT NOT NULL,
    sent_at       TIMESTAMPTZ,
    cancel_reason TEXT NOT NULL,
    version       BIGINT NOT NULL
);
CREATE INDEX inspections_path ON inspections (unit_path, planned_day, id);
CREATE INDEX inspections_day ON inspections (planned_day, id);
CREATE INDEX inspections_state ON inspections (state, planned_day, id);
CREATE INDEX inspections_campaign ON inspections (campaign_id, planned_day, id);
CREATE INDEX inspections_unit ON inspections (unit_id, planned_day, id);

CREATE TABLE inspection_inspectors (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    person_id     TEXT COLLATE "C" NOT NULL,
    name          TEXT NOT NULL,
    PRIMARY KEY (inspection_id, person_id)
);
CREATE INDEX inspection_inspectors_person ON inspection_inspectors (person_id, inspection_id);

CREATE TABLE inspection_devices (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    id            TEXT COLLATE "C" NOT NULL,
    position      BIGINT NOT NULL,
    label         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    network       TEXT COLLATE "C" NOT NULL,
    serial        TEXT NOT NULL,
    PRIMARY KEY (inspection_id, id)
);

CREATE TABLE inspection_answers (
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL,
    device_id     TEXT COLLATE "C" NOT NULL, -- empty for the unit as a whole
    result        TEXT COLLATE "C" NOT NULL, -- pass, fail, na
    value         TEXT NOT NULL,
    note          TEXT NOT NULL,
    file_ids      TEXT NOT NULL, -- JSON
    answered_by   TEXT COLLATE "C" NOT NULL,
    answered_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (inspection_id, item_key, device_id)
);

CREATE TABLE inspection_amendments (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    inspection_id TEXT COLLATE "C" NOT NULL REFERENCES inspections (id),
    item_key      TEXT COLLATE "C" NOT NULL,
    device_id     TEXT COLLATE "C" NOT NULL,
    text          TEXT NOT NULL,
    by_id         TEXT COLLATE "C" NOT NULL,
    by_name       TEXT NOT NULL,
    at            TIMESTAMPTZ NOT NULL
);
CREATE INDEX inspection_amendments_of ON inspection_amendments (inspection_id, id);

CREATE TABLE findings (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash     TEXT COLLATE "C" NOT NULL,
    campaign_id      TEXT COLLATE "C" NOT NULL,
    inspection_id    TEXT COLLATE "C" NOT NULL,
    checklist_series TEXT COLLATE "C" NOT NULL,
    item_key         TEXT COLLATE "C" NOT NULL,
    device_id        TEXT COLLATE "C" NOT NULL,
    device           TEXT NOT NULL,
    rectification_id TEXT COLLATE "C" NOT NULL,
    unit_id          TEXT COLLATE "C" NOT NULL,
    unit_path        TEXT COLLATE "C" NOT NULL,
    title            TEXT NOT NULL,
    text             TEXT NOT NULL,
    place            TEXT NOT NULL,
    category         TEXT COLLATE "C" NOT NULL,
    severity         TEXT COLLATE "C" NOT NULL,
    clause           TEXT COLLATE "C" NOT NULL,
    deadline_days    BIGINT NOT NULL,
    file_ids         TEXT NOT NULL, -- JSON
    state            TEXT COLLATE "C" NOT NULL, -- open, rectifying, closed, dismissed
    repeats_id       TEXT COLLATE "C" NOT NULL,
    found_by         TEXT COLLATE "C" NOT NULL,
    finder           TEXT NOT NULL,
    found_at         TIMESTAMPTZ NOT NULL,
    dismissed_by     TEXT COLLATE "C" NOT NULL,
    dismiss_reason   TEXT NOT NULL,
    closed_at        TIMESTAMPTZ,
    version          BIGINT NOT NULL
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

-- The last number given out, one row an office and year.
CREATE TABLE order_numbers (
    office_id TEXT COLLATE "C" NOT NULL,
    year      BIGINT NOT NULL,
    last      BIGINT NOT NULL,
    PRIMARY KEY (office_id, year)
);

CREATE TABLE rectifications (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id      TEXT COLLATE "C" NOT NULL,
    issuer_id        TEXT COLLATE "C" NOT NULL,
    issuer_path      TEXT COLLATE "C" NOT NULL,
    year             BIGINT NOT NULL,
    seq              BIGINT NOT NULL,
    number           TEXT NOT NULL,
    title            TEXT NOT NULL,
    note             TEXT NOT NULL,
    unit_id          TEXT COLLATE "C" NOT NULL,
    unit_path        TEXT COLLATE "C" NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    suspended        BOOLEAN NOT NULL,
    outcome          TEXT COLLATE "C" NOT NULL,
    severity         TEXT COLLATE "C" NOT NULL,
    needs_plan       BOOLEAN NOT NULL,
    has_plan         BOOLEAN NOT NULL,
    copy_to_superior BOOLEAN NOT NULL,
    responsible_id   TEXT COLLATE "C" NOT NULL,
    responsible      TEXT NOT NULL,
    funds            TEXT NOT NULL,
    contingency      TEXT NOT NULL,
    ordered_by       TEXT COLLATE "C" NOT NULL,
    orderer          TEXT NOT NULL,
    ordered_at       TIMESTAMPTZ NOT NULL,
    ack_due_at       TIMESTAMPTZ NOT NULL,
    ack_at           TIMESTAMPTZ,
    due_at           TIMESTAMPTZ NOT NULL,
    original_due_at  TIMESTAMPTZ NOT NULL,
    near_at          TIMESTAMPTZ NOT NULL, -- from when the deadline is near
    submission_id    TEXT COLLATE "C" NOT NULL,
    fixed_on_spot    BOOLEAN NOT NULL,
    reported_by      TEXT COLLATE "C" NOT NULL,
    reported_at      TIMESTAMPTZ,
    verifier_id      TEXT COLLATE "C" NOT NULL,
    still_wrong      TEXT NOT NULL,
    closed_at        TIMESTAMPTZ,
    rejections       BIGINT NOT NULL,
    relapses         BIGINT NOT NULL,
    transfers        BIGINT NOT NULL,
    extension_asked  BOOLEAN NOT NULL,
    version          BIGINT NOT NULL,
    UNIQUE (issuer_id, year, seq)
);
CREATE INDEX rectifications_path ON rectifications (unit_path, due_at, id);
CREATE INDEX rectifications_due ON rectifications (due_at, id);
CREATE INDEX rectifications_state ON rectifications (state, due_at, id);
CREATE INDEX rectifications_campaign ON rectifications (campaign_id, due_at, id);
CREATE INDEX rectifications_unit ON rectifications (unit_id, due_at, id);
CREATE INDEX rectifications_asked ON rectifications (due_at, id) WHERE extension_asked;

-- Which findings an order was given for; kept when it is withdrawn.
CREATE TABLE rectification_findings (
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    finding_id       TEXT COLLATE "C" NOT NULL REFERENCES findings (id),
    PRIMARY KEY (rectification_id, finding_id)
);
CREATE INDEX rectification_findings_finding ON rectification_findings (finding_id);

-- Measures of the plan; those of an earlier plan stay, dropped.
CREATE TABLE measures (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    position         BIGINT NOT NULL,
    text             TEXT NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT NOT NULL,
    due_at           TIMESTAMPTZ NOT NULL,
    done_at          TIMESTAMPTZ,
    done_by          TEXT COLLATE "C" NOT NULL,
    done_note        TEXT NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX measures_of ON measures (rectification_id, position);

-- Stages of a long-term rectification.
CREATE TABLE stages (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    position         BIGINT NOT NULL,
    title            TEXT NOT NULL,
    due_at           TIMESTAMPTZ NOT NULL,
    checked_at       TIMESTAMPTZ,
    checked_by       TEXT COLLATE "C" NOT NULL,
    note             TEXT NOT NULL,
    dropped          BOOLEAN NOT NULL
);
CREATE INDEX stages_of ON stages (rectification_id, position);

-- Reports of the unit: one for every sealed submission that was taken in.
CREATE TABLE reports (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- of the submission
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    number           BIGINT NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    note             TEXT NOT NULL,
    fixed_on_spot    BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX reports_of ON reports (rectification_id, number);

CREATE TABLE verifications (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    report_id        TEXT COLLATE "C" NOT NULL,
    person_id        TEXT COLLATE "C" NOT NULL,
    person           TEXT NOT NULL,
    unit_id          TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    decision         TEXT COLLATE "C" NOT NULL, -- close, reject
    outcome          TEXT COLLATE "C" NOT NULL,
    still_wrong      TEXT NOT NULL,
    new_due_at       TIMESTAMPTZ
);
CREATE INDEX verifications_of ON verifications (rectification_id, id);

CREATE TABLE verification_results (
    verification_id TEXT COLLATE "C" NOT NULL REFERENCES verifications (id),
    finding_id      TEXT COLLATE "C" NOT NULL,
    result          TEXT COLLATE "C" NOT NULL, -- fixed, partly, not
    note            TEXT NOT NULL,
    PRIMARY KEY (verification_id, finding_id)
);

CREATE TABLE extensions (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    rectification_id TEXT COLLATE "C" NOT NULL REFERENCES rectifications (id),
    state            TEXT COLLATE "C" NOT NULL, -- requested, granted, refused, withdrawn
    due_at           TIMESTAMPTZ NOT NULL, -- asked for; granted, when granted
    reason           TEXT NOT NULL,
    asked_by         TEXT COLLATE "C" NOT NULL,
    asker            TEXT NOT NULL,
    asked_at         TIMESTAMPTZ NOT NULL,
    answer           TEXT NOT NULL,
    decided_by       TEXT COLLATE "C" NOT NULL,
    decider          TEXT NOT NULL,
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
    actor      TEXT NOT NULL,
    actor_unit TEXT COLLATE "C" NOT NULL,
    at         TIMESTAMPTZ NOT NULL,
    reason     TEXT NOT NULL,
    text       TEXT NOT NULL,
    due_at     TIMESTAMPTZ, -- the deadline after it
    version    BIGINT NOT NULL
);
CREATE INDEX history_of ON history (thing, thing_id, version, id);
