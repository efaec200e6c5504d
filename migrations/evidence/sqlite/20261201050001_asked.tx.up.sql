-- What was told from the beginning is not asked for again. Findings are: their
-- files were told but once.
INSERT INTO asked_copies (things, version) SELECT 'assignment assignments', 1 WHERE EXISTS (SELECT 1 FROM targets);
INSERT INTO asked_copies (things, version) SELECT 'assignment campaigns', 1 WHERE EXISTS (SELECT 1 FROM targets);
INSERT INTO asked_copies (things, version) SELECT 'rectification rectifications', 1 WHERE EXISTS (SELECT 1 FROM targets);
