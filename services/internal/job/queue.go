package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/uptrace/bun"
)

const (
	// leaseFor is how long a process keeps others away from a row without a word.
	leaseFor = 15 * time.Second
	// soonest and latest bound the time to the next try, which doubles, where the
	// queue does not say.
	soonest, latest = time.Second, time.Minute
	// away is when something is tried again for which a service is away.
	away = 30 * time.Second
)

var (
	// ErrLost says that the row is not this process's any more, or not open.
	ErrLost = errors.New("another process works on it")
	// ErrAgain is what work returns that has to be tried again, of which nobody has
	// to hear.
	ErrAgain = errors.New("to be tried again")
	errDied  = errors.New("every process died that tried it")
)

// Queue is a table of rows to be worked.
type Queue struct {
	Table string
	Key   []string // columns of its key
	// Open is the condition, cheap by an index, that a row is not done. The work
	// itself ends it, in the transaction of its last effect.
	Open string
	// Until is the column of the time.
	Until string
	// Tries bounds how often a row is tried; 0 for ever.
	Tries int64
	// Wait is the time from one try to the next; 0 doubles it from a second to a
	// minute.
	Wait time.Duration
}

// Claim is a row that this process works on.
type Claim struct {
	Key     []string // values
	Attempt int64    // from 1
	lease   string
}

// Work is what is done with rows. Its contexts have every transaction renew the
// lease, and fail with [ErrLost] where that is lost.
type Work struct {
	// Do works a row until it is not open any more.
	Do func(ctx context.Context, c Claim) error
	// GiveUp closes a row that has failed as often as the queue says.
	GiveUp func(ctx context.Context, c Claim) error
	// AtOnce is how many rows are worked at once; 0 means 1.
	AtOnce int
}

// Added says that the transaction of ctx adds a row.
func (q Queue) Added(ctx context.Context) { db.Did(ctx, q.did()) }

func (q Queue) did() string { return "job in " + q.Table }

// Work works everything that is due and returns how many rows it did, and what
// failed. It returns when all its workers have.
func (q Queue) Work(ctx context.Context, d *db.DB, clk clock.Clock, w Work) (int, error) {
	var mu sync.Mutex
	var errs []error
	done := 0
	var wg sync.WaitGroup
	for range max(1, w.AtOnce) {
		wg.Go(func() {
			for {
				c, ok, err := q.claim(ctx, d, clk.Now())
				did := false
				if ok {
					did, err = q.work(ctx, d, clk, w, c)
				}
				mu.Lock()
				if did {
					done++
				}
				errs = append(errs, err)
				mu.Unlock()
				if !ok || ctx.Err() != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	return done, errors.Join(errs...)
}

// claim takes the row that is due the longest; false when there is none.
func (q Queue) claim(ctx context.Context, d *db.DB, now time.Time) (Claim, bool, error) {
	due := fmt.Sprintf("FROM %s WHERE %s AND %s <= ?", q.Table, q.Open, q.Until)
	var some bool
	if err := d.Read().NewRaw("SELECT EXISTS (SELECT 1 "+due+")", now.UTC()).Scan(ctx, &some); err != nil || !some {
		return Claim{}, false, q.failed("look for", err)
	}
	key := strings.Join(q.Key, ", ")
	lock := ""
	if d.Engine == db.Postgres {
		lock = " FOR UPDATE SKIP LOCKED"
	}
	c := Claim{Key: make([]string, len(q.Key)), lease: id.New()}
	to := []any{&c.Attempt}
	for i := range c.Key {
		to = append(to, &c.Key[i])
	}
	ok := false
	err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw(fmt.Sprintf("UPDATE %s SET lease_owner = ?, %s = ?, attempts = attempts + 1 WHERE (%s) = (SELECT %s %s ORDER BY %s, %s LIMIT 1%s) RETURNING attempts, %s",
			q.Table, q.Until, key, key, due, q.Until, key, lock, key), c.lease, now.UTC().Add(leaseFor), now.UTC()).Scan(ctx, to...)
		if ok = err == nil; db.NoRows(err) {
			return nil
		}
		return err
	})
	return c, ok && err == nil, q.failed("claim", err)
}

func (q Queue) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, q.Table, err)
}

