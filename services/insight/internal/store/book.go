package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// readChunk is how many assignments a check reads at a time.
const readChunk = 2000

func (s *Store) View(ctx context.Context, f func(context.Context, insight.Book) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.db.Engine == db.Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	// On SQLite a transaction of a reader sees one state by itself.
	return db.Translate(s.db.Read().RunInTx(ctx, opts, func(ctx context.Context, tx bun.Tx) error { return f(ctx, book{tx}) }))
}

func (s *Store) Mend(ctx context.Context, f func(context.Context, insight.Book, insight.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		w := s.Tx(tx)
		if err := w.Lock(ctx); err != nil {
			return err
		}
		return f(ctx, book{tx}, w)
	})
}

// book implements insight.Book.
type book struct{ q bun.IDB }

var _ insight.Book = (*book)(nil)

func (b book) Tasks(ctx context.Context) ([]insight.TaskKey, error) {
	var ks []insight.TaskKey
	err := b.q.NewRaw(`SELECT campaign_id, id AS task_id FROM tasks UNION SELECT campaign_id, task_id FROM tallies
		UNION SELECT DISTINCT campaign_id, task_id FROM assignments ORDER BY 1, 2`).Scan(ctx, &ks)
	return ks, wrap("tasks", err)
}

func (b book) Assignments(ctx context.Context, k insight.TaskKey, f func(insight.Of[insight.Assignment])) error {
	unit, id := "", ""
	for {
		var rows []assignmentRow
		err := b.q.NewSelect().Model(&rows).Where("a.campaign_id = ?", k.CampaignID).Where("a.task_id = ?", k.TaskID).
			Where("a.unit_id >= ?", unit).Where("(a.unit_id > ? OR a.id > ?)", unit, id).
			OrderExpr("a.campaign_id, a.task_id, a.unit_id, a.id").Limit(readChunk).Scan(ctx)
		if err != nil {
			return fmt.Errorf("assignments: %w", err)
		}
		ids := make([]string, 0, len(rows))
		for _, r := range rows {
			if len(ids) == 0 || ids[len(ids)-1] != r.UnitID {
				ids = append(ids, r.UnitID)
			}
		}
		paths, err := pathsOf(ctx, b.q, ids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f(insight.Of[insight.Assignment]{Path: paths[r.UnitID], Thing: r.Assignment})
		}
		if len(rows) < readChunk {
			return nil
		}
		unit, id = rows[len(rows)-1].UnitID, rows[len(rows)-1].ID
	}
}

func (b book) Tallies(ctx context.Context, k insight.TaskKey) (map[insight.TallyKey]insight.Tally, error) {
	var rows []tallyRow
	if err := b.q.NewSelect().Model(&rows).Where("t.campaign_id = ?", k.CampaignID).Where("t.task_id = ?", k.TaskID).Scan(ctx); err != nil {
		return nil, fmt.Errorf("tallies: %w", err)
	}
	out := make(map[insight.TallyKey]insight.Tally, len(rows))
	for _, r := range rows {
		out[r.TallyKey] = r.Tally
	}
	return out, nil
}

func (b book) Campaigns(ctx context.Context) ([]string, error) {
	var ids []string
	err := b.q.NewRaw(`SELECT campaign_id FROM submissions UNION SELECT campaign_id FROM figure_tallies
		UNION SELECT campaign_id FROM figure_values ORDER BY 1`).Scan(ctx, &ids)
	return ids, wrap("campaigns", err)
}

func (b book) Submissions(ctx context.Context, campaignID, after string, units int) ([]insight.Of[[]insight.Submission], error) {
	var ids []string
	err := b.q.NewSelect().TableExpr("submissions").ColumnExpr("DISTINCT unit_id").Where("campaign_id = ?", campaignID).
		Where("unit_id > ?", after).OrderExpr("unit_id").Limit(int64(units)).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return nil, wrap("units with submissions", err)
	}
	var rows []submissionRow
	err = b.q.NewSelect().Model(&rows).Where("s.campaign_id = ?", campaignID).
		Where("s.unit_id >= ?", ids[0]).Where("s.unit_id <= ?", ids[len(ids)-1]).OrderExpr("s.unit_id, s.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	all := make([]insight.Submission, len(rows))
	for i, r := range rows {
		if all[i], err = r.domain(); err != nil {
			return nil, err
		}
	}
	paths, err := pathsOf(ctx, b.q, ids)
	return byUnit(all, func(s insight.Submission) string { return s.UnitID }, paths), err
}

