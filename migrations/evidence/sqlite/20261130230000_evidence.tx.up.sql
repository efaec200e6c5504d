-- Files from the first byte to the last: an upload and the file it becomes are one row.
CREATE TABLE files (
    id          TEXT NOT NULL PRIMARY KEY,
    owner_id    TEXT NOT NULL, -- person
    owner_name  TEXT NOT NULL,
    client_id   TEXT NOT NULL, -- the owner's own id of the file, empty for none
    unit_id     TEXT NOT NULL,
    unit_path   TEXT NOT NULL,
    name        TEXT NOT NULL,
    size        INTEGER NOT NULL, -- bytes
    state       TEXT NOT NULL, -- receiving, received, refused
    refusal     TEXT NOT NULL, -- code, while refused
    type        TEXT NOT NULL, -- sniffed media type, once received
    sha256      TEXT NOT NULL, -- hex, once received
    created_at  TIMESTAMP NOT NULL,
    received_at TIMESTAMP,
    version     INTEGER NOT NULL,
    -- Of a file whose time has run out: when it was deleted, and when its bytes were gone.
    deleted_at  TIMESTAMP,
    erased_at   TIMESTAMP,
    -- What the requirement allows that a file was announced for (macros, encrypted),
    -- and what of that is in it, once received. Lists with commas.
    allowed     TEXT NOT NULL,
    cautions    TEXT NOT NULL,
    -- The SM3 digest of a file in hex; empty where it was not made.
    sm3         TEXT NOT NULL,
    -- Received, and not found clean by the virus scanner yet.
    quarantined BOOLEAN NOT NULL
) WITHOUT ROWID;
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
    id           TEXT NOT NULL PRIMARY KEY,
    campaign_id  TEXT NOT NULL,
    campaign     TEXT NOT NULL, -- title
    title        TEXT NOT NULL,
    requirements TEXT NOT NULL, -- JSON
    due_at       TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- Assignments and rectifications that submissions are made for, as last heard.
CREATE TABLE targets (
    kind          TEXT NOT NULL, -- assignment, rectification
    id            TEXT NOT NULL,
    campaign_id   TEXT NOT NULL,
    task_id       TEXT NOT NULL,
    title         TEXT NOT NULL,
    unit_id       TEXT NOT NULL,
    unit_path     TEXT NOT NULL,
    state         TEXT NOT NULL,
    open_children INTEGER NOT NULL,
    due_at        TIMESTAMP NOT NULL,
    version       INTEGER NOT NULL,
    -- The assignment one was delegated from; empty for none. It tells what the
    -- units it was delegated to have handed in.
    parent_id     TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE INDEX targets_unit ON targets (unit_path);
CREATE INDEX targets_parent ON targets (parent_id) WHERE parent_id <> '';

CREATE TABLE submissions (
    id              TEXT NOT NULL PRIMARY KEY,
    target          TEXT NOT NULL, -- assignment, rectification
    target_id       TEXT NOT NULL,
    campaign_id     TEXT NOT NULL,
    task_id         TEXT NOT NULL,
    unit_id         TEXT NOT NULL,
    unit_path       TEXT NOT NULL,
    number          INTEGER NOT NULL, -- 1 for the first version
    state           TEXT NOT NULL, -- draft, sealed, accepted, returned, recalled, discarded
    note            TEXT NOT NULL,
    children_reason TEXT NOT NULL,
    fixed_on_spot   BOOLEAN NOT NULL,
    previous_id     TEXT NOT NULL, -- the version its items come from
    manifest_hash   TEXT NOT NULL, -- SHA-256 in hex, once sealed
    reason          TEXT NOT NULL, -- why it was returned
    created_by      TEXT NOT NULL, -- person
    created_name    TEXT NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    sealed_by       TEXT NOT NULL, -- person
    sealed_name     TEXT NOT NULL,
    sealed_at       TIMESTAMP,
    decided_at      TIMESTAMP,
    updated_at      TIMESTAMP NOT NULL,
    version         INTEGER NOT NULL
) WITHOUT ROWID;
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
    submission_id    TEXT NOT NULL,
    requirement_id   TEXT NOT NULL,
    value            REAL, -- of a number
    content          TEXT NOT NULL, -- of a text
    links            TEXT NOT NULL, -- JSON
    table_rows       TEXT NOT NULL, -- JSON
    file_ids         TEXT NOT NULL, -- JSON, in the order given
    updated_by       TEXT NOT NULL, -- person
    updated_at       TIMESTAMP NOT NULL,
    -- Where an item was taken over from; empty for what was given anew.
    from_submission  TEXT NOT NULL,
    from_requirement TEXT NOT NULL,
    -- Who signed a pledge, and when.
    signatory        TEXT NOT NULL,
    signed_at        TIMESTAMP,
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
    body          BLOB NOT NULL -- RFC 8785
);

