// Package store keeps the audit trail with bun.
package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

type entryRow struct {
	bun.BaseModel `bun:"table:audit_entries,alias:e"`

	Seq        int64 `bun:",pk"`
	EventID    string
	Type       string
	Subject    string
	Version    int64
	ActorID    string
	ActorName  string
	UnitID     string
	UnitPath   string
	Reason     string
	At         time.Time
	RecordedAt time.Time
	RequestID  string
	CausedBy   string
	DataHash   string
	Whole      bool
	Detail     string
	PrevHash   string
	Hash       string
}

func (r entryRow) entry() audit.Entry {
	return audit.Entry{
		Seq: r.Seq, EventID: r.EventID, Type: r.Type, Subject: r.Subject, Version: r.Version,
		ActorID: r.ActorID, ActorName: r.ActorName, UnitID: r.UnitID, UnitPath: r.UnitPath, Reason: r.Reason,
		At: r.At.UTC(), RecordedAt: r.RecordedAt.UTC(), RequestID: r.RequestID, CausedBy: r.CausedBy,
		DataHash: r.DataHash, Whole: r.Whole, Detail: r.Detail, PrevHash: r.PrevHash, Hash: r.Hash,
	}
}

func fromEntry(x audit.Entry) entryRow {
	return entryRow{
		Seq: x.Seq, EventID: x.EventID, Type: x.Type, Subject: x.Subject, Version: x.Version,
		ActorID: x.ActorID, ActorName: x.ActorName, UnitID: x.UnitID, UnitPath: x.UnitPath, Reason: x.Reason,
		At: x.At, RecordedAt: x.RecordedAt, RequestID: x.RequestID, CausedBy: x.CausedBy,
		DataHash: x.DataHash, Whole: x.Whole, Detail: x.Detail, PrevHash: x.PrevHash, Hash: x.Hash,
	}
}

type headRow struct {
	bun.BaseModel `bun:"table:audit_head,alias:h"`

	ID   int64 `bun:",pk"`
	Seq  int64
	Hash string
}

type verificationRow struct {
	bun.BaseModel `bun:"table:audit_verifications,alias:v"`

	ID        string `bun:",pk"`
	FromSeq   int64
	ToSeq     int64
	BrokenSeq int64
	Problem   string
	ByID      string
	ByName    string
	At        time.Time
}

// placeRow says that a unit has been at a path.
type placeRow struct {
	bun.BaseModel `bun:"table:audit_places"`

	UnitID string `bun:",pk"`
	Path   string `bun:",pk"`
}

// placesOf are the units on a path, each with its own.
func placesOf(path string) []placeRow {
	var out []placeRow
	from := 0
	for i := range len(path) {
		if path[i] == '/' {
			out = append(out, placeRow{UnitID: path[from:i], Path: path[:i+1]})
			from = i + 1
		}
	}
	return out
}

// Store implements audit.Store.
type Store struct {
	db *db.DB
}

var _ audit.Store = (*Store)(nil)

// entriesAtOnce is how many entries one statement stores: an engine takes
// 32,766 values in one, and an entry has 18.
const entriesAtOnce = 200

// New makes the store on the service's database.
func New(d *db.DB) *Store { return &Store{db: d} }

func (s *Store) List(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	sel := s.db.Read().NewSelect().Model((*entryRow)(nil)).Limit(int64(q.Limit))
	if q.Ascending {
		sel = sel.OrderExpr("seq")
	} else {
		sel = sel.OrderExpr("seq DESC")
	}
	if q.TypePrefix != "" {
		// "\x7f" follows everything a type is written with.
		sel = sel.Where("type >= ?", q.TypePrefix).Where("type < ?", q.TypePrefix+"\x7f")
	}
	if q.Under != "" {
		var err error
		if sel, err = s.under(ctx, sel, q.Under); err != nil {
			return nil, err
		}
	}
	for _, c := range []struct{ column, value string }{{"actor_id", q.ActorID}, {"unit_id", q.UnitID}, {"subject", q.Subject}} {
		if c.value != "" {
			sel = sel.Where("? = ?", bun.Ident(c.column), c.value)
		}
	}
	if !q.From.IsZero() {
		sel = sel.Where("at >= ?", q.From.UTC())
	}
	if !q.To.IsZero() {
		sel = sel.Where("at < ?", q.To.UTC())
	}
	if q.Before > 0 {
		sel = sel.Where("seq < ?", q.Before)
	}
	if q.After > 0 {
		sel = sel.Where("seq > ?", q.After)
	}
	return scan(ctx, sel)
}

