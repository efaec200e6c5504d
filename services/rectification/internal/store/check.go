package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// Moved are the columns that follow when a unit moves.
var Moved = []tree.Column{
	{Table: "campaigns", Column: "unit_path"},
	{Table: "checklists", Column: "unit_path"}, {Table: "draws", Column: "unit_path"}, {Table: "devices", Column: "unit_path"}, {Table: "inspections", Column: "unit_path"},
	{Table: "findings", Column: "unit_path"}, {Table: "rectifications", Column: "unit_path"},
	{Table: "rectifications", Column: "issuer_path"}, {Table: "findings", Column: "responsible_unit_path"},
}

// rules are questions whose every answer is a breach: an id and a sentence.
var rules = []struct{ says, query string }{
	{"the numbers of an office and year have a gap or do not agree with their counter",
		`SELECT n.office_id || ' ' || n.year AS id FROM order_numbers AS n
		WHERE n.last <> (SELECT COUNT(*) FROM rectifications AS r WHERE r.issuer_id = n.office_id AND r.year = n.year)
		   OR n.last <> (SELECT COALESCE(MAX(r.seq), 0) FROM rectifications AS r WHERE r.issuer_id = n.office_id AND r.year = n.year)`},
	{"a number was given out without a counter",
		`SELECT r.id FROM rectifications AS r WHERE NOT EXISTS (SELECT 1 FROM order_numbers AS n WHERE n.office_id = r.issuer_id AND n.year = r.year)`},
	{"a closed rectification has a finding that was not verified after its last report",
		`SELECT r.id || ' finding ' || l.finding_id AS id FROM rectifications AS r JOIN rectification_findings AS l ON l.rectification_id = r.id
		WHERE r.state = 'closed' AND NOT EXISTS (SELECT 1 FROM verifications AS v JOIN verification_results AS x ON x.verification_id = v.id
			WHERE v.rectification_id = r.id AND v.report_id = r.submission_id AND v.decision = 'close' AND x.finding_id = l.finding_id)`},
	{"the last report of a rectification is not the one it shows",
		`SELECT r.id FROM rectifications AS r WHERE r.submission_id <> COALESCE((SELECT p.id FROM reports AS p WHERE p.rectification_id = r.id ORDER BY p.number DESC LIMIT 1), '')`},
	{"the state of a finding does not agree with its rectification",
		`SELECT f.id FROM findings AS f LEFT JOIN rectifications AS r ON r.id = f.rectification_id
		WHERE (f.state = 'rectifying' AND (r.id IS NULL OR r.state IN ('closed', 'withdrawn')))
		   OR (f.state = 'closed' AND (r.id IS NULL OR r.state <> 'closed'))
		   OR (f.state IN ('open', 'dismissed') AND f.rectification_id <> '')`},
	{"a finding is not with the unit that has to rectify it",
		`SELECT f.id FROM findings AS f LEFT JOIN rectifications AS r ON r.id = f.rectification_id AND r.unit_id <> f.unit_id
		WHERE f.responsible_unit_id <> COALESCE(r.unit_id, '')`},
	{"an open rectification has no finding",
		`SELECT r.id FROM rectifications AS r WHERE r.state <> 'withdrawn' AND NOT EXISTS (SELECT 1 FROM findings AS f WHERE f.rectification_id = r.id)`},
	{"the original deadline of a rectification was changed",
		`SELECT r.id FROM rectifications AS r WHERE NOT EXISTS (SELECT 1 FROM history AS h
			WHERE h.thing = 'rectification' AND h.thing_id = r.id AND h.version = 1 AND h.action = 'order' AND h.due_at = r.original_due_at)`},
	{"a rectification's history does not end where it stands",
		`SELECT r.id FROM rectifications AS r WHERE NOT EXISTS (SELECT 1 FROM history AS h
			WHERE h.thing = 'rectification' AND h.thing_id = r.id AND h.version = r.version AND h.to_state = r.state)`},
	{"a rectification lacks lines of its history",
		`SELECT r.id FROM rectifications AS r WHERE r.version <> (SELECT COUNT(*) FROM history AS h WHERE h.thing = 'rectification' AND h.thing_id = r.id)`},
	{"an inspection does not show its unit's response",
		`SELECT i.id FROM inspections AS i WHERE i.response <> COALESCE((SELECT r.state FROM inspection_responses AS r WHERE r.inspection_id = i.id ORDER BY r.id DESC LIMIT 1), '')`},
	{"a rectification says wrongly whether it was applied for its close-out",
		`SELECT r.id FROM rectifications AS r WHERE r.close_out_asked <> EXISTS (SELECT 1 FROM applications AS a WHERE a.rectification_id = r.id AND a.state = 'applied')`},
	{"an order was closed without the application it asks for",
		`SELECT r.id FROM rectifications AS r WHERE r.state = 'closed' AND r.needs_application
			AND NOT EXISTS (SELECT 1 FROM applications AS a WHERE a.rectification_id = r.id AND a.report_id = r.submission_id AND a.state = 'granted')`},
	{"a rectification was verified by whoever reported it",
		`SELECT v.rectification_id AS id FROM verifications AS v JOIN reports AS p ON p.id = v.report_id WHERE v.person_id = p.person_id`},
	{"a major finding was verified by whoever found it",
		`SELECT v.rectification_id || ' finding ' || f.id AS id FROM verifications AS v JOIN verification_results AS x ON x.verification_id = v.id
		JOIN findings AS f ON f.id = x.finding_id WHERE f.severity = 'major' AND f.found_by = v.person_id`},
	{"a rectification was reported without the sign-off or the approved plan it asks for",
		`SELECT r.id FROM rectifications AS r WHERE r.state IN ('reported', 'verifying', 'closed')
			AND (r.needs_sign_off AND r.signed_at IS NULL OR r.approve_plan AND r.plan_state <> 'approved' OR r.needs_plan AND NOT r.has_plan)`},
	{"a measure of a plan that no longer counts is live",
		`SELECT r.id FROM rectifications AS r WHERE NOT r.has_plan
			AND EXISTS (SELECT 1 FROM measures AS m WHERE m.rectification_id = r.id AND NOT m.dropped)`},
	{"the original deadline of a finding lies after its order's",
		`SELECT l.rectification_id || ' finding ' || l.finding_id AS id FROM rectification_findings AS l JOIN rectifications AS r ON r.id = l.rectification_id
		WHERE l.due_at IS NULL OR l.original_due_at IS NULL OR l.original_due_at > r.original_due_at`},
	{"a rectification says wrongly whether an extension was asked for",
		`SELECT r.id FROM rectifications AS r WHERE r.extension_asked <> EXISTS (SELECT 1 FROM extensions AS e WHERE e.rectification_id = r.id AND e.state = 'requested')`},
}

