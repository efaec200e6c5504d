-- Which version of whose tables is known to hold all that findings are counted by.
CREATE TABLE copies (
    service TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tables  TEXT COLLATE "C" NOT NULL
);
