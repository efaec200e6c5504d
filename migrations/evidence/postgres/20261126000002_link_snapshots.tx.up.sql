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
