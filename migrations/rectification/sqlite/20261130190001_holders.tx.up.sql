-- Who is to plan the inspections of a draw; empty where that person has left it
-- to the office.
ALTER TABLE draws ADD COLUMN planner_id TEXT NOT NULL DEFAULT '';
UPDATE draws SET planner_id = created_by;

-- What hangs on a person.
CREATE INDEX draws_planner ON draws (planner_id) WHERE state = 'drawn';
CREATE INDEX rectifications_responsible ON rectifications (responsible_id, id);
CREATE INDEX rectifications_verifier ON rectifications (verifier_id, id) WHERE state = 'verifying';
CREATE INDEX measures_person ON measures (person_id, rectification_id);
