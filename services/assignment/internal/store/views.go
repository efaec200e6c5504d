package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// viewColumns is an assignment with what is shown with it.
var viewColumns = `a.*, c.title AS campaign_title, c.state AS campaign_state, c.ended_at AS campaign_ended_at, c.near_days, c.overdue_days, c.ack_days,
 c.unit_path AS campaign_path, c.issued_by AS campaign_issuer, c.issued_by_name AS campaign_by,
 t.title AS task_title, t.review AS task_review, t.weight AS task_weight, t.themed_day AS task_themed_day,
 COALESCE(` + tree.Shown("tree_units", "u") + `, '') AS unit_name, COALESCE(u.level, '') AS unit_level,
 COALESCE(` + tree.Shown("tree_units", "i") + `, '') AS issuer_name, COALESCE(` + tree.Shown("tree_units", "o") + `, '') AS office_name, COALESCE(p.name, '') AS responsible_name`

// joined reads one assignment with what is shown with it in one query; those of
// a page are dressed instead.
func joined(q *bun.SelectQuery) *bun.SelectQuery {
	return q.ColumnExpr(viewColumns).
		Join("JOIN campaigns AS c ON c.id = a.campaign_id").
		Join("JOIN tasks AS t ON t.id = a.task_id").
		Join("LEFT JOIN tree_units AS u ON u.id = a.unit_id").
		Join("LEFT JOIN tree_units AS i ON i.id = a.issuer_id").
		Join("LEFT JOIN tree_units AS o ON o.id = a.issuer_office_id").
		Join("LEFT JOIN known_people AS p ON p.id = a.responsible_id")
}

func (r reader) View(ctx context.Context, id string) (assignment.View, error) {
	var row viewRow
	err := joined(r.q.NewSelect().Model(&row)).Where("a.id = ?", id).Scan(ctx)
	return row.View, found(err, "assignment")
}

func (r reader) Views(ctx context.Context, f assignment.AssignmentQuery) ([]assignment.View, error) {
	order := "a.due_at, a.id"
	if f.ByID {
		order = "a.id"
	}
	var rows []assignmentRow
	q := r.q.NewSelect().Model(&rows).ColumnExpr("a.*")
	wide := r.wide(ctx, f)
	if r.engine == db.Postgres || wide && r.narrow != nil {
		// The index has the order of the list already. PostgreSQL sees where it
		// has not, and joining what was chosen took it longer than reading it.
		q = r.bounded(ctx, q, f, wide).Limit(int64(f.Limit))
	} else {
		// The page is chosen first, from the index alone where that has all it
		// takes: rows are read for what is shown only, and nothing but keys is sorted.
		page := r.bounded(ctx, r.q.NewSelect().TableExpr("assignments AS a").ColumnExpr("a.id"), f, wide)
		q = q.ModelTableExpr("(?) AS page", page.OrderExpr(order).Limit(int64(f.Limit))).Join("JOIN assignments AS a ON a.id = page.id")
	}
	if err := q.OrderExpr(order).Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("assignments: %w", err))
	}
	out := make([]assignment.View, len(rows))
	for i := range rows {
		out[i].Assignment = rows[i].Assignment
	}
	return out, r.dress(ctx, out)
}

func (r reader) Count(ctx context.Context, f assignment.AssignmentQuery, limit int) (int, error) {
	some := r.bounded(ctx, r.q.NewSelect().TableExpr("assignments AS a").ColumnExpr("1"), f, r.wide(ctx, f)).Limit(int64(limit))
	n, err := r.q.NewSelect().TableExpr("(?) AS x", some).Count(ctx)
	if err != nil {
		return 0, db.Translate(fmt.Errorf("count assignments: %w", err))
	}
	return int(n), nil
}

