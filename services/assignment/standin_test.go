package assignment_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// waits tells how many reviews wait for somebody, by the count and by the list.
func (w *world) waits(who policy.Actor) int {
	w.t.Helper()
	var n rest.Counts
	w.as(who).Get("/api/v1/assignments/counts").Is(200).Into(&n)
	var l platform.List[rest.Assignment]
	w.as(who).Get("/api/v1/assignments?attention=to_review").Is(200).Into(&l)
	if int(n.ToReview.Count) != len(l.Items) || slices.ContainsFunc(l.Items, func(a rest.Assignment) bool { return !a.May.Approve }) {
		w.t.Errorf("%s: %d wait for review, listed %+v", who.Name, n.ToReview.Count, l.Items)
	}
	return int(n.ToReview.Count)
}

// Where a level has nobody who could review, the office steps in, says why,
// and that is recorded; where it has somebody, it waits for them.
func TestOfficeStandsInForALevelWithNobody(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V11", "V12", "V21")
		a, b := w.of(fixture.Manager, c, "V11"), w.of(fixture.Manager, c, "V12")
		sub := w.seal(fixture.Reporter, a, 0, "")
		w.seal(fixture.Reporter12, b, 0, "")
		w.seal(fixture.Reporter21, w.of(fixture.Manager, c, "V21"), 0, "")
		path := "/api/v1/assignments/" + a.ID
		why := map[string]any{"stand_in": "镇街联络员调离"}

		// The town has its coordinator: whatever the reason, the office waits.
		w.as(fixture.Manager).Post(path+"/begin-review", why).Problem(403, "forbidden")
		w.as(fixture.Manager).Post(path+"/approve", why).Problem(403, "forbidden")
		w.as(fixture.Manager).Post(path+"/return", map[string]any{"text": "x", "stand_in": "x"}).Problem(403, "forbidden")
		if n := w.waits(fixture.Manager); n != 0 {
			t.Errorf("%d wait", n)
		}
		// The only one is disabled. A word of it that is older changes nothing.
		w.people(3, true, fixture.Coordinator)
		w.people(2, false, fixture.Coordinator)
		if x := w.get(fixture.Manager, a.ID); !x.StandIn || !x.May.Approve || !x.May.Return || !x.May.BeginReview {
			t.Fatalf("%+v", x)
		}
		if n := w.waits(fixture.Manager); n != 2 {
			t.Errorf("%d wait, want those of the town without anybody", n)
		}
		// Nobody else: not another town, not the unit, not who only reads.
		for who, status := range map[*policy.Actor]int{&fixture.Coordinator2: 404, &fixture.Stranger: 404, &fixture.Reporter: 403, &fixture.Viewer: 403} {
			if x := w.as(*who).Post(path+"/approve", why); x.Status != status {
				t.Errorf("%s: %d, want %d", who.Name, x.Status, status)
			}
		}
		w.as(fixture.Manager).Post(path+"/approve", map[string]any{}).Problem(422, "stand_in_reason")
		w.as(fixture.Manager).Post(path+"/begin-review", nil).Problem(422, "stand_in_reason")
		w.do(fixture.Manager, a.ID, "begin-review", why)
		x := w.do(fixture.Manager, a.ID, "approve", map[string]any{"stand_in": "镇街联络员调离", "comment": "代镇核过"})
		if x.State != "submitted" || x.ReviewLevel != "county" || x.StandIn || !x.May.Approve {
			t.Fatalf("%+v", x)
		}
		e := w.last(event.AssignmentLevelApproved)
		if e.StandIn == nil || *e.StandIn != (event.StandIn{UnitID: fixture.Unit("T1").ID, Level: "town", Reason: "镇街联络员调离"}) || e.SubmissionID != sub || e.Level != "town" {
			t.Errorf("%+v", e.StandIn)
		}
		var h platform.List[platform.HistoryEntry]
		w.as(fixture.Reporter).Get(path + "/history").Is(200).Into(&h)
		last := h.Items[len(h.Items)-1]
		if last.Action != "approve_level" || last.StandIn != "镇街联络员调离" || last.Level != "town" || last.By == nil || last.By.Name != fixture.Manager.Name || last.Note+last.Reason != "代镇核过" {
			t.Errorf("%+v", last)
		}
		// At its own turn it does not stand in for anybody.
		w.as(fixture.Manager).Post(path+"/approve", why).Problem(422, "invalid")
		if x = w.do(fixture.Manager, a.ID, "approve", map[string]any{}); x.State != "approved" {
			t.Fatalf("%+v", x)
		}
		if e := w.last(event.AssignmentApproved); e.StandIn != nil {
			t.Errorf("%+v", e.StandIn)
		}
		// A return in the town's place, too.
		if x = w.do(fixture.Manager, b.ID, "return", map[string]any{"text": "缺附件", "stand_in": "镇街联络员调离"}); x.State != "returned" {
			t.Fatalf("%+v", x)
		}
		if e := w.last(event.AssignmentReturned); e.StandIn == nil || e.Level != "town" {
			t.Errorf("%+v", e)
		}
		// With somebody new at the town the office waits again.
		w.seal(fixture.Reporter12, b, 0, "")
		liaison := fixture.Actor("T1", "coordinator@T1")
		// Who manages campaigns of the town's own is no level of review.
		w.people(1, false, fixture.TownManager)
		if x = w.get(fixture.Manager, b.ID); !x.StandIn {
			t.Errorf("%+v", x)
		}
		w.people(1, false, liaison)
		if x = w.get(fixture.Manager, b.ID); x.StandIn || x.May.Approve || w.waits(fixture.Manager) != 0 {
			t.Errorf("%+v", x)
		}
		w.as(fixture.Manager).Post("/api/v1/assignments/"+b.ID+"/approve", why).Problem(403, "forbidden")
		w.as(fixture.TownManager).Post("/api/v1/assignments/"+b.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.do(liaison, b.ID, "approve", map[string]any{})
		w.sound()
	})
}

