package insight_test

import (
	"testing"
	"time"

	"github.com/duban/duban/api/event"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// A campaign from issue to approval, as the county, a town and a village see it.
func TestCampaignRollsUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		v11, v12, v21, t1 := given(c, 0, u("V11")), given(c, 0, u("V12")), given(c, 0, u("V21")), given(c, 0, u("T1"))
		w.take(changed(c), issued(c, 0, v11, v12, v21, t1))
		second := given(c, 1, u("V11"))
		w.take(issued(c, 1, second))

		r := w.at(fixture.Manager, c, "", "")
		if r.Unit.ID != u("C").ID || r.Numbers.Issued != 5 || r.Numbers.Acknowledged != 0 || r.Numbers.Light != "green" {
			t.Fatalf("county after issue: %+v", r)
		}
		at := monday.Add(time.Hour)
		w.take(step(&v11, "acknowledged", at), step(&v11, "submitted", at), step(&v11, "approved", at))
		w.take(step(&v12, "declined", at), step(&t1, "submitted", at), step(&v21, "acknowledged", at))
		r = w.at(fixture.Manager, c, u("C").ID, "&task_id="+c.Tasks[0].ID)
		if n := r.Numbers; n.Issued != 4 || n.Acknowledged != 3 || n.Submitted != 2 || n.Approved != 1 || n.States["declined"] != 1 || n.InTime != 2 {
			t.Fatalf("county, first task: %+v", n)
		}
		// Weights: 1 of 4 in the task of weight 1, 0 of 1 in the task of weight 3.
		if p := w.at(fixture.Manager, c, "", "").Numbers.Rates.Progress; p != 0.1428 {
			t.Fatalf("progress %v, want 1/7", p)
		}
		town := w.at(fixture.Coordinator, c, "", "")
		if town.Unit.ID != u("T1").ID || town.Numbers.Issued != 4 || town.Own.Issued != 1 || town.Own.Submitted != 1 {
			t.Fatalf("town: %+v", town)
		}
		var p page
		w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID + "/children?limit=2").Is(200).Into(&p)
		var sum int64
		seen := 0
		for {
			for _, i := range p.Items {
				sum += i.Numbers.Issued
				seen++
			}
			if p.NextCursor == "" {
				break
			}
			next := p.NextCursor
			p = page{}
			w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID + "/children?limit=2&cursor=" + next).Is(200).Into(&p)
		}
		if seen != 4 || sum != 5 {
			t.Fatalf("children of the county: %d with %d in all, want 4 with 5", seen, sum)
		}
		p = page{}
		w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID + "/tasks").Is(200).Into(&p)
		if len(p.Items) != 2 || p.Items[0].Task.ID != c.Tasks[0].ID || p.Items[0].Numbers.Issued != 4 || p.Items[1].Numbers.Issued != 1 {
			t.Fatalf("tasks: %+v", p)
		}
		p = page{}
		w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID + "/matrix?unit_id=" + u("T1").ID).Is(200).Into(&p)
		for _, row := range p.Items {
			if row.Unit.ID == u("V11").ID && (len(row.Cells) != 2 || row.Cells[0].Issued != 1 || row.Cells[1].Issued != 1) {
				t.Fatalf("matrix row: %+v", row)
			}
		}
		if len(p.Items) != 3 {
			t.Fatalf("matrix has %d rows, want 3", len(p.Items))
		}
		p = page{}
		w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns?state=active").Is(200).Into(&p)
		if len(p.Items) != 1 || p.Items[0].Campaign.ID != c.ID || p.Items[0].Numbers.Issued != 5 {
			t.Fatalf("campaigns: %+v", p)
		}
		w.sound()
	})
}

// What is overdue, near and red follows the clock; no event is needed.
func TestLightsFollowTheClock(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		v11, v12, v21 := given(c, 0, u("V11")), given(c, 0, u("V12")), given(c, 0, u("V21"))
		w.take(changed(c), issued(c, 0, v11, v12, v21))
		due := c.Tasks[0].DueAt
		// V12 gets two more working days.
		v12.DueAt = endOf(due, 2)
		w.take(step(&v12, "acknowledged", monday))
		// V21 hands in.
		w.take(step(&v21, "submitted", monday))
		for _, x := range []struct {
			at                           time.Time
			light, ack                   string
			near, overdue, red, orig, ao int64
		}{
			{monday, "green", "green", 0, 0, 0, 0, 0},
			{endOf(monday, 2), "blue", "blue", 1, 0, 0, 0, 0},
			{endOf(monday, 2).Add(time.Second), "blue", "yellow", 1, 0, 0, 0, 1},
			{due, "blue", "yellow", 2, 0, 0, 0, 1},
			{due.Add(time.Second - time.Microsecond), "blue", "yellow", 2, 0, 0, 0, 1}, // the day ends with its last instant
			{due.Add(time.Second), "yellow", "yellow", 1, 1, 0, 2, 1},
			{endOf(due, 2).Add(time.Second), "yellow", "red", 0, 2, 0, 2, 1},
			{endOf(due, 5), "yellow", "red", 0, 2, 0, 2, 1},
			{endOf(due, 5).Add(time.Second), "red", "red", 0, 2, 1, 2, 1},
			{endOf(due, 7).Add(time.Second), "red", "red", 0, 2, 2, 2, 1},
		} {
			w.clk.Advance(x.at.Sub(w.clk.Now()))
			n := w.at(fixture.Manager, c, "", "").Numbers
			if n.Light != x.light || n.Near != x.near || n.Overdue != x.overdue || n.SeriouslyOverdue != x.red || n.OverdueOriginal != x.orig ||
				n.AcknowledgeOverdue != x.ao || n.AcknowledgeLight != x.ack {
				t.Fatalf("at %s: %+v, want %+v", x.at, n, x)
			}
		}
		// Handed in late: late by both deadlines, nothing overdue any more for it.
		w.take(step(&v11, "submitted", w.clk.Now()), step(&v12, "submitted", v12.DueAt))
		n := w.at(fixture.Manager, c, "", "").Numbers
		if n.Light != "green" || n.Overdue != 0 || n.Late != 1 || n.LateOriginal != 2 || n.InTime != 2 {
			t.Fatalf("after handing in: %+v", n)
		}
		w.sound()
	})
}

