package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/duban/duban/services/insight"
	"github.com/uptrace/bun"
)

// The columns that count, of each table of counters.
var (
	tallyCounters = []string{"issued", "acknowledged", "submitted", "approved", "returned", "declined", "cancelled", "unacknowledged", "late", "late_original"}
	figureCounter = []string{"reported_whole", "reported_micro", "accepted_whole", "accepted_micro", "reports", "acceptances"}
	valueCounters = []string{"reports", "acceptances"}
	facetCounters = []string{"found", "open", "closed", "on_time", "on_time_original", "relapses", "seconds"}
	entryCounters = []string{"entries", "relapses", "suspended", "late", "late_original", "failed"}
)

// counters is a table of counters: its key, what it counts, and where a row
// belongs.
type counters[R any] struct {
	key     string
	columns []string
	where   func(R) at
}

type at struct{ node, campaign string }

var (
	tallies = counters[tallyRow]{
		"node_id, campaign_id, task_id, due_us, original_us, ack_us",
		tallyCounters, func(r tallyRow) at { return at{r.NodeID, r.CampaignID} },
	}
	figures = counters[figureRow]{
		"node_id, campaign_id, own, task_id, figure, measure, aggregate",
		figureCounter, func(r figureRow) at { return at{r.NodeID, r.CampaignID} },
	}
	values = counters[valueRow]{
		"node_id, campaign_id, own, task_id, figure, measure, value_whole, value_micro",
		valueCounters, func(r valueRow) at { return at{r.NodeID, r.CampaignID} },
	}
	facets = counters[facetTallyRow]{
		"node_id, campaign_id, office_id, own, facet, value, month",
		facetCounters, func(r facetTallyRow) at { return at{r.NodeID, r.CampaignID} },
	}
	entries = counters[entryTallyRow]{
		"node_id, campaign_id, office_id, own, kind, category, severity, state, due_us",
		entryCounters, func(r entryTallyRow) at { return at{r.NodeID, r.CampaignID} },
	}
)

func (w *writer) Own(ctx context.Context, ids []string) (map[string]*insight.Deltas, error) {
	out := make(map[string]*insight.Deltas, len(ids))
	of := func(unit string) *insight.Deltas {
		if out[unit] == nil {
			out[unit] = insight.NewDeltas()
		}
		return out[unit]
	}
	var tasks []struct{ CampaignID, ID string }
	err := w.tx.NewRaw("SELECT campaign_id, id FROM tasks WHERE campaign_id IN (SELECT campaign_id FROM presences WHERE unit_id IN (?))", bun.List(ids)).Scan(ctx, &tasks)
	if err != nil {
		return nil, fmt.Errorf("tasks of units: %w", err)
	}
	keys := make([][]string, len(tasks))
	for i, t := range tasks {
		keys[i] = []string{t.CampaignID, t.ID}
	}
	as, err := ownAssignments(ctx, w.tx, keys, ids)
	if err != nil {
		return nil, err
	}
	for _, a := range as {
		d := of(a.UnitID)
		k := insight.TallyKey{CampaignID: a.CampaignID, TaskID: a.TaskID, Deadlines: a.Deadlines}
		d.Tallies[k] = d.Tallies[k].Plus(a.Assignment.Tally(), 1)
		d.ByDay([]string{""}, a.Assignment, 1)
	}
	return out, w.counted(ctx, ids, true, of)
}

func (w *writer) Below(ctx context.Context, nodeID string) (*insight.Deltas, error) {
	d := insight.NewDeltas()
	var ts []tallyRow
	if err := w.tx.NewSelect().Model(&ts).Where("t.node_id = ?", nodeID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("tallies: %w", err)
	}
	for _, r := range ts {
		d.Tallies[r.TallyKey] = r.Tally
	}
	if err := w.daysBelow(ctx, nodeID, d); err != nil {
		return nil, err
	}
	return d, w.counted(ctx, []string{nodeID}, false, func(string) *insight.Deltas { return d })
}

func (w *writer) counted(ctx context.Context, nodes []string, own bool, of func(string) *insight.Deltas) error {
	var fs []figureRow
	if err := w.tx.NewSelect().Model(&fs).Where("t.node_id IN (?)", bun.List(nodes)).Where("t.own = ?", own).Scan(ctx); err != nil {
		return fmt.Errorf("sums of figures: %w", err)
	}
	for _, r := range fs {
		of(r.NodeID).Figures[r.FigureKey] = r.figureSums.domain()
	}
	var vs []valueRow
	if err := w.tx.NewSelect().Model(&vs).Where("t.node_id IN (?)", bun.List(nodes)).Where("t.own = ?", own).Scan(ctx); err != nil {
		return fmt.Errorf("values of figures: %w", err)
	}
	for _, r := range vs {
		of(r.NodeID).Values[r.key()] = r.ValueTally
	}
	var es []entryTallyRow
	if err := w.tx.NewSelect().Model(&es).Where("t.node_id IN (?)", bun.List(nodes)).Where("t.own = ?", own).Scan(ctx); err != nil {
		return fmt.Errorf("register: %w", err)
	}
	for _, r := range es {
		of(r.NodeID).Entries[r.EntryKey] = r.EntryTally
	}
	var xs []facetTallyRow
	if err := w.tx.NewSelect().Model(&xs).Where("t.node_id IN (?)", bun.List(nodes)).Where("t.own = ?", own).Scan(ctx); err != nil {
		return fmt.Errorf("findings by facets: %w", err)
	}
	for _, r := range xs {
		of(r.NodeID).Facets[r.FacetKey] = r.FacetTally
	}
	return nil
}

