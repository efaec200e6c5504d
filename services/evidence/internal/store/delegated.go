package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

// children are the assignments that were delegated from one, but the
// cancelled; the index on what has a parent serves.
func (r reader) children(assignmentID string) *bun.SelectQuery {
	return r.q.NewSelect().TableExpr("targets AS g").Where("g.parent_id = ?", assignmentID).Where("g.parent_id <> ''").
		Where("g.kind = ?", evidence.Assignment).Where("g.state <> 'cancelled'")
}

// standing joins the submission of a child that stands; it has at most one.
const standing = "JOIN submissions AS s ON s.target_id = g.id AND s.target = g.kind AND s.state IN ('sealed', 'accepted')"

// Delegated implements evidence.Reader. Most assignments were never delegated:
// for them it is one look into an index.
func (r reader) Delegated(ctx context.Context, assignmentID string, reach policy.Reach) (evidence.Delegated, error) {
	var d evidence.Delegated
	if err := r.children(assignmentID).ColumnExpr("count(*)").Scan(ctx, &d.Units); err != nil || d.Units == 0 {
		return d, wrap(err)
	}
	var seen int
	bounded := scope.Where(r.children(assignmentID), reach, scope.Columns{UnitID: "g.unit_id", UnitPath: "g.unit_path", Offices: []string{"g.office_id", "g.issuer_office_id"}})
	err := bounded.Join("LEFT "+standing).ColumnExpr("count(DISTINCT g.id), count(DISTINCT s.target_id)").Scan(ctx, &seen, &d.HandedIn)
	if err != nil {
		return d, wrap(err)
	}
	if d.Shown = seen == d.Units; !d.Shown {
		// A sum of some of them would be taken for that of all.
		return evidence.Delegated{Units: d.Units}, nil
	}
	var rows []struct {
		RequirementID string
		Units         int
		Total, Top    float64
	}
	err = r.children(assignmentID).Join(standing).Join("JOIN submission_items AS i ON i.submission_id = s.id").Where("i.value IS NOT NULL").
		ColumnExpr("i.requirement_id, count(*) AS units, sum(i.value) AS total, max(i.value) AS top").GroupExpr("i.requirement_id").Scan(ctx, &rows)
	if err != nil {
		return d, wrap(err)
	}
	d.Figures = make(map[string]evidence.Subtotal, len(rows))
	for _, x := range rows {
		d.Figures[x.RequirementID] = evidence.Subtotal{Units: x.Units, Sum: x.Total, Max: x.Top}
	}
	return d, nil
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("sum up what was delegated: %w", err)
	}
	return nil
}
