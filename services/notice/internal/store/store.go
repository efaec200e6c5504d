// Package store keeps inboxes, and the copies of people and grants, with bun.
package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/notice"
	"github.com/uptrace/bun"
)

type noticeRow struct {
	bun.BaseModel `bun:"table:notices,alias:n"`

	PersonID    string `bun:",pk"`
	Seq         int64  `bun:",pk"`
	EventID     string
	Kind        string
	SubjectType string
	SubjectID   string
	UnitID      string
	Params      string
	ActorID     string
	ActorName   string
	At          time.Time
	CreatedAt   time.Time
	ReadAt      *time.Time

	UnitName string `bun:",scanonly"`
	UnitPath string `bun:",scanonly"`
}

type inboxRow struct {
	bun.BaseModel `bun:"table:inboxes,alias:b"`

	PersonID string `bun:",pk"`
	LastSeq  int64
	Unread   int64
}

// Store implements notice.Store.
type Store struct{ db *db.DB }

var _ notice.Store = (*Store)(nil)

// New makes the store on the service's database.
func New(d *db.DB) *Store { return &Store{db: d} }

func (s *Store) InTx(ctx context.Context, f func(context.Context, notice.Tx) error) error {
	return s.db.InTx(ctx, func(ctx context.Context, t bun.Tx) error { return f(ctx, Bind(t)) })
}

// Bind is the notice.Tx of a transaction that a consumer runs in.
func Bind(t bun.Tx) notice.Tx { return tx{t} }

func (s *Store) rows() *bun.SelectQuery {
	return s.db.Read().NewSelect().Model((*noticeRow)(nil)).ColumnExpr("n.*").
		ColumnExpr("COALESCE(" + tree.Shown("tree_units", "u") + ", '') AS unit_name").ColumnExpr("COALESCE(u.path, '') AS unit_path").
		Join("LEFT JOIN tree_units AS u ON u.id = n.unit_id")
}

func (s *Store) List(ctx context.Context, q notice.Query) ([]notice.Notice, error) {
	sel := s.rows().Where("n.person_id = ?", q.PersonID).OrderExpr("n.seq DESC").Limit(int64(q.Limit))
	if q.Unread {
		sel = sel.Where("n.read_at IS NULL")
	}
	if q.Kind != "" {
		sel = sel.Where("n.kind = ?", q.Kind)
	}
	if q.Before > 0 {
		sel = sel.Where("n.seq < ?", q.Before)
	}
	return scan(ctx, sel)
}

func (s *Store) After(ctx context.Context, personID string, seq int64, limit int) ([]notice.Notice, error) {
	return scan(ctx, s.rows().Where("n.person_id = ?", personID).Where("n.seq > ?", seq).OrderExpr("n.seq").Limit(int64(limit)))
}

func (s *Store) Get(ctx context.Context, personID, id string) (notice.Notice, error) {
	ns, err := scan(ctx, s.rows().Where("n.person_id = ?", personID).Where("n.event_id = ?", id).Limit(1))
	if err == nil && len(ns) == 0 {
		err = fault.Missing("notice")
	}
	if err != nil {
		return notice.Notice{}, err
	}
	return ns[0], nil
}

func scan(ctx context.Context, q *bun.SelectQuery) ([]notice.Notice, error) {
	var rows []noticeRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, db.Translate(fmt.Errorf("read notices: %w", err))
	}
	ns := make([]notice.Notice, len(rows))
	for i, r := range rows {
		ns[i] = notice.Notice{
			ID: r.EventID, PersonID: r.PersonID, Seq: r.Seq, Kind: r.Kind, SubjectType: r.SubjectType, SubjectID: r.SubjectID,
			UnitID: r.UnitID, UnitName: r.UnitName, UnitPath: r.UnitPath, ActorID: r.ActorID, ActorName: r.ActorName,
			At: r.At.UTC(), CreatedAt: r.CreatedAt.UTC(),
		}
		if r.ReadAt != nil {
			t := r.ReadAt.UTC()
			ns[i].ReadAt = &t
		}
		if err := json.Unmarshal([]byte(r.Params), &ns[i].Params); err != nil {
			return nil, fmt.Errorf("params of notice %s: %w", r.EventID, err)
		}
	}
	return ns, nil
}

