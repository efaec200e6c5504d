package audit_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	auditmodule "github.com/duban/duban/services/audit/module"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

var morning = time.Date(2026, 9, 16, 1, 0, 0, 123456789, time.UTC)

type world struct {
	t   *testing.T
	db  *db.DB
	clk *clock.Fake
	svc module.Service
	api *resttest.Server
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(morning)
	svc, err := auditmodule.New(module.Deps{DB: d, Policy: engine, Clock: clk, Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, db: d, clk: clk, svc: svc, api: resttest.Start(t, engine, func(a *rest.API) { svc.Mount(a) })}
}

// take hands events to the consumer as the runner does.
func (w *world) take(es ...event.Event) {
	w.t.Helper()
	for _, e := range es {
		if err := w.try(e); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) try(e event.Event) error {
	c := w.svc.Consumers()[0]
	return w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return c.Take(ctx, tx, e) })
}

// together hands events to the consumer in one transaction that ends in end.
func (w *world) together(es []event.Event, end error) error {
	c := w.svc.Consumers()[0]
	return w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, e := range es {
			if err := c.Take(ctx, tx, e); err != nil {
				return err
			}
		}
		return end
	})
}

func (w *world) check() []string {
	w.t.Helper()
	bad, err := w.svc.Check(context.Background(), false)
	if err != nil {
		w.t.Fatal(err)
	}
	return bad
}

func (w *world) exec(q string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Writer().Exec(q, args...); err != nil {
		w.t.Fatalf("%s: %v", q, err)
	}
}

// disarm removes the triggers, as somebody with the database password can.
func (w *world) disarm() {
	for _, table := range []string{"audit_entries", "audit_head"} {
		for _, x := range map[string][]string{"audit_entries": {"no_update", "no_delete", "head"}, "audit_head": {"no_delete", "forward"}}[table] {
			q := "DROP TRIGGER " + table + "_" + x
			if w.db.Engine == db.Postgres {
				q += " ON " + table
			}
			w.exec(q)
		}
	}
}

func signIn(n int) event.Event {
	u := fixture.Unit("V11")
	return event.New(id.New(), morning.Add(time.Duration(n)*time.Minute), event.SessionStarted, fmt.Sprint("s", n), 1,
		event.Session{SessionID: fmt.Sprint("s", n), PersonID: "p1", Account: "wanglei"}).By("p1", "王磊").For(u.ID, u.Path)
}

func returned(reason string) event.Event {
	u := fixture.Unit("V21")
	return event.New(id.New(), morning, event.AssignmentReturned, "a1", 5, event.AssignmentChange{
		Assignment: event.Assignment{ID: "a1", UnitID: u.ID, UnitPath: u.Path, State: "returned", Version: 5}, Task: "张贴海报",
	}).By("p2", "=cmd()").For(u.ID, u.Path).Because(reason)
}

