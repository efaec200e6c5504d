-- The audit trail: one row an event, chained by hashes, never changed.
CREATE TABLE audit_entries (
    seq         INTEGER NOT NULL PRIMARY KEY,
    event_id    TEXT NOT NULL UNIQUE,
    type        TEXT NOT NULL,
    subject     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    actor_id    TEXT NOT NULL,
    actor_name  TEXT NOT NULL,
    unit_id     TEXT NOT NULL,
    unit_path   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    at          TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    request_id  TEXT NOT NULL,
    caused_by   TEXT NOT NULL,
    data_hash   TEXT NOT NULL,
    whole       BOOLEAN NOT NULL,
    detail      TEXT NOT NULL,
    prev_hash   TEXT NOT NULL,
    hash        TEXT NOT NULL
);
CREATE INDEX audit_entries_type ON audit_entries (type, seq);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, seq);
CREATE INDEX audit_entries_unit ON audit_entries (unit_id, seq);
CREATE INDEX audit_entries_path ON audit_entries (unit_path, seq);
CREATE INDEX audit_entries_subject ON audit_entries (subject, seq);
CREATE INDEX audit_entries_at ON audit_entries (at, seq);
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- The end of the chain. Without it the newest rows could be cut off unseen.
CREATE TABLE audit_head (
    id   INTEGER NOT NULL PRIMARY KEY,
    seq  INTEGER NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head WHEN NEW.seq <> OLD.seq + 1
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
-- The head follows the entries, so that an entry that is not the next one is refused.
CREATE TRIGGER audit_entries_head AFTER INSERT ON audit_entries
BEGIN UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1; END;

-- Who verified which part of the chain, and what came of it.
CREATE TABLE audit_verifications (
    id         TEXT NOT NULL PRIMARY KEY,
    from_seq   INTEGER NOT NULL,
    to_seq     INTEGER NOT NULL,
    broken_seq INTEGER NOT NULL,
    problem    TEXT NOT NULL,
    by_id      TEXT NOT NULL,
    by_name    TEXT NOT NULL,
    at         TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER audit_verifications_no_update BEFORE UPDATE ON audit_verifications
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_verifications_no_delete BEFORE DELETE ON audit_verifications
BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- Every place a unit has been at as far as the trail knows, so that "this unit
-- and what was below it then" can be asked for by the unit's id: the path of an
-- entry is the one of its day, and a unit that moved has several.
CREATE TABLE audit_places (
    unit_id TEXT NOT NULL,
    path    TEXT NOT NULL,
    PRIMARY KEY (unit_id, path)
);