func (r reader) Left(ctx context.Context, campaignID string) (assignment.Left, error) {
	var l assignment.Left
	var states []struct {
		State assignment.State
		N     int
	}
	err := r.q.NewSelect().TableExpr("assignments AS a").ColumnExpr("a.state, count(*) AS n").Where("a.campaign_id = ?", campaignID).
		Where("a.state NOT IN ('approved', 'cancelled')").GroupExpr("a.state").Scan(ctx, &states)
	if err != nil {
		return l, fmt.Errorf("count what is unfinished: %w", err)
	}
	for _, s := range states {
		switch {
		case s.State == assignment.Submitted:
			l.InReview = s.N
		case s.State == assignment.Declined:
			l.Declined = s.N
		default:
			l.Open += s.N
		}
	}
	n, err := r.q.NewSelect().Model((*extensionRow)(nil)).Where("x.campaign_id = ?", campaignID).Where("x.state = 'requested'").
		Where("EXISTS (SELECT 1 FROM assignments AS a WHERE a.id = x.assignment_id AND a.state NOT IN ('approved', 'cancelled', 'declined'))").Count(ctx)
	if err != nil {
		return l, fmt.Errorf("count extension requests: %w", err)
	}
	l.ExtensionRequests = int(n)
	return l, nil
}

// wide tells whether a list is read in its order instead of by path: where many
// rows lie below the caller's units. PostgreSQL keeps figures of its own.
func (r reader) wide(ctx context.Context, f assignment.AssignmentQuery) bool {
	return r.engine != db.SQLite || r.narrow == nil || !r.narrow(ctx, narrowest(f))
}

// bounded adds the bounds of f to a query on assignments AS a.
func (r reader) bounded(ctx context.Context, q *bun.SelectQuery, f assignment.AssignmentQuery, wide bool) *bun.SelectQuery {
	// On SQLite a column written as an expression keeps its index out of the choice.
	path, campaign := "a.unit_path", "a.campaign_id"
	if r.engine == db.SQLite && r.narrow != nil {
		if wide {
			path = "+a.unit_path"
		} else {
			campaign = "+a.campaign_id"
		}
	}
	cols := scope.Columns{UnitID: "a.unit_id", UnitPath: path, Offices: []string{"a.office_id", "a.issuer_office_id"}}
	if f.UrgeJob != nil {
		q = jobScope(q, *f.UrgeJob, path)
	} else {
		q = scope.Where(q, f.Reach, cols)
	}
	for _, e := range []struct{ column, value string }{
		{"a.id", f.ID}, {campaign, f.CampaignID}, {"a.task_id", f.TaskID}, {"a.parent_id", f.ParentID}, {"a.unit_id", f.UnitID},
	} {
		if e.value != "" {
			q = q.Where(e.column+" = ?", e.value)
		}
	}
	if f.UnderPath != "" {
		q = q.Where(path+" >= ? AND "+path+" < ?", f.UnderPath, end(f.UnderPath))
	}
	if len(f.States) > 0 {
		q = q.Where("a.state IN (?)", bun.List(f.States))
		if wide && !slices.Contains(f.States, assignment.Issued) {
			q = q.Where(leftIssued)
		}
	}
	if f.Overdue {
		q = q.Where("a.due_at < ?", f.Now).Where("a.state IN (?)", bun.List(openStates))
	}
	if f.Reachable {
		q = q.Where(reachable, bun.List(workers))
	}
	if f.UrgedBefore != nil {
		q = q.Where("(a.urged_at IS NULL OR a.urged_at <= ?)", *f.UrgedBefore)
	}
	if f.Attention != "" {
		var days []int
		if f.Attention == assignment.DueSoon {
			days = r.nearDays(ctx)
		}
		q = attention(q, f, cols, wide, days)
	}
	if f.Counted != "" {
		q = r.counted(ctx, q, f)
	}
	switch {
	case f.AfterID == "":
	case f.ByID:
		q = q.Where("a.id > ?", f.AfterID)
	default:
		q = q.Where("(a.due_at, a.id) > (?, ?)", f.AfterDue, f.AfterID)
	}
	return q
}

// leftIssued offers the index on what has left the state issued, which the
// fan-out does not have to fill.
const leftIssued = "a.state <> 'issued'"

var openStates = []assignment.State{assignment.Issued, assignment.Acknowledged, assignment.Returned}

// narrowest are the paths that bound a query most.
func narrowest(f assignment.AssignmentQuery) []string {
	switch {
	case f.UnderPath != "":
		return []string{f.UnderPath}
	case f.UrgeJob != nil:
		return f.UrgeJob.Paths()
	case f.Attention != "":
		return f.Mine.Paths()
	}
	return f.Reach.Paths()
}

