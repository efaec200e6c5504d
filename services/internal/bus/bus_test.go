package bus_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/uptrace/bun"
)

type question struct{ N int }

type answer struct{ N int }

func TestAskAcrossProcessesAndWithinOne(t *testing.T) {
	t.Parallel()
	url := bustest.Server(t)
	here, there := bustest.Connect(t, url), bustest.Connect(t, url)
	double := func(_ context.Context, q question) (answer, error) {
		if q.N < 0 {
			return answer{}, errors.New("secret of the inside")
		}
		return answer{2 * q.N}, nil
	}
	if err := bus.Respond(here, "rpc.test.double.v1", double); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]*bus.Bus{"same process": here, "other process": there} {
		if a, err := bus.Ask[question, answer](context.Background(), b, "rpc.test.double.v1", question{21}); err != nil || a.N != 42 {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	for _, q := range []string{"rpc.test.nobody.v1", "rpc.test.double.v1"} {
		if _, err := bus.Ask[question, answer](context.Background(), there, q, question{-1}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v, want unavailable", q, err)
		}
	}
}

// While NATS is away commands go on and events wait; once it is back they follow.
func TestNATSAway(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	d := dbtest.Open(t, "directory", db.SQLite)
	b := bustest.Connect(t, nats.URL()) // nothing listens yet
	ctx, cancel := context.WithCancel(context.Background())
	relay := outbox.NewRelay(d, b, slog.New(slog.DiscardHandler))
	done := make(chan struct{})
	go func() { defer close(done); relay.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	add := func() {
		t.Helper()
		err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			return outbox.Append(ctx, tx, event.New(id.New(), time.Now(), event.SessionEnded, "s", 1, event.Session{PersonID: "p"}))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	unsent := func(want int64) {
		t.Helper()
		var b outbox.Backlog
		for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			var err error
			if b, err = outbox.Waiting(ctx, d); err != nil {
				t.Fatal(err)
			}
			if b.Events == want {
				return
			}
		}
		t.Fatalf("%d events wait, want %d", b.Events, want)
	}
	add()
	unsent(1)
	nats.Start(0)
	unsent(0)
	nats.Stop()
	for range 50 {
		add()
	}
	unsent(50)
	nats.Start(0)
	unsent(0)
	st, err := b.JetStream().Stream(ctx, event.Stream)
	if err != nil {
		t.Fatal(err)
	}
	if n := st.CachedInfo().State.Msgs; n != 51 {
		t.Errorf("%d events on the stream, want 51", n)
	}
}

// Close waits for the questions that are being answered, which it ends.
func TestCloseWaitsForAnswers(t *testing.T) {
	t.Parallel()
	url := bustest.Server(t)
	b, err := bus.Start(context.Background(), bus.Config{URL: url, Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	begun := make(chan struct{})
	var ended atomic.Bool
	err = bus.Respond(b, "rpc.test.slow.v1", func(ctx context.Context, _ string) (string, error) {
		close(begun)
		<-ctx.Done()
		ended.Store(true)
		return "", ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	asker := bustest.Connect(t, url)
	answered := make(chan error, 1)
	go func() {
		_, err := bus.Ask[string, string](context.Background(), asker, "rpc.test.slow.v1", "q")
		answered <- err
	}()
	<-begun
	b.Close()
	if !ended.Load() {
		t.Error("it closed before the answer had ended")
	}
	if err := <-answered; !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}