func (s *Store) Counts(ctx context.Context, personIDs []string) (map[string]notice.Count, error) {
	if len(personIDs) == 0 {
		return map[string]notice.Count{}, nil
	}
	var rows []inboxRow
	if err := s.db.Read().NewSelect().Model(&rows).Where("person_id IN (?)", bun.List(personIDs)).Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("read inboxes: %w", err))
	}
	return counts(rows), nil
}

func counts(rows []inboxRow) map[string]notice.Count {
	m := make(map[string]notice.Count, len(rows))
	for _, r := range rows {
		m[r.PersonID] = notice.Count{Unread: r.Unread, LastSeq: r.LastSeq}
	}
	return m
}

// Breaches implements notice.Store. Looking takes no lock; only mending does.
func (s *Store) Breaches(ctx context.Context, repair bool) ([]string, error) {
	off, err := recount(ctx, s.db.Read())
	if err != nil {
		return nil, err
	}
	var bad []string
	for _, o := range off {
		bad = append(bad, fmt.Sprintf("inbox of person %s counts %d unread and ends at %d; a recount gives %d and %d", o.PersonID, o.Unread, o.LastSeq, o.Recount, o.MaxSeq))
	}
	var strays []string
	err = s.db.Read().NewRaw(`SELECT b.person_id FROM inboxes b WHERE NOT EXISTS (SELECT 1 FROM known_people p WHERE p.id = b.person_id) ORDER BY 1`).Scan(ctx, &strays)
	if err != nil {
		return nil, fmt.Errorf("inboxes of unknown people: %w", err)
	}
	for _, p := range strays {
		bad = append(bad, "inbox of person "+p+", who is not known")
	}
	if !repair || len(off) == 0 {
		return bad, nil
	}
	return bad, s.db.InTx(ctx, mend)
}

// offInbox is an inbox whose counters are not what its notices say.
type offInbox struct {
	PersonID                         string
	Unread, Recount, LastSeq, MaxSeq int64
}

// recount is one statement, so that what commits meanwhile cannot look wrong.
func recount(ctx context.Context, q bun.IDB) ([]offInbox, error) {
	var off []offInbox
	err := q.NewRaw(`SELECT * FROM (
		SELECT p.person_id, COALESCE(b.unread, 0) AS unread, COALESCE(b.last_seq, 0) AS last_seq,
			(SELECT COUNT(*) FROM notices n WHERE n.person_id = p.person_id AND n.read_at IS NULL) AS recount,
			(SELECT COALESCE(MAX(n.seq), 0) FROM notices n WHERE n.person_id = p.person_id) AS max_seq
		FROM (SELECT person_id FROM inboxes UNION SELECT person_id FROM notices) p
		LEFT JOIN inboxes b ON b.person_id = p.person_id) x
		WHERE unread <> recount OR last_seq < max_seq ORDER BY person_id`).Scan(ctx, &off)
	if err != nil {
		return nil, fmt.Errorf("recount inboxes: %w", err)
	}
	return off, nil
}

func mend(ctx context.Context, tx bun.Tx) error {
	off, err := recount(ctx, tx)
	if err != nil {
		return err
	}
	for _, o := range off {
		_, err := tx.NewInsert().Model(&inboxRow{PersonID: o.PersonID, LastSeq: max(o.LastSeq, o.MaxSeq), Unread: o.Recount}).
			On("CONFLICT (person_id) DO UPDATE").Set("last_seq = EXCLUDED.last_seq").Set("unread = EXCLUDED.unread").Exec(ctx)
		if err != nil {
			return fmt.Errorf("mend inbox: %w", err)
		}
	}
	return nil
}

type tx struct{ bun.Tx }

var _ notice.Tx = (*tx)(nil)

func (t tx) MarkRead(ctx context.Context, personID, id string, at time.Time) (int64, error) {
	return t.mark(ctx, personID, at, func(q *bun.UpdateQuery) *bun.UpdateQuery { return q.Where("event_id = ?", id) })
}

func (t tx) MarkReadUpTo(ctx context.Context, personID string, seq int64, at time.Time) (int64, error) {
	return t.mark(ctx, personID, at, func(q *bun.UpdateQuery) *bun.UpdateQuery { return q.Where("seq <= ?", seq) })
}

