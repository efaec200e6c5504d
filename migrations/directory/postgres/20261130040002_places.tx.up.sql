-- Accounts seen from addresses: wrong passwords lock them there first.
CREATE TABLE person_places (
    person_id    TEXT COLLATE "C" NOT NULL,
    network      TEXT COLLATE "C" NOT NULL, -- an address of IPv4, or 64 bits of one of IPv6
    used_at      TIMESTAMPTZ, -- signed in from there last; null for never
    failures     BIGINT NOT NULL,
    failed_at    TIMESTAMPTZ,
    locked_until TIMESTAMPTZ,
    PRIMARY KEY (person_id, network)
);
-- Until when the account takes no password from where it was never used.
ALTER TABLE people ADD COLUMN shut_until TIMESTAMPTZ;
