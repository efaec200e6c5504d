package evidence_test

import (
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
)

// What is not in the copy yet is asked for; the copy ignores what is older.
func TestTargetsComeInAnyOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		// Nothing was heard of it: the assignment service is asked.
		x := issued("V11")
		a := x.Assignments[0]
		rep := w.srv.As(t, fixture.Reporter)
		body := map[string]any{"target": "assignment", "target_id": a.ID}
		rep.Post(subs, body).Problem(404, "not_found")
		w.known[a.ID] = x
		w.srv.As(t, fixture.Reporter12).Post(subs, body).Problem(404, "not_found")
		rep.Post(subs, body).Is(201)
		rep.Post(subs, map[string]any{"target": "rectification", "target_id": a.ID}).Problem(404, "not_found")

		// A change overtakes the issue: the newer state stays.
		y := issued("V11")
		b := y.Assignments[0]
		w.known[b.ID] = y
		late := event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, y.Task.ID, 1, y)
		b2 := b
		w.take(w.changed(event.AssignmentCancelled, &b2, "cancelled", "", "不再需要"))
		w.take(late)
		rep.Post(subs, map[string]any{"target": "assignment", "target_id": b.ID}).Problem(409, "target_closed")

		// An outcome that comes with an old version still ends its submission.
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.seal(fixture.Reporter, s)
		submitted := w.changed(event.AssignmentSubmitted, &a, "submitted", s.ID, "")
		returned := w.changed(event.AssignmentReturned, &a, "returned", s.ID, "缺图")
		urged := w.changed(event.AssignmentUrged, &a, "returned", s.ID, "")
		for _, e := range []event.Event{urged, submitted, returned, submitted} {
			w.take(e)
		}
		if x := w.get(fixture.Reporter, s.ID); x.State != "returned" {
			t.Fatalf("%s", x.State)
		}
		if n := w.open(fixture.Reporter, "assignment", a.ID); n.Number != 2 {
			t.Fatalf("%+v", n)
		}
		// Of an unknown submission it has to come again.
		c := a
		if err := w.try(w.changed(event.AssignmentApproved, &c, "approved", id.New(), "")); err == nil || !strings.Contains(err.Error(), inbox.Later("").Error()[:7]) {
			t.Fatalf("%v", err)
		}
	})
}

// A refusal names an earlier submission, or none; what was sealed comes back.
func TestRefusedAndCancelled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.seal(fixture.Reporter, s)
		w.take(w.changed(event.AssignmentSubmissionRefused, &a, "issued", "", "专项行动已结束"))
		if x := w.get(fixture.Reporter, s.ID); x.State != "returned" || x.Reason != "专项行动已结束" {
			t.Fatalf("%+v", x)
		}
		next := w.seal(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID))
		w.take(w.changed(event.AssignmentCancelled, &a, "cancelled", s.ID, "不再需要"))
		if x := w.get(fixture.Reporter, next.ID); x.State != "returned" || x.Number != 2 {
			t.Fatalf("%+v", x)
		}
		// The change names the submission also where the assignment no longer does.
		b := w.issue("V12")
		s, _ = w.fill(fixture.Reporter12, w.open(fixture.Reporter12, "assignment", b.ID), 3)
		w.seal(fixture.Reporter12, s)
		b.State, b.Version = "returned", 7
		w.take(event.New(id.New(), w.clock.Now(), event.AssignmentReturned, b.ID, b.Version,
			event.AssignmentChange{Assignment: b, Task: "主题班会", From: "submitted", SubmissionID: s.ID}).Because("缺图"))
		if x := w.get(fixture.Reporter12, s.ID); x.State != "returned" || x.Reason != "缺图" {
			t.Fatalf("%+v", x)
		}
	})
}

// An order can be reported on before its event is here: the rectification
// service is asked, and the event that comes late changes nothing.
func TestAnOrderNotHeardOfYetIsAskedFor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		u := fixture.Unit("V11")
		r := event.Rectification{ID: id.New(), Number: "整改〔2026〕1号", Title: "开机口令", UnitID: u.ID, UnitPath: u.Path, OfficeID: fixture.Unit("CO").ID, DueAt: w.clock.Now()}
		ordered := w.rectify(event.RectificationOrdered, &r, "ordered", "", "")
		acknowledged := w.rectify(event.RectificationAcknowledged, &r, "acknowledged", "", "")
		body := map[string]any{"target": "rectification", "target_id": r.ID}
		rep := w.srv.As(t, fixture.Reporter)
		rep.Post(subs, body).Problem(404, "not_found")
		w.orders[r.ID] = r
		w.srv.As(t, fixture.Reporter12).Post(subs, body).Problem(404, "not_found")
		var s, again sub
		if rep.Post(subs, body).Is(201).Into(&s); s.Title != "整改〔2026〕1号 开机口令" || len(s.Requirements) != 3 {
			t.Fatalf("%+v", s)
		}
		w.take(ordered)
		w.take(acknowledged)
		w.put(fixture.Reporter, s, "text", map[string]any{"text": "已全部设置"})
		if rep.Post(subs, body).Is(200).Into(&again); again.ID != s.ID || len(again.Items) != 1 {
			t.Fatalf("%+v", again)
		}
	})
}

