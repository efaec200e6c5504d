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

-- Of a file whose time has run out: when it was deleted, and when its bytes were gone.
ALTER TABLE files ADD COLUMN deleted_at TIMESTAMPTZ;
ALTER TABLE files ADD COLUMN erased_at TIMESTAMPTZ;
CREATE INDEX files_unerased ON files (id) WHERE state = 'deleted' AND erased_at IS NULL;
