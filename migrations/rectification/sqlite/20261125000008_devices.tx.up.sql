-- The registers of units' devices; an inspection keeps a copy of what it checks.
CREATE TABLE devices (
    id           TEXT NOT NULL PRIMARY KEY, -- may be made by the client
    content_hash TEXT NOT NULL,
    unit_id      TEXT NOT NULL,
    unit_path    TEXT NOT NULL,
    label        TEXT NOT NULL,
    kind         TEXT NOT NULL,
    network      TEXT NOT NULL, -- inner, outer, none
    serial       TEXT NOT NULL,
    place        TEXT NOT NULL,
    keeper       TEXT NOT NULL,
    state        TEXT NOT NULL, -- active, retired
    created_by   TEXT NOT NULL,
    created_at   TIMESTAMP NOT NULL,
    changed_at   TIMESTAMP NOT NULL,
    version      INTEGER NOT NULL
);
CREATE INDEX devices_path ON devices (unit_path, id);
CREATE INDEX devices_unit ON devices (unit_id, id);
CREATE INDEX findings_device ON findings (device_id, found_at, id) WHERE device_id <> '';
