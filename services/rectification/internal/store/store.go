// Package store keeps the rectification service's rows with bun, on SQLite
// and on PostgreSQL.
package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
	"github.com/uptrace/bun"
)

// Store implements rectification.Store.
type Store struct {
	reader
	db *db.DB
}

var _ rectification.Store = (*Store)(nil)

// New makes the store on a migrated database.
func New(d *db.DB) *Store { return &Store{reader: reader{q: d.Read()}, db: d} }

func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, tx rectification.Tx) error) error {
	return s.inTx(ctx, func(ctx context.Context, x *tx) error { return fn(ctx, x) })
}

func (s *Store) inTx(ctx context.Context, fn func(ctx context.Context, x *tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error { return fn(ctx, bind(t)) })
}

// Bound is what use cases take of a transaction that somebody else began.
type Bound interface {
	rectification.Tx
	document.Tx
}

// Bind binds the store to a transaction that somebody else began, for consumers.
func Bind(t bun.Tx) Bound { return bind(t) }

func bind(t bun.Tx) *tx { return &tx{reader: reader{q: t}, t: t} }

// tx implements rectification.Tx.
type tx struct {
	reader
	t bun.Tx
}

var _ rectification.Tx = (*tx)(nil)

func (x *tx) Emit(ctx context.Context, es ...event.Event) error {
	return outbox.Append(ctx, x.t, es...)
}

// insert adds rows; none is fine.
func insert[T any](ctx context.Context, x *tx, what string, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	if _, err := x.t.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("insert %s: %w", what, err)
	}
	return nil
}

// versioned is a row to be written where it is still at version was.
type versioned struct {
	what, id string
	was      int64
	row      any
}

// update writes a row but for the columns to keep.
func (x *tx) update(ctx context.Context, v versioned, keep ...string) error {
	q := x.t.NewUpdate().Model(v.row).ExcludeColumn(append(keep, "id")...).Where("id = ?", v.id).Where("version = ?", v.was)
	res, err := q.Exec(ctx)
	if err != nil {
		return fmt.Errorf("update %s: %w", v.what, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		if err != nil {
			return err
		}
		return fault.Meanwhile()
	}
	return nil
}

// put writes a row that has no version.
func (x *tx) put(ctx context.Context, what string, row any, id string, keep ...string) error {
	if _, err := x.t.NewUpdate().Model(row).ExcludeColumn(append(keep, "id")...).Where("id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("update %s: %w", what, err)
	}
	return nil
}

// reader implements rectification.Reader on the database or a transaction.
type reader struct{ q bun.IDB }

var _ rectification.Reader = (*reader)(nil)

func (r reader) Unit(ctx context.Context, id string) (rectification.Unit, error) {
	u, err := tree.Get(ctx, r.q, id)
	return unit(u), err
}

func (r reader) Heir(ctx context.Context, unitID string) (rectification.Unit, error) {
	u, err := tree.Heir(ctx, r.q, unitID)
	return unit(u), err
}

func unit(u tree.Unit) rectification.Unit {
	return rectification.Unit{ID: u.ID, Path: u.Path, Level: u.Level, Name: u.Shown, Active: u.Active}
}

func (r reader) Names(ctx context.Context, ids []string) (map[string]string, error) {
	return tree.Names(ctx, r.q, ids)
}

func (r reader) Person(ctx context.Context, id string) (rectification.Person, error) {
	p, err := people.Get(ctx, r.q, id)
	return rectification.Person{ID: p.ID, Name: p.Name, UnitID: p.UnitID, UnitPath: p.UnitPath, Disabled: p.Disabled}, err
}

func (r reader) Campaigns(ctx context.Context, ids []string) (map[string]rectification.Campaign, error) {
	m := map[string]rectification.Campaign{}
	if len(ids) == 0 || len(ids) == 1 && ids[0] == "" {
		return m, nil
	}
	var rows []campaignRow
	if err := r.q.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("campaigns: %w", err)
	}
	for _, c := range rows {
		m[c.ID] = c.Campaign
	}
	return m, nil
}

func missing(err error, what fault.Text) error {
	if db.NoRows(err) {
		return fault.Missing(what)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("store: " + err.Error())
	}
	return string(raw)
}

func fromJSON(raw string, v any) error {
	if raw == "" || raw == "null" {
		return nil
	}
	return json.Unmarshal([]byte(raw), v)
}
