-- What was known of people stands in the tables that all services have alike.
INSERT INTO known_people (id, name, unit_id, disabled, version) SELECT id, name, unit_id, disabled, version FROM persons;
INSERT INTO known_grants (id, person_id, role, unit_id, withdrawn) SELECT id, person_id, role, unit_id, withdrawn FROM person_grants;