func TestTrail(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		auditor := w.api.As(t, fixture.Auditor)
		var chain struct {
			Seq              int64
			Hash             string
			LastVerification *struct {
				Intact bool
				By     rest.Person
			} `json:"last_verification"`
		}
		auditor.Get("/api/v1/audit-chain").Is(200).Into(&chain)
		if chain.Seq != 0 || chain.LastVerification != nil {
			t.Fatalf("empty trail: %+v", chain)
		}
		auditor.Post("/api/v1/audit-chain/verify", nil).Is(200)
		for i := range 7 {
			w.take(signIn(i))
		}
		r := returned("数据与附件不符")
		r.RequestID = "req-1"
		w.take(r, r) // the second time it is passed over
		if bad := w.check(); len(bad) > 0 {
			t.Fatal(bad)
		}
		auditor.Get("/api/v1/audit-chain").Is(200).Into(&chain)
		if chain.Seq != 8 || len(chain.Hash) != 64 || chain.LastVerification == nil || !chain.LastVerification.Intact {
			t.Fatalf("chain %+v", chain)
		}

		var x struct {
			Seq       int64
			Type      string
			By        rest.Person
			Reason    string
			RequestID string `json:"request_id"`
			At        time.Time
			Whole     bool
			Detail    event.AssignmentChange
			Hash      string
		}
		auditor.Get("/api/v1/audit-entries/8").Is(200).Into(&x)
		if x.Type != string(event.AssignmentReturned) || x.Reason != "数据与附件不符" || x.RequestID != "req-1" || !x.Whole ||
			x.Detail.Task != "张贴海报" || !x.At.Equal(morning.Truncate(time.Microsecond)) || x.Hash != chain.Hash {
			t.Fatalf("entry %+v", x)
		}
		auditor.Get("/api/v1/audit-entries/9").Problem(404, "not_found")
		auditor.Get("/api/v1/audit-entries/0").Is(422)

		list := func(query string) (seqs []int64) {
			t.Helper()
			for cursor := ""; ; {
				var page struct {
					Items []struct{ Seq int64 }
					Next  string `json:"next_cursor"`
				}
				auditor.Get("/api/v1/audit-entries?limit=3&" + query + "&cursor=" + cursor).Is(200).Into(&page)
				for _, i := range page.Items {
					seqs = append(seqs, i.Seq)
				}
				if cursor = page.Next; cursor == "" {
					return seqs
				}
			}
		}
		v11, t1, t2 := fixture.Unit("V11"), fixture.Unit("T1"), fixture.Unit("T2")
		for query, want := range map[string]string{
			"":                          "[8 7 6 5 4 3 2 1]",
			"type=assignment.":          "[8]",
			"type=directory.sess":       "[7 6 5 4 3 2 1]",
			"type=evidence":             "[]",
			"actor_id=p2":               "[8]",
			"subject=s3":                "[4]",
			"unit_id=" + v11.ID:         "[7 6 5 4 3 2 1]",
			"unit_id=" + t1.ID:          "[]",
			"under=" + t1.ID:            "[7 6 5 4 3 2 1]",
			"under=nowhere":             "[]",
			"under=" + t2.ID:            "[8]",
			"from=2026-09-16T01:05:00Z": "[7 6]",
			"from=2026-09-16T01:01:00Z&to=2026-09-16T01:03:00Z&actor_id=p1": "[3 2]",
		} {
			if got := fmt.Sprint(list(query)); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}
		auditor.Get("/api/v1/audit-entries?cursor=xx").Problem(422, "invalid")
		auditor.Get("/api/v1/audit-entries?from=2026-09-16T01:05:00Z&to=2026-09-16T01:05:00Z").Problem(422, "invalid").Says(`"location":"query.to"`)
		auditor.Post("/api/v1/audit-chain/verify?from=3&to=9", nil).Problem(422, "invalid").Says(`"location":"query.to"`)
		auditor.Post("/api/v1/audit-chain/verify?from=5&to=4", nil).Problem(422, "invalid").Says(`"location":"query.from"`)
		auditor.Post("/api/v1/audit-chain/verify?from=5&to=8", nil).Is(200)
	})
}

func TestOnlyAuditors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "audit", db.SQLite))
	w.take(signIn(1))
	for _, a := range []policy.Actor{fixture.Manager, fixture.Reporter, fixture.CountyLeader, fixture.SystemAdmin, fixture.Security, fixture.Viewer} {
		c := w.api.As(t, a)
		c.Get("/api/v1/audit-entries").Problem(403, "forbidden")
		c.Get("/api/v1/audit-entries/1").Problem(404, "not_found")
		c.Get("/api/v1/audit-entries/export").Problem(403, "forbidden")
		c.Get("/api/v1/audit-chain").Problem(403, "forbidden")
		c.Post("/api/v1/audit-chain/verify", nil).Problem(403, "forbidden")
	}
	nobody := w.api.As(t, policy.Actor{})
	nobody.Get("/api/v1/audit-entries").Problem(401, "unauthorized")
	nobody.Post("/api/v1/audit-chain/verify", nil).Problem(401, "unauthorized")
}

