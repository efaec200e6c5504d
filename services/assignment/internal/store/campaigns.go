package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/internal/text"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

func end(path string) string { return scope.End(path) }

func (r reader) Campaign(ctx context.Context, id string) (assignment.Campaign, error) {
	var row campaignRow
	q := r.q.NewSelect().Model(&row).Where("c.id = ?", id)
	err := q.Scan(ctx)
	return row.Campaign, found(err, "campaign")
}

func (w *writer) Campaign(ctx context.Context, id string) (assignment.Campaign, error) {
	var row campaignRow
	q := w.tx.NewSelect().Model(&row).Where("c.id = ?", id)
	if w.engine == db.Postgres {
		q = q.For("UPDATE")
	}
	err := q.Scan(ctx)
	return row.Campaign, found(err, "campaign")
}

// targeted is the policy's reach "targeted": a live assignment of the campaign
// lies below the unit of the grant.
const targeted = `EXISTS (SELECT 1 FROM assignments AS ta WHERE ta.campaign_id = c.id AND ta.state <> 'cancelled' AND ta.unit_path >= ? AND ta.unit_path < ?)`

func (r reader) Campaigns(ctx context.Context, f assignment.CampaignQuery) ([]assignment.Campaign, error) {
	var rows []campaignRow
	q := r.q.NewSelect().Model(&rows).OrderExpr("c.id DESC").Limit(int64(f.Limit))
	cols := scope.Columns{UnitID: "c.unit_id", UnitPath: "c.unit_path", Targeted: targeted, Offices: []string{"c.office_id"}}
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return scope.Where(q.Where("c.state <> 'draft'"), f.Reach, cols)
		}).WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return scope.Where(q.Where("c.state = 'draft'"), f.Drafts, cols)
		})
	})
	if f.ID != "" {
		q = q.Where("c.id = ?", f.ID)
	}
	if len(f.States) > 0 {
		q = q.Where("c.state IN (?)", bun.List(f.States))
	}
	if f.UnitID != "" {
		q = q.Where("c.unit_id = ?", f.UnitID)
	}
	if f.OfficeID != "" {
		q = q.Where("c.office_id = ?", f.OfficeID)
	}
	if s := text.Fold(f.Text); s != "" {
		q = q.Where(`c.search LIKE ? ESCAPE '\'`, fold.Contains(s))
	}
	if f.After != "" {
		q = q.Where("c.id < ?", f.After)
	}
	return campaigns(rows, q.Scan(ctx))
}

func (w *writer) CampaignsAfter(ctx context.Context, after string, limit int) ([]assignment.Campaign, error) {
	var rows []campaignRow
	err := w.q.NewSelect().Model(&rows).Where("c.id > ?", after).OrderExpr("c.id").Limit(int64(limit)).Scan(ctx)
	return campaigns(rows, err)
}

func campaigns(rows []campaignRow, err error) ([]assignment.Campaign, error) {
	if err != nil {
		return nil, db.Translate(fmt.Errorf("campaigns: %w", err))
	}
	out := make([]assignment.Campaign, len(rows))
	for i := range rows {
		out[i] = rows[i].Campaign
	}
	return out, nil
}

func (w *writer) InsertCampaign(ctx context.Context, c assignment.Campaign) error {
	_, err := w.tx.NewInsert().Model(foldCampaign(c)).Exec(ctx)
	return err
}

func (w *writer) UpdateCampaign(ctx context.Context, c assignment.Campaign, had int64) error {
	Jobs.Added(ctx)
	return one(w.tx.NewUpdate().Model(foldCampaign(c)).
		ExcludeColumn("id", "unit_id", "unit_path", "office_id", "template", "created_by", "created_at").
		Where("c.id = ?", c.ID).Where("c.version = ?", had).Exec(ctx))
}

func (w *writer) DeleteCampaign(ctx context.Context, id string, had int64) error {
	return one(w.tx.NewDelete().Model((*campaignRow)(nil)).
		Where("c.id = ?", id).Where("c.version = ?", had).Where("c.state = ?", assignment.Draft).Exec(ctx))
}

