-- Files from the first byte to the last: an upload and the file it becomes are one row.
CREATE TABLE files (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner_id    TEXT COLLATE "C" NOT NULL, -- person
    owner_name  TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL, -- the owner's own id of the file, empty for none
    unit_id     TEXT COLLATE "C" NOT NULL,
    unit_path   TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    size        BIGINT NOT NULL, -- bytes
    state       TEXT COLLATE "C" NOT NULL, -- receiving, received, refused
    refusal     TEXT COLLATE "C" NOT NULL, -- code, while refused
    type        TEXT COLLATE "C" NOT NULL, -- sniffed media type, once received
    sha256      TEXT COLLATE "C" NOT NULL, -- hex, once received
    created_at  TIMESTAMPTZ NOT NULL,
    received_at TIMESTAMPTZ,
    version     BIGINT NOT NULL,
    -- Of a file whose time has run out: when it was deleted, and when its bytes were gone.
    deleted_at  TIMESTAMPTZ,
    erased_at   TIMESTAMPTZ,
    -- What the requirement allows that a file was announced for (macros, encrypted),
    -- and what of that is in it, once received. Lists with commas.
    allowed     TEXT COLLATE "C" NOT NULL,
    cautions    TEXT COLLATE "C" NOT NULL,
    -- The SM3 digest of a file in hex; empty where it was not made.
    sm3         TEXT COLLATE "C" NOT NULL,
    -- Received, and not found clean by the virus scanner yet.
    quarantined BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX files_client ON files (owner_id, client_id) WHERE client_id <> '';
CREATE INDEX files_unit ON files (unit_path, id);
CREATE INDEX files_unfinished ON files (state, id) WHERE state <> 'received';
CREATE INDEX files_bytes ON files (sha256, id) WHERE sha256 <> '';
-- What is kept of a person and of a unit is summed up at every announcement.
CREATE INDEX files_owner ON files (owner_id, state, size);
CREATE INDEX files_kept ON files (unit_id, state, size);
CREATE INDEX files_unerased ON files (id) WHERE state = 'deleted' AND erased_at IS NULL;

-- Tasks as the assignment service issued them, for their requirements.
CREATE TABLE tasks (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    campaign_id  TEXT COLLATE "C" NOT NULL,
    campaign     TEXT COLLATE "C" NOT NULL, -- title
    title        TEXT COLLATE "C" NOT NULL,
    requirements TEXT COLLATE "C" NOT NULL, -- JSON
    due_at       TIMESTAMPTZ NOT NULL
);

-- Assignments and rectifications that submissions are made for, as last heard.
CREATE TABLE targets (
    kind          TEXT COLLATE "C" NOT NULL, -- assignment, rectification
    id            TEXT COLLATE "C" NOT NULL,
    campaign_id   TEXT COLLATE "C" NOT NULL,
    task_id       TEXT COLLATE "C" NOT NULL,
    title         TEXT COLLATE "C" NOT NULL,
    unit_id       TEXT COLLATE "C" NOT NULL,
    unit_path     TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    open_children BIGINT NOT NULL,
    due_at        TIMESTAMPTZ NOT NULL,
    version       BIGINT NOT NULL,
    -- The assignment one was delegated from; empty for none. It tells what the
    -- units it was delegated to have handed in.
    parent_id     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX targets_unit ON targets (unit_path);
CREATE INDEX targets_parent ON targets (parent_id) WHERE parent_id <> '';

CREATE TABLE submissions (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    target          TEXT COLLATE "C" NOT NULL, -- assignment, rectification
    target_id       TEXT COLLATE "C" NOT NULL,
    campaign_id     TEXT COLLATE "C" NOT NULL,
    task_id         TEXT COLLATE "C" NOT NULL,
    unit_id         TEXT COLLATE "C" NOT NULL,
    unit_path       TEXT COLLATE "C" NOT NULL,
    number          BIGINT NOT NULL, -- 1 for the first version
    state           TEXT COLLATE "C" NOT NULL, -- draft, sealed, accepted, returned, recalled, discarded
    note            TEXT COLLATE "C" NOT NULL,
    children_reason TEXT COLLATE "C" NOT NULL,
    fixed_on_spot   BOOLEAN NOT NULL,
    previous_id     TEXT COLLATE "C" NOT NULL, -- the version its items come from
    manifest_hash   TEXT COLLATE "C" NOT NULL, -- SHA-256 in hex, once sealed
    reason          TEXT COLLATE "C" NOT NULL, -- why it was returned
    created_by      TEXT COLLATE "C" NOT NULL, -- person
    created_name    TEXT COLLATE "C" NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    sealed_by       TEXT COLLATE "C" NOT NULL, -- person
    sealed_name     TEXT COLLATE "C" NOT NULL,
    sealed_at       TIMESTAMPTZ,
    decided_at      TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    version         BIGINT NOT NULL
);
CREATE UNIQUE INDEX submissions_number ON submissions (target, target_id, number);
CREATE UNIQUE INDEX submissions_draft ON submissions (target, target_id) WHERE state = 'draft';
CREATE UNIQUE INDEX submissions_sealed ON submissions (target, target_id) WHERE state = 'sealed';
CREATE INDEX submissions_target ON submissions (target_id, id);
CREATE INDEX submissions_path ON submissions (unit_path, id);
CREATE INDEX submissions_unit ON submissions (unit_id, id);
CREATE INDEX submissions_campaign ON submissions (campaign_id, id);
CREATE INDEX submissions_state ON submissions (state, id);
-- Figures of a task over units are compared.
CREATE INDEX submissions_task ON submissions (task_id, state) WHERE task_id <> '';

-- What is given for a requirement.
CREATE TABLE submission_items (
    submission_id    TEXT COLLATE "C" NOT NULL,
    requirement_id   TEXT COLLATE "C" NOT NULL,
    value            DOUBLE PRECISION, -- of a number
    content          TEXT COLLATE "C" NOT NULL, -- of a text
    links            TEXT COLLATE "C" NOT NULL, -- JSON
    table_rows       TEXT COLLATE "C" NOT NULL, -- JSON
    file_ids         TEXT COLLATE "C" NOT NULL, -- JSON, in the order given
    updated_by       TEXT COLLATE "C" NOT NULL, -- person
    updated_at       TIMESTAMPTZ NOT NULL,
    -- Where an item was taken over from; empty for what was given anew.
    from_submission  TEXT COLLATE "C" NOT NULL,
    from_requirement TEXT COLLATE "C" NOT NULL,
    -- Who signed a pledge, and when.
    signatory        TEXT COLLATE "C" NOT NULL,
    signed_at        TIMESTAMPTZ,
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
    body          BYTEA NOT NULL -- RFC 8785
);

-- Campaigns that were closed, archived or cancelled: nothing is sealed for them any more.
CREATE TABLE ended_campaigns (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY
);

-- What is done with a file after its receipt, and the queue of it.
CREATE TABLE examinations (
    file_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    state       TEXT COLLATE "C" NOT NULL, -- waiting, done, failed
    attempts    BIGINT NOT NULL,
    not_before  TIMESTAMPTZ NOT NULL, -- when it may be tried
    verdict     TEXT COLLATE "C" NOT NULL, -- damaged, costly, no_preview; empty for nothing wrong
    width       BIGINT NOT NULL, -- of a picture, in pixels
    height      BIGINT NOT NULL,
    examined_at TIMESTAMPTZ
);
CREATE INDEX examinations_due ON examinations (not_before, file_id) WHERE state = 'waiting';

-- When and where pictures say they were taken: apart from files, because few may see it.
CREATE TABLE captures (
    file_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    taken_at  TIMESTAMPTZ,
    latitude  DOUBLE PRECISION, -- degrees
    longitude DOUBLE PRECISION
);

-- What pictures are compared by.
CREATE TABLE pictures (
    file_id   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    signature BYTEA NOT NULL -- 64 x 64 gray
);

-- What pictures are found by: codes of the whole, and of windows, which are
-- what is left when edges are cut off. The search looks codes up, so that its
-- cost does not grow with the pictures.
CREATE TABLE picture_codes (
    whole   BOOLEAN NOT NULL,
    code    INTEGER NOT NULL,
    file_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (whole, code, file_id)
);
CREATE INDEX picture_codes_file ON picture_codes (file_id);

-- Pairs of files that are or look the same, for a human to judge.
CREATE TABLE matches (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    file_id      TEXT COLLATE "C" NOT NULL, -- the later one
    other_id     TEXT COLLATE "C" NOT NULL, -- the earlier one
    unit_id      TEXT COLLATE "C" NOT NULL, -- of the later one
    unit_path    TEXT COLLATE "C" NOT NULL,
    how          TEXT COLLATE "C" NOT NULL, -- identical, alike, cropped, mirrored
    score        DOUBLE PRECISION NOT NULL, -- from 0 to 1
    state        TEXT COLLATE "C" NOT NULL, -- found, confirmed, dismissed, shared
    reason       TEXT COLLATE "C" NOT NULL,
    decided_by   TEXT COLLATE "C" NOT NULL, -- person
    decided_name TEXT COLLATE "C" NOT NULL,
    decided_at   TIMESTAMPTZ,
    found_at     TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL
);
CREATE UNIQUE INDEX matches_pair ON matches (file_id, other_id);
CREATE INDEX matches_path ON matches (unit_path, id);

-- Material that several may use.
CREATE TABLE shared_files (
    file_id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    match_id    TEXT COLLATE "C" NOT NULL, -- where it was marked
    reason      TEXT COLLATE "C" NOT NULL,
    marked_by   TEXT COLLATE "C" NOT NULL, -- person
    marked_name TEXT COLLATE "C" NOT NULL,
    marked_at   TIMESTAMPTZ NOT NULL
);
CREATE INDEX shared_files_match ON shared_files (match_id);

-- Since when work on a campaign can have been done.
CREATE TABLE campaign_begins (
    campaign_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    begun_at    TIMESTAMPTZ NOT NULL,
    -- What a campaign is about, in local days.
    starts_on   TEXT COLLATE "C" NOT NULL,
    ends_on     TEXT COLLATE "C" NOT NULL
);

-- When each stored file was last hashed again, and what came of it.
CREATE TABLE file_checks (
    file_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due_at     TIMESTAMPTZ NOT NULL, -- when it is hashed again
    checked_at TIMESTAMPTZ,
    altered    BOOLEAN NOT NULL -- it is not what was received
);
CREATE INDEX file_checks_due ON file_checks (due_at, file_id);

-- What documents are compared by: the least hashes of the shingles of their text.
CREATE TABLE wordings (
    file_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    hashes  BYTEA NOT NULL -- 128 of 32 bits
);

-- What documents are found by: a hash of every four of those hashes.
CREATE TABLE wording_bands (
    band    BIGINT NOT NULL,
    file_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (band, file_id)
);
CREATE INDEX wording_bands_file ON wording_bands (file_id);

-- How long the files of a campaign are kept after its end.
CREATE TABLE retentions (
    campaign_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    title       TEXT COLLATE "C" NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL, -- in whose name it was issued
    unit_path   TEXT COLLATE "C" NOT NULL,
    days        BIGINT NOT NULL, -- after the end; 0 for ever
    reason      TEXT COLLATE "C" NOT NULL,
    set_by      TEXT COLLATE "C" NOT NULL, -- person; empty while nobody has set it
    set_name    TEXT COLLATE "C" NOT NULL,
    set_at      TIMESTAMPTZ,
    ended_at    TIMESTAMPTZ, -- when the campaign was closed, archived or cancelled
    done_at     TIMESTAMPTZ, -- when the last file was deleted
    version     BIGINT NOT NULL
);
CREATE INDEX retentions_running ON retentions (campaign_id) WHERE days > 0 AND done_at IS NULL;

-- What was found at addresses that units gave as evidence, and the queue of it.
CREATE TABLE link_snapshots (
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    address      TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- waiting, done, unreachable, refused
    attempts     BIGINT NOT NULL,
    not_before   TIMESTAMPTZ NOT NULL, -- when it may be tried
    title        TEXT COLLATE "C" NOT NULL, -- of the page, once done
    retrieved_at TIMESTAMPTZ,
    PRIMARY KEY (unit_id, address)
);
CREATE INDEX link_snapshots_due ON link_snapshots (not_before, unit_id, address) WHERE state = 'waiting';
CREATE INDEX link_snapshots_path ON link_snapshots (unit_path);

-- Which files show which findings, and at which unit: whoever may read the finding
-- may see them. The version is that of the finding.
CREATE TABLE finding_files (
    file_id               TEXT COLLATE "C" NOT NULL,
    finding_id            TEXT COLLATE "C" NOT NULL,
    unit_id               TEXT COLLATE "C" NOT NULL,
    unit_path             TEXT COLLATE "C" NOT NULL,
    version               BIGINT NOT NULL,
    -- The unit that has to rectify the finding that a file shows, where its order
    -- was transferred from the unit where it was found; empty where it is that unit.
    responsible_unit_id   TEXT COLLATE "C" NOT NULL,
    responsible_unit_path TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (file_id, finding_id)
);
CREATE INDEX finding_files_finding ON finding_files (finding_id);
CREATE INDEX finding_files_path ON finding_files (unit_path);
