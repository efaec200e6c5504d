package assignment_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// A campaign is not closed over unfinished work without the office knowing;
// what was handed in before can be reviewed until it is archived.
func TestClosingSaysWhatIsUnfinished(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21", "S11", "T1", "T2")
		of := func(unit string) rest.Assignment { return w.of(fixture.Manager, c, unit) }
		v11, v12, v21 := of("V11"), of("V12"), of("V21")
		w.seal(fixture.Reporter, v11, 0, "")
		w.seal(fixture.Reporter21, v21, 0, "")
		w.do(fixture.Reporter12, v12.ID, "acknowledge", nil)
		w.do(fixture.Actor("S11", "reporter@S11"), of("S11").ID, "decline", map[string]any{"reason": "不是我们的"})
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+of("T1").ID+"/extension-requests", map[string]any{"due_on": "2026-10-09", "reason": "汛期"}).Is(201)

		path := "/api/v1/campaigns/" + c.ID
		left := assignment.Left{InReview: 2, Open: 3, Declined: 1, ExtensionRequests: 1}
		for _, body := range []map[string]any{{}, {"reason": "结束"}, {"leave_open": false}} {
			var p struct{ Current assignment.Left }
			if m.Post(path+"/close", body).Problem(409, "work_open").Into(&p); p.Current != left {
				t.Fatalf("%+v", p.Current)
			}
		}
		m.Post(path+"/close", map[string]any{"leave_open": true}).Problem(422, "invalid")
		w.clock.Advance(time.Hour)
		m.Post(path+"/close", map[string]any{"leave_open": true, "reason": "未报单位另行通报"}).Is(200)
		w.work() // ends the requests that nobody can answer any more
		es := w.events(event.CampaignClosed)
		x, err := event.Decode[event.Campaign](es[0])
		if err != nil || x.Left == nil || assignment.Left(*x.Left) != left || es[0].Reason != "未报单位另行通报" {
			t.Fatalf("%+v %v", x.Left, err)
		}
		w.sound()

		// Everything stays in its state, and is readable.
		for unit, state := range map[string]string{"V11": "submitted", "V12": "acknowledged", "S11": "declined", "T1": "issued"} {
			if a := of(unit); a.State != state {
				t.Errorf("%s is %s", unit, a.State)
			}
		}
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+v11.ID+"/recall", map[string]any{}).Problem(409, "campaign_closed")
		m.Post("/api/v1/assignments/"+v12.ID+"/cancel", map[string]any{"reason": "x"}).Problem(409, "campaign_closed")
		// What waits for a review is in the workbench, and can be reviewed.
		var n rest.Counts
		if m.Get("/api/v1/assignments/counts").Is(200).Into(&n); n.ToReview.Count != 2 || n.DeclinesToDecide.Count != 0 || n.ExtensionRequests.Count != 0 {
			t.Errorf("%+v", n)
		}
		if a := of("V11"); !a.May.Approve || !a.May.BeginReview || !a.May.Return || a.May.Cancel {
			t.Errorf("%+v", a.May)
		}
		w.do(fixture.Manager, v11.ID, "begin-review", nil)
		if a := w.do(fixture.Manager, v11.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Errorf("%+v", a)
		}
		if a := w.do(fixture.Manager, v21.ID, "return", map[string]any{"text": "不全"}); a.State != "returned" {
			t.Errorf("%+v", a)
		}
		// A return is final: what is sealed now is refused. What was sealed
		// before the closing, though word of it comes late, is taken in.
		w.seal(fixture.Reporter21, v21, 0, "")
		if r := w.last(event.AssignmentSubmissionRefused); r.Text != "campaign_closed" || r.Assignment.ID != v21.ID {
			t.Errorf("%+v", r)
		}
		w.sealedAt(fixture.Reporter12, v12, 1, w.clock.Now().Add(-time.Minute), "")
		if a := of("V12"); a.State != "submitted" || !a.SubmittedAt.Equal(w.clock.Now().Add(-time.Minute)) {
			t.Errorf("%+v", a)
		}
		w.sound()

		// Archiving ends the reviews, again not without a word.
		var p struct{ Current assignment.Left }
		if m.Post(path+"/archive", map[string]any{}).Problem(409, "work_open").Into(&p); p.Current.InReview != 1 {
			t.Errorf("%+v", p.Current)
		}
		m.Post(path+"/archive", map[string]any{"leave_open": true, "reason": "逾期报送，不再审核"}).Is(200)
		m.Post("/api/v1/assignments/"+v12.ID+"/approve", map[string]any{}).Problem(409, "campaign_closed")
		if a := of("V12"); a.State != "submitted" || a.May.Approve {
			t.Errorf("%+v", a)
		}
		if m.Get("/api/v1/assignments/counts").Is(200).Into(&n); n.ToReview.Count != 0 {
			t.Errorf("%+v", n)
		}
		w.sound()
	})
}

// With everything finished nobody is asked.
func TestClosingFinishedWork(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		w.seal(fixture.Reporter, w.of(fixture.Manager, c, "V11"), 0, "")
		w.do(fixture.Manager, w.of(fixture.Manager, c, "V11").ID, "approve", map[string]any{})
		w.do(fixture.Manager, w.of(fixture.Manager, c, "V12").ID, "cancel", map[string]any{"reason": "并入其他行动"})
		m.Post("/api/v1/campaigns/"+c.ID+"/close", map[string]any{}).Is(200)
		m.Post("/api/v1/campaigns/"+c.ID+"/archive", map[string]any{}).Is(200)
		for _, e := range w.events(event.CampaignClosed, event.CampaignArchived) {
			var x map[string]any
			if err := json.Unmarshal(e.Data, &x); err != nil || x["left"] != nil {
				t.Errorf("%s: %v %v", e.Type, x["left"], err)
			}
		}
	})
}

// A review that is under way when the campaign is archived is refused, not stored.
func TestReviewMeetsArchiving(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11")
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		end := map[string]any{"leave_open": true, "reason": "结束"}
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/close", end).Is(200)
		done := make(chan int, 2)
		go func() { done <- w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/archive", end).Status }()
		go func() {
			x := w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{})
			if x.Status == 409 {
				var p platform.Problem
				if x.Into(&p); p.Code != "campaign_closed" {
					t.Errorf("%s", x.Raw)
				}
			} else if x.Status != 200 {
				t.Errorf("%d %s", x.Status, x.Raw)
			}
			done <- 200
		}()
		for range 2 {
			if s := <-done; s != 200 {
				t.Errorf("archive answers %d", s)
			}
		}
		w.sound()
	})
}
