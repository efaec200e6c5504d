-- Which version of whose tables is known to hold all that findings are counted by.
CREATE TABLE copies (
    service TEXT NOT NULL PRIMARY KEY,
    tables  TEXT NOT NULL
) WITHOUT ROWID;
