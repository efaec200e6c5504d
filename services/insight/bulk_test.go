package insight_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// villages plants n units below a unit.
func (w *world) villages(parent event.Unit, n int) []event.Unit {
	w.t.Helper()
	us := make([]event.Unit, n)
	for i := range us {
		us[i] = event.Unit{ID: id.New(), ParentID: parent.ID, Level: "unit", Code: fmt.Sprint(i), Name: fmt.Sprint("村", i), Active: true, Version: 1}
		us[i].Path = parent.Path + us[i].ID + "/"
	}
	for from := 0; from < n; from += 500 {
		err := w.d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error { return tree.Put(ctx, tx, us[from:min(n, from+500)]) })
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return us
}

// A chunk of 500 takes as many statements as a chunk of one.
func TestChunkOf500IsCountedAsOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		us := w.villages(fixture.Unit("T1"), 500)
		c := campaign(fixture.Unit("C"))
		w.take(changed(c))
		n := 0
		d.Writer().AddQueryHook(counter{&n}) //nolint:staticcheck // the transactions are of this very DB
		w.take(issued(c, 0, given(c, 0, fixture.Unit("V21"))))
		one := n
		var as []event.Assignment
		for i := range us {
			as = append(as, given(c, 0, us[len(us)-1-i]))
		}
		n = 0
		chunk := issued(c, 0, as...)
		w.take(chunk)
		if n > one {
			t.Fatalf("%d statements for 500 assignments, %d for one", n, one)
		}
		if r := w.at(fixture.Manager, c, "", ""); r.Numbers.Issued != 501 {
			t.Fatalf("%d issued, want 501", r.Numbers.Issued)
		}
		// The same chunk under another id changes nothing.
		chunk.ID = id.New()
		w.take(chunk)
		if r := w.at(fixture.Manager, c, "", ""); r.Numbers.Issued != 501 {
			t.Fatalf("told twice: %d issued, want 501", r.Numbers.Issued)
		}
		w.sound()
	})
}

// A unit that moves takes the numbers below it along.
func TestMove(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		a := given(c, 0, u("V11"))
		w.take(changed(c), issued(c, 0, a, given(c, 0, u("V12")), given(c, 0, u("T1")), given(c, 0, u("V21"))))
		w.take(submission(sealed(a, 1, monday, leaflets(9), talks(4))))
		f := event.Finding{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u("V11").ID, UnitPath: u("V11").Path, Category: "technical", Severity: "minor", State: "open", Version: 1}
		w.take(event.New(id.New(), monday, event.FindingOpened, f.ID, 1, f))
		t1, d0 := u("T1"), u("D")
		m := event.Move{UnitID: t1.ID, OldParentID: t1.ParentID, NewParentID: d0.ID, OldPath: t1.Path, NewPath: d0.Path + t1.ID + "/"}
		w.take(event.New(id.New(), monday, event.UnitMoved, t1.ID, 2, m))
		w.sound()
		if r := w.at(fixture.Manager, c, "", ""); r.Numbers.Issued != 1 || len(r.Figures) != 0 {
			t.Fatalf("the old county still has %+v", r)
		}
		r := w.at(fixture.Stranger, c, "", "")
		if r.Numbers.Issued != 3 || r.figure("leaflets").Reported != 9 || r.figure("talks").Reported != 4 {
			t.Fatalf("the new county has %+v", r)
		}
		var got struct{ Register register }
		w.api.As(t, fixture.Stranger).Get("/api/v1/rollups/findings").Is(200).Into(&got)
		if got.Register.Findings.Open != 1 {
			t.Fatalf("the new county has %+v", got.Register)
		}
		// What happens afterwards is counted at the new place, whatever path the event still has.
		w.take(step(&a, "submitted", monday))
		if r := w.at(fixture.Stranger, c, "", ""); r.Numbers.Submitted != 1 {
			t.Fatalf("after the move: %+v", r.Numbers)
		}
		w.sound()
	})
}

