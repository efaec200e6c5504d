// Package store keeps campaigns and assignments in SQLite or PostgreSQL.
package store

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fold"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/text"
	"github.com/duban/duban/services/internal/tree"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/uptrace/bun"
)

// Store implements assignment.Store.
type Store struct {
	db *db.DB
	reader

	wide *lru.Cache[string, widths]
}

var _ assignment.Store = (*Store)(nil)

// reader holds the queries that run inside a transaction and outside alike.
type reader struct {
	q      bun.IDB
	engine db.Engine
	// narrow tells whether few assignments lie below all the paths; nil means yes.
	narrow func(ctx context.Context, paths []string) bool
}

// New makes the store on a migrated database.
func New(d *db.DB) *Store {
	s := &Store{db: d}
	s.wide, _ = lru.New[string, widths](maxWide) // fails for sizes below 1 only
	s.reader = reader{q: d.Read(), engine: d.Engine, narrow: s.isNarrow}
	return s
}

func (s *Store) Sole() bool { return s.db.Engine == db.SQLite }

func (s *Store) InTx(ctx context.Context, fn func(context.Context, assignment.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, s.Tx(tx)) })
}

// Tx makes the writing side of a transaction that is open already.
func (s *Store) Tx(tx bun.Tx) assignment.Tx {
	return &writer{reader: reader{q: tx, engine: s.db.Engine}, tx: tx}
}

type writer struct {
	reader
	tx bun.Tx
}

var ()

type campaignRow struct {
	bun.BaseModel `bun:"table:campaigns,alias:c"`
	assignment.Campaign
}

// foldedCampaign is a campaign with what searches compare.
type foldedCampaign struct {
	bun.BaseModel `bun:"table:campaigns,alias:c"`
	assignment.Campaign
	Search string
	Folded int64
}

// foldRule is raised when campaigns are to be folded in another way.
const foldRule = 1

func foldCampaign(c assignment.Campaign) *foldedCampaign {
	return &foldedCampaign{Campaign: c, Search: text.Fold(c.Title) + "\n" + text.Fold(c.Basis), Folded: foldRule}
}

// Fold makes what searches compare for campaigns that were stored by an
// earlier rule, or by none. It can be ended at any time.
func (s *Store) Fold(ctx context.Context) error {
	return fold.Rows(ctx, s.db, fold.Table{What: "campaigns", Rule: foldRule}, func(ctx context.Context, tx bun.Tx, rows []campaignRow) error {
		for _, c := range rows {
			_, err := tx.NewUpdate().Model(foldCampaign(c.Campaign)).Column("search", "folded").
				Where("id = ?", c.ID).Where("version = ?", c.Version).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	}, func(c campaignRow) string { return c.ID })
}

type taskRow struct {
	bun.BaseModel `bun:"table:tasks,alias:t"`
	assignment.Task
}

type templateRow struct {
	bun.BaseModel `bun:"table:campaign_templates,alias:ct"`
	assignment.OfficeTemplate
}

type assignmentRow struct {
	bun.BaseModel `bun:"table:assignments,alias:a"`
	assignment.Assignment
}

type viewRow struct {
	bun.BaseModel `bun:"table:assignments,alias:a"`
	assignment.View
}

type historyRow struct {
	bun.BaseModel `bun:"table:assignment_history,alias:h"`
	assignment.History
}

type extensionRow struct {
	bun.BaseModel `bun:"table:extension_requests,alias:x"`
	assignment.Extension
}

type extensionViewRow struct {
	bun.BaseModel `bun:"table:extension_requests,alias:x"`
	assignment.ExtensionView
}

type jobRow struct {
	bun.BaseModel `bun:"table:campaign_jobs,alias:j"`
	assignment.Job
	LeaseOwner string
	LeaseUntil time.Time
	Attempts   int64
}

type progressRow struct {
	bun.BaseModel `bun:"table:issue_progress,alias:p"`
	assignment.TaskProgress
}

// found turns an empty result into a fault.
func found(err error, what fault.Text) error {
	if db.NoRows(err) {
		return fault.Missing(what)
	}
	return db.Translate(err)
}

// one tells whether an update that names the version it expects hit its row.
func one(res interface{ RowsAffected() (int64, error) }, err error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Meanwhile()
	}
	return nil
}

func (r reader) Units(ctx context.Context, ids []string) (map[string]assignment.Unit, error) {
	out := make(map[string]assignment.Unit, len(ids))
	us, err := tree.ByID(ctx, r.q, ids)
	if err != nil {
		return nil, err
	}
	if err := r.present(ctx, us); err != nil {
		return nil, err
	}
	for _, u := range us {
		out[u.ID] = unit(u)
	}
	return out, nil
}

func unit(u tree.Unit) assignment.Unit {
	return assignment.Unit{
		ID: u.ID, ParentID: u.ParentID, Path: u.Path, Level: u.Level, Kind: u.Kind,
		Name: u.Shown, Active: u.Active, Contact: u.Contact,
	}
}

func (r reader) Heir(ctx context.Context, unitID string) (string, error) {
	u, err := tree.Heir(ctx, r.q, unitID)
	return u.ID, err
}

func (r reader) UnitNames(ctx context.Context, ids []string) (map[string]string, error) {
	return tree.Names(ctx, r.q, ids)
}

func (w *writer) Emit(ctx context.Context, es ...event.Event) error {
	return outbox.Append(ctx, w.tx, es...)
}

// widths tells of one path of the tree whether few assignments lie below it
// (narrow), and until when that is believed.
type widths struct {
	narrow bool
	until  time.Time
}

// manyRows is from how many assignments below a path on a list reads them in
// the order of the deadline instead of by path and sorting. SQLite keeps no
// figures of its own to decide that by.
const manyRows = 3000

// maxWide bounds of how many paths it is known.
const maxWide = 10_000

// isNarrow tells whether fewer than manyRows assignments lie below the paths.
// The answer may be half a minute old: it decides how a list is read, never what.
func (s *Store) isNarrow(ctx context.Context, paths []string) bool {
	for _, p := range paths {
		w, ok := s.wide.Get(p)
		if !ok || time.Now().After(w.until) {
			n, err := s.q.NewSelect().TableExpr("(?) AS x", s.q.NewSelect().TableExpr("assignments").ColumnExpr("1").
				Where("unit_path >= ? AND unit_path < ?", p, end(p)).Limit(manyRows)).Count(ctx)
			w = widths{narrow: err == nil && n < manyRows, until: time.Now().Add(30 * time.Second)}
			s.wide.Add(p, w)
		}
		if !w.narrow {
			return false
		}
	}
	return true
}