func (r reader) Tasks(ctx context.Context, campaignID string) ([]assignment.Task, error) {
	var rows []taskRow
	err := r.q.NewSelect().Model(&rows).Where("t.campaign_id = ?", campaignID).OrderExpr("t.position, t.id").Scan(ctx)
	if err != nil {
		return nil, db.Translate(fmt.Errorf("tasks: %w", err))
	}
	out := make([]assignment.Task, len(rows))
	for i := range rows {
		out[i] = rows[i].Task
	}
	return out, nil
}

func (r reader) Task(ctx context.Context, id string) (assignment.Task, error) {
	var row taskRow
	err := r.q.NewSelect().Model(&row).Where("t.id = ?", id).Scan(ctx)
	return row.Task, found(err, "task")
}

func (w *writer) InsertTasks(ctx context.Context, ts ...assignment.Task) error {
	if len(ts) == 0 {
		return nil
	}
	rows := make([]taskRow, len(ts))
	for i, t := range ts {
		rows[i].Task = t
	}
	_, err := w.tx.NewInsert().Model(&rows).Exec(ctx)
	return err
}

func (w *writer) UpdateTask(ctx context.Context, t assignment.Task, had int64) error {
	return one(w.tx.NewUpdate().Model(&taskRow{Task: t}).ExcludeColumn("id", "campaign_id").
		Where("t.id = ?", t.ID).Where("t.version = ?", had).Exec(ctx))
}

func (w *writer) DeleteTask(ctx context.Context, id string, had int64) error {
	return one(w.tx.NewDelete().Model((*taskRow)(nil)).Where("t.id = ?", id).Where("t.version = ?", had).Exec(ctx))
}

// below bounds a query on tree_units AS u to the active units below the campaign's.
func below(q *bun.SelectQuery, c assignment.Campaign) *bun.SelectQuery {
	// substr instead of a range: the units are wanted in the order of their
	// ids, and a range would have SQLite read them by path and sort them for
	// every chunk.
	return q.Where("u.active").Where("substr(u.path, 1, ?) = ?", len(c.UnitPath), c.UnitPath).Where("u.id <> ?", c.UnitID)
}

// targets bounds a query on tree_units AS u to the units a task is for.
func targets(q *bun.SelectQuery, c assignment.Campaign, t assignment.Targets) *bun.SelectQuery {
	return below(q, c).WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return chosen(q, t) })
}

func chosen(q *bun.SelectQuery, t assignment.Targets) *bun.SelectQuery {
	if t.Empty() {
		return q.Where("1 = 0")
	}
	q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		if t.Filtered() {
			q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return filtered(q, t) })
		}
		if len(t.UnitIDs) > 0 {
			q = q.WhereOr("u.id IN (?)", bun.List(t.UnitIDs))
		}
		return q
	})
	if len(t.ExcludeIDs) > 0 {
		q = q.Where("u.id NOT IN (?)", bun.List(t.ExcludeIDs))
	}
	return q
}

func filtered(q *bun.SelectQuery, t assignment.Targets) *bun.SelectQuery {
	q = q.Where("1 = 1")
	if len(t.Under) > 0 {
		// A unit is below another when that one's id is part of its path.
		q = q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, uid := range t.Under {
				q = q.WhereOr(`u.path LIKE ? ESCAPE '\'`, fold.Contains(uid+"/"))
			}
			return q
		})
	}
	for _, f := range []struct {
		column string
		values []string
		not    string
	}{{"u.level", t.Levels, ""}, {"u.kind", t.Kinds, ""}, {"u.kind", t.ExcludeKinds, "NOT "}} {
		if len(f.values) > 0 {
			q = q.Where(f.column+" "+f.not+"IN (?)", bun.List(f.values))
		}
	}
	if len(t.Sectors) > 0 {
		q = tree.OfSectors(q, t.Sectors...)
	}
	for _, m := range t.MoreThan {
		q = q.Where("? > ?", bun.Ident("u."+m.Denominator), m.Than)
	}
	return q
}

