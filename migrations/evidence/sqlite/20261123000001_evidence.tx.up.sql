-- Files from the first byte to the last: an upload and the file it becomes are one row.
CREATE TABLE files (
    id          TEXT      NOT NULL PRIMARY KEY,
    owner_id    TEXT      NOT NULL, -- person
    owner_name  TEXT      NOT NULL,
    client_id   TEXT      NOT NULL, -- the owner's own id of the file, empty for none
    unit_id     TEXT      NOT NULL,
    unit_path   TEXT      NOT NULL,
    name        TEXT      NOT NULL,
    size        INTEGER   NOT NULL, -- bytes
    state       TEXT      NOT NULL, -- receiving, received, refused
    refusal     TEXT      NOT NULL, -- code, while refused
    type        TEXT      NOT NULL, -- sniffed media type, once received
    sha256      TEXT      NOT NULL, -- hex, once received
    created_at  TIMESTAMP NOT NULL,
    received_at TIMESTAMP,
    version     INTEGER   NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX files_client ON files (owner_id, client_id) WHERE client_id <> '';
CREATE INDEX files_unit ON files (unit_path, id);
CREATE INDEX files_unfinished ON files (state, id) WHERE state <> 'received';

-- Tasks as the assignment service issued them, for their requirements.
CREATE TABLE tasks (
    id           TEXT      NOT NULL PRIMARY KEY,
    campaign_id  TEXT      NOT NULL,
    campaign     TEXT      NOT NULL, -- title
    title        TEXT      NOT NULL,
    requirements TEXT      NOT NULL, -- JSON
    due_at       TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- Assignments and rectifications that submissions are made for, as last heard.
CREATE TABLE targets (
    kind          TEXT      NOT NULL, -- assignment, rectification
    id            TEXT      NOT NULL,
    campaign_id   TEXT      NOT NULL,
    task_id       TEXT      NOT NULL,
    title         TEXT      NOT NULL,
    unit_id       TEXT      NOT NULL,
    unit_path     TEXT      NOT NULL,
    state         TEXT      NOT NULL,
    open_children INTEGER   NOT NULL,
    due_at        TIMESTAMP NOT NULL,
    version       INTEGER   NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX targets_unit ON targets (unit_path);

CREATE TABLE submissions (
    id              TEXT      NOT NULL PRIMARY KEY,
    target          TEXT      NOT NULL, -- assignment, rectification
    target_id       TEXT      NOT NULL,
    campaign_id     TEXT      NOT NULL,
    task_id         TEXT      NOT NULL,
    unit_id         TEXT      NOT NULL,
    unit_path       TEXT      NOT NULL,
    number          INTEGER   NOT NULL, -- 1 for the first version
    state           TEXT      NOT NULL, -- draft, sealed, accepted, returned, recalled, discarded
    note            TEXT      NOT NULL,
    children_reason TEXT      NOT NULL,
    fixed_on_spot   BOOLEAN   NOT NULL,
    previous_id     TEXT      NOT NULL, -- the version its items come from
    manifest_hash   TEXT      NOT NULL, -- SHA-256 in hex, once sealed
    reason          TEXT      NOT NULL, -- why it was returned
    created_by      TEXT      NOT NULL, -- person
    created_name    TEXT      NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    sealed_by       TEXT      NOT NULL, -- person
    sealed_name     TEXT      NOT NULL,
    sealed_at       TIMESTAMP,
    decided_at      TIMESTAMP,
    updated_at      TIMESTAMP NOT NULL,
    version         INTEGER   NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX submissions_number ON submissions (target, target_id, number);
CREATE UNIQUE INDEX submissions_draft ON submissions (target, target_id) WHERE state = 'draft';
CREATE UNIQUE INDEX submissions_sealed ON submissions (target, target_id) WHERE state = 'sealed';
CREATE INDEX submissions_target ON submissions (target_id, id);
CREATE INDEX submissions_path ON submissions (unit_path, id);
CREATE INDEX submissions_unit ON submissions (unit_id, id);
CREATE INDEX submissions_campaign ON submissions (campaign_id, id);
CREATE INDEX submissions_state ON submissions (state, id);

-- What is given for a requirement.
CREATE TABLE submission_items (
    submission_id  TEXT      NOT NULL,
    requirement_id TEXT      NOT NULL,
    value          REAL,               -- of a number
    content        TEXT      NOT NULL, -- of a text
    links          TEXT      NOT NULL, -- JSON
    table_rows     TEXT      NOT NULL, -- JSON
    file_ids       TEXT      NOT NULL, -- JSON, in the order given
    updated_by     TEXT      NOT NULL, -- person
    updated_at     TIMESTAMP NOT NULL,
    PRIMARY KEY (submission_id, requirement_id)
) WITHOUT ROWID;

-- Where files are used.
CREATE TABLE submission_files (
    file_id        TEXT NOT NULL,
    submission_id  TEXT NOT NULL,
    requirement_id TEXT NOT NULL,
    PRIMARY KEY (file_id, submission_id, requirement_id)
) WITHOUT ROWID;
CREATE INDEX submission_files_submission ON submission_files (submission_id);

-- What was sealed, byte for byte.
CREATE TABLE manifests (
    submission_id TEXT NOT NULL PRIMARY KEY,
    hash          TEXT NOT NULL, -- SHA-256 in hex
    body          BLOB NOT NULL  -- RFC 8785
);
