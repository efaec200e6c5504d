-- What was known of people stands in the tables that all services have alike. The
-- ids of grants were not known: what is told of a person next puts them right.
INSERT INTO known_people (id, name, unit_id, disabled, version) SELECT id, name, unit_id, disabled, version FROM people;
INSERT INTO known_grants (id, person_id, role, unit_id, withdrawn) SELECT person_id || ' ' || unit_id || ' ' || role, person_id, role, unit_id, FALSE FROM people_grants;