// under keeps what was done for a unit or for units that were below it then,
// at each of the places where it has been.
func (s *Store) under(ctx context.Context, sel *bun.SelectQuery, unitID string) (*bun.SelectQuery, error) {
	var paths []string
	err := s.db.Read().NewSelect().Model((*placeRow)(nil)).Column("path").Where("unit_id = ?", unitID).OrderExpr("path").Scan(ctx, &paths)
	if err != nil {
		return nil, db.Translate(fmt.Errorf("places of a unit: %w", err))
	}
	if len(paths) == 0 {
		return sel.Where("1 = 0"), nil
	}
	return sel.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		for _, p := range paths {
			q = q.WhereOr("unit_path >= ? AND unit_path < ?", p, scope.End(p))
		}
		return q
	}), nil
}

func scan(ctx context.Context, q *bun.SelectQuery) ([]audit.Entry, error) {
	var rows []entryRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Translate(fmt.Errorf("read the audit trail: %w", err))
	}
	xs := make([]audit.Entry, len(rows))
	for i, r := range rows {
		xs[i] = r.entry()
	}
	return xs, nil
}

func (s *Store) Range(ctx context.Context, from, to int64, limit int) ([]audit.Entry, error) {
	return scan(ctx, s.db.Read().NewSelect().Model((*entryRow)(nil)).
		Where("seq >= ?", from).Where("seq <= ?", to).OrderExpr("seq").Limit(int64(limit)))
}

func (s *Store) Get(ctx context.Context, seq int64) (audit.Entry, error) {
	xs, err := s.Range(ctx, seq, seq, 1)
	if err == nil && len(xs) == 0 {
		err = fault.Missing("audit entry")
	}
	if err != nil {
		return audit.Entry{}, err
	}
	return xs[0], nil
}

func (s *Store) Head(ctx context.Context) (audit.Head, error) {
	return head(ctx, s.db.Read().NewSelect().Model((*headRow)(nil)))
}

func head(ctx context.Context, q *bun.SelectQuery) (audit.Head, error) {
	var r headRow
	if err := q.Where("id = 1").Scan(ctx, &r); err != nil {
		return audit.Head{}, db.Translate(fmt.Errorf("end of the audit chain: %w", err))
	}
	return audit.Head{Seq: r.Seq, Hash: r.Hash}, nil
}

func (s *Store) LastVerification(ctx context.Context) (audit.Verification, bool, error) {
	var r verificationRow
	err := s.db.Read().NewSelect().Model(&r).OrderExpr("id DESC").Limit(1).Scan(ctx)
	if db.NoRows(err) {
		return audit.Verification{}, false, nil
	}
	if err != nil {
		return audit.Verification{}, false, db.Translate(fmt.Errorf("verifications: %w", err))
	}
	return audit.Verification{
		ID: r.ID, From: r.FromSeq, To: r.ToSeq, BrokenSeq: r.BrokenSeq, Problem: r.Problem,
		ByID: r.ByID, ByName: r.ByName, At: r.At.UTC(),
	}, true, nil
}

func (s *Store) AddVerification(ctx context.Context, v audit.Verification) error {
	return s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error {
		_, err := t.NewInsert().Model(&verificationRow{
			ID: v.ID, FromSeq: v.From, ToSeq: v.To, BrokenSeq: v.BrokenSeq, Problem: v.Problem,
			ByID: v.ByID, ByName: v.ByName, At: v.At,
		}).Exec(ctx)
		return err
	})
}

// Bind is the audit.Tx of a transaction that a consumer runs in.
func (s *Store) Bind(t bun.Tx) audit.Tx { return tx{t, s} }

type tx struct {
	bun.Tx
	store *Store
}

var _ audit.Tx = (*tx)(nil)

func (t tx) Lock(ctx context.Context) (audit.Head, error) {
	q := t.NewSelect().Model((*headRow)(nil))
	if t.store.db.Engine != db.SQLite {
		q = q.For("UPDATE")
	}
	return head(ctx, q)
}

// Append implements audit.Tx. The head follows by a trigger, which refuses an
// entry that does not follow the one before.
func (t tx) Append(ctx context.Context, xs []audit.Entry) error {
	for chunk := range slices.Chunk(xs, entriesAtOnce) {
		rows := make([]entryRow, len(chunk))
		for i, x := range chunk {
			rows[i] = fromEntry(x)
		}
		res, err := t.NewInsert().Model(&rows).On("CONFLICT (event_id) DO NOTHING").Exec(ctx)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil || n == 0 && len(xs) == 1 {
			return err
		}
		if int(n) != len(rows) {
			return fmt.Errorf("%d of %d events are in the trail already", len(rows)-int(n), len(rows))
		}
	}
	places := map[placeRow]bool{}
	for _, x := range xs {
		for _, p := range placesOf(x.UnitPath) {
			places[p] = true
		}
	}
	if len(places) == 0 {
		return nil
	}
	// In one order, so that two processes do not wait for each other.
	rows := slices.SortedFunc(maps.Keys(places), func(a, b placeRow) int { return cmp.Or(cmp.Compare(a.UnitID, b.UnitID), cmp.Compare(a.Path, b.Path)) })
	_, err := t.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
	return err
}
