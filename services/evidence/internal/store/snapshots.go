package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type snapshotRow struct {
	bun.BaseModel `bun:"table:link_snapshots,alias:l"`

	UnitID      string `bun:",pk"`
	UnitPath    string
	Address     string `bun:",pk"`
	State       evidence.SnapshotState
	Attempts    int64
	NotBefore   time.Time
	Title       string
	RetrievedAt *time.Time
}

func (r reader) snapshots(ctx context.Context, bound func(*bun.SelectQuery) *bun.SelectQuery) ([]evidence.Snapshot, error) {
	var rows []snapshotRow
	if err := bound(r.q.NewSelect().Model(&rows)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("find snapshots of links: %w", db.Translate(err))
	}
	out := make([]evidence.Snapshot, len(rows))
	for i, x := range rows {
		out[i] = evidence.Snapshot{
			UnitID: x.UnitID, UnitPath: x.UnitPath, Address: x.Address, State: x.State, Attempts: x.Attempts, NotBefore: x.NotBefore,
			Title: x.Title, RetrievedAt: x.RetrievedAt,
		}
	}
	return out, nil
}

func (r reader) DueSnapshots(ctx context.Context, now time.Time, limit int) ([]evidence.Snapshot, error) {
	return r.snapshots(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("state = 'waiting'").Where("not_before <= ?", now).OrderExpr("not_before, unit_id, address").Limit(int64(limit))
	})
}

func (r reader) SnapshotsOf(ctx context.Context, unitID string, addresses []string) (map[string]evidence.Snapshot, error) {
	xs, err := r.snapshots(ctx, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("unit_id = ?", unitID).Where("address IN (?)", bun.List(addresses))
	})
	out := make(map[string]evidence.Snapshot, len(xs))
	for _, x := range xs {
		out[x.Address] = x
	}
	return out, err
}

func (t *txn) QueueSnapshots(ctx context.Context, xs []evidence.Snapshot, stale time.Time) error {
	rows := make([]snapshotRow, len(xs))
	for i, x := range xs {
		rows[i] = snapshotRow{UnitID: x.UnitID, UnitPath: x.UnitPath, Address: x.Address, State: x.State, NotBefore: x.NotBefore}
	}
	_, err := t.tx.NewInsert().Model(&rows).On("CONFLICT (unit_id, address) DO UPDATE").
		Set("state = EXCLUDED.state").Set("attempts = 0").Set("not_before = EXCLUDED.not_before").
		Where("l.state <> 'waiting'").Where("l.not_before < ?", stale).Exec(ctx)
	if err != nil {
		return fmt.Errorf("queue links: %w", err)
	}
	return nil
}

func (t *txn) ClaimSnapshot(ctx context.Context, x evidence.Snapshot) (bool, error) {
	return changed(t.tx.NewUpdate().Model((*snapshotRow)(nil)).Set("attempts = attempts + 1").Set("not_before = ?", x.NotBefore).
		Where("unit_id = ?", x.UnitID).Where("address = ?", x.Address).Where("state = 'waiting'").Where("attempts = ?", x.Attempts).Exec(ctx))
}

func (t *txn) SetSnapshot(ctx context.Context, x evidence.Snapshot) error {
	row := snapshotRow{UnitID: x.UnitID, Address: x.Address, State: x.State, NotBefore: x.NotBefore, Title: x.Title, RetrievedAt: x.RetrievedAt}
	_, err := t.tx.NewUpdate().Model(&row).Column("state", "not_before", "title", "retrieved_at").WherePK().Exec(ctx)
	return err
}