// Nobody who could: those there are handed it in themselves, or are of the
// unit whose work it is, or lost their role.
func TestWhoeverMayNotReviewIsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V11", "V12")
		a, b := w.of(fixture.Manager, c, "V11"), w.of(fixture.Manager, c, "V12")
		// The town's coordinator does the village's clerical work as well.
		both := fixture.Actor("T1", "coordinator@T1", "reporter@V11")
		both.PersonID = fixture.Coordinator.PersonID
		w.people(2, false, both)
		w.seal(fixture.Reporter, a, 0, "")
		w.seal(fixture.Reporter12, b, 0, "")
		stands := func(who policy.Actor, want ...string) {
			t.Helper()
			for _, x := range []rest.Assignment{a, b} {
				if got := w.get(who, x.ID); got.StandIn != slices.Contains(want, x.UnitName) {
					t.Errorf("%s: stands in %v for %s", who.Name, got.StandIn, x.UnitName)
				}
			}
			if n := w.waits(who); n != len(want) {
				t.Errorf("%s: %d wait, want %v", who.Name, n, want)
			}
		}
		stands(fixture.Manager, "东一村")
		// Lives in the village, and has the role at the town.
		atHome := fixture.Actor("V12", "coordinator@T1")
		atHome.PersonID = fixture.Coordinator.PersonID
		w.people(3, false, atHome)
		stands(fixture.Manager, "东二村")
		// Only the role of a clerk is left: nobody for either.
		clerk := fixture.Actor("T1", "reporter@T1")
		clerk.PersonID = fixture.Coordinator.PersonID
		w.people(4, false, clerk)
		stands(fixture.Manager, "东一村", "东二村")
		// Handed in by the office's own manager: another one has to review it.
		other := fixture.Actor("CF", "campaign_manager@C/CO")
		w.seal(fixture.Manager, w.of(fixture.Manager, w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V21"), "V21"), 0, "")
		w.people(2, true, fixture.Coordinator2)
		if n := w.waits(fixture.Manager); n != 2 {
			t.Errorf("%d wait for who handed it in", n)
		}
		if n := w.waits(other); n != 3 {
			t.Errorf("%d wait for the other one", n)
		}
	})
}

// What a town delegated is reviewed by the office when the town has nobody any
// more: it stands above the issuer, as for declines and extensions.
func TestOfficeStandsInForTheDelegatingTown(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "T1")
		w.do(fixture.Coordinator, w.of(fixture.Coordinator, c, "T1").ID, "delegate", map[string]any{"unit_ids": ids("V11")})
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{"stand_in": "x"}).Problem(403, "forbidden")
		w.people(2, true, fixture.Coordinator)
		if a = w.do(fixture.Manager, a.ID, "approve", map[string]any{"stand_in": "镇街联络员调离"}); a.State != "approved" {
			t.Fatalf("%+v", a)
		}
		if e := w.last(event.AssignmentApproved); e.StandIn == nil || e.StandIn.UnitID != fixture.Unit("T1").ID {
			t.Errorf("%+v", e)
		}
		if p := w.of(fixture.Manager, c, "T1"); *p.OpenChildren != 0 {
			t.Errorf("%+v", p)
		}
		w.sound()
	})
}