func TestExport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.take(returned("@SUM(A1)"))
		err := d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			for i := range 1100 { // more than a page
				if err := w.svc.Consumers()[0].Take(ctx, tx, signIn(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		a := w.api.As(t, fixture.Auditor).Get("/api/v1/audit-entries/export").Is(200)
		if ct := a.Header.Get("Content-Type"); !strings.HasPrefix(ct, "text/csv") {
			t.Fatal(ct)
		}
		lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(a.Raw), "\uFEFF"))).ReadAll()
		if err != nil || len(lines) != 1102 {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		if l := lines[1]; l[0] != "1" || l[7] != "'=cmd()" || l[10] != "'@SUM(A1)" {
			t.Fatalf("%q", l)
		}
		if lines[1101][0] != "1101" || lines[2][7] != "王磊" {
			t.Fatalf("%q", lines[1101])
		}
		a = w.api.As(t, fixture.Auditor).Get("/api/v1/audit-entries/export?type=assignment").Is(200)
		if n := strings.Count(string(a.Raw), "\r\n"); n != 2 {
			t.Fatalf("%d lines", n)
		}
	})
}

// Several appenders at once never fork the chain, and an event that two of
// them have is there once.
func TestAppendersTakeTurns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var es []event.Event
		for i := range 60 {
			es = append(es, signIn(i))
		}
		var wg sync.WaitGroup
		other := newWorld(t, d) // another process on the same database
		for k := range 4 {
			wg.Go(func() {
				x := []*world{w, other}[k%2]
				for i := 0; i < len(es); i += 3 {
					var batch []event.Event
					for j := range 3 {
						batch = append(batch, es[(i+j+k*15)%len(es)])
					}
					if err := x.together(batch, nil); err != nil {
						t.Error(err)
					}
					// What was rolled back leaves no trace.
					no := errors.New("no")
					if err := x.together([]event.Event{signIn(100), signIn(101)}, no); !errors.Is(err, no) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if bad := w.check(); len(bad) > 0 {
			t.Fatal(bad)
		}
		var chain struct{ Seq int64 }
		w.api.As(t, fixture.Auditor).Get("/api/v1/audit-chain").Is(200).Into(&chain)
		if chain.Seq != 60 {
			t.Fatalf("%d entries of 60 events", chain.Seq)
		}
	})
}

// Every event that any service commits arrives in the trail over the real bus.
func TestEveryEventArrives(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		b := bustest.Start(t)
		w := newWorld(t, d)
		other := dbtest.Open(t, "directory", db.SQLite)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		relay := outbox.NewRelay(other, b, slog.Default())
		runner := inbox.NewRunner(d, b, slog.Default(), w.svc.Consumers()...)
		wg.Go(func() { relay.Run(ctx) })
		wg.Go(func() { runner.Run(ctx) })
		var es []event.Event
		for _, k := range event.Kinds() {
			es = append(es, event.New(id.New(), morning, k.Type, "x", 1, k.Data))
		}
		err := other.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return outbox.Append(ctx, tx, es...) })
		if err != nil {
			t.Fatal(err)
		}
		var chain struct{ Seq int64 }
		for until := time.Now().Add(2 * time.Minute); chain.Seq < int64(len(es)) && time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
			w.api.As(t, fixture.Auditor).Get("/api/v1/audit-chain").Is(200).Into(&chain)
		}
		if chain.Seq != int64(len(es)) {
			t.Fatalf("%d of %d events", chain.Seq, len(es))
		}
		if bad := w.check(); len(bad) > 0 {
			t.Fatal(bad)
		}
	})
}

// A unit that moved was below two others, each at its time.
func TestUnderIsAsItWasThen(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		t1, t2, v11 := fixture.Unit("T1"), fixture.Unit("T2"), fixture.Unit("V11")
		before, after := signIn(1), signIn(2)
		after.UnitID, after.UnitPath = v11.ID, t2.Path+v11.ID+"/"
		w.take(before, after)
		for under, want := range map[string]int{t1.ID: 1, t2.ID: 1, v11.ID: 2} {
			var l struct{ Items []struct{ Seq int64 } }
			w.api.As(t, fixture.Auditor).Get("/api/v1/audit-entries?under=" + under).Is(200).Into(&l)
			if len(l.Items) != want {
				t.Errorf("under %s: %d entries, want %d", under, len(l.Items), want)
			}
		}
	})
}