// Events about a unit the tree does not have yet are counted where they say
// it is, and where it really is as soon as that is told.
func TestLateTree(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		u := fixture.Unit
		w.take(units(u("R"), u("C"), u("T1"), u("T2"), u("D")))
		c := campaign(u("C"))
		a := given(c, 0, u("V11"))
		a.UnitPath = u("T2").Path + a.UnitID + "/" // an old path
		w.take(issued(c, 0, a), submission(sealed(a, 1, monday, leaflets(3))))
		if r := w.at(fixture.Manager, c, u("T2").ID, ""); r.Numbers.Issued != 1 || r.figure("leaflets").Reported != 3 {
			t.Fatalf("before the unit came: %+v", r)
		}
		w.sound()
		w.take(units(u("V11")))
		w.sound()
		if r := w.at(fixture.Manager, c, u("T2").ID, ""); r.Numbers.Issued != 0 {
			t.Fatalf("still at the old place: %+v", r)
		}
		if r := w.at(fixture.Manager, c, u("T1").ID, ""); r.Numbers.Issued != 1 || r.figure("leaflets").Reported != 3 {
			t.Fatalf("not at the right place: %+v", r)
		}
		nowhere := given(c, 0, u("V12"))
		nowhere.UnitPath = ""
		if err := w.try(issued(c, 0, nowhere)); err == nil {
			t.Fatal("an assignment without a place was counted")
		}
		w.take(units(u("V12")), issued(c, 0, nowhere))
		w.sound()
	})
}

// A check finds counters that are wrong, and mends them when asked to.
func TestCheckFindsAndMends(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		a := given(c, 0, u("V11"))
		f := event.Finding{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u("V11").ID, UnitPath: u("V11").Path, Category: "technical", Severity: "minor", State: "open", Version: 1}
		w.take(changed(c), issued(c, 0, a, given(c, 0, u("V21"))), submission(sealed(a, 1, monday, leaflets(9), talks(4))),
			event.New(id.New(), monday, event.FindingOpened, f.ID, 1, f))
		w.sound()
		for _, sql := range []string{
			"DELETE FROM presences", "UPDATE tallies SET issued = issued + 1", "DELETE FROM tallies",
			"UPDATE day_tallies SET due = due + 1", "DELETE FROM day_tallies",
			"UPDATE figure_tallies SET reported_whole = 1", "DELETE FROM figure_tallies WHERE own = TRUE", "DELETE FROM figure_values",
			"UPDATE entry_tallies SET relapses = 7", "DELETE FROM entry_tallies",
			"INSERT INTO strays (unit_id, path) SELECT id, path FROM tree_units WHERE id = '" + u("V11").ID + "'",
			"INSERT INTO tallies SELECT 'ghost', campaign_id, task_id, due_us, original_us, ack_us, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM tallies WHERE node_id = '" + u("C").ID + "'",
		} {
			if _, err := d.Writer().Exec(sql); err != nil {
				t.Fatal(err)
			}
			told, err := w.svc.Check(context.Background(), true)
			if err != nil || len(told) == 0 {
				t.Fatalf("%s: found %q, %v", sql, told, err)
			}
			w.sound()
		}
		if r := w.at(fixture.Manager, c, "", ""); r.Numbers.Issued != 2 || r.figure("leaflets").Reported != 9 || r.figure("talks").Reported != 4 {
			t.Fatalf("after mending: %+v", r)
		}
	})
}

// The service works through the real outbox, stream and inbox.
func TestOverTheBus(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := bustest.Start(t)
		ctx, cancel := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		t.Cleanup(func() { cancel(); wg.Wait() })
		wg.Go(func() { outbox.NewRelay(d, b, slog.Default()).Run(ctx) })
		wg.Go(func() { inbox.NewRunner(d, b, slog.Default(), w.svc.Consumers()...).Run(ctx) })
		u := fixture.Unit
		c := campaign(u("C"))
		evs := []event.Event{changed(c)}
		want := int64(0)
		for _, k := range []string{"V11", "V12", "V21", "T1"} {
			a := given(c, 0, u(k))
			evs = append(evs, step(&a, "acknowledged", monday), step(&a, "submitted", monday))
			first := a
			first.State, first.Version, first.AckAt, first.SubmittedAt = "issued", 1, nil, nil
			evs = append(evs, issued(c, 0, first), submission(sealed(a, 1, monday, leaflets(1))))
			want++
		}
		evs = append(evs, units(u("R"), u("C"), u("T1"), u("T2"), u("V11"), u("V12"), u("V21"), u("CO")))
		for _, e := range evs {
			if err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error { return outbox.Append(ctx, tx, e) }); err != nil {
				t.Fatal(err)
			}
		}
		deadline := time.Now().Add(2 * time.Minute)
		for {
			var r rollup
			a := w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID)
			if a.Status == 200 {
				a.Into(&r)
				if r.Numbers.Submitted == want && r.figure("leaflets").Reported == float64(want) {
					break
				}
			}
			if time.Now().After(deadline) {
				t.Fatalf("events did not come through: %s", strings.TrimSpace(string(a.Raw)))
			}
			time.Sleep(10 * time.Millisecond)
		}
		w.sound()
	})
}
