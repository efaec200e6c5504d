-- The burden report and the dry run look at what was issued lately.
CREATE INDEX assignments_issued ON assignments (issued_at);
