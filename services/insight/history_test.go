package insight_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"pgregory.net/rapid"
)

// history makes up a county, what happened in it, and what must come out.
type history struct {
	rt    *rapid.T
	units map[string]*event.Unit
	order []string // unit ids, parents first
	tree  []event.Event
	rest  []event.Event

	c           event.Campaign
	assignments []*event.Assignment
	standing    map[string]float64 // assignment → leaflets that stand
	accepted    map[string]float64
	findings    []event.Finding
}

func (h *history) add(parent *event.Unit, level string) *event.Unit {
	u := event.Unit{
		ID: id.New(), Level: level, Code: level, Name: level, Active: true, Version: 1,
		Sector: rapid.SampledFrom([]string{"", "finance", "education"}).Draw(h.rt, "sector"),
	}
	if parent != nil {
		u.ParentID, u.Path = parent.ID, parent.Path
	}
	u.Path += u.ID + "/"
	h.units[u.ID] = &u
	h.order = append(h.order, u.ID)
	return &u
}

// told makes events of the units as they are, in batches.
func (h *history) told(ids []string) (evs []event.Event) {
	for len(ids) > 0 {
		n := rapid.IntRange(1, len(ids)).Draw(h.rt, "batch")
		var us []event.Unit
		for _, x := range ids[:n] {
			us = append(us, *h.units[x])
		}
		evs = append(evs, units(us...))
		ids = ids[n:]
	}
	return evs
}

// move puts u below parent and tells it as the directory does: the move, the
// unit, and all below it.
func (h *history) move(u, parent *event.Unit) {
	m := event.Move{UnitID: u.ID, OldParentID: u.ParentID, NewParentID: parent.ID, OldPath: u.Path, NewPath: parent.Path + u.ID + "/"}
	var below []string
	for _, x := range h.order {
		if v := h.units[x]; strings.HasPrefix(v.Path, m.OldPath) {
			v.Path = m.NewPath + strings.TrimPrefix(v.Path, m.OldPath)
			v.Version++
			if x != u.ID {
				below = append(below, x)
			}
		}
	}
	u.ParentID = parent.ID
	evs := append([]event.Event{event.New(id.New(), monday, event.UnitMoved, u.ID, u.Version, m), units(*u)}, h.told(below)...)
	// They may be taken in any order: one that failed comes again later.
	h.tree = append(h.tree, shuffle(h.rt, evs)...)
}

func shuffle(rt *rapid.T, evs []event.Event) []event.Event {
	order := make([]int, len(evs))
	for i := range order {
		order[i] = i
	}
	out := make([]event.Event, len(evs))
	for i, j := range rapid.Permutation(order).Draw(rt, "order") {
		out[i] = evs[j]
	}
	return out
}

var states = []string{"issued", "acknowledged", "submitted", "approved", "returned", "declined", "cancelled"}

func (h *history) work() {
	rt := h.rt
	root := h.units[h.order[0]]
	h.c = campaign(*root)
	h.rest = append(h.rest, changed(h.c))
	for task := range h.c.Tasks {
		var chunk []event.Assignment
		for _, x := range h.order {
			if !rapid.Bool().Draw(rt, "given") {
				continue
			}
			a := given(h.c, task, *h.units[x])
			chunk = append(chunk, a)
			h.assignments = append(h.assignments, &a)
		}
		if len(chunk) > 0 {
			cut := rapid.IntRange(0, len(chunk)).Draw(rt, "cut")
			h.rest = append(h.rest, issued(h.c, task, chunk[:cut]...), issued(h.c, task, chunk[cut:]...))
		}
	}
	for _, a := range h.assignments {
		a.UnitPath = h.units[a.UnitID].Path
		for range rapid.IntRange(0, 3).Draw(rt, "steps") {
			at := monday.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "hours")) * time.Hour)
			if rapid.IntRange(0, 3).Draw(rt, "extended") == 0 {
				a.DueAt = endOf(a.DueAt, 1)
			}
			e := step(a, rapid.SampledFrom(states).Draw(rt, "state"), at)
			h.rest = append(h.rest, e)
			if rapid.IntRange(0, 4).Draw(rt, "again") == 0 {
				// The same version told twice, under another id and the same.
				twin := e
				twin.ID = id.New()
				h.rest = append(h.rest, twin, e)
			}
		}
		h.hand(a)
	}
	for _, x := range h.order {
		for range rapid.IntRange(0, 2).Draw(rt, "findings") {
			f := event.Finding{
				ID: id.New(), UnitID: x, UnitPath: h.units[x].Path, OfficeID: rapid.SampledFrom([]string{"", fixture.Unit("CO").ID, fixture.Unit("CF").ID}).Draw(rt, "office"), Category: rapid.SampledFrom([]string{"technical", "awareness"}).Draw(rt, "category"),
				Severity: "ordinary", State: "open", FoundAt: monday.AddDate(0, -rapid.IntRange(0, 3).Draw(rt, "months ago"), 0), Version: 1,
				Clause: "第二十一条", ChecklistSeries: "terminal-rules", ItemKey: rapid.SampledFrom([]string{"", "antivirus", "wired"}).Draw(rt, "item"), ItemTitle: "检查项",
			}
			if rapid.IntRange(0, 3).Draw(rt, "kind") == 0 {
				f.RepeatsID = id.New()
			}
			if rapid.Bool().Draw(rt, "of campaign") {
				f.CampaignID = h.c.ID
			}
			h.rest = append(h.rest, event.New(id.New(), monday, event.FindingOpened, f.ID, 1, f))
			if rapid.Bool().Draw(rt, "closed") {
				at, ok := f.FoundAt.AddDate(0, 0, rapid.IntRange(1, 20).Draw(rt, "days")), rapid.Bool().Draw(rt, "in time")
				original := ok && rapid.Bool().Draw(rt, "in time at first")
				f.State, f.Version, f.ClosedAt, f.OnTime, f.OnTimeOriginal = "closed", 3, &at, &ok, &original
				h.rest = append(h.rest, event.New(id.New(), monday, event.FindingClosed, f.ID, 3, f))
			}
			h.findings = append(h.findings, f)
		}
	}
	h.transfer()
}