func (w *writer) Add(ctx context.Context, d *insight.Deltas) error {
	ts := make([]tallyRow, 0, len(d.Tallies))
	gone := false // a counter may have come to nothing
	for k, t := range d.Tallies {
		ts = append(ts, tallyRow{TallyKey: k, Tally: t})
		gone = gone || t.All() < 0
	}
	slices.SortFunc(ts, func(a, b tallyRow) int { return compareTallies(a.TallyKey, b.TallyKey) })
	if err := tallies.add(ctx, w.tx, ts, gone); err != nil {
		return err
	}
	fs := make([]figureRow, 0, len(d.Figures))
	gone = false
	for k, t := range d.Figures {
		fs = append(fs, rowOfFigure(k, t))
		gone = gone || t.Reports < 0
	}
	slices.SortFunc(fs, func(a, b figureRow) int { return compareFigures(a.FigureKey, b.FigureKey) })
	if err := figures.add(ctx, w.tx, fs, gone); err != nil {
		return err
	}
	vs := make([]valueRow, 0, len(d.Values))
	gone = false
	for k, t := range d.Values {
		vs = append(vs, rowOfValue(k, t))
		gone = gone || t.Reports < 0
	}
	slices.SortFunc(vs, func(a, b valueRow) int { return compareValues(a.key(), b.key()) })
	if err := values.add(ctx, w.tx, vs, gone); err != nil {
		return err
	}
	es := make([]entryTallyRow, 0, len(d.Entries))
	gone = false
	for k, t := range d.Entries {
		es = append(es, entryTallyRow{EntryKey: k, EntryTally: t})
		gone = gone || t.Entries < 0
	}
	slices.SortFunc(es, func(a, b entryTallyRow) int { return compareEntries(a.EntryKey, b.EntryKey) })
	if err := entries.add(ctx, w.tx, es, gone); err != nil {
		return err
	}
	xs := make([]facetTallyRow, 0, len(d.Facets))
	gone = false
	for k, t := range d.Facets {
		xs = append(xs, facetTallyRow{FacetKey: k, FacetTally: t})
		gone = gone || t.Found < 0 || t.Open < 0
	}
	slices.SortFunc(xs, func(a, b facetTallyRow) int { return compareFacets(a.FacetKey, b.FacetKey) })
	if err := facets.add(ctx, w.tx, xs, gone); err != nil {
		return err
	}
	return w.addDays(ctx, d.Days)
}

// add adds rows to what is there; with gone it removes those that came to
// nothing, so that a part of the tree that lost its work looks like one that
// never had any.
func (c counters[R]) add(ctx context.Context, tx bun.Tx, rows []R, gone bool) error {
	for len(rows) > 0 {
		n := min(len(rows), chunk)
		part := rows[:n]
		q := tx.NewInsert().Model(&part).On("CONFLICT (" + c.key + ") DO UPDATE")
		for _, n := range c.columns {
			q = q.Set("? = t.? + EXCLUDED.?", bun.Ident(n), bun.Ident(n), bun.Ident(n))
		}
		if _, err := q.Exec(ctx); err != nil {
			return fmt.Errorf("add to counters: %w", err)
		}
		if gone {
			nodes, campaigns := map[string]bool{}, map[string]bool{}
			for _, r := range part {
				at := c.where(r)
				nodes[at.node], campaigns[at.campaign] = true, true
			}
			del := tx.NewDelete().Model((*R)(nil)).Where("t.node_id IN (?)", bun.List(slices.Sorted(maps.Keys(nodes)))).
				Where("t.campaign_id IN (?)", bun.List(slices.Sorted(maps.Keys(campaigns))))
			for _, n := range c.columns {
				del = del.Where("t.? = 0", bun.Ident(n))
			}
			if _, err := del.Exec(ctx); err != nil {
				return fmt.Errorf("clear counters: %w", err)
			}
		}
		rows = rows[n:]
	}
	return nil
}

func compareTallies(a, b insight.TallyKey) int {
	return cmp.Or(strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.TaskID, b.TaskID),
		cmp.Compare(a.DueUS, b.DueUS), cmp.Compare(a.OriginalUS, b.OriginalUS), cmp.Compare(a.AckUS, b.AckUS))
}

func compareFigures(a, b insight.FigureKey) int {
	return cmp.Or(strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.TaskID, b.TaskID),
		strings.Compare(a.Figure, b.Figure), strings.Compare(a.Measure, b.Measure), strings.Compare(a.Aggregate, b.Aggregate))
}

func compareValues(a, b insight.ValueKey) int {
	return cmp.Or(strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.TaskID, b.TaskID),
		strings.Compare(a.Figure, b.Figure), strings.Compare(a.Measure, b.Measure), cmp.Compare(a.Value.Whole, b.Value.Whole), cmp.Compare(a.Value.Micro, b.Value.Micro))
}

func compareEntries(a, b insight.EntryKey) int {
	return cmp.Or(strings.Compare(a.NodeID, b.NodeID), strings.Compare(a.CampaignID, b.CampaignID), strings.Compare(a.OfficeID, b.OfficeID), strings.Compare(a.Kind, b.Kind),
		strings.Compare(a.Category, b.Category), strings.Compare(a.Severity, b.Severity), strings.Compare(a.State, b.State), cmp.Compare(a.DueUS, b.DueUS))
}
