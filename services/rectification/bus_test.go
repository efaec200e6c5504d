package rectification_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/outbox"
	rectmodule "github.com/duban/duban/services/rectification/module"
	"github.com/uptrace/bun"
)

// Over real NATS: a sealed submission becomes the report, and one that is
// about nothing is set aside without holding up the next.
func TestReportsArrive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := bustest.Start(t)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		relay, runner := outbox.NewRelay(d, b, slog.Default()), inbox.NewRunner(d, b, slog.Default(), w.svc.Consumers()...)
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		for _, e := range []event.Event{
			w.sealed("nothing", "V11", fixture.Reporter, true), w.sealed(r.ID, "V11", fixture.Reporter, true),
		} {
			err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return outbox.Append(ctx, tx, e) })
			if err != nil {
				t.Fatal(err)
			}
		}
		var letters []inbox.DeadLetter
		state := ""
		for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline) && (state != "reported" || len(letters) == 0); time.Sleep(20 * time.Millisecond) {
			var err error
			if letters, err = inbox.DeadLetters(ctx, d, 5); err != nil {
				t.Fatal(err)
			}
			state = w.get(r).State
		}
		if state != "reported" || len(letters) != 1 || letters[0].Consumer != "rectification-reports" {
			t.Fatalf("state %s, dead letters %+v", state, letters)
		}
		w.check()
	})
}

// Other services may ask for a rectification as it is now.
func TestRectificationIsTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := bustest.Start(t)
		svc, err := rectmodule.New(module.Deps{DB: d, Bus: b, Policy: w.engine, Clock: w.clk, Calendar: clock.Official})
		if err == nil {
			err = svc.Respond()
		}
		if err != nil {
			t.Fatal(err)
		}
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.do(fixture.Reporter, r, "acknowledge", nil).Is(200)
		ask := func(rectificationID string) rpc.GetRectificationReply {
			a, err := bus.Ask[rpc.GetRectificationRequest, rpc.GetRectificationReply](context.Background(), b, rpc.GetRectification, rpc.GetRectificationRequest{ID: rectificationID})
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		got := ask(r.ID)
		if x := got.Rectification; !got.Found || x.ID != r.ID || x.State != "acknowledged" || x.UnitID != fixture.Unit("V11").ID || len(x.FindingIDs) != 1 || x.Version != 2 {
			t.Fatalf("%+v", got)
		}
		if got := ask("none"); got.Found {
			t.Fatalf("%+v", got)
		}
	})
}
