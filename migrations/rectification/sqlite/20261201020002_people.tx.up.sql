-- What was known of people stands in the tables that all services have alike.
INSERT INTO known_people (id, name, unit_id, disabled, version) SELECT id, name, unit_id, disabled, version FROM people;
