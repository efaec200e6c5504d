package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

func (r reader) Draw(ctx context.Context, id string) (rectification.Draw, error) {
	var row drawRow
	if err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return rectification.Draw{}, missing(err, "draw")
	}
	d := rectification.Draw{DrawHead: row.DrawHead}
	return d, errors.Join(fromJSON(row.Units, &d.Units), fromJSON(row.Inspectors, &d.Inspectors), fromJSON(row.Picks, &d.Picks))
}

func (s *Store) Draws(ctx context.Context, q rectification.DrawQuery) ([]rectification.DrawHead, error) {
	var rows []drawRow
	sel := s.q.NewSelect().Model(&rows).ExcludeColumn("units", "inspectors", "picks").OrderExpr("d.id DESC").Limit(int64(q.Limit))
	scope.Where(sel, q.Reach, scope.Columns{UnitID: "d.unit_id", UnitPath: "d.unit_path", Offices: []string{"d.office_id"}})
	if q.AfterID != "" {
		sel.Where("d.id < ?", q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list draws: %w", err)
	}
	out := make([]rectification.DrawHead, len(rows))
	for i, r := range rows {
		out[i] = r.DrawHead
	}
	return out, nil
}

func (s *Store) Units(ctx context.Context, q rectification.UnitQuery) ([]rectification.Unit, error) {
	var rows []tree.Unit
	sel := tree.Named(s.q.NewSelect().Model(&rows).ColumnExpr("u.*")).Where("u.active").Where("u.level IN (?)", bun.List(q.Levels)).OrderExpr("u.id").Limit(int64(q.Limit))
	scope.Where(sel, q.Reach, scope.Columns{UnitID: "u.id", UnitPath: "u.path"})
	if err := s.under(ctx, sel, "u.path", q.UnderID); err != nil {
		return nil, err
	}
	if q.Sector != "" {
		tree.OfSectors(sel, q.Sector)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("units to draw from: %w", err)
	}
	out := make([]rectification.Unit, len(rows))
	for i, u := range rows {
		out[i] = rectification.Unit{ID: u.ID, Path: u.Path, Level: u.Level, Name: u.Shown, Active: u.Active}
	}
	return out, nil
}

func (s *Store) Risks(ctx context.Context, unitIDs []string, since time.Time) (map[string]rectification.Risk, error) {
	out := map[string]rectification.Risk{}
	for ids := range slices.Chunk(unitIDs, 500) {
		var found []struct {
			UnitID             string
			Findings, Relapses int
		}
		err := s.q.NewSelect().TableExpr("findings AS f").
			ColumnExpr(dutyUnit+" AS unit_id, COUNT(*) AS findings, SUM(CASE WHEN f.repeats_id <> '' THEN 1 ELSE 0 END) AS relapses").
			Where(ofDuty, bun.List(ids)).Where("f.found_at >= ?", since).Where("f.state <> 'dismissed'").GroupExpr(dutyUnit).Scan(ctx, &found)
		if err != nil {
			return nil, fmt.Errorf("findings of units: %w", err)
		}
		for _, f := range found {
			out[f.UnitID] = rectification.Risk{Findings: f.Findings, Relapses: f.Relapses}
		}
		var visits []struct{ UnitID, LastDay string }
		err = s.q.NewSelect().TableExpr("inspections AS i").ColumnExpr("i.unit_id, MAX(i.planned_day) AS last_day").
			Where("i.unit_id IN (?)", bun.List(ids)).Where("i.state = 'sent'").Where("i.kind <> ?", rectification.SelfCheck).GroupExpr("i.unit_id").Scan(ctx, &visits)
		if err != nil {
			return nil, fmt.Errorf("visits of units: %w", err)
		}
		for _, v := range visits {
			k := out[v.UnitID]
			k.LastDay = v.LastDay
			out[v.UnitID] = k
		}
	}
	return out, nil
}

func drawRowOf(d rectification.Draw) *drawRow {
	return &drawRow{DrawHead: d.DrawHead, Units: toJSON(d.Units), Inspectors: toJSON(d.Inspectors), Picks: toJSON(d.Picks)}
}

func (x *tx) InsertDraw(ctx context.Context, d rectification.Draw) error {
	return insert(ctx, x, "draw", []drawRow{*drawRowOf(d)})
}

// UpdateDraw implements rectification.Tx. What it was drawn from is never
// written again.
func (x *tx) UpdateDraw(ctx context.Context, d rectification.Draw, was int64) error {
	return x.update(ctx, versioned{"draw", d.ID, was, drawRowOf(d)}, "content_hash", "seed", "algorithm", "unit_id", "unit_path", "units", "inspectors")
}
