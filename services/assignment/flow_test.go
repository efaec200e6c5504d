package assignment_test

import (
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

func TestFromDraftToApproval(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Reporter, c, "V11")
		if a.State != "issued" || a.UnitName != "东一村" || a.CampaignTitle != "宣传周" || !a.May.Acknowledge || a.May.Approve || clock.Day(a.DueAt) != "2026-09-25" {
			t.Fatalf("assignment: %+v", a)
		}
		// Two working days after Monday: the end of Wednesday.
		if got := a.AckDueAt; !got.Equal(time.Date(2026, 9, 9, 15, 59, 59, 0, time.UTC)) {
			t.Errorf("acknowledging is due %s", got)
		}
		a = w.do(fixture.Reporter, a.ID, "acknowledge", nil)
		if a.State != "acknowledged" || a.Version != 2 {
			t.Fatalf("%+v", a)
		}
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/acknowledge", nil).Problem(409, "wrong_state")
		w.do(fixture.Reporter, a.ID, "progress-reports", map[string]any{"text": "一半", "percent": 50})
		sub := w.seal(fixture.Reporter, a, 0, "")
		a = w.get(fixture.Manager, a.ID)
		if a.State != "submitted" || a.SubmissionID != sub || a.ReviewLevel != "county" || a.Task == nil || len(a.Task.Requirements) != 1 || !a.May.Approve {
			t.Fatalf("%+v", a)
		}
		// Nobody but the issuer reviews it.
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.as(fixture.Reporter12).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(404, "not_found")
		w.do(fixture.Manager, a.ID, "begin-review", nil)
		w.do(fixture.Manager, a.ID, "begin-review", nil)
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/recall", map[string]any{}).Problem(409, "review_started")
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/return", map[string]any{}).Problem(422, "invalid")
		a = w.do(fixture.Manager, a.ID, "return", map[string]any{"reasons": []string{"数据不符"}, "text": "请核对"})
		if a.State != "returned" || a.SubmittedAt != nil || *a.Returns != 1 {
			t.Fatalf("%+v", a)
		}
		sub2 := w.seal(fixture.Reporter, a, 0, "")
		if got := w.do(fixture.Reporter, a.ID, "recall", map[string]any{}); got.State != "returned" {
			t.Fatalf("a recalled resubmission is %s", got.State)
		}
		if c := w.last(event.AssignmentRecalled); c.SubmissionID != sub2 {
			t.Errorf("recalled %s, want %s", c.SubmissionID, sub2)
		}
		sub3 := w.seal(fixture.Reporter, a, 0, "")
		a = w.do(fixture.Manager, a.ID, "approve", map[string]any{"comment": "属实"})
		if a.State != "approved" || a.ApprovedAt == nil || !*a.OnTime || *a.Percent != 100 {
			t.Fatalf("%+v", a)
		}
		if c := w.last(event.AssignmentApproved); c.SubmissionID != sub3 || c.From != "submitted" || c.Assignment.State != "approved" || c.Campaign != "宣传周" {
			t.Errorf("%+v", c)
		}
		var h platform.List[platform.HistoryEntry]
		w.as(fixture.Reporter).Get("/api/v1/assignments/" + a.ID + "/history").Is(200).Into(&h)
		var acts []string
		for _, x := range h.Items {
			acts = append(acts, x.Action)
		}
		want := []string{"issue", "acknowledge", "report_progress", "submit", "begin_review", "return", "submit", "recall", "submit", "approve"}
		if !slices.Equal(acts, want) {
			t.Errorf("history %v, want %v", acts, want)
		}
		if h.Items[5].Reason != "数据不符。请核对" || h.Items[5].By.Name != fixture.Manager.Name || h.Items[0].By.ID != fixture.Manager.PersonID {
			t.Errorf("%+v", h.Items)
		}
		// Exactly one event for each of them, with growing versions.
		var last int64
		n := 0
		for _, e := range w.events() {
			if e.Subject == a.ID {
				n++
				if e.Version <= last {
					t.Errorf("%s has version %d after %d", e.Type, e.Version, last)
				}
				last = e.Version
			}
		}
		if n != len(want)-1 {
			t.Errorf("%d events, want %d", n, len(want)-1)
		}
		w.sound()
	})
}