// byUnit groups things that are in order of their unit.
func byUnit[T any](all []T, unit func(T) string, paths map[string]string) []insight.Of[[]T] {
	var out []insight.Of[[]T]
	for _, x := range all {
		if n := len(out); n > 0 && unit(out[n-1].Thing[0]) == unit(x) {
			out[n-1].Thing = append(out[n-1].Thing, x)
			continue
		}
		out = append(out, insight.Of[[]T]{Path: paths[unit(x)], Thing: []T{x}})
	}
	return out
}

// between bounds a query to the nodes after one up to another.
func between(q *bun.SelectQuery, own bool, after, upTo string) *bun.SelectQuery {
	q = q.Where("t.own = ?", own).Where("t.node_id > ?", after)
	if upTo != "" {
		q = q.Where("t.node_id <= ?", upTo)
	}
	return q
}

func (b book) Figures(ctx context.Context, campaignID string, own bool, after, upTo string) (map[insight.FigureKey]insight.FigureTally, map[insight.ValueKey]insight.ValueTally, error) {
	var fs []figureRow
	if err := between(b.q.NewSelect().Model(&fs).Where("t.campaign_id = ?", campaignID), own, after, upTo).Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("sums of figures: %w", err)
	}
	var vs []valueRow
	if err := between(b.q.NewSelect().Model(&vs).Where("t.campaign_id = ?", campaignID), own, after, upTo).Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("values of figures: %w", err)
	}
	fm, vm := make(map[insight.FigureKey]insight.FigureTally, len(fs)), make(map[insight.ValueKey]insight.ValueTally, len(vs))
	for _, r := range fs {
		fm[r.FigureKey] = r.figureSums.domain()
	}
	for _, r := range vs {
		vm[r.key()] = r.ValueTally
	}
	return fm, vm, nil
}

func (b book) Entries(ctx context.Context, after string, units int) ([]insight.Of[[]insight.Entry], error) {
	var ids []string
	err := b.q.NewSelect().TableExpr("entries").ColumnExpr("DISTINCT unit_id").Where("unit_id > ?", after).
		OrderExpr("unit_id").Limit(int64(units)).Scan(ctx, &ids)
	if err != nil || len(ids) == 0 {
		return nil, wrap("units in the register", err)
	}
	var rows []entryRow
	err = b.q.NewSelect().Model(&rows).Where("e.unit_id >= ?", ids[0]).Where("e.unit_id <= ?", ids[len(ids)-1]).
		OrderExpr("e.unit_id, e.kind, e.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	all := make([]insight.Entry, len(rows))
	for i, r := range rows {
		all[i] = r.Entry
	}
	paths, err := pathsOf(ctx, b.q, ids)
	return byUnit(all, func(e insight.Entry) string { return e.UnitID }, paths), err
}

func (b book) EntryTallies(ctx context.Context, own bool, after, upTo string) (map[insight.EntryKey]insight.EntryTally, error) {
	var rows []entryTallyRow
	if err := between(b.q.NewSelect().Model(&rows), own, after, upTo).Scan(ctx); err != nil {
		return nil, fmt.Errorf("counters of the register: %w", err)
	}
	out := make(map[insight.EntryKey]insight.EntryTally, len(rows))
	for _, r := range rows {
		out[r.EntryKey] = r.EntryTally
	}
	return out, nil
}

func (b book) FacetTallies(ctx context.Context, own bool, after, upTo string) (map[insight.FacetKey]insight.FacetTally, error) {
	var rows []facetTallyRow
	if err := between(b.q.NewSelect().Model(&rows), own, after, upTo).Scan(ctx); err != nil {
		return nil, fmt.Errorf("counters of findings: %w", err)
	}
	out := make(map[insight.FacetKey]insight.FacetTally, len(rows))
	for _, r := range rows {
		out[r.FacetKey] = r.FacetTally
	}
	return out, nil
}

func (b book) Unmarked(ctx context.Context, limit int) ([]insight.Presence, error) {
	var ps []insight.Presence
	err := b.q.NewRaw(`SELECT DISTINCT a.unit_id, a.campaign_id FROM assignments AS a LEFT JOIN presences AS p
		ON p.unit_id = a.unit_id AND p.campaign_id = a.campaign_id WHERE p.unit_id IS NULL LIMIT ?`, limit).Scan(ctx, &ps)
	return ps, wrap("marks", err)
}

func (b book) Found(ctx context.Context) ([]string, error) {
	var ids []string
	err := b.q.NewRaw("SELECT s.unit_id FROM strays AS s JOIN tree_units AS u ON u.id = s.unit_id ORDER BY 1").Scan(ctx, &ids)
	return ids, wrap("strays", err)
}
