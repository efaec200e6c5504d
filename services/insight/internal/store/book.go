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

// View implements insight.Books.
func (s *Store) View(ctx context.Context, f func(context.Context, insight.Book) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if s.db.Engine == db.Postgres {
		opts.Isolation = sql.LevelRepeatableRead
	}
	// On SQLite a transaction of a reader sees one state by itself.
	return db.Translate(s.db.Read().RunInTx(ctx, opts, func(ctx context.Context, tx bun.Tx) error { return f(ctx, book{tx}) }))
}

// Mend implements insight.Books.
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

// counted is the path a unit is counted under.
const counted = "COALESCE(u.path, s.path, '') AS path"

func placed(q *bun.SelectQuery, unit string) *bun.SelectQuery {
	return q.Join("LEFT JOIN tree_units AS u ON u.id = " + unit).Join("LEFT JOIN strays AS s ON s.unit_id = " + unit)
}

// Tasks implements insight.Book.
func (b book) Tasks(ctx context.Context) ([]insight.TaskKey, error) {
	var ks []insight.TaskKey
	err := b.q.NewRaw(`SELECT campaign_id, id AS task_id FROM tasks UNION SELECT campaign_id, task_id FROM tallies
		UNION SELECT DISTINCT campaign_id, task_id FROM assignments ORDER BY 1, 2`).Scan(ctx, &ks)
	return ks, wrap("tasks", err)
}

// Assignments implements insight.Book.
func (b book) Assignments(ctx context.Context, k insight.TaskKey, f func(insight.Of[insight.Assignment])) error {
	unit, id := "", ""
	for {
		var rows []struct {
			insight.Assignment
			Path string
		}
		q := b.q.NewSelect().TableExpr("assignments AS a").ColumnExpr("a.*").ColumnExpr(counted).
			Where("a.campaign_id = ?", k.CampaignID).Where("a.task_id = ?", k.TaskID).Where("(a.unit_id, a.id) > (?, ?)", unit, id)
		if err := placed(q, "a.unit_id").OrderExpr("a.unit_id, a.id").Limit(readChunk).Scan(ctx, &rows); err != nil {
			return fmt.Errorf("assignments: %w", err)
		}
		for _, r := range rows {
			f(insight.Of[insight.Assignment]{Path: r.Path, Thing: r.Assignment})
		}
		if len(rows) < readChunk {
			return nil
		}
		unit, id = rows[len(rows)-1].UnitID, rows[len(rows)-1].ID
	}
}

// Tallies implements insight.Book.
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

// Campaigns implements insight.Book.
func (b book) Campaigns(ctx context.Context) ([]string, error) {
	var ids []string
	err := b.q.NewRaw(`SELECT campaign_id FROM submissions UNION SELECT campaign_id FROM figure_tallies
		UNION SELECT campaign_id FROM figure_values ORDER BY 1`).Scan(ctx, &ids)
	return ids, wrap("campaigns", err)
}

// Submissions implements insight.Book.
func (b book) Submissions(ctx context.Context, campaignID, after string, units int) ([]insight.Of[[]insight.Submission], error) {
	var rows []struct {
		submissionRow
		Path string
	}
	q := b.q.NewSelect().TableExpr("submissions AS x").ColumnExpr("x.*").ColumnExpr(counted).Where("x.campaign_id = ?", campaignID).
		Where("x.unit_id IN (SELECT DISTINCT unit_id FROM submissions WHERE campaign_id = ? AND unit_id > ? ORDER BY unit_id LIMIT ?)", campaignID, after, units)
	if err := placed(q, "x.unit_id").OrderExpr("x.unit_id, x.id").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("submissions: %w", err)
	}
	var out []insight.Of[[]insight.Submission]
	for _, r := range rows {
		s, err := r.domain()
		if err != nil {
			return nil, err
		}
		if n := len(out); n > 0 && out[n-1].Thing[0].UnitID == s.UnitID {
			out[n-1].Thing = append(out[n-1].Thing, s)
			continue
		}
		out = append(out, insight.Of[[]insight.Submission]{Path: r.Path, Thing: []insight.Submission{s}})
	}
	return out, nil
}

// between bounds a query to the nodes after one up to another.
func between(q *bun.SelectQuery, own bool, after, upTo string) *bun.SelectQuery {
	q = q.Where("t.own = ?", own).Where("t.node_id > ?", after)
	if upTo != "" {
		q = q.Where("t.node_id <= ?", upTo)
	}
	return q
}

// Figures implements insight.Book.
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

// Entries implements insight.Book.
func (b book) Entries(ctx context.Context, after string, units int) ([]insight.Of[[]insight.Entry], error) {
	var rows []struct {
		insight.Entry
		Path string
	}
	q := b.q.NewSelect().TableExpr("entries AS x").ColumnExpr("x.*").ColumnExpr(counted).
		Where("x.unit_id IN (SELECT DISTINCT unit_id FROM entries WHERE unit_id > ? ORDER BY unit_id LIMIT ?)", after, units)
	if err := placed(q, "x.unit_id").OrderExpr("x.unit_id, x.kind, x.id").Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	var out []insight.Of[[]insight.Entry]
	for _, r := range rows {
		if n := len(out); n > 0 && out[n-1].Thing[0].UnitID == r.UnitID {
			out[n-1].Thing = append(out[n-1].Thing, r.Entry)
			continue
		}
		out = append(out, insight.Of[[]insight.Entry]{Path: r.Path, Thing: []insight.Entry{r.Entry}})
	}
	return out, nil
}

// EntryTallies implements insight.Book.
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

// Found implements insight.Book.
func (b book) Found(ctx context.Context) ([]string, error) {
	var ids []string
	err := b.q.NewRaw("SELECT s.unit_id FROM strays AS s JOIN tree_units AS u ON u.id = s.unit_id ORDER BY 1").Scan(ctx, &ids)
	return ids, wrap("strays", err)
}