func TestSubmissionsThatCannotBeTakenIn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "T1")
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 1, "")
		a = w.get(fixture.Manager, a.ID)
		if a.State != "submitted" || a.AcknowledgedAt == nil {
			t.Fatalf("submitting does not acknowledge: %+v", a)
		}
		// An older version that arrives late changes nothing and says nothing.
		w.seal(fixture.Reporter, a, 1, "")
		if n := len(w.events(event.AssignmentSubmissionRefused)); n != 0 {
			t.Fatalf("%d refusals of an old version", n)
		}
		// A newer one while one is under review is refused, and told.
		sub := w.seal(fixture.Reporter, a, 2, "")
		r := w.last(event.AssignmentSubmissionRefused)
		if r.SubmissionID != sub || r.Text != "wrong_state" || r.Assignment.State != "submitted" || r.Assignment.SubmissionID == sub {
			t.Fatalf("%+v", r)
		}
		w.do(fixture.Manager, a.ID, "return", map[string]any{"text": "不全"})
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/close", map[string]any{"leave_open": true, "reason": "结束"}).Is(200)
		sub = w.seal(fixture.Reporter, a, 3, "")
		if r = w.last(event.AssignmentSubmissionRefused); r.SubmissionID != sub || r.Text != "campaign_closed" || r.Assignment.State != "returned" {
			t.Fatalf("%+v", r)
		}
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/progress-reports", map[string]any{"text": "x"}).Problem(409, "campaign_closed")
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+w.of(fixture.Manager, c, "T1").ID+"/acknowledge", nil).Problem(409, "campaign_closed")
		w.sound()
	})
}

func TestDeclineIsDecided(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Manager, c, "V11")
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/decline", map[string]any{"reason": ""}).Problem(422, "invalid")
		w.do(fixture.Reporter, a.ID, "decline", map[string]any{"reason": "不是我们的"})
		// A town manager has the same role, but did not issue it.
		w.as(fixture.TownManager).Post("/api/v1/assignments/"+a.ID+"/decide-decline", map[string]any{"accept": false, "reason": "x"}).Problem(403, "forbidden")
		var n rest.Counts
		w.as(fixture.Manager).Get("/api/v1/assignments/counts").Is(200).Into(&n)
		if n.DeclinesToDecide.Count != 1 {
			t.Errorf("%+v", n)
		}
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/decide-decline", map[string]any{"accept": false}).Problem(422, "invalid")
		if a = w.do(fixture.Manager, a.ID, "decide-decline", map[string]any{"accept": false, "reason": "是你们的"}); a.State != "issued" {
			t.Fatalf("%+v", a)
		}
		w.do(fixture.Reporter, a.ID, "decline", map[string]any{"reason": "真的不是"})
		reassign := func(u string) map[string]any { return map[string]any{"accept": true, "to_unit_id": fixture.Unit(u).ID} }
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/decide-decline", reassign("V12")).Problem(409, "already_assigned")
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/decide-decline", reassign("DV")).Problem(422, "invalid")
		if got := w.get(fixture.Manager, a.ID); got.State != "declined" {
			t.Fatalf("a refused decision changed it: %+v", got)
		}
		a = w.do(fixture.Manager, a.ID, "decide-decline", reassign("V21"))
		if a.State != "cancelled" || a.ReassignedTo == "" {
			t.Fatalf("%+v", a)
		}
		b := w.get(fixture.Reporter21, a.ReassignedTo)
		if b.State != "issued" || b.UnitName != "西一村" || b.TaskID != a.TaskID || !b.DueAt.Equal(a.DueAt) {
			t.Fatalf("%+v", b)
		}
		if got := w.last(event.AssignmentReassigned); got.ReassignedTo != b.ID {
			t.Errorf("%+v", got)
		}
		if n := len(w.events(event.AssignmentsIssued)); n != 2 {
			t.Errorf("%d issued events", n)
		}
		w.sound()
	})
}

func TestLevelByLevel(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V11")
		a := w.of(fixture.Reporter, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		if a = w.get(fixture.Manager, a.ID); a.ReviewLevel != "town" || a.May.Approve {
			t.Fatalf("%+v", a)
		}
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.as(fixture.Coordinator2).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(404, "not_found")
		a = w.do(fixture.Coordinator, a.ID, "approve", map[string]any{"comment": "镇已核"})
		if a.State != "submitted" || a.ReviewLevel != "county" {
			t.Fatalf("%+v", a)
		}
		if e := w.last(event.AssignmentLevelApproved); e.Level != "town" || e.Assignment.ReviewLevel != "county" {
			t.Errorf("%+v", e)
		}
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/recall", map[string]any{}).Problem(409, "review_started")
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		// A return from above goes to the unit, and the path begins anew.
		a = w.do(fixture.Manager, a.ID, "return", map[string]any{"text": "缺附件"})
		if e := w.last(event.AssignmentReturned); a.State != "returned" || e.Level != "county" {
			t.Fatalf("%+v %+v", a, e)
		}
		w.seal(fixture.Reporter, a, 0, "")
		w.do(fixture.Coordinator, a.ID, "approve", map[string]any{})
		if a = w.do(fixture.Manager, a.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Fatalf("%+v", a)
		}
		w.sound()
	})
}

