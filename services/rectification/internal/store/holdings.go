package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/uptrace/bun"
)

// What hangs on people, who are the parameter of each condition, and matters still.
const (
	openCase       = "r.state NOT IN ('closed', 'withdrawn')"
	isResponsible  = "r.responsible_id IN (?) AND " + openCase
	isVerifying    = "r.verifier_id IN (?) AND r.state = 'verifying'"
	hasMeasure     = "m.person_id IN (?) AND m.done_at IS NULL AND NOT m.dropped"
	plannedFor     = "p.person_id IN (?) AND i.state = 'planned'"
	drawnFor       = "d.planner_id IN (?) AND d.state = 'drawn'"
	heldMeasure    = "measures AS m JOIN rectifications AS r ON r.id = m.rectification_id"
	heldInspection = "inspection_inspectors AS p JOIN inspections AS i ON i.id = p.inspection_id"
)

func (s *Store) Holding(ctx context.Context, personID string) (map[string]int64, error) {
	out := map[string]int64{}
	for kind, x := range map[string]struct{ from, where string }{
		event.HeldRectifications: {"rectifications AS r", isResponsible},
		event.HeldVerifications:  {"rectifications AS r", isVerifying},
		event.HeldMeasures:       {heldMeasure, hasMeasure + " AND " + openCase},
		event.HeldInspections:    {heldInspection, plannedFor},
		event.HeldDraws:          {"draws AS d", drawnFor},
	} {
		n, err := s.q.NewSelect().TableExpr(x.from).Where(x.where, bun.List([]string{personID})).Count(ctx)
		if err != nil {
			return nil, fmt.Errorf("count the %s of a person: %w", kind, err)
		}
		out[kind] = n
	}
	return out, nil
}

func (x *tx) HeldCases(ctx context.Context, people []string, after string, limit int) ([]string, error) {
	of := bun.List(people)
	return x.held(ctx, "r.id", after, limit, func(q *bun.SelectQuery) *bun.SelectQuery {
		q.TableExpr("rectifications AS r")
		return q.Where(isResponsible, of).WhereOr(isVerifying, of).
			WhereOr("r.id IN (SELECT m.rectification_id FROM measures AS m WHERE "+hasMeasure+") AND "+openCase, of)
	})
}

func (x *tx) HeldInspections(ctx context.Context, people []string, after string, limit int) ([]string, error) {
	return x.held(ctx, "i.id", after, limit, func(q *bun.SelectQuery) *bun.SelectQuery {
		q.TableExpr(heldInspection)
		return q.Where(plannedFor, bun.List(people))
	})
}

func (x *tx) HeldDraws(ctx context.Context, people []string, after string, limit int) ([]string, error) {
	return x.held(ctx, "d.id", after, limit, func(q *bun.SelectQuery) *bun.SelectQuery {
		q.TableExpr("draws AS d")
		return q.Where(drawnFor, bun.List(people))
	})
}

func (x *tx) held(ctx context.Context, id, after string, limit int, by func(*bun.SelectQuery) *bun.SelectQuery) ([]string, error) {
	var ids []string
	err := x.t.NewSelect().Distinct().ColumnExpr(id).WhereGroup(" AND ", by).Where("? > ?", bun.Ident(id), after).
		OrderExpr(id).Limit(int64(limit)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("what people hold: %w", err)
	}
	return ids, nil
}
