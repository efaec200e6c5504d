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
	Attempts    int64
	NotBefore   time.Time // when it may be tried
	Title       string
	RetrievedAt *time.Time
}

const (
	snapshotAttempts = 3
	snapshotLease    = time.Minute // then another process may try
	snapshotAgain    = 10 * time.Minute
	snapshotsAtOnce  = 20
	// snapshotFresh is how long a snapshot serves when its address is given again.
	snapshotFresh = 24 * time.Hour
)

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
			xs = append(xs, Snapshot{UnitID: sub.UnitID, UnitPath: sub.UnitPath, Address: l, State: SnapshotWaiting, NotBefore: now})
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
	done := 0
	for {
		due, err := s.store.DueSnapshots(ctx, s.clock.Now(), snapshotsAtOnce)
		if err != nil || len(due) == 0 {
			return done, err
		}
		for _, x := range due {
			if err := ctx.Err(); err != nil {
				return done, err
			}
			if err := s.snapshot(ctx, x); err != nil {
				return done, err
			}
			done++
		}
	}
}

func (s *Service) snapshot(ctx context.Context, x Snapshot) error {
	mine := false
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		x.NotBefore = s.clock.Now().Add(snapshotLease)
		mine, err = tx.ClaimSnapshot(ctx, x)
		return err
	})
	if err != nil || !mine {
		return err
	}
	x.Attempts++
	title, err := s.options.Pages.Title(ctx, x.Address)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	now := s.clock.Now()
	switch {
	case err == nil:
		x.State, x.Title, x.RetrievedAt = SnapshotDone, title, &now
	case errors.Is(err, ErrPageRefused):
		x.State = SnapshotRefused
	case x.Attempts >= snapshotAttempts:
		x.State = SnapshotUnreachable
	default:
		x.NotBefore = now.Add(snapshotAgain)
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.SetSnapshot(ctx, x) })
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
