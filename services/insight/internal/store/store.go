// Package store keeps the read models of the insight service.
package store

import (
	"context"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// Store implements insight.Store and insight.Recounter.
type Store struct{ db *db.DB }

var (
	_ insight.Books = (*Store)(nil)
	_ insight.Store = (*Store)(nil)
)

// New makes a store on d.
func New(d *db.DB) *Store { return &Store{db: d} }

// Tx wraps the transaction of an event.
func (s *Store) Tx(tx bun.Tx) insight.Tx { return &writer{tx: tx, engine: s.db.Engine} }

type campaignRow struct {
	bun.BaseModel `bun:"table:campaigns,alias:c"`

	ID          string
	Title       string
	Template    string
	UnitID      string
	UnitPath    string
	OfficeID    string
	State       string
	StartsOn    string
	EndsOn      string
	NearDays    int64
	OverdueDays int64
	AckDays     int64
	Version     int64
}

func (r campaignRow) domain() insight.Campaign {
	return insight.Campaign{
		ID: r.ID, Title: r.Title, Template: r.Template, UnitID: r.UnitID, UnitPath: r.UnitPath, OfficeID: r.OfficeID, State: r.State, StartsOn: r.StartsOn,
		EndsOn: r.EndsOn, NearDays: r.NearDays, OverdueDays: r.OverdueDays, AckDays: r.AckDays, Version: r.Version,
	}
}

type assignmentRow struct {
	bun.BaseModel `bun:"table:assignments,alias:a"`
	insight.Assignment
}

type tallyRow struct {
	bun.BaseModel `bun:"table:tallies,alias:t"`
	insight.TallyKey
	insight.Tally
}

type figureRow struct {
	bun.BaseModel `bun:"table:figure_tallies,alias:t"`
	insight.FigureKey
	figureSums
}

type valueRow struct {
	bun.BaseModel `bun:"table:figure_values,alias:t"`

	NodeID     string
	CampaignID string
	Own        bool
	TaskID     string
	Figure     string
	Measure    string
	ValueWhole int64
	ValueMicro int64
	insight.ValueTally
}

type entryRow struct {
	bun.BaseModel `bun:"table:entries,alias:e"`
	insight.Entry
}

type entryTallyRow struct {
	bun.BaseModel `bun:"table:entry_tallies,alias:t"`
	insight.EntryKey
	insight.EntryTally
}

type strayRow struct {
	bun.BaseModel `bun:"table:strays,alias:s"`
	UnitID        string
	Path          string
}

func unitOf(u tree.Unit) insight.Unit {
	return insight.Unit{ID: u.ID, ParentID: u.ParentID, Path: u.Path, Name: u.Name, Level: u.Level, Code: u.Code, Active: u.Active}
}

func (s *Store) Unit(ctx context.Context, id string) (insight.Unit, error) {
	u, err := tree.Get(ctx, s.db.Read(), id)
	return unitOf(u), db.Translate(err)
}

func (s *Store) Children(ctx context.Context, parentID, after string, limit int) ([]insight.Unit, error) {
	var us []tree.Unit
	err := s.db.Read().NewSelect().Model(&us).Column("id", "parent_id", "path", "name", "level", "code", "active").
		Where("u.parent_id = ?", parentID).Where("u.id > ?", after).OrderExpr("u.id").Limit(int64(limit)).Scan(ctx)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.Unit, len(us))
	for i, u := range us {
		out[i] = unitOf(u)
	}
	return out, nil
}

func (s *Store) Campaigns(ctx context.Context, f insight.CampaignFilter) ([]insight.Campaign, error) {
	var rows []campaignRow
	q := s.db.Read().NewSelect().Model(&rows).Where("c.state <> 'draft'").OrderExpr("c.id DESC").Limit(int64(f.Limit))
	if f.ID != "" {
		q = q.Where("c.id = ?", f.ID)
	}
	if len(f.States) > 0 {
		q = q.Where("c.state IN (?)", bun.List(f.States))
	}
	if f.Before != "" {
		q = q.Where("c.id < ?", f.Before)
	}
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = scope.Where(q, f.Reach, scope.Columns{UnitID: "c.unit_id", UnitPath: "c.unit_path"})
		for _, w := range f.Windows {
			nodes := bun.List(w.NodeIDs)
			q = q.WhereOr("EXISTS (SELECT 1 FROM presences AS p WHERE p.unit_id IN (?) AND p.campaign_id = c.id)", nodes).
				WhereOr("EXISTS (SELECT 1 FROM entry_tallies AS e WHERE e.node_id IN (?) AND e.campaign_id = c.id AND e.own IN (?))", nodes, owns(w))
			if !w.OwnOnly {
				q = q.WhereOr("EXISTS (SELECT 1 FROM tallies AS t WHERE t.node_id IN (?) AND t.campaign_id = c.id)", nodes)
			}
		}
		return q
	})
	if err := q.Scan(ctx); err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.Campaign, len(rows))
	for i, r := range rows {
		out[i] = r.domain()
	}
	return out, nil
}

// owns lists the values of the column own that a window sees.
func owns(w insight.Window) schema.QueryAppender {
	if w.OwnOnly {
		return bun.List([]bool{true})
	}
	return bun.List([]bool{true, false})
}

