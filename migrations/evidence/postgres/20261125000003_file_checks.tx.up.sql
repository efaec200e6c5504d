-- When each stored file was last hashed again, and what came of it.
CREATE TABLE file_checks (
    file_id    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due_at     TIMESTAMPTZ NOT NULL, -- when it is hashed again
    checked_at TIMESTAMPTZ,
    altered    BOOLEAN NOT NULL  -- it is not what was received
);
CREATE INDEX file_checks_due ON file_checks (due_at, file_id);
INSERT INTO file_checks (file_id, due_at, altered) SELECT id, received_at, FALSE FROM files WHERE state = 'received';