func jobScope(q *bun.SelectQuery, j assignment.JobArgs, path string) *bun.SelectQuery {
	var conds []string
	var args []any
	for _, p := range j.Parts {
		cond := path + " >= ? AND " + path + " < ?"
		args = append(args, p.Path, end(p.Path))
		if p.Offices != nil {
			cond += " AND (a.office_id IN (?) OR a.issuer_office_id IN (?))"
			args = append(args, bun.List(p.Offices), bun.List(p.Offices))
		}
		conds = append(conds, "("+cond+")")
	}
	if len(conds) == 0 {
		return q.Where("1 = 0")
	}
	q = q.Where("("+strings.Join(conds, " OR ")+")", args...)
	if len(j.Exclude) > 0 {
		q = q.Where("a.unit_id NOT IN (?)", bun.List(j.Exclude))
	}
	return q
}

// open bounds a selection of the workbench to campaigns that are open, and
// reviewable to those whose submissions can be reviewed.
const open = `EXISTS (SELECT 1 FROM campaigns AS oc WHERE oc.id = a.campaign_id AND oc.state IN ('issuing', 'active'))`

const reviewable = `EXISTS (SELECT 1 FROM campaigns AS oc WHERE oc.id = a.campaign_id AND oc.state IN ('issuing', 'active', 'closed'))`

func attention(q *bun.SelectQuery, f assignment.AssignmentQuery, cols scope.Columns, wide bool, days []int) *bun.SelectQuery {
	if f.Attention == assignment.ToReview {
		turn := func(s policy.Span) scope.Condition { return turnOf(s, f.ReviewRoles) }
		return scope.Some(q, f.Mine, turn, cols).Where(reviewable).Where("a.reviewer_path <> ''").Where("a.submitted_by <> ?", f.Person)
	}
	q = scope.Where(q, f.Mine, cols).Where(open)
	switch f.Attention {
	case assignment.ToAcknowledge:
		q = q.Where("a.state = ?", assignment.Issued)
	case assignment.Overdue:
		q = q.Where("a.due_at < ?", f.Now).Where("a.state IN (?)", bun.List(openStates))
	case assignment.ToReturn:
		q = q.Where("a.state = ?", assignment.Returned)
		if wide {
			q = q.Where(leftIssued)
		}
	case assignment.DueSoon:
		q = q.Where("a.state IN (?)", bun.List(openStates)).Where("a.due_at >= ?", f.Now)
		q = near(q, f, days)
	case assignment.DeclinesToDecide:
		q = q.Where("a.state = 'declined'")
		if wide {
			q = q.Where(leftIssued)
		}
	default:
		q = q.Where("1 = 0")
	}
	return q
}

// turnOf is what whoever holds s reviews: by turn, because they stand above a
// reviewer whose unit has moved away from it, or because they may stand in for a
// level that has nobody. The domain says it in Go, as turnOf and standsAbove. The
// range over the reviewers comes first, so that only what waits for a review is
// looked at.
func turnOf(s policy.Span, roles []string) scope.Condition {
	of, p := bun.List(s.Offices()), s.Path
	return scope.Condition{
		SQL: `a.reviewer_path >= ? AND a.reviewer_path < ? AND (SUBSTR(a.unit_path, 1, LENGTH(a.reviewer_path)) <> a.reviewer_path
 OR a.reviewer_path = ? AND (a.reviewer_id <> a.issuer_id OR a.issuer_office_id IN (?))
 OR a.reviewer_path > ? AND (a.office_id IN (?) OR a.issuer_office_id IN (?)) AND a.issuer_path >= ? AND a.issuer_path < ? AND ` + vacant + ")",
		Args: []any{p, end(p), p, of, p, of, of, p, end(p), bun.List(roles), bun.List(policy.Workers)},
	}
}

// nearDays lists the thresholds that open campaigns have.
func (r reader) nearDays(ctx context.Context) []int {
	var days []int
	err := r.q.NewSelect().TableExpr("campaigns").ColumnExpr("DISTINCT near_days").Where("state IN ('issuing', 'active')").
		OrderExpr("near_days").Scan(ctx, &days)
	if err != nil {
		// The query they are for fails as well, and tells.
		return nil
	}
	return days
}

// near keeps what is near its deadline by its campaign's own threshold.
func near(q *bun.SelectQuery, f assignment.AssignmentQuery, days []int) *bun.SelectQuery {
	var conds []string
	var args []any
	for _, n := range days {
		if n >= 0 && n < len(f.Near) {
			conds = append(conds, "(nc.near_days = ? AND a.due_at <= ?)")
			args = append(args, n, f.Near[n])
		}
	}
	if len(conds) == 0 {
		return q.Where("1 = 0")
	}
	// The widest of them bounds what is looked at.
	q = q.Where("a.due_at <= ?", args[len(args)-1])
	return q.Where("EXISTS (SELECT 1 FROM campaigns AS nc WHERE nc.id = a.campaign_id AND ("+strings.Join(conds, " OR ")+"))", args...)
}