func TestDelegation(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "T1", "S11")
		a := w.of(fixture.Coordinator, c, "T1")
		to := func(due string, us ...string) map[string]any {
			ids := []string{}
			for _, u := range us {
				ids = append(ids, fixture.Unit(u).ID)
			}
			return map[string]any{"unit_ids": ids, "due_on": due}
		}
		path := "/api/v1/assignments/" + a.ID + "/delegate"
		w.as(fixture.Coordinator).Post(path, to("2026-09-26", "V11")).Problem(422, "invalid")
		w.as(fixture.Coordinator).Post(path, to("2026-09-23", "V21")).Problem(422, "invalid")
		w.as(fixture.Coordinator).Post(path, to("2026-09-23", "V11", "S11")).Problem(409, "already_assigned").Says(fixture.Unit("S11").ID)
		w.as(fixture.Reporter).Post(path, to("2026-09-23", "V11")).Problem(404, "not_found")
		a = w.do(fixture.Coordinator, a.ID, "delegate", to("2026-09-23", "V11", "V12"))
		if *a.OpenChildren != 2 || a.State != "issued" {
			t.Fatalf("%+v", a)
		}
		k1, k2 := w.of(fixture.Reporter, c, "V11"), w.of(fixture.Reporter12, c, "V12")
		if k1.ParentID != a.ID || clock.Day(k1.DueAt) != "2026-09-23" || k1.IssuerID != fixture.Unit("T1").ID || !k1.DueAt.Equal(k1.OriginalDueAt) {
			t.Fatalf("%+v", k1)
		}
		// With open children it cannot be handed in, unless the town says why.
		w.seal(fixture.Coordinator, a, 0, "")
		if r := w.last(event.AssignmentSubmissionRefused); r.Text != "children_open" || r.Assignment.State != "issued" {
			t.Fatalf("%+v", r)
		}
		// The delegating town reviews, not the county.
		w.seal(fixture.Reporter, k1, 0, "")
		w.as(fixture.Manager).Post("/api/v1/assignments/"+k1.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		if k1 = w.do(fixture.Coordinator, k1.ID, "approve", map[string]any{}); k1.State != "approved" {
			t.Fatalf("%+v", k1)
		}
		if e := w.last(event.AssignmentChildrenChanged); e.Assignment.ID != a.ID || e.Assignment.OpenChildren != 1 {
			t.Errorf("%+v", e)
		}
		w.sound()
		// The town decides about what it delegated.
		w.do(fixture.Reporter12, k2.ID, "decline", map[string]any{"reason": "不是我们的"})
		w.do(fixture.Coordinator, k2.ID, "decide-decline", map[string]any{"accept": false, "reason": "是"})
		w.seal(fixture.Coordinator, w.get(fixture.Coordinator, a.ID), 0, "东二村遭灾")
		a = w.get(fixture.Manager, a.ID)
		if a.State != "submitted" || *a.OpenChildren != 1 {
			t.Fatalf("%+v", a)
		}
		// Nobody reviews what they handed in: the manager of the county may.
		if a = w.do(fixture.Manager, a.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Fatalf("%+v", a)
		}
		w.do(fixture.Coordinator, k2.ID, "cancel", map[string]any{"reason": "已并入"})
		if a = w.get(fixture.Manager, a.ID); *a.OpenChildren != 0 {
			t.Fatalf("%+v", a)
		}
		w.sound()
	})
}

func TestCancellingTakesTheChildrenAlong(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "T1", "T2")
		a := w.of(fixture.Coordinator, c, "T1")
		w.do(fixture.Coordinator, a.ID, "delegate", map[string]any{"unit_ids": []string{fixture.Unit("V11").ID, fixture.Unit("V12").ID}})
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+a.ID+"/cancel", map[string]any{"reason": "x"}).Problem(403, "forbidden")
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+a.ID+"/decline", map[string]any{"reason": "x"}).Problem(409, "children_open")
		a = w.do(fixture.Manager, a.ID, "cancel", map[string]any{"reason": "并入其他行动"})
		if a.State != "cancelled" || *a.OpenChildren != 0 || w.of(fixture.Manager, c, "V11").State != "cancelled" {
			t.Fatalf("%+v", a)
		}
		if n := len(w.events(event.AssignmentCancelled)); n != 3 {
			t.Errorf("%d cancelled events, want 3", n)
		}
		w.sound()
		// The whole campaign goes the same way, in the background.
		w.do(fixture.Coordinator2, w.of(fixture.Manager, c, "T2").ID, "delegate", map[string]any{"unit_ids": []string{fixture.Unit("V21").ID}})
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/cancel", map[string]any{}).Problem(422, "invalid")
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/cancel", map[string]any{"reason": "取消"}).Is(200)
		w.work()
		for _, u := range []string{"T1", "T2", "V11", "V21"} {
			if got := w.of(fixture.Manager, c, u).State; got != "cancelled" {
				t.Errorf("%s is %s", u, got)
			}
		}
		var p rest.Progress
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/progress").Is(200).Into(&p)
		if p.State != "cancelled" || p.Jobs[0].Kind != "cancel" || p.Jobs[0].State != "done" || p.Jobs[0].Done != 2 {
			t.Errorf("%+v", p)
		}
		w.sound()
	})
}
