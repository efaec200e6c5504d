package store

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"
)

// breach is something that must never be: a query for the ids of what breaks
// a rule, and how it can be mended, if it can.
type breach struct {
	what   string
	query  string
	repair string
}

var breaches = []breach{
	{
		what:  "more than one live assignment of a task and unit (rule 1)",
		query: `SELECT min(id) AS id FROM assignments WHERE state <> 'cancelled' GROUP BY task_id, unit_id HAVING count(*) > 1`,
	},
	{
		what: "open_children differs from a recount",
		query: `SELECT a.id FROM assignments a WHERE (a.open_children <> 0 OR EXISTS (SELECT 1 FROM assignments k WHERE k.parent_id = a.id AND k.parent_id <> ''))
 AND a.open_children <> (SELECT count(*) FROM assignments k WHERE k.parent_id = a.id AND k.parent_id <> '' AND k.state NOT IN ('approved', 'cancelled'))`,
		repair: `UPDATE assignments SET version = version + 1, open_children =
 (SELECT count(*) FROM assignments k WHERE k.parent_id = assignments.id AND k.parent_id <> '' AND k.state NOT IN ('approved', 'cancelled')) WHERE id IN (?)`,
	},
	{
		what: "state and times contradict each other",
		query: `SELECT id FROM assignments WHERE
 (state IN ('acknowledged', 'submitted', 'approved', 'returned') AND ack_at IS NULL) OR (state IN ('issued') AND ack_at IS NOT NULL)
 OR (state IN ('submitted', 'approved') AND (submitted_at IS NULL OR submission_id = '')) OR (state = 'approved') <> (approved_at IS NOT NULL)
 OR (state = 'submitted') <> (reviewer_path <> '') OR (state = 'returned' AND returns = 0)`,
	},
	{
		what: "the deadline differs from the original one without a granted extension",
		query: `SELECT a.id FROM assignments a WHERE a.due_at <> a.original_due_at
 AND NOT EXISTS (SELECT 1 FROM extension_requests x WHERE x.assignment_id = a.id AND x.state = 'granted')`,
	},
	{
		what: "a request for a later deadline waits although nobody can answer it",
		query: `SELECT x.id FROM extension_requests x JOIN assignments a ON a.id = x.assignment_id JOIN campaigns c ON c.id = a.campaign_id
 WHERE x.state = 'requested' AND ` + ended,
	},
	{
		what: "the original deadline of an assignment differs from its task's",
		query: `SELECT a.id FROM assignments a JOIN tasks t ON t.id = a.task_id WHERE a.original_due_at <> t.due_at
 AND NOT EXISTS (SELECT 1 FROM assignment_history h WHERE h.assignment_id = a.id AND h.action = 'issue')`,
	},
	{
		what: "an issuing campaign without a running job, or an active one whose fan-out did not finish",
		query: `SELECT c.id FROM campaigns c WHERE
 (c.state = 'issuing' AND NOT EXISTS (SELECT 1 FROM campaign_jobs j WHERE j.campaign_id = c.id AND j.kind = 'issue' AND j.state = 'running'))
 OR (c.state = 'active' AND EXISTS (SELECT 1 FROM issue_progress p WHERE p.campaign_id = c.id AND NOT p.finished))`,
	},
	{
		what: "the fan-out counted other than it wrote",
		query: `SELECT p.task_id AS id FROM issue_progress p WHERE p.done <> (SELECT count(*) FROM assignments a WHERE a.task_id = p.task_id
 AND NOT EXISTS (SELECT 1 FROM assignment_history h WHERE h.assignment_id = a.id AND h.action = 'issue'))`,
	},
	{
		what:   "the path of an assignment differs from its unit's",
		query:  `SELECT a.id FROM assignments a JOIN tree_units u ON u.id = a.unit_id WHERE a.unit_path <> u.path`,
		repair: `UPDATE assignments SET unit_path = (SELECT u.path FROM tree_units u WHERE u.id = assignments.unit_id) WHERE id IN (?)`,
	},
	{
		what:   "the path of an issuer differs from its unit's",
		query:  `SELECT a.id FROM assignments a JOIN tree_units u ON u.id = a.issuer_id WHERE a.issuer_path <> u.path`,
		repair: `UPDATE assignments SET issuer_path = (SELECT u.path FROM tree_units u WHERE u.id = assignments.issuer_id) WHERE id IN (?)`,
	},
	{
		what:   "the path of a campaign differs from its unit's",
		query:  `SELECT c.id FROM campaigns c JOIN tree_units u ON u.id = c.unit_id WHERE c.unit_path <> u.path`,
		repair: `UPDATE campaigns SET unit_path = (SELECT u.path FROM tree_units u WHERE u.id = campaigns.unit_id) WHERE id IN (?)`,
	},
}

func (s *Store) Breaches(ctx context.Context, repair bool) ([]string, error) {
	var out []string
	for _, b := range breaches {
		var ids []string
		if err := s.q.NewRaw(b.query+" LIMIT 1000").Scan(ctx, &ids); err != nil {
			return out, fmt.Errorf("check that not %s: %w", b.what, err)
		}
		if len(ids) == 0 {
			continue
		}
		mended := ""
		if repair && b.repair != "" {
			err := s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(b.repair, bun.List(ids)).Exec(ctx)
				return err
			})
			if err != nil {
				return out, fmt.Errorf("mend that %s: %w", b.what, err)
			}
			mended = " (mended)"
		}
		out = append(out, fmt.Sprintf("assignment: %s: %d, for example %s%s", b.what, len(ids), ids[0], mended))
	}
	return out, nil
}
