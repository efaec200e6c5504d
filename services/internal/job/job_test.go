package job_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/job"
	"github.com/uptrace/bun"
)

var start = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// world has a queue of two key columns, and what was done with its rows.
type world struct {
	t   *testing.T
	d   *db.DB
	clk *clock.Fake
	q   job.Queue
}

func each(t *testing.T, f func(w *world)) {
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		w := &world{t: t, d: d, clk: clock.NewFake(start), q: job.Queue{Table: "errands", Key: []string{"unit", "what"}, Open: "state = 'open'", Until: "not_before"}}
		w.exec("CREATE TABLE errands (unit TEXT, what TEXT, state TEXT, effects INTEGER, attempts INTEGER, lease_owner TEXT, not_before TIMESTAMP, PRIMARY KEY (unit, what))")
		f(w)
	})
}

func (w *world) exec(q string, args ...any) {
	w.t.Helper()
	if _, err := w.d.Writer().NewRaw(q, args...).Exec(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) add(what string) {
	w.t.Helper()
	err := w.d.InTx(w.t.Context(), func(ctx context.Context, tx bun.Tx) error {
		w.q.Added(ctx)
		_, err := tx.NewRaw("INSERT INTO errands VALUES ('u', ?, 'open', 0, 0, '', ?)", what, w.clk.Now().UTC()).Exec(ctx)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// is says state, effects and attempts of a row.
func (w *world) is(what, want string) {
	w.t.Helper()
	var state string
	var effects, attempts int
	err := w.d.Read().NewRaw("SELECT state, effects, attempts FROM errands WHERE what = ?", what).Scan(w.t.Context(), &state, &effects, &attempts)
	if got := fmt.Sprint(state, " ", effects, " ", attempts); err != nil || got != want {
		w.t.Errorf("%s: %s, want %s (%v)", what, got, want, err)
	}
}

// effect is one step of the work, and closes the row where it is the last.
func (w *world) effect(ctx context.Context, c job.Claim, state string) error {
	return w.d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw("UPDATE errands SET effects = effects + 1, state = ? WHERE unit = ? AND what = ?", state, c.Key[0], c.Key[1]).Exec(ctx)
		return err
	})
}

func (w *world) work(do func(context.Context, job.Claim) error) (int, error) {
	return w.q.Work(w.t.Context(), w.d, w.clk, job.Work{Do: do, GiveUp: func(ctx context.Context, c job.Claim) error { return w.effect(ctx, c, "given up") }})
}

// Of several processes each row is worked by one, once.
func TestEachRowOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const rows = 40
		for i := range rows {
			w.add(fmt.Sprint(i))
		}
		var done atomic.Int64
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				n, err := w.q.Work(w.t.Context(), w.d, w.clk, job.Work{AtOnce: 2, Do: func(ctx context.Context, c job.Claim) error {
					if err := w.effect(ctx, c, "open"); err != nil {
						return err
					}
					return w.effect(ctx, c, "done")
				}})
				if err != nil {
					w.t.Error(err)
				}
				done.Add(int64(n))
			})
		}
		wg.Wait()
		if done.Load() != rows {
			w.t.Errorf("%d done of %d", done.Load(), rows)
		}
		for i := range rows {
			w.is(fmt.Sprint(i), "done 2 1")
		}
	})
}

// Whoever lost its lease writes nothing more, and is not taken for failed; nor is
// one whose row somebody has closed.
func TestLostLease(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.add("a")
		n, err := w.work(func(ctx context.Context, c job.Claim) error {
			if err := w.effect(ctx, c, "open"); err != nil {
				return err
			}
			w.clk.Advance(time.Minute) // nothing is heard of it for so long
			if n, err := w.work(func(ctx context.Context, c job.Claim) error { return w.effect(ctx, c, "done") }); n != 1 || err != nil {
				w.t.Errorf("another process did %d, %v", n, err)
			}
			return fmt.Errorf("wrapped: %w", w.effect(ctx, c, "open"))
		})
		if n != 0 || err != nil {
			w.t.Errorf("%d, %v", n, err)
		}
		w.is("a", "done 2 2")
		w.add("b")
		if n, err := w.work(func(ctx context.Context, c job.Claim) error {
			w.exec("UPDATE errands SET state = 'cancelled' WHERE what = 'b'")
			return w.effect(ctx, c, "done")
		}); n != 0 || err != nil {
			w.t.Errorf("%d, %v", n, err)
		}
		w.is("b", "cancelled 0 1")
	})
}

