-- Templates that offices keep of their campaigns.
CREATE TABLE campaign_templates (
    id         TEXT NOT NULL PRIMARY KEY,
    unit_id    TEXT NOT NULL,
    unit_path  TEXT NOT NULL,
    content    TEXT NOT NULL, -- JSON
    created_by TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    version    INTEGER NOT NULL
);
CREATE INDEX campaign_templates_path ON campaign_templates (unit_path, id);