func (s *Store) Check(ctx context.Context, repair bool) ([]string, error) {
	var out []string
	for _, r := range rules {
		var ids []string
		if err := s.q.NewRaw(r.query).Scan(ctx, &ids); err != nil {
			return out, fmt.Errorf("check that %s: %w", r.says, err)
		}
		for _, x := range ids {
			out = append(out, fmt.Sprintf("%s: %s", r.says, x))
		}
	}
	for _, c := range Moved {
		id := bun.Ident(strings.TrimSuffix(c.Column, "_path") + "_id")
		var ids []string
		err := s.q.NewRaw("SELECT x.id FROM ? AS x JOIN tree_units AS u ON u.id = x.? WHERE x.? <> u.path",
			bun.Ident(c.Table), id, bun.Ident(c.Column)).Scan(ctx, &ids)
		if err != nil {
			return out, fmt.Errorf("check paths of %s: %w", c.Table, err)
		}
		if len(ids) == 0 {
			continue
		}
		for _, x := range ids {
			out = append(out, fmt.Sprintf("%s of %s is not its unit's path: %s", c.Column, c.Table, x))
		}
		if repair {
			err := s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error {
				_, err := t.NewRaw("UPDATE ? SET ? = (SELECT u.path FROM tree_units AS u WHERE u.id = ?.?) WHERE ? IN (SELECT id FROM tree_units)",
					bun.Ident(c.Table), bun.Ident(c.Column), bun.Ident(c.Table), id, id).Exec(ctx)
				return err
			})
			if err != nil {
				return out, fmt.Errorf("mend paths of %s: %w", c.Table, err)
			}
		}
	}
	return out, nil
}
