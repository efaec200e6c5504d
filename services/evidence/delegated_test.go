package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/google/go-cmp/cmp"
)

type delegated struct {
	Units    int  `json:"units"`
	HandedIn *int `json:"handed_in"`
	Figures  []struct {
		RequirementID string  `json:"requirement_id"`
		Title         string  `json:"title"`
		Measure       string  `json:"measure"`
		Value         float64 `json:"value"`
		Units         int     `json:"units"`
	} `json:"figures"`
}

// A town that delegated a task sees what its villages have handed in, so that
// it gives what it did itself; a figure that looks like the total is marked,
// for the town and for the reviewer, and refuses nothing.
func TestFiguresOfADelegatedAssignment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		town := w.issue("T1")
		from := func(a *event.Assignment) { a.ParentID, a.IssuerID, a.IssuerPath = town.ID, town.UnitID, town.UnitPath }
		v11, v12, gone := w.issue("V11", from), w.issue("V12", from), w.issue("S11", from)
		w.take(w.changed(event.AssignmentCancelled, &gone, "cancelled", "", "不再需要"))
		s := w.open(fixture.Coordinator, "assignment", town.ID)
		clerk := fixture.Actor("T1", "reporter@T1")
		// shows checks what the submission says of the villages, to whoever may
		// read what they hand in.
		shows := func(handedIn, units int, value float64) {
			t.Helper()
			for _, who := range []policy.Actor{fixture.Coordinator, fixture.Manager, fixture.CountyLeader} {
				x := w.get(who, s.ID).Delegated
				if x == nil || x.Units != 2 || x.HandedIn == nil || *x.HandedIn != handedIn || len(x.Figures) != 1 ||
					x.Figures[0].RequirementID != "leaflets" || x.Figures[0].Measure != "份" || x.Figures[0].Value != value || x.Figures[0].Units != units {
					t.Fatalf("%s: %+v, want %g of %d", who.Name, x, value, units)
				}
			}
			// The town's clerk may not read the villages: neither their sum nor a
			// hint that depends on it.
			if x := w.get(clerk, s.ID); x.Delegated == nil || x.Delegated.Units != 2 || x.Delegated.HandedIn != nil || x.Delegated.Figures != nil || len(x.Completeness.Warnings) != 0 {
				t.Fatalf("%+v %+v", x.Delegated, x.Completeness)
			}
		}
		warns := func(who policy.Actor, want ...string) {
			t.Helper()
			var got []string
			for _, g := range w.get(who, s.ID).Completeness.Warnings {
				got = append(got, g.Code)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s: %s", who.Name, diff)
			}
		}
		shows(0, 0, 0)
		k, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", v11.ID), 1)
		if k.Delegated != nil {
			t.Errorf("%+v", k.Delegated)
		}
		shows(0, 0, 0) // a draft is not handed in
		k = w.seal(fixture.Reporter, k)
		shows(1, 1, 260)
		k2, _ := w.fill(fixture.Reporter12, w.open(fixture.Reporter12, "assignment", v12.ID), 2)
		w.put(fixture.Reporter12, k2, "leaflets", map[string]any{"value": 40})
		w.seal(fixture.Reporter12, k2)
		shows(2, 2, 300)

		// What the town did itself; the 200 asked for are reached together.
		w.fill(fixture.Coordinator, s, 3)
		w.put(fixture.Coordinator, s, "leaflets", map[string]any{"value": 15})
		warns(fixture.Coordinator)
		w.put(fixture.Coordinator, s, "leaflets", map[string]any{"value": 299})
		warns(fixture.Coordinator)
		// The total, with or without the own share, is marked.
		for _, v := range []float64{300, 315} {
			if x := w.put(fixture.Coordinator, s, "leaflets", map[string]any{"value": v}); !x.May.Seal || !x.Completeness.Complete {
				t.Errorf("%+v", x.Completeness)
			}
			warns(fixture.Coordinator, "includes_delegated")
		}
		shows(2, 2, 300)
		if x := w.seal(fixture.Coordinator, s); x.State != "sealed" || len(x.Completeness.Warnings) != 1 {
			t.Fatalf("%+v", x)
		}
		warns(fixture.Manager, "includes_delegated")
		shows(2, 2, 300)

		// What goes back below counts for nothing, what is accepted stays.
		w.take(w.changed(event.AssignmentSubmitted, &v11, "submitted", k.ID, ""))
		w.take(w.changed(event.AssignmentReturned, &v11, "returned", k.ID, "缺图"))
		shows(1, 1, 40)
		w.take(w.changed(event.AssignmentSubmitted, &v12, "submitted", k2.ID, ""))
		w.take(w.changed(event.AssignmentApproved, &v12, "approved", k2.ID, ""))
		shows(1, 1, 40)
		if x := w.get(fixture.Reporter12, k2.ID); x.Delegated != nil || len(x.Completeness.Warnings) != 1 {
			t.Errorf("%+v", x)
		}
	})
}

