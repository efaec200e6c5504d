-- Templates that offices keep of their campaigns.
CREATE TABLE campaign_templates (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    unit_id    TEXT COLLATE "C" NOT NULL,
    unit_path  TEXT COLLATE "C" NOT NULL,
    content    TEXT COLLATE "C" NOT NULL, -- JSON
    created_by TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version    BIGINT  NOT NULL
);
CREATE INDEX campaign_templates_path ON campaign_templates (unit_path, id);