-- Campaigns that were closed, archived or cancelled: nothing is sealed for them any more.
CREATE TABLE ended_campaigns (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;

-- What is done with a file after its receipt, and the queue of it.
CREATE TABLE examinations (
    file_id     TEXT NOT NULL PRIMARY KEY,
    state       TEXT NOT NULL, -- waiting, done, failed
    attempts    INTEGER NOT NULL,
    not_before  TIMESTAMP NOT NULL, -- when it may be tried
    verdict     TEXT NOT NULL, -- damaged, costly, no_preview; empty for nothing wrong
    width       INTEGER NOT NULL, -- of a picture, in pixels
    height      INTEGER NOT NULL,
    examined_at TIMESTAMP
) WITHOUT ROWID;
CREATE INDEX examinations_due ON examinations (not_before, file_id) WHERE state = 'waiting';

-- When and where pictures say they were taken: apart from files, because few may see it.
CREATE TABLE captures (
    file_id   TEXT NOT NULL PRIMARY KEY,
    taken_at  TIMESTAMP,
    latitude  REAL, -- degrees
    longitude REAL
) WITHOUT ROWID;

-- What pictures are compared by.
CREATE TABLE pictures (
    file_id   TEXT NOT NULL PRIMARY KEY,
    signature BLOB NOT NULL -- 64 x 64 gray
);

-- What pictures are found by: codes of the whole, and of windows, which are
-- what is left when edges are cut off. The search looks codes up, so that its
-- cost does not grow with the pictures.
CREATE TABLE picture_codes (
    whole   BOOLEAN NOT NULL,
    code    INTEGER NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (whole, code, file_id)
) WITHOUT ROWID;
CREATE INDEX picture_codes_file ON picture_codes (file_id);

-- Pairs of files that are or look the same, for a human to judge.
CREATE TABLE matches (
    id           TEXT NOT NULL PRIMARY KEY,
    file_id      TEXT NOT NULL, -- the later one
    other_id     TEXT NOT NULL, -- the earlier one
    unit_id      TEXT NOT NULL, -- of the later one
    unit_path    TEXT NOT NULL,
    how          TEXT NOT NULL, -- identical, alike, cropped, mirrored
    score        REAL NOT NULL, -- from 0 to 1
    state        TEXT NOT NULL, -- found, confirmed, dismissed, shared
    reason       TEXT NOT NULL,
    decided_by   TEXT NOT NULL, -- person
    decided_name TEXT NOT NULL,
    decided_at   TIMESTAMP,
    found_at     TIMESTAMP NOT NULL,
    version      INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX matches_pair ON matches (file_id, other_id);
CREATE INDEX matches_path ON matches (unit_path, id);

-- Material that several may use.
CREATE TABLE shared_files (
    file_id     TEXT NOT NULL PRIMARY KEY,
    match_id    TEXT NOT NULL, -- where it was marked
    reason      TEXT NOT NULL,
    marked_by   TEXT NOT NULL, -- person
    marked_name TEXT NOT NULL,
    marked_at   TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE INDEX shared_files_match ON shared_files (match_id);

-- Since when work on a campaign can have been done.
CREATE TABLE campaign_begins (
    campaign_id TEXT NOT NULL PRIMARY KEY,
    begun_at    TIMESTAMP NOT NULL,
    -- What a campaign is about, in local days.
    starts_on   TEXT NOT NULL,
    ends_on     TEXT NOT NULL
) WITHOUT ROWID;

-- When each stored file was last hashed again, and what came of it.
CREATE TABLE file_checks (
    file_id    TEXT NOT NULL PRIMARY KEY,
    due_at     TIMESTAMP NOT NULL, -- when it is hashed again
    checked_at TIMESTAMP,
    altered    BOOLEAN NOT NULL -- it is not what was received
) WITHOUT ROWID;
CREATE INDEX file_checks_due ON file_checks (due_at, file_id);

-- What documents are compared by: the least hashes of the shingles of their text.
CREATE TABLE wordings (
    file_id TEXT NOT NULL PRIMARY KEY,
    hashes  BLOB NOT NULL -- 128 of 32 bits
);

-- What documents are found by: a hash of every four of those hashes.
CREATE TABLE wording_bands (
    band    INTEGER NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (band, file_id)
) WITHOUT ROWID;
CREATE INDEX wording_bands_file ON wording_bands (file_id);

-- How long the files of a campaign are kept after its end.
CREATE TABLE retentions (
    campaign_id TEXT NOT NULL PRIMARY KEY,
    title       TEXT NOT NULL,
    unit_id     TEXT NOT NULL, -- in whose name it was issued
    unit_path   TEXT NOT NULL,
    days        INTEGER NOT NULL, -- after the end; 0 for ever
    reason      TEXT NOT NULL,
    set_by      TEXT NOT NULL, -- person; empty while nobody has set it
    set_name    TEXT NOT NULL,
    set_at      TIMESTAMP,
    ended_at    TIMESTAMP, -- when the campaign was closed, archived or cancelled
    done_at     TIMESTAMP, -- when the last file was deleted
    version     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX retentions_running ON retentions (campaign_id) WHERE days > 0 AND done_at IS NULL;

-- What was found at addresses that units gave as evidence, and the queue of it.
CREATE TABLE link_snapshots (
    unit_id      TEXT NOT NULL,
    unit_path    TEXT NOT NULL,
    address      TEXT NOT NULL,
    state        TEXT NOT NULL, -- waiting, done, unreachable, refused
    attempts     INTEGER NOT NULL,
    not_before   TIMESTAMP NOT NULL, -- when it may be tried
    title        TEXT NOT NULL, -- of the page, once done
    retrieved_at TIMESTAMP,
    PRIMARY KEY (unit_id, address)
) WITHOUT ROWID;
CREATE INDEX link_snapshots_due ON link_snapshots (not_before, unit_id, address) WHERE state = 'waiting';
CREATE INDEX link_snapshots_path ON link_snapshots (unit_path);

-- Which files show which findings, and at which unit: whoever may read the finding
-- may see them. The version is that of the finding.
CREATE TABLE finding_files (
    file_id               TEXT NOT NULL,
    finding_id            TEXT NOT NULL,
    unit_id               TEXT NOT NULL,
    unit_path             TEXT NOT NULL,
    version               INTEGER NOT NULL,
    -- The unit that has to rectify the finding that a file shows, where its order
    -- was transferred from the unit where it was found; empty where it is that unit.
    responsible_unit_id   TEXT NOT NULL,
    responsible_unit_path TEXT NOT NULL,
    PRIMARY KEY (file_id, finding_id)
) WITHOUT ROWID;
CREATE INDEX finding_files_finding ON finding_files (finding_id);
CREATE INDEX finding_files_path ON finding_files (unit_path);