// A copy that was kept before it held parents learns them with the next event.
func TestParentsAreLearnedFromChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		town, v := w.issue("T1"), w.issue("V11")
		s := w.open(fixture.Coordinator, "assignment", town.ID)
		if s.Delegated != nil {
			t.Fatalf("%+v", s.Delegated)
		}
		v.ParentID = town.ID
		w.take(w.changed(event.AssignmentDeclined, &v, "declined", "", ""))
		if s = w.get(fixture.Coordinator, s.ID); s.Delegated == nil || s.Delegated.Units != 1 {
			t.Fatalf("%+v", s.Delegated)
		}
	})
}

// Which figures look like totals, and what the minimum is compared with.
func TestAssessDelegatedFigures(t *testing.T) {
	t.Parallel()
	least := 100.0
	below := func(sum, top float64) evidence.Delegated {
		return evidence.Delegated{Units: 3, Shown: true, HandedIn: 2, Figures: map[string]evidence.Subtotal{"n": {Units: 2, Sum: sum, Max: top}}}
	}
	for name, c := range map[string]struct {
		aggregate string
		minimum   *float64
		value     float64
		d         evidence.Delegated
		want      []string
	}{
		"not delegated":                   {value: 300},
		"nobody below has handed in":      {value: 300, d: evidence.Delegated{Units: 3, Shown: true}},
		"nothing was done below":          {value: 0, d: below(0, 0)},
		"less than below":                 {value: 259, d: below(260, 200)},
		"as much as below":                {value: 260, d: below(260, 200), want: []string{"includes_delegated"}},
		"the last of each is added too":   {aggregate: "last", value: 260, d: below(260, 200), want: []string{"includes_delegated"}},
		"the greatest is not added":       {aggregate: "max", value: 300, d: below(260, 200)},
		"the minimum is reached together": {minimum: &least, value: 10, d: below(90, 50)},
		"not even together":               {minimum: &least, value: 9, d: below(90, 50), want: []string{"below_minimum"}},
		"the greatest reaches it":         {aggregate: "max", minimum: &least, value: 9, d: below(260, 100)},
		"the greatest does not":           {aggregate: "max", minimum: &least, value: 9, d: below(260, 99), want: []string{"below_minimum"}},
		"nothing is said without knowing": {minimum: &least, value: 9, d: evidence.Delegated{Units: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reqs := []event.Requirement{{ID: "n", Kind: "number", Title: "宣传单", Aggregate: c.aggregate, Minimum: c.minimum}}
			got := evidence.Assess(reqs, []evidence.Item{{RequirementID: "n", Value: &c.value}}, evidence.UnitInfo{}, c.d, false)
			var codes []string
			for _, g := range got.Warnings {
				codes = append(codes, g.Code)
			}
			if diff := cmp.Diff(c.want, codes); diff != "" || !got.Complete() {
				t.Errorf("%+v %s", got, diff)
			}
		})
	}
}
