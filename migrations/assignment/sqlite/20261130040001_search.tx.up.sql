-- What searches compare, made by the program when a campaign is stored: title
-- and document number, folded, each on a line. folded is the rule they were
-- made by; rows of an earlier one are made anew at start.
ALTER TABLE campaigns ADD COLUMN search TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;
