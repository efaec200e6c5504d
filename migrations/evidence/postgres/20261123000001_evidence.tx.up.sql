-- Files from the first byte to the last: an upload and the file it becomes are one row.
CREATE TABLE files (
    id          TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    owner_id    TEXT COLLATE "C"      NOT NULL, -- person
    owner_name  TEXT COLLATE "C"      NOT NULL,
    client_id   TEXT COLLATE "C"      NOT NULL, -- the owner's own id of the file, empty for none
    unit_id     TEXT COLLATE "C"      NOT NULL,
    unit_path   TEXT COLLATE "C"      NOT NULL,
    name        TEXT COLLATE "C"      NOT NULL,
    size        BIGINT   NOT NULL, -- bytes
    state       TEXT COLLATE "C"      NOT NULL, -- receiving, received, refused
    refusal     TEXT COLLATE "C"      NOT NULL, -- code, while refused
    type        TEXT COLLATE "C"      NOT NULL, -- sniffed media type, once received
    sha256      TEXT COLLATE "C"      NOT NULL, -- hex, once received
    created_at  TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ,
    version     BIGINT   NOT NULL
);
CREATE UNIQUE INDEX files_client ON files (owner_id, client_id) WHERE client_id <> '';
CREATE INDEX files_unit ON files (unit_path, id);
CREATE INDEX files_unfinished ON files (state, id) WHERE state <> 'received';

-- Tasks as the assignment service issued them, for their requirements.
CREATE TABLE tasks (
    id           TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    campaign_id  TEXT COLLATE "C"      NOT NULL,
    campaign     TEXT COLLATE "C"      NOT NULL, -- title
    title        TEXT COLLATE "C"      NOT NULL,
    requirements TEXT COLLATE "C"      NOT NULL, -- JSON
    due_at       TIMESTAMPTZ NOT NULL
);

-- Assignments and rectifications that submissions are made for, as last heard.
CREATE TABLE targets (
    kind          TEXT COLLATE "C"      NOT NULL, -- assignment, rectification
    id            TEXT COLLATE "C"      NOT NULL,
    campaign_id   TEXT COLLATE "C"      NOT NULL,
    task_id       TEXT COLLATE "C"      NOT NULL,
    title         TEXT COLLATE "C"      NOT NULL,
    unit_id       TEXT COLLATE "C"      NOT NULL,
    unit_path     TEXT COLLATE "C"      NOT NULL,
    state         TEXT COLLATE "C"      NOT NULL,
    open_children BIGINT   NOT NULL,
    due_at        TIMESTAMPTZ NOT NULL,
    version       BIGINT   NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX targets_unit ON targets (unit_path);

CREATE TABLE submissions (
    id              TEXT COLLATE "C"      NOT NULL PRIMARY KEY,
    target          TEXT COLLATE "C"      NOT NULL, -- assignment, rectification
    target_id       TEXT COLLATE "C"      NOT NULL,
    campaign_id     TEXT COLLATE "C"      NOT NULL,
    task_id         TEXT COLLATE "C"      NOT NULL,
    unit_id         TEXT COLLATE "C"      NOT NULL,
    unit_path       TEXT COLLATE "C"      NOT NULL,
    number          BIGINT   NOT NULL, -- 1 for the first version
    state           TEXT COLLATE "C"      NOT NULL, -- draft, sealed, accepted, returned, recalled, discarded
    note            TEXT COLLATE "C"      NOT NULL,
    children_reason TEXT COLLATE "C"      NOT NULL,
    fixed_on_spot   BOOLEAN   NOT NULL,
    previous_id     TEXT COLLATE "C"      NOT NULL, -- the version its items come from
    manifest_hash   TEXT COLLATE "C"      NOT NULL, -- SHA-256 in hex, once sealed
    reason          TEXT COLLATE "C"      NOT NULL, -- why it was returned
    created_by      TEXT COLLATE "C"      NOT NULL, -- person
    created_name    TEXT COLLATE "C"      NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    sealed_by       TEXT COLLATE "C"      NOT NULL, -- person
    sealed_name     TEXT COLLATE "C"      NOT NULL,
    sealed_at       TIMESTAMPTZ,
    decided_at      TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    version         BIGINT   NOT NULL
);
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
    submission_id  TEXT COLLATE "C"      NOT NULL,
    requirement_id TEXT COLLATE "C"      NOT NULL,
    value          DOUBLE PRECISION,               -- of a number
    content        TEXT COLLATE "C"      NOT NULL, -- of a text
    links          TEXT COLLATE "C"      NOT NULL, -- JSON
    table_rows     TEXT COLLATE "C"      NOT NULL, -- JSON
    file_ids       TEXT COLLATE "C"      NOT NULL, -- JSON, in the order given
    updated_by     TEXT COLLATE "C"      NOT NULL, -- person
    updated_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (submission_id, requirement_id)
);

-- Where files are used.
CREATE TABLE submission_files (
    file_id        TEXT COLLATE "C" NOT NULL,
    submission_id  TEXT COLLATE "C" NOT NULL,
    requirement_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (file_id, submission_id, requirement_id)
);
CREATE INDEX submission_files_submission ON submission_files (submission_id);

-- What was sealed, byte for byte.
CREATE TABLE manifests (
    submission_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hash          TEXT COLLATE "C" NOT NULL, -- SHA-256 in hex
    body          BYTEA NOT NULL  -- RFC 8785
);
