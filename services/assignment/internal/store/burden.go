package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

func (r reader) TasksSince(ctx context.Context, c assignment.Campaign, since time.Time) ([]assignment.Earlier, error) {
	var rows []struct {
		taskRow

		Campaign string
	}
	err := r.q.NewSelect().TableExpr("tasks AS t").Join("JOIN campaigns AS c ON c.id = t.campaign_id").ColumnExpr("t.*, c.title AS campaign").
		Where("c.issued_at >= ?", since).Where("c.id <> ?", c.ID).Where("c.state NOT IN ('draft', 'cancelled')").
		OrderExpr("c.issued_at DESC, t.id DESC").Limit(2000).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("tasks issued lately: %w", err)
	}
	out := make([]assignment.Earlier, len(rows))
	for i, x := range rows {
		out[i] = assignment.Earlier{TaskID: x.Task.ID, CampaignID: x.Task.CampaignID, Campaign: x.Campaign, Requirements: x.Task.Requirements}
	}
	return out, nil
}

func (r reader) CountAsked(ctx context.Context, c assignment.Campaign, t assignment.Targets, taskIDs []string, since time.Time) (int64, error) {
	ids := targets(r.q.NewSelect().Model((*tree.Unit)(nil)).Column("id"), c, t)
	var n int64
	err := r.q.NewSelect().TableExpr("assignments AS a").ColumnExpr("count(DISTINCT a.unit_id)").Where("a.task_id IN (?)", bun.List(taskIDs)).
		Where("a.issued_at >= ?", since).Where("a.state NOT IN ('cancelled', 'declined')").Where("a.unit_id IN (?)", ids).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("units asked lately: %w", err)
	}
	return n, nil
}

func (r reader) Burden(ctx context.Context, f assignment.BurdenQuery) ([]assignment.Asking, []assignment.AskedUnits, error) {
	// What was passed on is asked by who passed it on.
	const office = "CASE WHEN a.parent_id = '' THEN c.office_id ELSE a.issuer_id END"
	bounded := func() *bun.SelectQuery {
		q := r.q.NewSelect().TableExpr("assignments AS a").Join("JOIN campaigns AS c ON c.id = a.campaign_id").Join("JOIN tree_units AS u ON u.id = a.unit_id").
			Where("a.issued_at >= ?", f.Since).Where("a.issued_at < ?", f.Until).Where("a.state <> 'cancelled'")
		if f.UnderPath != "" {
			q = q.Where("a.unit_path >= ? AND a.unit_path < ?", f.UnderPath, end(f.UnderPath))
		}
		return scope.Where(q, f.Reach, scope.Columns{UnitID: "a.unit_id", UnitPath: "a.unit_path"})
	}
	var askings []assignment.Asking
	err := bounded().ColumnExpr(office+" AS office_id, a.campaign_id, a.task_id, u.level, u.kind, count(*) AS assignments").
		GroupExpr(office+", a.campaign_id, a.task_id, u.level, u.kind").Scan(ctx, &askings)
	if err != nil {
		return nil, nil, fmt.Errorf("burden: %w", err)
	}
	var units, all []assignment.AskedUnits
	err = bounded().ColumnExpr(office+" AS office_id, u.level, u.kind, count(DISTINCT a.unit_id) AS units").GroupExpr(office+", u.level, u.kind").Scan(ctx, &units)
	if err == nil {
		err = bounded().ColumnExpr(office+" AS office_id, '' AS level, '' AS kind, count(DISTINCT a.unit_id) AS units").GroupExpr(office).Scan(ctx, &all)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("burdened units: %w", err)
	}
	ids := map[string]bool{}
	for _, a := range askings {
		ids[a.TaskID] = true
	}
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	if len(list) == 0 {
		return nil, nil, nil
	}
	var rows []taskRow
	if err := r.q.NewSelect().Model(&rows).Where("t.id IN (?)", bun.List(list)).Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("tasks of the burden: %w", err)
	}
	by := make(map[string]assignment.Task, len(rows))
	for _, x := range rows {
		by[x.Task.ID] = x.Task
	}
	for i := range askings {
		askings[i].Requirements = by[askings[i].TaskID].Requirements
	}
	return askings, append(units, all...), nil
}
