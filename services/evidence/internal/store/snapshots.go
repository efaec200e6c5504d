package store

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/job"
	"github.com/uptrace/bun"
)

type snapshotRow struct {
	bun.BaseModel `bun:"table:link_snapshots,alias:l"`

	UnitID      string `bun:",pk"`
	UnitPath    string
	Address     string `bun:",pk"`
	State       evidence.SnapshotState
	Attempts    int64
	LeaseOwner  string
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
			UnitID: x.UnitID, UnitPath: x.UnitPath, Address: x.Address, State: x.State,
			Title: x.Title, RetrievedAt: x.RetrievedAt,
		}
	}
	return out, nil
}

// Snapshots is the queue of addresses that are to be looked at.
var Snapshots = job.Queue{
	Table: "link_snapshots", Key: []string{"unit_id", "address"}, Open: "state = 'waiting'", Until: "not_before", Tries: 3, Wait: 10 * time.Minute,
}

func (s *Store) WorkSnapshots(ctx context.Context, clk clock.Clock, do func(context.Context, evidence.Snapshot) (bool, error), giveUp func(context.Context, evidence.Snapshot) error) (int, error) {
	of := func(c job.Claim) evidence.Snapshot { return evidence.Snapshot{UnitID: c.Key[0], Address: c.Key[1]} }
	return Snapshots.Work(ctx, s.db, clk, job.Work{
		Do: func(ctx context.Context, c job.Claim) error {
			done, err := do(ctx, of(c))
			if err == nil && !done {
				err = job.ErrAgain
			}
			return err
		},
		GiveUp: func(ctx context.Context, c job.Claim) error { return giveUp(ctx, of(c)) },
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
		rows[i] = snapshotRow{UnitID: x.UnitID, UnitPath: x.UnitPath, Address: x.Address, State: x.State, NotBefore: x.QueuedAt}
	}
	Snapshots.Added(ctx)
	_, err := t.tx.NewInsert().Model(&rows).On("CONFLICT (unit_id, address) DO UPDATE").
		Set("state = EXCLUDED.state").Set("attempts = 0").Set("lease_owner = ''").Set("not_before = EXCLUDED.not_before").
		Where("l.state <> 'waiting'").Where("l.not_before < ?", stale).Exec(ctx)
	if err != nil {
		return fmt.Errorf("queue links: %w", err)
	}
	return nil
}

func (t *txn) SetSnapshot(ctx context.Context, x evidence.Snapshot) error {
	row := snapshotRow{UnitID: x.UnitID, Address: x.Address, State: x.State, Title: x.Title, RetrievedAt: x.RetrievedAt}
	_, err := t.tx.NewUpdate().Model(&row).Column("state", "title", "retrieved_at").WherePK().Exec(ctx)
	return err
}
