-- Whose things are: office_id is the office that launched a campaign, until now the
-- unit of whoever drafted it; issuer_office_id who handed an assignment to its unit,
-- that office or whoever delegated it.
ALTER TABLE assignments ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE assignments ADD COLUMN issuer_office_id TEXT NOT NULL DEFAULT '';
UPDATE assignments SET office_id = COALESCE((SELECT c.office_id FROM campaigns AS c WHERE c.id = assignments.campaign_id), '');
UPDATE assignments SET issuer_office_id = CASE WHEN issuer_id = (SELECT c.unit_id FROM campaigns AS c WHERE c.id = assignments.campaign_id) THEN office_id ELSE issuer_id END;

ALTER TABLE extension_requests ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
ALTER TABLE extension_requests ADD COLUMN issuer_office_id TEXT NOT NULL DEFAULT '';
UPDATE extension_requests SET office_id = COALESCE((SELECT a.office_id FROM assignments AS a WHERE a.id = extension_requests.assignment_id), ''),
    issuer_office_id = COALESCE((SELECT a.issuer_office_id FROM assignments AS a WHERE a.id = extension_requests.assignment_id), '');
DROP INDEX extension_requests_issuer;
CREATE INDEX extension_requests_issuer ON extension_requests (issuer_office_id, id) WHERE state = 'requested';

ALTER TABLE campaign_templates ADD COLUMN office_id TEXT NOT NULL DEFAULT '';
UPDATE campaign_templates SET office_id = COALESCE((SELECT p.unit_id FROM known_people AS p JOIN tree_units AS u ON u.id = p.unit_id
    WHERE p.id = campaign_templates.created_by AND SUBSTR(u.path, 1, LENGTH(campaign_templates.unit_path)) = campaign_templates.unit_path), unit_id);
