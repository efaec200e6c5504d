package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// What the owner would refuse a second later is refused at the seal, with the
// reason, and nothing is sealed.
func TestSealingAsksTheOwner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		rep := w.srv.As(t, fixture.Reporter)
		for code, want := range map[string]string{
			"plan_not_approved": "plan_not_approved", "plan_needed": "plan_needed", "spot_needs_plan": "spot_needs_plan",
			"sign_off_needed": "sign_off_needed", "other_unit": "other_unit", "campaign_closed": "campaign_closed", "wrong_state": "target_closed",
		} {
			w.refused[a.ID] = code
			rep.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(409, want)
		}
		if n := len(w.events(event.SubmissionSealed)); n != 0 || w.get(fixture.Reporter, s.ID).State != "draft" {
			t.Errorf("%d were sealed", n)
		}
		delete(w.refused, a.ID)
		w.seal(fixture.Reporter, s)
	})
}

// Right after a return the unit goes on, though word of it is not here yet;
// what comes later changes nothing any more.
func TestAfterAReturnTheUnitGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.seal(fixture.Reporter, s)
		w.srv.As(t, fixture.Reporter).Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Problem(409, "wrong_state")
		late := w.changed(event.AssignmentReturned, &a, "returned", s.ID, "缺图")
		x := w.known[a.ID]
		x.Assignments = []event.Assignment{a}
		w.known[a.ID] = x
		w.decided[a.ID] = &rpc.Decided{ID: id.New(), Type: event.AssignmentReturned, At: w.clock.Now(), SubmissionID: s.ID, ActorID: "reviewer", ActorName: "审核人", Reason: "缺图"}
		n := w.open(fixture.Reporter, "assignment", a.ID)
		if n.Number != 2 || n.ReturnedBecause != "缺图" {
			t.Fatalf("%+v", n)
		}
		w.take(late)
		if es := w.events(event.SubmissionReturned); len(es) != 1 || es[0].Reason != "缺图" || es[0].ActorName != "审核人" {
			t.Errorf("%+v", es)
		}
		if w.get(fixture.Reporter, s.ID).State != "returned" || w.get(fixture.Reporter, n.ID).State != "draft" {
			t.Error("the late event changed something")
		}
		w.seal(fixture.Reporter, n)
	})
}

// A draft ends with what it is for, whichever way that ends; case 53.
func TestCase53_DraftsEndWithWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b := w.issue("V11"), w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		other, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", b.ID), 2)
		w.take(w.changed(event.AssignmentCancelled, &a, "cancelled", "", "不再需要"))
		if x := w.get(fixture.Reporter, s.ID); x.State != "discarded" || x.Reason != "不再需要" || len(w.events(event.SubmissionDiscarded)) != 1 {
			t.Errorf("%+v", x)
		}
		if x := w.get(fixture.Reporter, other.ID); x.State != "draft" {
			t.Errorf("%+v", x)
		}
		w.take(event.New(id.New(), w.clock.Now(), event.CampaignClosed, b.CampaignID, 9, event.Campaign{ID: b.CampaignID, State: "closed", Version: 9}))
		if x := w.get(fixture.Reporter, other.ID); x.State != "discarded" {
			t.Errorf("%+v", x)
		}
		// What an earlier version left.
		if _, err := d.Writer().ExecContext(t.Context(), "UPDATE submissions SET state = 'draft'"); err != nil {
			t.Fatal(err)
		}
		if bad := w.check(false); len(bad) != 1 {
			t.Errorf("%v", bad)
		}
		if bad := w.check(true); len(bad) != 0 {
			t.Errorf("%v", bad)
		}
	})
}