// Figures follow what stands: returned ones go, a new version replaces, an
// accepted one counts as accepted.
func TestFigures(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		v11, v21, late := given(c, 0, u("V11")), given(c, 0, u("V21")), given(c, 1, u("V11"))
		w.take(changed(c), issued(c, 0, v11, v21), issued(c, 1, late))
		want := func(what, unit, name string, reported, accepted float64, reports int64) {
			t.Helper()
			f := w.at(fixture.Manager, c, u(unit).ID, "").figure(name)
			if f.Reported != reported || f.Accepted != accepted || f.Reports != reports {
				t.Fatalf("%s: %s at %s: %+v, want %g reported, %g accepted by %d", what, name, unit, f, reported, accepted, reports)
			}
		}
		s1, s2 := sealed(v11, 1, monday, leaflets(260.1), talks(7)), sealed(v21, 1, monday, leaflets(0.2), talks(3))
		w.take(submission(s1), submission(s2))
		want("sealed", "C", "leaflets", 260.3, 0, 2)
		want("sealed", "T1", "leaflets", 260.1, 0, 1)
		want("sealed", "V11", "leaflets", 260.1, 0, 1)
		want("sealed", "C", "talks", 7, 0, 2)
		if f := w.at(fixture.Manager, c, "", "").figure("leaflets"); f.Title != "发放宣传资料" || f.Measure != "份" {
			t.Fatalf("figure without its title: %+v", f)
		}
		s2.State, s2.Version = "accepted", 3
		w.take(submission(s2))
		want("accepted", "C", "leaflets", 260.3, 0.2, 2)
		want("accepted", "C", "talks", 7, 3, 2)
		s1.State, s1.Version = "returned", 3
		w.take(submission(s1))
		want("returned", "C", "leaflets", 0.2, 0.2, 1)
		want("returned", "C", "talks", 3, 3, 1)
		want("returned", "T1", "leaflets", 0, 0, 0)
		again := sealed(v11, 2, monday.Add(time.Hour), leaflets(300), talks(2))
		w.take(submission(again))
		want("again", "C", "leaflets", 300.2, 0.2, 2)
		want("again", "C", "talks", 3, 3, 2)
		again.State, again.Version = "recalled", 3
		w.take(submission(again))
		want("recalled", "C", "leaflets", 0.2, 0.2, 1)

		// Of a cumulative figure a unit's latest counts, whichever task asked for it.
		people := func(n float64) fig {
			return fig{RequirementID: "r4", Figure: "people", Measure: "人", Aggregate: "last", Value: n}
		}
		w.take(submission(sealed(v11, 3, monday.Add(3*time.Hour), people(90))))
		w.take(submission(sealed(late, 1, monday.Add(2*time.Hour), people(70))))
		w.take(submission(sealed(v21, 2, monday.Add(2*time.Hour), people(5))))
		want("last", "C", "people", 95, 0, 2)
		if f := w.at(fixture.Manager, c, "", "&task_id="+c.Tasks[1].ID).figure("people"); f.Reported != 70 {
			t.Fatalf("people of the second task: %+v", f)
		}
		w.sound()
	})
}

// A town that delegated a task and its villages give their own figures each;
// all are added, and nobody hands in the sum.
func TestFiguresOfDelegatedWorkAreAdded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		c := campaign(fixture.Unit("C"))
		town := given(c, 0, fixture.Unit("T1"))
		w.take(changed(c), issued(c, 0, town))
		for i, unit := range []string{"V11", "V12"} {
			a := given(c, 0, fixture.Unit(unit))
			a.ParentID, a.IssuerID, a.IssuerPath = town.ID, town.UnitID, town.UnitPath
			w.take(issued(c, 0, a), submission(sealed(a, 1, monday, leaflets(float64(100+i)))))
		}
		w.take(submission(sealed(town, 1, monday, leaflets(40))))
		for _, unit := range []string{"T1", "C"} {
			if f := w.at(fixture.Manager, c, fixture.Unit(unit).ID, "").figure("leaflets"); f.Reported != 241 || f.Reports != 3 {
				t.Errorf("%s: %+v", unit, f)
			}
		}
		w.sound()
	})
}

// An event may be out of range for a counter; it is set aside for good.
func TestUncountableFigureIsPoison(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "insight", db.SQLite)
	w := newWorld(t, d)
	fixture.Plant(t, d)
	c := campaign(fixture.Unit("C"))
	a := given(c, 0, fixture.Unit("V11"))
	if err := w.try(submission(sealed(a, 1, monday, leaflets(1e16)))); err == nil {
		t.Fatal("a value of 1e16 was counted")
	}
	w.take(submission(sealed(a, 1, monday, leaflets(1e15))))
	w.sound()
}

type fig = event.Figure

func talks(n float64) event.Figure {
	return event.Figure{RequirementID: "r2", Figure: "talks", Measure: "场", Aggregate: "max", Value: n}
}