func (r reader) TargetCount(ctx context.Context, c assignment.Campaign, t assignment.Targets, withoutContact bool) (int64, error) {
	return r.CountAnyTarget(ctx, c, []assignment.Targets{t}, withoutContact)
}

func (r reader) CountAnyTarget(ctx context.Context, c assignment.Campaign, ts []assignment.Targets, withoutContact bool) (int64, error) {
	q := below(r.q.NewSelect().Model((*tree.Unit)(nil)), c).WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return chosenByAny(q, ts) })
	if withoutContact {
		q = q.Where("(u.contact = '' OR EXISTS (SELECT 1 FROM known_people AS cp WHERE cp.id = u.contact AND cp.disabled))")
	}
	n, err := q.Count(ctx)
	if err != nil {
		return 0, fmt.Errorf("count targets: %w", err)
	}
	return n, nil
}

func chosenByAny(q *bun.SelectQuery, ts []assignment.Targets) *bun.SelectQuery {
	for _, t := range ts {
		q = q.WhereGroup(" OR ", func(q *bun.SelectQuery) *bun.SelectQuery { return chosen(q, t) })
	}
	return q.WhereOr("1 = 0")
}

// window is how many units of the tree are looked at in one go.
const window = 1000

func (r reader) TargetUnits(ctx context.Context, c assignment.Campaign, t assignment.Targets, after string, limit int) ([]assignment.Unit, error) {
	out := make([]assignment.Unit, 0, limit)
	for {
		var us []tree.Unit
		q := tree.Named(r.q.NewSelect().Model(&us).Column("id", "path", "level", "kind", "contact"))
		if r.engine == db.Postgres {
			// PostgreSQL takes the filters for far more selective than they are,
			// and would read and sort the whole tree for every chunk. So it is
			// shown a piece of it at a time, in the order of the key.
			q = q.ModelTableExpr("(SELECT * FROM tree_units WHERE id > ? ORDER BY id LIMIT ?) AS u", after, window)
		} else {
			q = q.Where("u.id > ?", after)
		}
		if err := targets(q, c, t).OrderExpr("u.id").Limit(int64(limit - len(out))).Scan(ctx); err != nil {
			return nil, fmt.Errorf("targets: %w", err)
		}
		if err := r.present(ctx, us); err != nil {
			return nil, err
		}
		for _, u := range us {
			out = append(out, unit(u))
		}
		if len(out) == limit || r.engine != db.Postgres {
			return out, nil
		}
		err := r.q.NewSelect().Table("tree_units").Column("id").Where("id > ?", after).OrderExpr("id").Offset(window-1).Limit(1).Scan(ctx, &after)
		if db.NoRows(err) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("targets: %w", err)
		}
	}
}

func (r reader) Asked(ctx context.Context, c assignment.Campaign, ts []assignment.Targets, since time.Time, limit int) ([]assignment.Asked, error) {
	ids := r.q.NewSelect().Model((*tree.Unit)(nil)).Column("id").Where("u.active").
		Where("u.path >= ? AND u.path < ?", c.UnitPath, end(c.UnitPath)).
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery { return chosenByAny(q, ts) })
	var out []assignment.Asked
	err := r.q.NewSelect().TableExpr("assignments AS a").Join("JOIN campaigns AS c ON c.id = a.campaign_id").
		ColumnExpr("a.campaign_id, c.title, count(*) AS assignments, count(DISTINCT a.unit_id) AS units").
		Where("a.unit_path >= ? AND a.unit_path < ?", c.UnitPath, end(c.UnitPath)).
		Where("a.issued_at >= ?", since).Where("a.campaign_id <> ?", c.ID).Where("a.unit_id IN (?)", ids).
		GroupExpr("a.campaign_id, c.title").OrderExpr("assignments DESC, a.campaign_id").Limit(int64(limit)).Scan(ctx, &out)
	if err != nil {
		return nil, fmt.Errorf("asked lately: %w", err)
	}
	return out, nil
}

var errClosed = fault.New(fault.Conflict, "campaign_closed", "The campaign is no longer open; nothing in it can be changed any more.")
