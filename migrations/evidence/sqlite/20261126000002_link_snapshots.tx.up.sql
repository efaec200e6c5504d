-- What was found at addresses that units gave as evidence, and the queue of it.
CREATE TABLE link_snapshots (
    unit_id      TEXT      NOT NULL,
    unit_path    TEXT      NOT NULL,
    address      TEXT      NOT NULL,
    state        TEXT      NOT NULL, -- waiting, done, unreachable, refused
    attempts     INTEGER   NOT NULL,
    not_before   TIMESTAMP NOT NULL, -- when it may be tried
    title        TEXT      NOT NULL, -- of the page, once done
    retrieved_at TIMESTAMP,
    PRIMARY KEY (unit_id, address)
) WITHOUT ROWID;
CREATE INDEX link_snapshots_due ON link_snapshots (not_before, unit_id, address) WHERE state = 'waiting';
CREATE INDEX link_snapshots_path ON link_snapshots (unit_path);