// A step renews the lease.
func TestRenewal(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.add("a")
		n, err := w.work(func(ctx context.Context, c job.Claim) error {
			for range 5 {
				w.clk.Advance(10 * time.Second)
				if err := w.effect(ctx, c, "open"); err != nil {
					return err
				}
				if n, err := w.work(func(context.Context, job.Claim) error { return errors.New("taken from it") }); n != 0 || err != nil {
					w.t.Errorf("%d, %v", n, err)
				}
			}
			return w.effect(ctx, c, "done")
		})
		if n != 1 || err != nil {
			w.t.Errorf("%d, %v", n, err)
		}
		w.is("a", "done 6 1")
	})
}

// What fails is tried later and later, and given up where the queue says so; what
// is away is no try.
func TestTries(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.q.Tries = 3
		broken := errors.New("broken")
		w.add("a")
		tried := 0
		try := func(why error) error {
			_, err := w.work(func(context.Context, job.Claim) error { tried++; return why })
			return err
		}
		if err := try(broken); !errors.Is(err, broken) || tried != 1 {
			w.t.Fatal(tried, err)
		}
		if err := try(broken); err != nil || tried != 1 {
			w.t.Fatal("at once again", tried, err)
		}
		w.clk.Advance(time.Second)
		if err := try(job.ErrAgain); err != nil || tried != 2 {
			w.t.Fatal(tried, err)
		}
		w.is("a", "open 0 2")
		w.clk.Advance(time.Second)
		if err := try(broken); err != nil || tried != 2 {
			w.t.Fatal("the second time waits longer", tried, err)
		}
		w.clk.Advance(time.Second)
		away := fault.New(fault.Unavailable, "away", "It is away.")
		if err := try(away); !fault.IsCode(err, "away") || tried != 3 {
			w.t.Fatal(tried, err)
		}
		w.is("a", "open 0 2")
		w.clk.Advance(30 * time.Second)
		if err := try(broken); !errors.Is(err, broken) || tried != 4 {
			w.t.Fatal(tried, err)
		}
		w.is("a", "given up 1 3")
		// One that every process dies of is not tried for ever.
		w.add("b")
		w.exec("UPDATE errands SET attempts = 3 WHERE what = 'b'")
		if err := try(nil); err == nil || tried != 4 {
			w.t.Fatal(tried, err)
		}
		w.is("b", "given up 1 4")
	})
}

// A loop hears of a row as soon as it is committed, takes up at once what a dead
// process left where there can be no other, and ends with its work.
func TestLoop(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.add("left")
		dead, die := context.WithCancel(w.t.Context())
		_, err := w.q.Work(dead, w.d, w.clk, job.Work{Do: func(ctx context.Context, _ job.Claim) error { die(); return ctx.Err() }})
		if !errors.Is(err, context.Canceled) {
			w.t.Fatal(err)
		}
		if n, err := w.work(func(ctx context.Context, c job.Claim) error { return w.effect(ctx, c, "done") }); n != 0 || err != nil {
			w.t.Fatalf("the lease does not hold: %d, %v", n, err)
		}
		if w.d.Engine == db.Postgres {
			w.clk.Advance(time.Minute)
		}
		did := make(chan string)
		l := w.q.Loop(w.d, slog.New(slog.DiscardHandler), func(ctx context.Context) error {
			_, err := w.q.Work(ctx, w.d, w.clk, job.Work{Do: func(ctx context.Context, c job.Claim) error {
				if err := w.effect(ctx, c, "done"); err != nil {
					return err
				}
				did <- c.Key[1]
				return nil
			}})
			return err
		})
		ctx, stop := context.WithCancel(w.t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); l.Run(ctx) }()
		next := func(want string) {
			w.t.Helper()
			select {
			case got := <-did:
				if got != want {
					w.t.Fatalf("%s was done, want %s", got, want)
				}
			case <-time.After(30 * time.Second):
				w.t.Fatalf("%s is not done", want)
			}
		}
		next("left")
		w.add("new")
		next("new")
		stop()
		<-ended
	})
}
