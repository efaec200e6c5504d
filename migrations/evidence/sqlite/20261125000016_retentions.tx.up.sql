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

-- Of a file whose time has run out: when it was deleted, and when its bytes were gone.
ALTER TABLE files ADD COLUMN deleted_at TIMESTAMP;
ALTER TABLE files ADD COLUMN erased_at TIMESTAMP;
CREATE INDEX files_unerased ON files (id) WHERE state = 'deleted' AND erased_at IS NULL;