func (s *Store) Tasks(ctx context.Context, campaignIDs []string) ([]insight.Task, error) {
	if len(campaignIDs) == 0 {
		return nil, nil
	}
	var rows []taskRow
	err := s.db.Read().NewSelect().Model(&rows).Where("k.campaign_id IN (?)", bun.List(campaignIDs)).
		OrderExpr("k.campaign_id, k.position, k.due_at, k.id").Scan(ctx)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.Task, len(rows))
	for i, r := range rows {
		if out[i], err = r.domain(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) Tallies(ctx context.Context, tasks []insight.Task, w insight.Window) ([]insight.TallyRow, error) {
	if len(tasks) == 0 || len(w.NodeIDs) == 0 {
		return nil, nil
	}
	campaigns, keys := []string{}, make([][]string, len(tasks))
	for i, t := range tasks {
		keys[i] = []string{t.CampaignID, t.ID}
		if len(campaigns) == 0 || campaigns[len(campaigns)-1] != t.CampaignID {
			campaigns = append(campaigns, t.CampaignID)
		}
	}
	var out []insight.TallyRow
	if !w.OwnOnly {
		var rows []tallyRow
		q := s.db.Read().NewSelect().Model(&rows).Where("t.node_id IN (?)", bun.List(w.NodeIDs)).Where("t.campaign_id IN (?)", bun.List(campaigns))
		if len(tasks) == 1 {
			q = q.Where("t.task_id = ?", tasks[0].ID)
		}
		if err := q.Scan(ctx); err != nil {
			return nil, db.Translate(err)
		}
		for _, r := range rows {
			out = append(out, insight.TallyRow{TallyKey: r.TallyKey, Tally: r.Tally})
		}
	}
	own, err := ownAssignments(ctx, s.db.Read(), keys, w.NodeIDs)
	if err != nil {
		return nil, db.Translate(err)
	}
	for _, r := range own {
		out = append(out, insight.TallyRow{
			TallyKey: insight.TallyKey{NodeID: r.UnitID, CampaignID: r.CampaignID, TaskID: r.TaskID, Deadlines: r.Deadlines},
			Own:      true, Tally: r.Assignment.Tally(),
		})
	}
	return out, nil
}

func (s *Store) Figures(ctx context.Context, campaignID string, w insight.Window) ([]insight.FigureRow, error) {
	if len(w.NodeIDs) == 0 {
		return nil, nil
	}
	var rows []struct {
		insight.FigureKey
		figureSums
		Max         *float64
		MaxAccepted *float64
	}
	greatest := func(of string) string {
		return strings.ReplaceAll(`CASE WHEN t.aggregate = 'max' THEN (SELECT CAST(v.value_whole AS DOUBLE PRECISION) + v.value_micro / 1000000.0 FROM figure_values AS v
			WHERE v.node_id = t.node_id AND v.campaign_id = t.campaign_id AND v.own = t.own AND v.task_id = t.task_id
			AND v.figure = t.figure AND v.measure = t.measure AND v.OF > 0 ORDER BY v.value_whole DESC, v.value_micro DESC LIMIT 1) END`, "OF", of)
	}
	err := s.db.Read().NewSelect().TableExpr("figure_tallies AS t").ColumnExpr("t.*").
		ColumnExpr(greatest("reports")+" AS max").ColumnExpr(greatest("acceptances")+" AS max_accepted").
		Where("t.node_id IN (?)", bun.List(w.NodeIDs)).Where("t.campaign_id = ?", campaignID).Where("t.own IN (?)", owns(w)).
		OrderExpr("t.node_id, t.figure, t.measure, t.task_id").Scan(ctx, &rows)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.FigureRow, len(rows))
	for i, r := range rows {
		out[i] = insight.FigureRow{FigureKey: r.FigureKey, FigureTally: r.figureSums.domain(), Max: r.Max, MaxAccepted: r.MaxAccepted}
	}
	return out, nil
}

func (s *Store) Entries(ctx context.Context, campaignID string, w insight.Window) ([]insight.EntryRow, error) {
	if len(w.NodeIDs) == 0 {
		return nil, nil
	}
	var rows []struct {
		insight.EntryKey
		insight.EntryTally
	}
	q := s.db.Read().NewSelect().TableExpr("entry_tallies AS t").
		ColumnExpr("t.node_id, t.office_id, t.kind, t.category, t.severity, t.state, t.due_us").
		Where("t.node_id IN (?)", bun.List(w.NodeIDs)).Where("t.own IN (?)", owns(w))
	for _, c := range entryCounters {
		q = q.ColumnExpr("CAST(SUM(t.?) AS BIGINT) AS ?", bun.Ident(c), bun.Ident(c))
	}
	if campaignID != "" {
		q = q.Where("t.campaign_id = ?", campaignID)
	}
	if w.Unaware {
		q = q.Where("NOT (t.own AND t.kind = ? AND t.category IN (?) AND t.state <> ?)",
			insight.KindInspection, bun.List(event.UnannouncedKinds), event.ResultsSent)
	}
	err := q.GroupExpr("t.node_id, t.office_id, t.kind, t.category, t.severity, t.state, t.due_us").
		OrderExpr("t.node_id, t.office_id, t.kind, t.category, t.severity, t.state, t.due_us").Scan(ctx, &rows)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.EntryRow, len(rows))
	for i, r := range rows {
		out[i] = insight.EntryRow{EntryKey: r.EntryKey, EntryTally: r.EntryTally}
	}
	return out, nil
}
