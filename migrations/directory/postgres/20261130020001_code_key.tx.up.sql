-- Codes that differ in case only are one; imports look for them by this.
CREATE INDEX units_code_folded ON units (lower(code));