// hand has the unit hand in up to three versions of a submission.
func (h *history) hand(a *event.Assignment) {
	rt := h.rt
	for n := range rapid.IntRange(0, 3).Draw(rt, "versions") {
		v := float64(rapid.IntRange(0, 1000).Draw(rt, "leaflets")) / 10
		s := sealed(*a, n+1, monday.Add(time.Duration(n)*time.Hour), leaflets(v), talks(v), fig{RequirementID: "r4", Aggregate: "last", Value: v})
		h.rest = append(h.rest, submission(s))
		h.standing[a.ID], h.accepted[a.ID] = v, 0
		s.State, s.Version = rapid.SampledFrom([]string{"accepted", "returned", "recalled", "sealed"}).Draw(rt, "outcome"), 3
		h.rest = append(h.rest, submission(s))
		switch s.State {
		case "accepted":
			h.accepted[a.ID] = v
			return
		case "sealed":
			return
		}
		h.standing[a.ID] = 0
	}
}

// transfer orders a rectification from one unit and passes it on to another.
func (h *history) transfer() {
	r := event.Rectification{
		ID: id.New(), CampaignID: h.c.ID, UnitID: h.order[0], UnitPath: h.units[h.order[0]].Path, State: "ordered", Severity: "major",
		OrderedAt: monday, DueAt: endOf(monday, 5), OriginalDueAt: endOf(monday, 5), Version: 1,
	}
	h.rest = append(h.rest, event.New(id.New(), monday, event.RectificationOrdered, r.ID, 1, event.RectificationChange{Rectification: r}))
	to := h.units[rapid.SampledFrom(h.order).Draw(h.rt, "to")]
	r.UnitID, r.UnitPath, r.Version = to.ID, to.Path, 2
	h.rest = append(h.rest, event.New(id.New(), monday, event.RectificationTransferred, r.ID, 2, event.RectificationChange{Rectification: r}))
}

// Whatever the order of events, and however often each comes, with units
// arriving late and moving about: the counters equal a recount, and what the
// API answers equals what is counted here from the final state of things.
func TestAnyHistoryEqualsARecount(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			w.empty()
			h := &history{rt: rt, units: map[string]*event.Unit{}, standing: map[string]float64{}, accepted: map[string]float64{}}
			root := h.add(nil, "county")
			var towns []*event.Unit
			for range rapid.IntRange(2, 3).Draw(rt, "towns") {
				town := h.add(root, "town")
				towns = append(towns, town)
				for range rapid.IntRange(0, 2).Draw(rt, "villages") {
					h.add(town, "unit")
				}
			}
			h.tree = h.told(h.order)
			h.work()
			for range rapid.IntRange(0, 3).Draw(rt, "moves") {
				u := h.units[rapid.SampledFrom(h.order[1:]).Draw(rt, "moved")]
				to := root
				if n := rapid.IntRange(0, len(towns)).Draw(rt, "below"); n > 0 {
					to = towns[n-1]
				}
				if to.ID == u.ParentID || strings.HasPrefix(to.Path, u.Path) {
					continue
				}
				h.move(u, to)
			}
			for range rapid.IntRange(0, 2).Draw(rt, "sectors") {
				u := h.units[rapid.SampledFrom(h.order).Draw(rt, "of another sector")]
				u.Sector = rapid.SampledFrom([]string{"", "finance", "health"}).Draw(rt, "sector")
				u.Version++
				h.tree = append(h.tree, h.told([]string{u.ID})...)
			}
			// The tree's events in their order, all others anywhere between.
			evs := shuffle(rt, h.rest)
			for _, e := range h.tree {
				evs = slices.Insert(evs, rapid.IntRange(0, len(evs)).Draw(rt, "place"), e)
			}
			i := 0
			for j, e := range evs {
				if e.Type.Service() == "directory" {
					evs[j] = h.tree[i]
					i++
				}
			}
			for _, e := range evs {
				if err := w.try(e); err != nil {
					rt.Fatal(err)
				}
			}
			told, err := w.svc.Check(context.Background(), false)
			if err != nil || len(told) > 0 {
				rt.Fatalf("check: %v\n%s", err, strings.Join(told, "\n"))
			}
			h.verify(w)
		})
	})
}

