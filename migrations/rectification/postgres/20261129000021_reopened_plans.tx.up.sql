-- A reopened order is planned anew: the plan from before it was closed is of
-- the record.
UPDATE measures SET dropped = TRUE WHERE NOT dropped AND rectification_id IN (SELECT id FROM rectifications WHERE NOT has_plan);
