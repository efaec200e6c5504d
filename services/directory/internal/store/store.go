// Package store keeps the directory in SQLite or PostgreSQL.
package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

// Store implements directory.Store.
type Store struct {
	reader
	db *db.DB
}

var _ directory.Store = (*Store)(nil)

// New makes the store on a migrated database of the directory.
func New(d *db.DB) *Store { return &Store{reader: reader{d.Read(), d.Engine}, db: d} }

func (s *Store) InTx(ctx context.Context, f func(context.Context, directory.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error {
		return f(ctx, s.Bind(t))
	})
}

// Bind is the directory.Tx of a transaction.
func (s *Store) Bind(t bun.Tx) directory.Tx { return &tx{reader: reader{t, s.db.Engine}, tx: t} }

// Sole implements directory.Store: a process claims its SQLite file.
func (s *Store) Sole() bool { return s.db.Engine == db.SQLite }

func (s *Store) Settle(ctx context.Context) error {
	if s.db.Engine != db.Postgres {
		return nil
	}
	_, err := s.db.Writer().ExecContext(ctx, "ANALYZE units, unit_words, people, grants")
	return err
}

// reader implements directory.Reader, inside and outside transactions.
type reader struct {
	q      bun.IDB
	engine db.Engine
}

// tx implements directory.Tx.
type tx struct {
	reader
	tx bun.Tx
}

var _ directory.Tx = (*tx)(nil)

// locked has a row stay as it is until the transaction ends. SQLite has one
// writer anyway.
func (t *tx) locked(q *bun.SelectQuery) *bun.SelectQuery {
	if t.engine == db.Postgres {
		return q.For("UPDATE")
	}
	return q
}

func (t *tx) Emit(ctx context.Context, events ...event.Event) error {
	return outbox.Append(ctx, t.tx, events...)
}

// one turns "no rows" into a fault.
func one(err error, what fault.Text) error {
	if db.NoRows(err) {
		return fault.Missing(what)
	}
	return db.Translate(err)
}

// must fails with a stale version unless exactly one row was changed.
func must(res interface{ RowsAffected() (int64, error) }, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	return fault.Meanwhile()
}

// between bounds a text column by a prefix, in a way that an index serves.
func between(column string) string { return "(" + column + " >= ? AND " + column + " < ?)" }

// after is the smallest text greater than every text that begins with prefix.
func after(prefix string) string { return prefix + "\U0010FFFF" }

type state struct {
	bun.BaseModel `bun:"table:directory_state"`

	ID        int64 `bun:",pk"`
	Version   int64
	ImportID  string
	SetupHash string // of several tokens with a blank between
	Folded    int64
}

func (r reader) State(ctx context.Context) (directory.State, error) {
	return scanState(ctx, r.q.NewSelect())
}

func (t *tx) Lock(ctx context.Context) (directory.State, error) {
	return scanState(ctx, t.locked(t.q.NewSelect()))
}

func scanState(ctx context.Context, q *bun.SelectQuery) (directory.State, error) {
	var s state
	err := q.Model(&s).Where("id = 1").Scan(ctx)
	return directory.State{Version: s.Version, ImportID: s.ImportID, SetupHashes: strings.Fields(s.SetupHash)}, db.Translate(err)
}

func (t *tx) PutState(ctx context.Context, s directory.State) error {
	return must(t.tx.NewUpdate().Model(&state{ID: 1, Version: s.Version, ImportID: s.ImportID, SetupHash: strings.Join(s.SetupHashes, " ")}).ExcludeColumn("folded").WherePK().Exec(ctx))
}

func (t *tx) MovePaths(ctx context.Context, from, to string, now time.Time) error {
	_, err := t.tx.NewRaw("UPDATE units SET path = ? || substr(path, ?), version = version + 1, updated_at = ? WHERE path > ? AND path < ?",
		to, len(from)+1, now, from, scope.End(from)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("paths of units: %w", err)
	}
	for _, table := range []string{"people", "grants"} {
		_, err := t.tx.NewRaw("UPDATE ? SET unit_path = ? || substr(unit_path, ?) WHERE unit_path >= ? AND unit_path < ?",
			bun.Ident(table), to, len(from)+1, from, scope.End(from)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("paths of %s: %w", table, err)
		}
	}
	return nil
}
