// Package store keeps files, targets and submissions in SQL.
package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// Store implements evidence.Store.
type Store struct {
	reader
	db *db.DB
}

var _ evidence.Store = (*Store)(nil)

// New makes the store of d.
func New(d *db.DB) *Store { return &Store{reader: reader{q: d.Read()}, db: d} }

func (s *Store) InTx(ctx context.Context, fn func(context.Context, evidence.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, s.In(tx)) })
}

func (s *Store) Aside(ctx context.Context, fn func(context.Context, evidence.Tx) error) error {
	return s.db.Aside(ctx, func(ctx context.Context, tx bun.Tx) error { return fn(ctx, s.In(tx)) })
}

// In makes the evidence.Tx of a transaction that is already open.
func (s *Store) In(tx bun.Tx) evidence.Tx {
	return &txn{reader: reader{q: tx, lock: s.db.Engine == db.Postgres}, tx: tx}
}

// PathColumns follow when a unit moves.
var PathColumns = []tree.Column{
	{Table: "files", Column: "unit_path"}, {Table: "targets", Column: "unit_path"}, {Table: "submissions", Column: "unit_path"},
	{Table: "matches", Column: "unit_path"}, {Table: "link_snapshots", Column: "unit_path"}, {Table: "retentions", Column: "unit_path"},
	{Table: "finding_files", Column: "unit_path"}, {Table: "finding_files", Column: "responsible_unit_path"},
}

// reader finds rows outside or inside a transaction.
type reader struct {
	q    bun.IDB
	lock bool // SELECT … FOR UPDATE
}

var _ evidence.Reader = (*reader)(nil)

type txn struct {
	reader
	tx bun.Tx
}

var _ evidence.Tx = (*txn)(nil)

func (t *txn) Tell(ctx context.Context, events ...event.Event) error {
	return outbox.Append(ctx, t.tx, events...)
}

func one(err error, what fault.Text) error {
	if db.NoRows(err) {
		return fault.Missing(what)
	}
	if err != nil {
		return fmt.Errorf("find %s: %w", what, db.Translate(err))
	}
	return nil
}

func changed(res interface{ RowsAffected() (int64, error) }, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

func toJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("to JSON: " + err.Error()) // texts, finite numbers and booleans only
	}
	return string(raw)
}

func fromJSON[T any](s string) (T, error) {
	var v T
	if s == "" {
		return v, nil
	}
	err := json.Unmarshal([]byte(s), &v)
	return v, err
}

func (r reader) Units(ctx context.Context, ids []string) (map[string]evidence.UnitInfo, error) {
	out := make(map[string]evidence.UnitInfo, len(ids))
	us, err := tree.ByID(ctx, r.q, ids)
	if err != nil {
		return nil, err
	}
	for _, u := range us {
		out[u.ID] = evidence.UnitInfo{ID: u.ID, Path: u.Path, Name: u.Shown, Level: u.Level, Kind: u.Kind,
			Classes: u.Classes, Staff: u.Staff, Residents: u.Residents, Longitude: u.Longitude, Latitude: u.Latitude}
	}
	return out, nil
}
