-- What searches compare, made by the program when a row is stored: folded
-- names and codes, and the spellings of names, each behind a line end. folded
-- is the rule they were made by; rows of an earlier one are made anew at start.
ALTER TABLE units ADD COLUMN name_fold TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE units ADD COLUMN code_fold TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE units ADD COLUMN spellings TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE units ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX units_code_fold ON units (code_fold, code);

ALTER TABLE people ADD COLUMN name_fold TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN spellings TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;

-- The rule by which every row is folded.
ALTER TABLE directory_state ADD COLUMN folded BIGINT NOT NULL DEFAULT 0;

-- Where words of folded names begin, as unit_terms, which is no longer used;
-- and behind a line end the beginnings of the spellings.
CREATE TABLE unit_words (
    word TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL, -- of the unit
    PRIMARY KEY (word, code)
);
