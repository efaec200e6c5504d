package store

import (
	"context"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// session is a line of the table sessions; it converts to directory.Session.
type session struct {
	ID        string `bun:",pk"`
	TokenHash string
	PersonID  string
	Address   string
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

func sessions(rows []session) []directory.Session {
	ss := make([]directory.Session, len(rows))
	for i, r := range rows {
		ss[i] = directory.Session(r)
	}
	return ss
}

// Holder answers in one query, because most requests of an installation come
// from people who have not asked for a while.
func (r reader) Holder(ctx context.Context, tokenHash string) (directory.Holder, bool, error) {
	var h directory.Holder
	err := r.q.NewSelect().TableExpr("sessions AS s").
		ColumnExpr("s.id AS session_id, s.seen_at, s.expires_at, s.person_id, p.name, p.disabled, p.must_change").
		ColumnExpr("p.unit_id, u.path AS unit_path, u.level AS unit_level").
		Join("JOIN people AS p ON p.id = s.person_id").Join("JOIN units AS u ON u.id = p.unit_id").
		Where("s.token_hash = ?", tokenHash).Scan(ctx, &h)
	if db.NoRows(err) {
		return directory.Holder{}, false, nil
	}
	return h, err == nil, db.Translate(err)
}

func (r reader) Sessions(ctx context.Context, personID string) ([]directory.Session, error) {
	var rows []session
	err := r.q.NewSelect().Model(&rows).Where("person_id = ?", personID).OrderExpr("id").Scan(ctx)
	return sessions(rows), db.Translate(err)
}

func (r reader) Expired(ctx context.Context, idle, now time.Time, limit int64) ([]directory.Session, error) {
	var rows []session
	err := r.q.NewSelect().Model(&rows).Where("(seen_at <= ? OR expires_at <= ?)", idle, now).OrderExpr("id").Limit(limit).Scan(ctx)
	return sessions(rows), db.Translate(err)
}

func (t *tx) InsertSession(ctx context.Context, s directory.Session) error {
	row := session(s)
	_, err := t.tx.NewInsert().Model(&row).Exec(ctx)
	return err
}

func (t *tx) EndSessions(ctx context.Context, ids []string) (map[string]bool, error) {
	var gone []string
	err := t.tx.NewDelete().Model((*session)(nil)).Where("id IN (?)", bun.List(ids)).Returning("id").Scan(ctx, &gone)
	m := make(map[string]bool, len(gone))
	for _, id := range gone {
		m[id] = true
	}
	return m, err
}

func (t *tx) Seen(ctx context.Context, at map[string]time.Time) error {
	for id, x := range at {
		_, err := t.tx.NewUpdate().Model((*session)(nil)).Set("seen_at = ?", x).Where("id = ?", id).Where("seen_at < ?", x).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}