// work does what is to be done with a row that was claimed, and tells whether it
// is done.
func (q Queue) work(ctx context.Context, d *db.DB, clk clock.Clock, w Work, c Claim) (bool, error) {
	held, lose := context.WithCancelCause(ctx)
	var holding sync.WaitGroup
	holding.Go(func() { q.hold(held, lose, d, clk, c) })
	defer func() {
		lose(nil)
		holding.Wait()
	}()
	under := d.Fenced(held, func(ctx context.Context, tx bun.Tx) error { return q.renew(ctx, tx, c, q.Open, clk.Now()) })
	err := errDied
	if q.Tries == 0 || c.Attempt <= q.Tries {
		err = w.Do(under, c)
	}
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, ErrLost) || errors.Is(context.Cause(held), ErrLost):
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	}
	after := q.putOff
	if q.Tries > 0 && c.Attempt >= q.Tries && !fault.Is(err, fault.Unavailable) {
		after = func(context.Context, *db.DB, time.Time, Claim, error) error { return w.GiveUp(under, c) }
	}
	aerr := after(ctx, d, clk.Now(), c, err)
	if errors.Is(err, ErrAgain) {
		err = nil
	}
	if err = errors.Join(err, aerr); err != nil {
		err = fmt.Errorf("%s %s, attempt %d: %w", q.Table, strings.Join(c.Key, " "), c.Attempt, err)
	}
	return false, err
}

// hold renews the lease until ctx ends, and ends it where it is lost.
func (q Queue) hold(ctx context.Context, lose context.CancelCauseFunc, d *db.DB, clk clock.Clock, c Claim) {
	tick := time.NewTicker(leaseFor / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// One that the work has just closed is not lost.
		err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return q.renew(ctx, tx, c, "1 = 1", clk.Now()) })
		if errors.Is(err, ErrLost) {
			lose(ErrLost)
			return
		}
	}
}

func (q Queue) renew(ctx context.Context, tx bun.Tx, c Claim, where string, now time.Time) error {
	return q.change(ctx, tx, c, update{fmt.Sprintf("%s = ?", q.Until), where}, now.UTC().Add(leaseFor))
}

// putOff gives a row back, to be tried again later.
func (q Queue) putOff(ctx context.Context, d *db.DB, now time.Time, c Claim, why error) error {
	wait := cmp.Or(q.Wait, min(soonest<<min(c.Attempt-1, 10), latest))
	counted := 0
	if fault.Is(why, fault.Unavailable) {
		wait, counted = away, 1
	}
	err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		return q.change(ctx, tx, c, update{fmt.Sprintf("lease_owner = '', %s = ?, attempts = attempts - ?", q.Until), q.Open}, now.UTC().Add(wait), counted)
	})
	if errors.Is(err, ErrLost) {
		return nil
	}
	return q.failed("put off", err)
}

// update is what is set in a row, and how it must be for that.
type update struct{ set, where string }

// change updates a row whose lease is that of the claim; else it fails with ErrLost.
func (q Queue) change(ctx context.Context, tx bun.Tx, c Claim, u update, args ...any) error {
	where := u.where
	for i := range c.Key {
		where += " AND " + q.Key[i] + " = ?"
		args = append(args, c.Key[i])
	}
	res, err := tx.NewRaw(fmt.Sprintf("UPDATE %s SET %s WHERE lease_owner = ? AND %s", q.Table, u.set, where), slices.Insert(args, len(args)-len(c.Key), any(c.lease))...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("lease of %s: %w", q.Table, err)
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrLost
}

// Free has rows that a process before this one left taken at once, where only one
// at a time can work on the database.
func (q Queue) Free(ctx context.Context, d *db.DB) error {
	if d.Engine != db.SQLite {
		return nil
	}
	err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(fmt.Sprintf("UPDATE %s SET lease_owner = '', %s = ? WHERE %s AND lease_owner <> ''", q.Table, q.Until, q.Open), time.Time{}.UTC()).Exec(ctx)
		return err
	})
	return q.failed("free", err)
}
