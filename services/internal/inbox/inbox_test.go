package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/uptrace/bun"
)

func signOut(n int) event.Event {
	return event.New(id.New(), time.Now(), event.SessionEnded, fmt.Sprint(n), 1, event.Session{PersonID: fmt.Sprint(n)})
}

func appendAll(t *testing.T, d *db.DB, evs ...event.Event) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return outbox.Append(ctx, tx, evs...) })
	if err != nil {
		t.Fatal(err)
	}
}

// Events that are larger than what may wait in memory are taken like others.
func TestLargeEventsAreTaken(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		b := bustest.Start(t)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		const n = 30
		taken := make(chan string, n)
		runner := inbox.NewRunner(d, b, slog.Default(), inbox.Consumer{
			Name: "directory-large", Types: []event.Type{event.SessionEnded},
			Handle: func(_ context.Context, _ bun.Tx, e event.Event) error {
				taken <- e.ID
				return nil
			},
		})
		relay := outbox.NewRelay(d, b, slog.Default())
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		var es []event.Event
		for i := range n {
			e := signOut(i)
			if i%3 == 0 {
				e = e.Because(strings.Repeat("x", 3<<19))
			}
			es = append(es, e)
		}
		appendAll(t, d, es...)
		seen := map[string]bool{}
		for len(seen) < n {
			select {
			case id := <-taken:
				seen[id] = true
			case <-time.After(time.Minute):
				t.Fatalf("%d of %d events were taken", len(seen), n)
			}
		}
	})
}

// Every event that was committed takes effect once, also when it is published
// twice, and a poison event is set aside while the others go on.
func TestOutboxToInbox(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		b := bustest.Start(t)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		var mu sync.Mutex
		seen := map[string]int{}
		const n = 300
		all := make(chan struct{})
		broken := atomic.Bool{}
		broken.Store(true)
		runner := inbox.NewRunner(d, b, slog.Default(), inbox.Consumer{
			Name: "directory-test", Types: []event.Type{event.SessionEnded},
			Handle: func(_ context.Context, _ bun.Tx, e event.Event) error {
				if e.Subject == "7" && broken.Load() {
					return inbox.Poison(errors.New("cannot be taken"))
				}
				mu.Lock()
				defer mu.Unlock()
				seen[e.ID]++
				if len(seen) == n-1 {
					select {
					case <-all:
					default:
						close(all)
					}
				}
				return nil
			},
		})
		relay := outbox.NewRelay(d, b, slog.Default())
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		var ids []string
		for i := range n {
			e := signOut(i)
			ids = append(ids, e.ID)
			appendAll(t, d, e)
		}
		select {
		case <-all:
		case <-time.After(2 * time.Minute):
			t.Fatalf("%d of %d events arrived", len(seen), n)
		}
		deadline := time.Now().Add(2 * time.Minute)
		var letters []inbox.DeadLetter
		for len(letters) == 0 && time.Now().Before(deadline) {
			var err error
			if letters, err = inbox.DeadLetters(ctx, d, 10); err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if len(letters) != 1 || letters[0].EventID != ids[7] {
			t.Fatalf("dead letters: %+v, want one for event 7", letters)
		}
		broken.Store(false)
		if err := runner.Retry(ctx, letters[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := outbox.Resend(ctx, d, ids); err != nil {
			t.Fatal(err)
		}
		relay.Wake()
		last := signOut(n)
		appendAll(t, d, last)
		for time.Now().Before(deadline) {
			mu.Lock()
			done := seen[last.ID] > 0
			mu.Unlock()
			if done {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		taken, err := inbox.Taken(ctx, d, "directory-test", ids)
		if err != nil || len(taken) != n {
			t.Fatalf("taken %d of %d: %v", len(taken), n, err)
		}
	})
}

// A transaction that fails takes its events with it, and only its own.
func TestGroupedTransactionsFailAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var wg sync.WaitGroup
		var good atomic.Int64
		for i := range 200 {
			wg.Go(func() {
				err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
					if err := outbox.Append(ctx, tx, signOut(i)); err != nil {
						return err
					}
					if i%3 == 0 {
						return errors.New("no")
					}
					return nil
				})
				if err == nil {
					good.Add(1)
				}
			})
		}
		wg.Wait()
		b, err := outbox.Waiting(ctx, d)
		if err != nil || b.Events != good.Load() || b.Events != 133 {
			t.Fatalf("stored %d events of %d good transactions (%v), want 133", b.Events, good.Load(), err)
		}
	})
}
