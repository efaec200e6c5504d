-- What was told from the beginning is not asked for again. Findings are: earlier
-- versions counted less of them.
INSERT INTO asked_copies (things, version) SELECT 'assignment assignments', 1 WHERE EXISTS (SELECT 1 FROM campaigns);
INSERT INTO asked_copies (things, version) SELECT 'assignment campaigns', 1 WHERE EXISTS (SELECT 1 FROM campaigns);
INSERT INTO asked_copies (things, version) SELECT 'evidence submissions', 1 WHERE EXISTS (SELECT 1 FROM campaigns);
INSERT INTO asked_copies (things, version) SELECT 'rectification inspections', 1 WHERE EXISTS (SELECT 1 FROM entries);
INSERT INTO asked_copies (things, version) SELECT 'rectification rectifications', 1 WHERE EXISTS (SELECT 1 FROM entries);