func (r reader) History(ctx context.Context, assignmentID, after string, limit int) ([]assignment.History, error) {
	var rows []historyRow
	err := r.q.NewSelect().Model(&rows).Where("h.assignment_id = ?", assignmentID).Where("h.id > ?", after).
		OrderExpr("h.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	out := make([]assignment.History, len(rows))
	for i := range rows {
		out[i] = rows[i].History
	}
	return out, nil
}

func (r reader) Latest(ctx context.Context, assignmentID string, acts []assignment.Action) (assignment.History, bool, error) {
	var row historyRow
	err := r.q.NewSelect().Model(&row).Where("h.assignment_id = ?", assignmentID).Where("h.action IN (?)", bun.List(acts)).
		OrderExpr("h.id DESC").Limit(1).Scan(ctx)
	if db.NoRows(err) {
		return assignment.History{}, false, nil
	}
	return row.History, err == nil, err
}

func (r reader) Extension(ctx context.Context, id string) (assignment.Extension, error) {
	var row extensionRow
	err := r.q.NewSelect().Model(&row).Where("x.id = ?", id).Scan(ctx)
	return row.Extension, found(err, "extension request")
}

// ended is when nobody can answer a request of the assignment a of campaign c
// any more.
const ended = "(a.state IN ('approved', 'cancelled', 'declined') OR c.state NOT IN ('issuing', 'active'))"

func (r reader) Moot(ctx context.Context, after string, limit int) ([]assignment.View, error) {
	var rows []viewRow
	err := joined(r.q.NewSelect().Model(&rows)).Where("a.id > ?", after).Where(ended).
		Where("a.id IN (SELECT x.assignment_id FROM extension_requests AS x WHERE x.state = 'requested')").
		OrderExpr("a.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("requests that nobody can answer: %w", err)
	}
	out := make([]assignment.View, len(rows))
	for i := range rows {
		out[i] = rows[i].View
	}
	return out, nil
}

func (r reader) Extensions(ctx context.Context, f assignment.ExtensionQuery) ([]assignment.ExtensionView, error) {
	var rows []extensionViewRow
	q := r.q.NewSelect().Model(&rows).
		ColumnExpr(`x.*, c.title AS campaign_title, c.state AS campaign_state, t.title AS task_title, COALESCE(` + tree.Shown("tree_units", "u") + `, '') AS unit_name,
 a.state AS assignment_state, a.due_at AS current_due_at, a.original_due_at`).
		Join("JOIN assignments AS a ON a.id = x.assignment_id").Join("JOIN campaigns AS c ON c.id = x.campaign_id").
		Join("JOIN tasks AS t ON t.id = a.task_id").Join("LEFT JOIN tree_units AS u ON u.id = x.unit_id").
		OrderExpr("x.id").Limit(int64(f.Limit))
	cols := scope.Columns{UnitID: "x.unit_id", UnitPath: "x.unit_path", Offices: []string{"x.office_id", "x.issuer_office_id"}}
	q = scope.Where(q, f.Reach, cols)
	if f.Mine != nil {
		q = scope.Where(q, *f.Mine, cols).Where("c.state IN ('issuing', 'active')").Where("a.state IN (?)", bun.List(openStates))
	}
	if f.AssignmentID != "" {
		q = q.Where("x.assignment_id = ?", f.AssignmentID)
	}
	if f.CampaignID != "" {
		q = q.Where("x.campaign_id = ?", f.CampaignID)
	}
	if len(f.States) == 1 && f.States[0] == assignment.Requested {
		// As a literal, so that the index on waiting requests serves.
		q = q.Where("x.state = 'requested'")
	} else if len(f.States) > 0 {
		q = q.Where("x.state IN (?)", bun.List(f.States))
	}
	if f.After != "" {
		q = q.Where("x.id > ?", f.After)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("extension requests: %w", err))
	}
	out := make([]assignment.ExtensionView, len(rows))
	for i := range rows {
		out[i] = rows[i].ExtensionView
	}
	return out, nil
}
