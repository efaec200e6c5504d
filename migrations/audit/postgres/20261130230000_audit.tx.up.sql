-- The audit trail: one row an event, chained by hashes, never changed.
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$;

CREATE TABLE audit_entries (
    seq         BIGINT NOT NULL PRIMARY KEY,
    event_id    TEXT COLLATE "C" NOT NULL UNIQUE,
    type        TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    actor_id    TEXT COLLATE "C" NOT NULL,
    actor_name  TEXT COLLATE "C" NOT NULL,
    unit_id     TEXT COLLATE "C" NOT NULL,
    unit_path   TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    request_id  TEXT COLLATE "C" NOT NULL,
    caused_by   TEXT COLLATE "C" NOT NULL,
    data_hash   TEXT COLLATE "C" NOT NULL,
    whole       BOOLEAN NOT NULL,
    detail      TEXT COLLATE "C" NOT NULL,
    prev_hash   TEXT COLLATE "C" NOT NULL,
    hash        TEXT COLLATE "C" NOT NULL
);
CREATE INDEX audit_entries_type ON audit_entries (type, seq);
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, seq);
CREATE INDEX audit_entries_unit ON audit_entries (unit_id, seq);
CREATE INDEX audit_entries_path ON audit_entries (unit_path, seq);
CREATE INDEX audit_entries_subject ON audit_entries (subject, seq);
CREATE INDEX audit_entries_at ON audit_entries (at, seq);
CREATE TRIGGER audit_entries_no_update BEFORE UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entries_no_truncate BEFORE TRUNCATE ON audit_entries FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entries_no_delete BEFORE DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse();

-- The end of the chain. Without it the newest rows could be cut off unseen.
CREATE TABLE audit_head (
    id   BIGINT NOT NULL PRIMARY KEY,
    seq  BIGINT NOT NULL,
    hash TEXT COLLATE "C" NOT NULL
);
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_no_delete BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_forward BEFORE UPDATE ON audit_head FOR EACH ROW WHEN (NEW.seq <> OLD.seq + 1) EXECUTE FUNCTION audit_refuse();
-- The head follows the entries, so that an entry that is not the next one is refused.
CREATE FUNCTION audit_follow() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN UPDATE audit_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1; RETURN NULL; END $$;
CREATE TRIGGER audit_entries_head AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_follow();

-- Who verified which part of the chain, and what came of it.
CREATE TABLE audit_verifications (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    from_seq   BIGINT NOT NULL,
    to_seq     BIGINT NOT NULL,
    broken_seq BIGINT NOT NULL,
    problem    TEXT COLLATE "C" NOT NULL,
    by_id      TEXT COLLATE "C" NOT NULL,
    by_name    TEXT COLLATE "C" NOT NULL,
    at         TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER audit_verifications_no_update BEFORE UPDATE ON audit_verifications FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_verifications_no_truncate BEFORE TRUNCATE ON audit_verifications FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_verifications_no_delete BEFORE DELETE ON audit_verifications FOR EACH ROW EXECUTE FUNCTION audit_refuse();

-- Every place a unit has been at as far as the trail knows, so that "this unit
-- and what was below it then" can be asked for by the unit's id: the path of an
-- entry is the one of its day, and a unit that moved has several.
CREATE TABLE audit_places (
    unit_id TEXT COLLATE "C" NOT NULL,
    path    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (unit_id, path)
);
