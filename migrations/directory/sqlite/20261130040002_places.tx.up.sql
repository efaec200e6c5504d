-- Accounts seen from addresses: wrong passwords lock them there first.
CREATE TABLE person_places (
    person_id    TEXT NOT NULL,
    network      TEXT NOT NULL, -- an address of IPv4, or 64 bits of one of IPv6
    used_at      TIMESTAMP, -- signed in from there last; null for never
    failures     INTEGER NOT NULL,
    failed_at    TIMESTAMP,
    locked_until TIMESTAMP,
    PRIMARY KEY (person_id, network)
);
-- Until when the account takes no password from where it was never used.
ALTER TABLE people ADD COLUMN shut_until TIMESTAMP;
