-- The registers of units' devices; an inspection keeps a copy of what it checks.
CREATE TABLE devices (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT COLLATE "C" NOT NULL,
    unit_id      TEXT COLLATE "C" NOT NULL,
    unit_path    TEXT COLLATE "C" NOT NULL,
    label        TEXT COLLATE "C" NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    network      TEXT COLLATE "C" NOT NULL, -- inner, outer, none
    serial       TEXT COLLATE "C" NOT NULL,
    place        TEXT COLLATE "C" NOT NULL,
    keeper       TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL, -- active, retired
    created_by   TEXT COLLATE "C" NOT NULL,
    created_at   TIMESTAMPTZ NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL,
    version      BIGINT NOT NULL
);
CREATE INDEX devices_path ON devices (unit_path, id);
CREATE INDEX devices_unit ON devices (unit_id, id);
CREATE INDEX findings_device ON findings (device_id, found_at, id) WHERE device_id <> '';
