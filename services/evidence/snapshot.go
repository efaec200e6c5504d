package evidence

import (
	"context"
	"errors"
	"time"
)

// ErrPageRefused is returned for addresses that are not opened, whatever is there.
var ErrPageRefused = errors.New("the address is not of the public internet")

// Pages opens addresses that units give as evidence.
type Pages interface {
	// Title opens an address and gives the title of the page; empty where there
	// is none. ErrPageRefused is final, any other error worth another try.
	Title(ctx context.Context, address string) (string, error)
}

// SnapshotState is where the look at an address is.
type SnapshotState string

// The states of a snapshot.
const (
	SnapshotWaiting     SnapshotState = "waiting"
	SnapshotDone        SnapshotState = "done"
	SnapshotUnreachable SnapshotState = "unreachable"
	SnapshotRefused     SnapshotState = "refused" // not of the public internet
)

// Snapshot is what was found at an address that a unit gave.
type Snapshot struct {
	UnitID      string
	UnitPath    string
	Address     string
	State       SnapshotState
	QueuedAt    time.Time
	Title       string
	RetrievedAt *time.Time
}

// snapshotFresh is how long a snapshot serves when its address is given again.
const snapshotFresh = 24 * time.Hour

// queueLinks has the addresses of an item looked at, where that is switched on.
func (s *Service) queueLinks(ctx context.Context, tx Tx, sub *Submission, it Item) error {
	if s.options.Pages == nil || len(it.Links) == 0 {
		return nil
	}
	now := s.clock.Now()
	xs := make([]Snapshot, 0, len(it.Links))
	seen := map[string]bool{}
	for _, l := range it.Links {
		if !seen[l] {
			xs = append(xs, Snapshot{UnitID: sub.UnitID, UnitPath: sub.UnitPath, Address: l, State: SnapshotWaiting, QueuedAt: now})
			seen[l] = true
		}
	}
	return tx.QueueSnapshots(ctx, xs, now.Add(-snapshotFresh))
}

// Snapshots looks at the addresses that wait and returns how many it did. It
// may run in several processes; what a dead process had begun is taken up again.
func (s *Service) Snapshots(ctx context.Context) (int, error) {
	if s.options.Pages == nil {
		return 0, nil
	}
	return s.store.WorkSnapshots(ctx, s.clock, s.snapshot, func(ctx context.Context, x Snapshot) error {
		x.State = SnapshotUnreachable
		return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.SetSnapshot(ctx, x) })
	})
}

// snapshot looks at an address; false where it cannot be reached now.
func (s *Service) snapshot(ctx context.Context, x Snapshot) (bool, error) {
	title, err := s.options.Pages.Title(ctx, x.Address)
	switch {
	case err == nil:
		now := s.clock.Now()
		x.State, x.Title, x.RetrievedAt = SnapshotDone, title, &now
	case errors.Is(err, ErrPageRefused):
		x.State = SnapshotRefused
	default:
		return false, ctx.Err()
	}
	return true, s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.SetSnapshot(ctx, x) })
}

// snapshots finds what was found at the addresses of items.
func (s *Service) snapshots(ctx context.Context, unitID string, items []Item) (map[string]Snapshot, error) {
	var addresses []string
	for _, it := range items {
		addresses = append(addresses, it.Links...)
	}
	if len(addresses) == 0 {
		return nil, nil
	}
	return s.store.SnapshotsOf(ctx, unitID, addresses)
}