// empty forgets everything, so that one history does not slow down the next.
func (w *world) empty() {
	for _, table := range []string{
		"tree_units", "strays", "campaigns", "tasks", "assignments", "presences", "tallies", "submissions", "figure_tallies", "figure_values", "entries", "entry_tallies", "facet_tallies", "day_tallies",
	} {
		if _, err := w.d.Writer().Exec("DELETE FROM " + table); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (h *history) verify(w *world) {
	root := h.units[h.order[0]]
	leader := policy.Actor{PersonID: "p" + root.ID, UnitID: root.ID, UnitPath: root.Path, UnitLevel: "county", Grants: []policy.Grant{
		{Role: "leader", UnitID: root.ID, UnitPath: root.Path, Level: "county"},
	}}
	for _, u := range h.units {
		want := map[string]int64{}
		for _, s := range states {
			want[s] = 0
		}
		var reported, accepted, greatest float64
		for _, a := range h.assignments {
			if !strings.HasPrefix(h.units[a.UnitID].Path, u.Path) {
				continue
			}
			want[a.State]++
			reported += h.standing[a.ID]
			accepted += h.accepted[a.ID]
			greatest = max(greatest, h.standing[a.ID])
		}
		r := w.at(leader, h.c, u.ID, "")
		if !maps.Equal(r.Numbers.States, want) {
			h.rt.Fatalf("states at %s: %v, want %v", u.Path, r.Numbers.States, want)
		}
		f := r.figure("leaflets")
		if round(f.Reported) != round(reported) || round(f.Accepted) != round(accepted) || r.figure("talks").Reported != greatest {
			h.rt.Fatalf("figures at %s: %+v, want %g and %g, at most %g", u.Path, r.Figures, reported, accepted, greatest)
		}
		open := int64(0)
		for _, x := range h.findings {
			if x.State == "open" && strings.HasPrefix(h.units[x.UnitID].Path, u.Path) {
				open++
			}
		}
		h.verifyFacets(w, leader, u)
		h.verifyDays(w, leader, u)
		var got struct{ Register register }
		w.api.As(w.t, leader).Get("/api/v1/rollups/findings?unit_id=" + u.ID).Is(200).Into(&got)
		if got.Register.Findings.Open != open {
			h.rt.Fatalf("open findings at %s: %d, want %d", u.Path, got.Register.Findings.Open, open)
		}
	}
}

// verifyFacets compares the numbers of findings at a unit, by sector and since
// a month, with the findings themselves.
func (h *history) verifyFacets(w *world, leader policy.Actor, u *event.Unit) {
	type sum struct{ found, closed, onTime, original, relapses int64 }
	want, total, oldest := map[string]sum{}, sum{}, ""
	since := monday.AddDate(0, -1, 0).Format("2006-01")
	for _, f := range h.findings {
		at := h.units[f.UnitID]
		if !strings.HasPrefix(at.Path, u.Path) {
			continue
		}
		if day := f.FoundAt.Format(time.DateOnly); f.State == "open" && (oldest == "" || day < oldest) {
			oldest = day
		}
		if f.FoundAt.Format("2006-01") < since {
			continue
		}
		s := sum{found: 1}
		if f.RepeatsID != "" {
			s.relapses = 1
		}
		if f.State == "closed" {
			s.closed = 1
			if *f.OnTime {
				s.onTime = 1
			}
			if *f.OnTimeOriginal {
				s.original = 1
			}
		}
		add := func(t sum) sum {
			return sum{t.found + s.found, t.closed + s.closed, t.onTime + s.onTime, t.original + s.original, t.relapses + s.relapses}
		}
		total = add(total)
		if at.Sector != "" {
			want[at.Sector] = add(want[at.Sector])
		}
	}
	var got findingNumbers
	w.api.As(w.t, leader).Get("/api/v1/rollups/findings/numbers?by=sector&from=" + since + "&unit_id=" + u.ID).Is(200).Into(&got)
	of := func(s findingStatistics) sum { return sum{s.Found, s.Closed, s.OnTime, s.OnTimeOriginal, s.Relapses} }
	have := map[string]sum{}
	for _, x := range got.Items {
		have[x.Value] = of(x)
	}
	if of(got.Total) != total || !maps.Equal(have, want) || got.OldestOpen != oldest {
		h.rt.Fatalf("numbers at %s: %+v %v, oldest %q; want %+v %v, oldest %q", u.Path, of(got.Total), have, got.OldestOpen, total, want, oldest)
	}
}

func round(f float64) string { return fmt.Sprintf("%.3f", f) }
