-- Campaigns that were closed, archived or cancelled: nothing is sealed for them any more.
CREATE TABLE ended_campaigns (
    id TEXT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
