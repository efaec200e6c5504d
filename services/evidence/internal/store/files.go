package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type fileRow struct {
	bun.BaseModel `bun:"table:files,alias:f"`

	ID          string `bun:",pk"`
	OwnerID     string
	OwnerName   string
	ClientID    string
	UnitID      string
	UnitPath    string
	Name        string
	Size        int64
	State       evidence.FileState
	Refusal     string
	Type        string
	SHA256      string `bun:"sha256"`
	SM3         string `bun:"sm3"`
	Quarantined bool
	Allowed     string // with commas
	Cautions    string
	CreatedAt   time.Time
	ReceivedAt  *time.Time
	DeletedAt   *time.Time
	ErasedAt    *time.Time `bun:",scanonly"`
	Version     int64
}

func (r fileRow) file() evidence.File {
	return evidence.File{
		ID: r.ID, OwnerID: r.OwnerID, OwnerName: r.OwnerName, ClientID: r.ClientID, UnitID: r.UnitID, UnitPath: r.UnitPath,
		Name: r.Name, Size: r.Size, State: r.State, Refusal: r.Refusal, Type: r.Type, SHA256: r.SHA256,
		SM3: r.SM3, Quarantined: r.Quarantined, Allowed: words(r.Allowed), Cautions: words(r.Cautions),
		CreatedAt: r.CreatedAt, ReceivedAt: r.ReceivedAt, DeletedAt: r.DeletedAt, Version: r.Version,
	}
}

func toFileRow(f evidence.File) *fileRow {
	return &fileRow{
		ID: f.ID, OwnerID: f.OwnerID, OwnerName: f.OwnerName, ClientID: f.ClientID, UnitID: f.UnitID, UnitPath: f.UnitPath,
		Name: f.Name, Size: f.Size, State: f.State, Refusal: f.Refusal, Type: f.Type, SHA256: f.SHA256,
		SM3: f.SM3, Quarantined: f.Quarantined, Allowed: strings.Join(f.Allowed, ","), Cautions: strings.Join(f.Cautions, ","),
		CreatedAt: f.CreatedAt, ReceivedAt: f.ReceivedAt, DeletedAt: f.DeletedAt, Version: f.Version,
	}
}

// words are the parts of a list with commas.
func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

func (r reader) File(ctx context.Context, id string) (evidence.File, error) {
	var row fileRow
	err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.file(), one(err, "file")
}

func (r reader) FileOf(ctx context.Context, ownerID, clientID string) (evidence.File, bool, error) {
	var row fileRow
	err := r.q.NewSelect().Model(&row).Where("owner_id = ?", ownerID).Where("client_id = ?", clientID).
		Where("client_id <> ''").Scan(ctx)
	if db.NoRows(err) {
		return evidence.File{}, false, nil
	}
	return row.file(), err == nil, one(err, "file")
}

func (r reader) Files(ctx context.Context, ids []string) (map[string]evidence.File, error) {
	out := make(map[string]evidence.File, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := r.files(ctx, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("id IN (?)", bun.List(ids)) })
	for _, f := range rows {
		out[f.ID] = f
	}
	return out, err
}

func (r reader) Unfinished(ctx context.Context, after string, limit int) ([]evidence.File, error) {
	return r.files(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		// The second condition is what lets SQLite use the partial index.
		return q.Where("state = ?", evidence.Receiving).Where("state <> 'received'").Where("id > ?", after).OrderExpr("id").Limit(int64(limit))
	})
}

func (r reader) UnfinishedOf(ctx context.Context, ownerID string, limit int) ([]evidence.File, error) {
	return r.files(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("owner_id = ?", ownerID).Where("state = ?", evidence.Receiving).Where("state <> 'received'").OrderExpr("id").Limit(int64(limit))
	})
}

func (r reader) Kept(ctx context.Context, ownerID, unitID string) (person, unit int64, err error) {
	for _, x := range []struct {
		column, id string
		sum        *int64
	}{{"owner_id", ownerID, &person}, {"unit_id", unitID, &unit}} {
		err := r.q.NewSelect().Model((*fileRow)(nil)).ColumnExpr("COALESCE(CAST(sum(size) AS BIGINT), 0)").
			Where("? = ?", bun.Ident(x.column), x.id).Where("state IN ('receiving', 'received')").Scan(ctx, x.sum)
		if err != nil {
			return 0, 0, fmt.Errorf("sum up files: %w", db.Translate(err))
		}
	}
	return person, unit, nil
}

func (r reader) Stale(ctx context.Context, t time.Time, limit int) ([]evidence.File, error) {
	return r.files(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("state <> 'received'").Where("state <> 'deleted'").Where("created_at < ?", t).OrderExpr("id").Limit(int64(limit))
	})
}

func (r reader) files(ctx context.Context, bound func(*bun.SelectQuery) *bun.SelectQuery) ([]evidence.File, error) {
	var rows []fileRow
	if err := bound(r.q.NewSelect().Model(&rows)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find files: %w", db.Translate(err))
	}
	out := make([]evidence.File, len(rows))
	for i, row := range rows {
		out[i] = row.file()
	}
	return out, nil
}

func (t *txn) AddFile(ctx context.Context, f evidence.File) error {
	_, err := t.tx.NewInsert().Model(toFileRow(f)).Exec(ctx)
	return err
}

func (t *txn) SetFile(ctx context.Context, f evidence.File) (bool, error) {
	// unit_path is left alone: only a move changes it.
	return changed(t.tx.NewUpdate().Model(toFileRow(f)).
		Column("name", "state", "refusal", "type", "sha256", "cautions", "quarantined", "received_at", "deleted_at", "version").
		Where("id = ?", f.ID).Where("version = ?", f.Version-1).Exec(ctx))
}

func (t *txn) SetSM3(ctx context.Context, id, sm3 string) error {
	_, err := t.tx.NewUpdate().Model((*fileRow)(nil)).Set("sm3 = ?", sm3).Where("id = ?", id).Exec(ctx)
	return err
}

func (t *txn) Bump(ctx context.Context, id string) (int64, error) {
	var v int64
	err := t.tx.NewRaw("UPDATE files SET version = version + 1 WHERE id = ? RETURNING version", id).Scan(ctx, &v)
	return v, one(err, "file")
}

func (t *txn) DropFile(ctx context.Context, id string) (bool, error) {
	return changed(t.tx.NewDelete().Model((*fileRow)(nil)).Where("id = ?", id).Where("state IN ('receiving', 'refused')").Exec(ctx))
}
