-- What the requirement allows that a file was announced for (macros, encrypted),
-- and what of that is in it, once received. Lists with commas.
ALTER TABLE files ADD COLUMN allowed TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN cautions TEXT NOT NULL DEFAULT '';