func (t tx) mark(ctx context.Context, personID string, at time.Time, which func(*bun.UpdateQuery) *bun.UpdateQuery) (int64, error) {
	res, err := which(t.NewUpdate().Model((*noticeRow)(nil)).Set("read_at = ?", at).
		Where("person_id = ?", personID).Where("read_at IS NULL")).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("mark as read: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil || n == 0 {
		return 0, err
	}
	_, err = t.NewUpdate().Model((*inboxRow)(nil)).Set("unread = unread - ?", n).Where("person_id = ?", personID).Exec(ctx)
	return n, err
}

func (t tx) ForgetRead(ctx context.Context, before time.Time, limit int) (int64, error) {
	res, err := t.NewRaw(`DELETE FROM notices WHERE (person_id, seq) IN (
		SELECT person_id, seq FROM notices WHERE read_at IS NOT NULL AND created_at < ? LIMIT ?)`, before, limit).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("forget read notices: %w", err)
	}
	return res.RowsAffected()
}

func (t tx) Insert(ctx context.Context, ns []notice.Notice) (map[string]notice.Count, error) {
	ns, err := t.fresh(ctx, ns)
	if err != nil || len(ns) == 0 {
		return nil, err
	}
	boxes := make([]inboxRow, len(ns))
	for i, n := range ns {
		boxes[i] = inboxRow{PersonID: n.PersonID, LastSeq: 1, Unread: 1}
	}
	// The row of the inbox is locked from here to the commit: that is what
	// makes seq follow the order of commit.
	var now []inboxRow
	err = t.NewInsert().Model(&boxes).On("CONFLICT (person_id) DO UPDATE").
		Set("last_seq = b.last_seq + 1").Set("unread = b.unread + 1").
		Returning("person_id, last_seq, unread").Scan(ctx, &now)
	if err != nil {
		return nil, fmt.Errorf("number notices: %w", err)
	}
	after := counts(now)
	rows := make([]noticeRow, len(ns))
	for i, n := range ns {
		p, err := json.Marshal(n.Params)
		if err != nil {
			return nil, err
		}
		rows[i] = noticeRow{
			PersonID: n.PersonID, Seq: after[n.PersonID].LastSeq, EventID: n.ID, Kind: n.Kind, SubjectType: n.SubjectType,
			SubjectID: n.SubjectID, UnitID: n.UnitID, Params: string(p), ActorID: n.ActorID, ActorName: n.ActorName,
			At: n.At, CreatedAt: n.CreatedAt,
		}
	}
	if err := t.store(ctx, rows); err != nil {
		return nil, fmt.Errorf("insert notices: %w", err)
	}
	return after, nil
}

func (t tx) store(ctx context.Context, rows []noticeRow) error {
	if !db.WorthCopying(ctx, len(rows)) {
		_, err := t.NewInsert().Model(&rows).Exec(ctx)
		return err
	}
	return db.Copy(ctx, rows)
}

// fresh leaves out people who were told of the event before; that happens
// only when it comes again after the inbox has forgotten it.
func (t tx) fresh(ctx context.Context, ns []notice.Notice) ([]notice.Notice, error) {
	if len(ns) == 0 {
		return nil, nil
	}
	ids := make([]string, len(ns))
	for i, n := range ns {
		ids[i] = n.PersonID
	}
	var had []string
	err := t.NewSelect().Model((*noticeRow)(nil)).Column("person_id").
		Where("person_id IN (?)", bun.List(ids)).Where("event_id = ?", ns[0].ID).Scan(ctx, &had)
	if err != nil || len(had) == 0 {
		return ns, err
	}
	told := map[string]bool{}
	for _, p := range had {
		told[p] = true
	}
	var out []notice.Notice
	for _, n := range ns {
		if !told[n.PersonID] {
			out = append(out, n)
		}
	}
	return out, nil
}

func (t tx) Units(ctx context.Context, ids []string) (map[string]notice.Unit, error) {
	m := make(map[string]notice.Unit, len(ids))
	us, err := tree.ByID(ctx, t.Tx, ids)
	if err != nil {
		return nil, err
	}
	for _, u := range us {
		m[u.ID] = notice.Unit{ID: u.ID, ParentID: u.ParentID, Name: u.Shown, ContactID: u.Contact}
	}
	return m, nil
}
