-- What is added to a sent inspection may have pictures and files.
ALTER TABLE inspection_amendments ADD COLUMN file_ids TEXT COLLATE "C" NOT NULL DEFAULT '[]'; -- JSON