func (w *world) rectify(typ event.Type, r *event.Rectification, state, submissionID, reason string) event.Event {
	from := r.State
	r.State = state
	r.Version++
	return event.New(id.New(), w.clock.Now(), typ, r.ID, r.Version, event.RectificationChange{Rectification: *r, From: from, SubmissionID: submissionID}).
		By("inspector", "检查员").For(r.UnitID, r.UnitPath).Because(reason)
}

// Rectifications ask for text and evidence of after, on the spot of before
// too; rejection begins a new version, transfer throws the draft away.
func TestRectificationReports(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		u := fixture.Unit("V11")
		r := event.Rectification{ID: id.New(), Number: "整改〔2026〕1号", Title: "开机口令", UnitID: u.ID, UnitPath: u.Path, OfficeID: fixture.Unit("CO").ID, DueAt: w.clock.Now()}
		w.take(w.rectify(event.RectificationOrdered, &r, "ordered", "", ""))
		s := w.open(fixture.Reporter, "rectification", r.ID)
		if s.Title != "整改〔2026〕1号 开机口令" || len(s.Requirements) != 3 || len(s.Completeness.Missing) != 2 {
			t.Fatalf("%+v", s)
		}
		rep := w.srv.As(t, fixture.Reporter)
		f1, f2 := w.upload(fixture.Reporter, "前.pdf", pdf(1)), w.upload(fixture.Reporter, "后.pdf", pdf(2))
		w.put(fixture.Reporter, s, "text", map[string]any{"text": "已全部设置"})
		w.put(fixture.Reporter, s, "after", map[string]any{"file_ids": []string{f2}})
		rep.Post(subs+"/"+s.ID+"/seal", map[string]any{"fixed_on_spot": true}).Problem(422, "incomplete")
		w.put(fixture.Reporter, s, "before", map[string]any{"file_ids": []string{f1}})
		rep.Post(subs+"/"+s.ID+"/seal", map[string]any{"fixed_on_spot": true}).Is(200)
		es := w.events(event.SubmissionSealed)
		if x, _ := event.Decode[event.Submission](es[0]); !x.FixedOnSpot || x.Target != "rectification" || x.Files != 2 {
			t.Fatalf("%+v", x)
		}
		w.take(w.rectify(event.RectificationReported, &r, "reported", s.ID, ""))
		w.take(w.rectify(event.RectificationVerifying, &r, "verifying", "", ""))
		w.take(w.rectify(event.RectificationRejected, &r, "rejected", s.ID, "仍有两台未设置"))
		s2 := w.open(fixture.Reporter, "rectification", r.ID)
		if s2.Number != 2 || len(s2.Items) != 3 || s2.ReturnedBecause != "仍有两台未设置" {
			t.Fatalf("%+v", s2)
		}
		rep.Post(subs+"/"+s2.ID+"/seal", map[string]any{"fixed_on_spot": true}).Problem(422, "invalid")
		w.seal(fixture.Reporter, s2)
		w.take(w.rectify(event.RectificationReported, &r, "reported", s2.ID, ""))
		w.take(w.rectify(event.RectificationClosed, &r, "closed", s2.ID, ""))
		if x := w.get(fixture.Reporter, s2.ID); x.State != "accepted" {
			t.Fatalf("%+v", x)
		}
		// Reopened: the new version begins empty, a relapse needs new evidence.
		w.take(w.rectify(event.RectificationReopened, &r, "rectifying", "", ""))
		s3 := w.open(fixture.Reporter, "rectification", r.ID)
		if s3.Number != 3 || len(s3.Items) != 0 {
			t.Fatalf("%+v", s3)
		}
		v := fixture.Unit("V12")
		r.UnitID, r.UnitPath = v.ID, v.Path
		w.take(w.rectify(event.RectificationTransferred, &r, "ordered", "", "不属本单位"))
		if x := w.get(fixture.Reporter, s3.ID); x.State != "discarded" {
			t.Fatalf("%+v", x)
		}
		rep.Post(subs, map[string]any{"target": "rectification", "target_id": r.ID}).Problem(404, "not_found")
		if s4 := w.open(fixture.Reporter12, "rectification", r.ID); s4.Number != 4 || len(s4.Items) != 0 {
			t.Fatalf("%+v", s4)
		}
	})
}
