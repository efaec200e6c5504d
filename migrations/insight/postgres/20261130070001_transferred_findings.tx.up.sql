-- 1 for a finding that counts at another unit than the one where it was found:
-- the one that has to rectify it. What was told of before this is told again.
ALTER TABLE entries ADD COLUMN transferred BIGINT NOT NULL DEFAULT 0;
