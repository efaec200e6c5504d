package copies_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/id"
	"github.com/uptrace/bun"
)

var noon = time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)

// appended are the events of a type in the outbox.
func appended(t *testing.T, d *db.DB, typ event.Type) int {
	t.Helper()
	n, err := d.Read().NewSelect().Table("outbox").Where("type = ?", typ).Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// A copier asks for each copy once in each version of it, and again once its
// database was found to be older than what it had taken.
func TestAsk(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "notice", func(t *testing.T, d *db.DB) {
		clk := clock.NewFake(noon)
		ask := func(want int, cs ...copies.Copy) {
			t.Helper()
			if err := copies.Ask(t.Context(), d, clk, "notice", cs...); err != nil {
				t.Fatal(err)
			}
			if n := appended(t, d, event.NoticeCopyAsked); n != want {
				t.Fatalf("asked %d times, want %d", n, want)
			}
		}
		units, people := copies.Copy{Owner: "directory", Things: "units", Version: 1}, copies.Copy{Owner: "directory", Things: "people", Version: 1}
		ask(2, units, people)
		ask(2, units, people)
		people.Version++
		ask(3, units, people)
		people.Version--
		ask(3, units, people)
		if err := copies.Forget(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		ask(5, units, people)
	})
}

// What was asked for is told in parts, each once however often the telling dies,
// and a question that one that has not begun answers too is not answered twice.
func TestTelling(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		clk := clock.NewFake(noon)
		const all = 5
		var fail atomic.Int32
		fail.Store(2)
		tellers := []copies.Teller{{Things: "units", Next: func(_ context.Context, _ bun.Tx, after string) ([]event.Event, string, error) {
			n := 0
			if after != "" {
				fmt.Sscan(after, &n)
			}
			if n == all {
				return nil, "", nil
			}
			if n == 3 && fail.Add(-1) >= 0 {
				return nil, "", errors.New("the machine is tired")
			}
			e := event.New(id.New(), clk.Now(), event.UnitsTold, "u", 1, event.Units{})
			return []event.Event{e}, fmt.Sprint(n + 1), nil
		}}}
		c := copies.Consumer("directory", clk, tellers)
		take := func(owner, things string) error {
			e := event.New(id.New(), clk.Now(), event.NoticeCopyAsked, "x", 1, event.CopyAsked{Owner: owner, Things: things})
			return d.InTx(t.Context(), func(ctx context.Context, tx bun.Tx) error { return c.Take(ctx, tx, e) })
		}
		for range 3 {
			if err := errors.Join(take("directory", "units"), take("assignment", "units")); err != nil {
				t.Fatal(err)
			}
		}
		if err := take("directory", "secrets"); err == nil {
			t.Error("a question that nobody answers was taken")
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		l := copies.Loop(d, clk, slog.New(slog.DiscardHandler), tellers)
		go func() { defer close(ended); l.Run(ctx) }()
		for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
			left, err := d.Read().NewSelect().Table("tellings").Count(t.Context())
			if err != nil || time.Now().After(end) {
				t.Fatal(left, err)
			}
			if left == 0 {
				break
			}
			clk.Advance(time.Second)
			l.Wake()
		}
		stop()
		<-ended
		if n := appended(t, d, event.UnitsTold); n != all {
			t.Errorf("told %d times, want %d", n, all)
		}
	})
}
