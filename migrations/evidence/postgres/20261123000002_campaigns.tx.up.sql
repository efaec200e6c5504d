-- Campaigns that were closed, archived or cancelled: nothing is sealed for them any more.
CREATE TABLE ended_campaigns (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY
);
