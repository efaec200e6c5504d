package store

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

type facetTallyRow struct {
	bun.BaseModel `bun:"table:facet_tallies,alias:t"`
	insight.FacetKey
	insight.FacetTally
}

func compareFacets(a, b insight.FacetKey) int {
	own := 0
	if a.Own != b.Own {
		own = 1
		if b.Own {
			own = -1
		}
	}
	return cmp.Or(strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.OfficeID, b.OfficeID), own,
		strings.Compare(a.Facet, b.Facet), strings.Compare(a.Value, b.Value), strings.Compare(a.Month, b.Month))
}

func (w *writer) FindingsOf(ctx context.Context, unitIDs []string) ([]insight.Entry, error) {
	var rows []entryRow
	err := w.tx.NewSelect().Model(&rows).Where("e.unit_id IN (?)", bun.List(unitIDs)).Where("e.kind = ?", insight.KindFinding).OrderExpr("e.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("findings of units: %w", err)
	}
	out := make([]insight.Entry, len(rows))
	for i, r := range rows {
		out[i] = r.Entry
	}
	return out, nil
}

func (w *writer) Sectors(ctx context.Context, unitIDs []string) (map[string]string, error) {
	out := make(map[string]string, len(unitIDs))
	if len(unitIDs) == 0 {
		return out, nil
	}
	var us []struct {
		ID      string
		Sectors []string
	}
	if err := w.tx.NewSelect().TableExpr("tree_units AS u").Column("u.id", "u.sectors").Where("u.id IN (?)", bun.List(unitIDs)).Scan(ctx, &us); err != nil {
		return nil, fmt.Errorf("sectors: %w", err)
	}
	for _, u := range us {
		out[u.ID] = strings.Join(u.Sectors, " ")
	}
	return out, nil
}

// facets begins a query of one facet at the nodes of a window.
func (s *Store) facets(facet string, q insight.FacetQuery, w insight.Window) *bun.SelectQuery {
	sel := s.db.Read().NewSelect().TableExpr("facet_tallies AS t").Where("t.node_id IN (?)", bun.List(w.NodeIDs)).
		Where("t.own IN (?)", owns(w)).Where("t.facet = ?", facet)
	if q.CampaignID != "" {
		sel = sel.Where("t.campaign_id = ?", q.CampaignID)
	}
	switch {
	case w.Offices == nil:
	case len(w.Offices) == 0:
		sel = sel.Where("1 = 0")
	default:
		sel = sel.Where("t.office_id IN (?)", bun.List(w.Offices))
	}
	if q.From != "" {
		sel = sel.Where("t.month >= ?", q.From)
	}
	if q.To != "" {
		sel = sel.Where("t.month <= ?", q.To)
	}
	return sel
}

// summed adds the counters up.
func summed(sel *bun.SelectQuery) *bun.SelectQuery {
	for _, c := range facetCounters {
		sel = sel.ColumnExpr("CAST(SUM(t.?) AS BIGINT) AS ?", bun.Ident(c), bun.Ident(c))
	}
	return sel
}

func (s *Store) Facets(ctx context.Context, by string, q insight.FacetQuery, w insight.Window, limit int) ([]insight.FacetNumbers, error) {
	facet, column, order := by, "value", "found DESC, t.value"
	if by == insight.FacetMonth {
		// The last ones, where there are more than are shown.
		facet, column, order = insight.FacetAll, "month", "t.month DESC"
	}
	var rows []struct {
		Value string
		insight.FacetTally
	}
	sel := summed(s.facets(facet, q, w)).ColumnExpr("t.? AS value", bun.Ident(column)).GroupExpr("t.?", bun.Ident(column)).
		OrderExpr(order).Limit(int64(limit))
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, db.Translate(err)
	}
	out := make([]insight.FacetNumbers, len(rows))
	for i, r := range rows {
		if by == insight.FacetMonth {
			i = len(rows) - 1 - i
		}
		out[i] = insight.FacetNumbers{Value: r.Value, FacetTally: r.FacetTally}
	}
	if by == insight.FacetItem {
		return out, s.entitle(ctx, out)
	}
	return out, nil
}

// entitle gives checklist items the titles they were found by.
func (s *Store) entitle(ctx context.Context, ns []insight.FacetNumbers) error {
	if len(ns) == 0 {
		return nil
	}
	items := make([]string, len(ns))
	for i, n := range ns {
		items[i] = n.Value
	}
	var rows []struct{ Item, Title string }
	err := s.db.Read().NewSelect().TableExpr("entries AS e").ColumnExpr("e.item, MAX(e.item_title) AS title").
		Where("e.item IN (?)", bun.List(items)).Where("e.item <> ''").GroupExpr("e.item").Scan(ctx, &rows)
	if err != nil {
		return db.Translate(err)
	}
	titles := map[string]string{}
	for _, r := range rows {
		titles[r.Item] = r.Title
	}
	for i := range ns {
		ns[i].Title = titles[ns[i].Value]
	}
	return nil
}

func (s *Store) FacetTotals(ctx context.Context, q insight.FacetQuery, w insight.Window) (map[string]insight.FacetTally, error) {
	var rows []struct {
		NodeID string
		insight.FacetTally
	}
	if err := summed(s.facets(insight.FacetAll, q, w)).ColumnExpr("t.node_id").GroupExpr("t.node_id").Scan(ctx, &rows); err != nil {
		return nil, db.Translate(err)
	}
	out := make(map[string]insight.FacetTally, len(rows))
	for _, r := range rows {
		out[r.NodeID] = r.FacetTally
	}
	return out, nil
}

func (s *Store) OldestOpen(ctx context.Context, campaignID string, w insight.Window) (map[string]string, error) {
	var rows []struct{ NodeID, Day string }
	err := s.facets(insight.FacetOpenOn, insight.FacetQuery{CampaignID: campaignID}, w).Where("t.open > 0").
		ColumnExpr("t.node_id, MIN(t.value) AS day").GroupExpr("t.node_id").Scan(ctx, &rows)
	if err != nil {
		return nil, db.Translate(err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.NodeID] = r.Day
	}
	return out, nil
}

func (s *Store) RelapsedUnits(ctx context.Context, q insight.FacetQuery, w insight.Window, after string, limit int) ([]string, error) {
	var ids []string
	err := s.facets(insight.FacetRelapsed, q, w).ColumnExpr("t.value").Where("t.value > ?", after).Where("t.relapses > 0").
		GroupExpr("t.value").OrderExpr("t.value").Limit(int64(limit)).Scan(ctx, &ids)
	return ids, db.Translate(err)
}

func (s *Store) UnitsByID(ctx context.Context, ids []string) (map[string]insight.Unit, error) {
	us, err := tree.ByID(ctx, s.db.Read(), ids)
	out := make(map[string]insight.Unit, len(us))
	for _, u := range us {
		x := unitOf(u)
		x.Name = u.Shown
		out[u.ID] = x
	}
	return out, err
}
