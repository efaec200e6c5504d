package inbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/uptrace/bun"
)

// counted is a consumer that counts how often each event takes effect.
type counted struct {
	mu    sync.Mutex
	times map[string]int
	more  chan struct{}
}

func (c *counted) consumer(name string) inbox.Consumer {
	c.times, c.more = map[string]int{}, make(chan struct{}, 1)
	return inbox.Consumer{Name: name, Types: []event.Type{event.SessionEnded}, Handle: func(_ context.Context, _ bun.Tx, e event.Event) error {
		c.mu.Lock()
		c.times[e.ID]++
		c.mu.Unlock()
		select {
		case c.more <- struct{}{}:
		default:
		}
		return nil
	}}
}

// once waits until each of the events has taken effect, and fails when one did twice.
func (c *counted) once(t *testing.T, within time.Duration, es ...event.Event) {
	t.Helper()
	end := time.After(within)
	for {
		c.mu.Lock()
		missing := 0
		for _, e := range es {
			switch c.times[e.ID] {
			case 0:
				missing++
			case 1:
			default:
				t.Errorf("an event took effect %d times", c.times[e.ID])
			}
		}
		c.mu.Unlock()
		if missing == 0 {
			return
		}
		select {
		case <-c.more:
		case <-end:
			t.Fatalf("%d of %d events did not arrive within %v", missing, len(es), within)
		}
	}
}

func run(t *testing.T, f func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// Case 36: NATS loses its store while services run, or somebody removes the
// stream or a consumer. All is made again within seconds, and what a consumer
// had not taken yet arrives although it had been sent.
func TestCase36StreamIsLostWhileServicesRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		nats := bustest.NewNode(t)
		nats.Start(0)
		b := bustest.Connect(t, nats.URL())
		var here, slow counted
		runner := inbox.NewRunner(d, b, slog.New(slog.DiscardHandler), here.consumer("directory-here"))
		run(t, runner.Run)
		run(t, outbox.NewRelay(d, b, slog.New(slog.DiscardHandler)).Run)
		// Another consumer is away when the store is lost.
		late := inbox.NewRunner(d, bustest.Connect(t, nats.URL()), slog.New(slog.DiscardHandler), slow.consumer("directory-slow"))
		stopLate := run(t, late.Run)
		one := signOut(1)
		appendAll(t, d, one)
		here.once(t, time.Minute, one)
		slow.once(t, time.Minute, one)
		stopLate()
		two := signOut(2)
		appendAll(t, d, two)
		here.once(t, time.Minute, one, two)

		nats.Stop()
		nats.Lose()
		three := signOut(3)
		appendAll(t, d, three)
		nats.Start(0)
		here.once(t, time.Minute, one, two, three)
		run(t, late.Run)
		slow.once(t, time.Minute, one, two, three)

		ctx := context.Background()
		if err := b.JetStream().DeleteStream(ctx, event.Stream); err != nil {
			t.Fatal(err)
		}
		four := signOut(4)
		appendAll(t, d, four)
		here.once(t, time.Minute, one, two, three, four)
		slow.once(t, time.Minute, one, two, three, four)
		if s, err := b.Stream(ctx); err != nil || s.Well() != "" || s.Events < 1 {
			t.Errorf("the new stream: %+v, %v", s, err)
		}

		if err := b.JetStream().DeleteConsumer(ctx, event.Stream, "directory-here"); err != nil {
			t.Fatal(err)
		}
		five := signOut(5)
		appendAll(t, d, five)
		here.once(t, time.Minute, one, two, three, four, five)
	})
}

// Case 36: nobody writes anything, and the stream that is gone is made again.
func TestCase36StreamIsLostAtRest(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	nats.Start(0)
	b := bustest.Connect(t, nats.URL())
	if err := b.EnsureStream(context.Background()); err != nil {
		t.Fatal(err)
	}
	renewed := b.Renewed()
	nats.Stop()
	nats.Lose()
	nats.Start(0)
	select {
	case <-renewed:
	case <-time.After(20 * time.Second):
		t.Fatal("the stream was not made again within 20 s")
	}
}

// Cases 36 and 45: what is sent once more within the time in which NATS drops
// what it has had arrives all the same, every time.
func TestCase45SentOnceMoreIsNotDropped(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		b := bustest.Start(t)
		run(t, outbox.NewRelay(d, b, slog.New(slog.DiscardHandler)).Run)
		e := signOut(1)
		appendAll(t, d, e)
		ctx := context.Background()
		for want := uint64(1); want <= 4; want++ {
			end := time.Now().Add(time.Minute)
			for {
				s, err := b.Stream(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if s.Events == want {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("%d messages on the stream, want %d", s.Events, want)
				}
			}
			// Marked as sent only after NATS has it.
			for waiting := true; waiting; {
				w, err := outbox.Waiting(ctx, d)
				if err != nil {
					t.Fatal(err)
				}
				waiting = w.Events > 0
			}
			if n, err := outbox.Resend(ctx, d, []string{e.ID}); err != nil || n != 1 {
				t.Fatalf("resend: %d, %v", n, err)
			}
		}
	})
}
