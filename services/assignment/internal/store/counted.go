package store

import (
	"context"
	"strings"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/uptrace/bun"
)

// handedIn are the states of what was handed in and stands.
var handedIn = []assignment.State{assignment.Submitted, assignment.Approved}

// counted keeps what counts as a number of the roll-ups. It says in SQL what
// the insight service counts by; a test of the host holds the two together.
func (r reader) counted(ctx context.Context, q *bun.SelectQuery, f assignment.AssignmentQuery) *bun.SelectQuery {
	open := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("a.state IN (?)", bun.List(openStates)) }
	handed := func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("a.state IN (?)", bun.List(handedIn)) }
	switch f.Counted {
	case "issued":
		return q.Where("a.state <> 'cancelled'")
	case "acknowledged":
		return q.Where("a.state NOT IN ('cancelled', 'declined')").Where("(a.state <> 'issued' OR a.ack_at IS NOT NULL)")
	case "submitted":
		return handed(q)
	case "approved", "returned", "declined":
		return q.Where("a.state = ?", f.Counted)
	case "overdue":
		return open(q).Where("a.due_at < ?", f.Now)
	case "overdue_original":
		return open(q).Where("a.original_due_at < ?", f.Now)
	case "seriously_overdue":
		return r.threshold(ctx, open(q), "overdue_days", "<", f.Serious)
	case "near":
		return r.threshold(ctx, open(q).Where("a.due_at >= ?", f.Now), "near_days", "<=", f.Near)
	case "acknowledge_overdue":
		return q.Where("a.state = 'issued'").Where("a.ack_at IS NULL").Where("a.ack_due_at < ?", f.Now)
	case "in_time":
		return handed(q).Where("a.submitted_at <= a.due_at")
	case "late":
		return handed(q).Where("a.submitted_at > a.due_at")
	case "late_original":
		return handed(q).Where("a.submitted_at > a.original_due_at")
	}
	return q.Where("1 = 0")
}

// threshold keeps what is on one side of a limit that goes by a threshold of its
// campaign: limits has one for each value the threshold can have.
func (r reader) threshold(ctx context.Context, q *bun.SelectQuery, column, side string, limits []time.Time) *bun.SelectQuery {
	var days []int
	// When this fails, so does the query it is for, and tells.
	_ = r.q.NewSelect().TableExpr("campaigns").ColumnExpr("DISTINCT ?", bun.Ident(column)).Scan(ctx, &days)
	var conds []string
	var args []any
	for _, n := range days {
		if n >= 0 && n < len(limits) {
			conds = append(conds, "(tc."+column+" = ? AND a.due_at "+side+" ?)")
			args = append(args, n, limits[n])
		}
	}
	if len(conds) == 0 {
		return q.Where("1 = 0")
	}
	return q.Where("EXISTS (SELECT 1 FROM campaigns AS tc WHERE tc.id = a.campaign_id AND ("+strings.Join(conds, " OR ")+"))", args...)
}
