-- When each stored file was last hashed again, and what came of it.
CREATE TABLE file_checks (
    file_id    TEXT NOT NULL PRIMARY KEY,
    due_at     TIMESTAMP NOT NULL, -- when it is hashed again
    checked_at TIMESTAMP,
    altered    BOOLEAN NOT NULL  -- it is not what was received
) WITHOUT ROWID;
CREATE INDEX file_checks_due ON file_checks (due_at, file_id);
INSERT INTO file_checks (file_id, due_at, altered) SELECT id, received_at, FALSE FROM files WHERE state = 'received';
