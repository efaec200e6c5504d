-- Of closed findings, those whose report was in time against the deadline they
-- were ordered with. What was told of before this has 0; `duban reconcile` has
-- it told again.
ALTER TABLE entries ADD COLUMN on_time_original INTEGER NOT NULL DEFAULT 0;
ALTER TABLE facet_tallies ADD COLUMN on_time_original INTEGER NOT NULL DEFAULT 0;
