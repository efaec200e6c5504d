package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// match is as much of a match as the tests look at.
type match struct {
	ID, How, State, Reason string
	Score                  float64
	Unchanged              bool
	Version                int64
	File                   matched
	Other                  *matched
	May                    struct{ Decide bool }
}

type matched struct {
	File struct {
		ID       string
		UnitName string `json:"unit_name"`
	}
	Uses []struct {
		SubmissionID string `json:"submission_id"`
		Title, State string
		Campaign     string `json:"campaign_title"`
	}
}

// matches are those that somebody sees of a submission.
func (w *world) matches(a policy.Actor, s sub) []match {
	w.t.Helper()
	var x struct{ Matches []match }
	w.srv.As(w.t, a).Get(subs + "/" + s.ID).Is(200).Into(&x)
	return x.Matches
}

// hand gives a file for a new assignment of a unit, and seals it.
func (w *world) hand(a policy.Actor, unit, name string, b []byte) (sub, string) {
	w.t.Helper()
	f := w.upload(a, name, b)
	w.examine()
	as := w.issue(unit)
	s, _ := w.fill(a, w.open(a, "assignment", as.ID), 1+len(w.known))
	s = w.put(a, s, "photos", map[string]any{"file_ids": []string{f}})
	return w.seal(a, s), f
}

// Two villages hand in the same photo: the reviewer sees both with where they
// were used, and decides; nothing is rejected by itself.
func TestTheSamePhotoTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		img := scene(21, 320, 240)
		first, f1 := w.hand(fixture.Reporter, "V11", "a.jpg", toJPEG(t, img, 85))
		second, f2 := w.hand(fixture.Reporter12, "V12", "b.jpg", toJPEG(t, img, 40))
		w.hand(fixture.Reporter12, "V12", "c.jpg", toJPEG(t, scene(22, 320, 240), 85))
		if ms := w.matches(fixture.Manager, first); len(ms) != 0 {
			t.Fatalf("the first is said to be a copy: %+v", ms)
		}
		ms := w.matches(fixture.Coordinator, second)
		if len(ms) != 1 || ms[0].How != "alike" || ms[0].Score < 0.95 || ms[0].State != "found" || ms[0].File.File.ID != f2 || ms[0].Other == nil ||
			ms[0].Other.File.ID != f1 || ms[0].Other.File.UnitName != "东一村" || len(ms[0].Other.Uses) != 1 || ms[0].Other.Uses[0].SubmissionID != first.ID || ms[0].Other.Uses[0].Campaign == "" || !ms[0].May.Decide {
			t.Fatalf("%+v", ms)
		}
		if ms := w.matches(fixture.Reporter12, second); len(ms) != 0 {
			t.Fatal("the unit sees them")
		}
		m := "/api/v1/matches/" + ms[0].ID
		boss := w.srv.As(t, fixture.Manager)
		for who, list := range map[*policy.Actor]int{&fixture.Manager: 1, &fixture.Coordinator: 1, &fixture.Coordinator2: 0, &fixture.Inspector: 1, &fixture.Reporter12: 0, &fixture.Stranger: 0} {
			var l struct{ Items []match }
			w.srv.As(t, *who).Get("/api/v1/matches?state=found").Is(200).Into(&l)
			if len(l.Items) != list {
				t.Errorf("%s sees %d", who.Name, len(l.Items))
			}
		}
		w.srv.As(t, fixture.Reporter12).Get(m).Problem(404, "not_found")
		w.srv.As(t, fixture.Reporter12).Post(m+"/dismiss", map[string]any{"reason": "不是"}).Problem(404, "not_found")
		boss.Post(m+"/confirm", map[string]any{"reason": " "}).Problem(422, "invalid")
		boss.With("If-Match", `"7"`).Post(m+"/confirm", map[string]any{"reason": "同一张"}).Problem(412, "stale")
		var got match
		boss.With("If-Match", `"1"`).Post(m+"/confirm", map[string]any{"reason": "与东一村上报的是同一张照片"}).Is(200).Into(&got)
		if got.State != "confirmed" || got.Version != 2 || got.Reason == "" {
			t.Fatalf("%+v", got)
		}
		if s := w.get(fixture.Reporter12, second.ID); s.State != "sealed" {
			t.Fatalf("a match changed the submission: %s", s.State)
		}
		es := w.events(event.MatchFound, event.MatchConfirmed)
		if len(es) != 2 || es[1].Reason == "" || es[1].ActorID != fixture.Manager.PersonID || es[1].UnitID != fixture.Unit("V12").ID {
			t.Fatalf("%+v", es)
		}
		// The other one is out of a town's reach: that there is one is said, not whose it is.
		third, _ := w.hand(fixture.Reporter21, "V21", "d.jpg", toJPEG(t, img, 70))
		ms = w.matches(fixture.Coordinator2, third)
		if len(ms) != 2 || ms[0].Other != nil || ms[1].Other != nil {
			t.Fatalf("%+v", ms)
		}
		if ms := w.matches(fixture.Manager, third); len(ms) != 2 || ms[0].Other == nil || ms[1].Other == nil {
			t.Fatalf("%+v", ms)
		}
	})
}

// What is marked as shared material is shown as that from then on, and not
// any more once somebody decides otherwise.
func TestSharedMaterial(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		img := scene(23, 320, 240)
		w.hand(fixture.Reporter, "V11", "a.jpg", toJPEG(t, img, 85))
		second, _ := w.hand(fixture.Reporter12, "V12", "b.jpg", toJPEG(t, img, 60))
		m := w.matches(fixture.Manager, second)[0]
		boss := w.srv.As(t, fixture.Manager)
		boss.Post("/api/v1/matches/"+m.ID+"/share", map[string]any{"reason": "两村联合开展的活动"}).Is(200)
		third, _ := w.hand(fixture.Reporter21, "V21", "c.jpg", toJPEG(t, img, 70))
		for _, m := range w.matches(fixture.Manager, third) {
			if m.State != "shared" || m.Reason != "两村联合开展的活动" {
				t.Fatalf("%+v", m)
			}
		}
		boss.Post("/api/v1/matches/"+m.ID+"/dismiss", map[string]any{"reason": "看错了"}).Is(200)
		fourth, _ := w.hand(fixture.Reporter, "V11", "d.jpg", toJPEG(t, img, 75))
		ms := w.matches(fixture.Manager, fourth)
		if len(ms) != 3 {
			t.Fatalf("%d", len(ms))
		}
		for _, m := range ms {
			if m.State != "found" {
				t.Fatalf("%+v", m)
			}
		}
	})
}

// The same document is found byte for byte; a unit's next version of the same
// submission is no copy of the one before; what nobody handed in is none either.
func TestIdenticalDocuments(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.upload(fixture.Reporter21, "草稿.pdf", pdf(77)) // never handed in
		give := func(a policy.Actor, unit string) (event.Assignment, sub) {
			as := w.issue(unit)
			s, _ := w.fill(a, w.open(a, "assignment", as.ID), 50+len(w.known))
			s = w.put(a, s, "papers", map[string]any{"file_ids": []string{w.upload(a, "总结.pdf", pdf(77))}})
			return as, w.seal(a, s)
		}
		as, first := give(fixture.Reporter, "V11")
		w.examine()
		if ms := w.matches(fixture.Manager, first); len(ms) != 0 {
			t.Fatalf("%+v", ms)
		}
		_, second := give(fixture.Reporter12, "V12")
		w.examine()
		if ms := w.matches(fixture.Manager, second); len(ms) != 1 || ms[0].How != "identical" || ms[0].Score != 1 {
			t.Fatalf("%+v", ms)
		}
		w.take(w.changed(event.AssignmentSubmitted, &as, "submitted", first.ID, ""))
		w.take(w.changed(event.AssignmentReturned, &as, "returned", first.ID, "请补充"))
		again := w.open(fixture.Reporter, "assignment", as.ID)
		again = w.put(fixture.Reporter, again, "papers", map[string]any{"file_ids": []string{w.upload(fixture.Reporter, "总结2.pdf", pdf(77))}})
		w.examine()
		for _, m := range w.matches(fixture.Manager, again) {
			if m.Other.Uses[0].SubmissionID == first.ID {
				t.Fatalf("the version before: %+v", m)
			}
		}
	})
}

// A rectification that shows the same picture before and after has changed nothing.
func TestNothingChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		u := fixture.Unit("V11")
		r := event.Rectification{ID: id.New(), Number: "整改〔2026〕2号", Title: "线路老化", UnitID: u.ID, UnitPath: u.Path, OfficeID: fixture.Unit("CO").ID, DueAt: w.clock.Now()}
		w.take(w.rectify(event.RectificationOrdered, &r, "ordered", "", ""))
		s := w.open(fixture.Reporter, "rectification", r.ID)
		img := scene(24, 320, 240)
		before, after := w.upload(fixture.Reporter, "前.jpg", toJPEG(t, img, 90)), w.upload(fixture.Reporter, "后.jpg", toJPEG(t, img, 50))
		w.examine()
		s = w.put(fixture.Reporter, s, "before", map[string]any{"file_ids": []string{before}})
		s = w.put(fixture.Reporter, s, "after", map[string]any{"file_ids": []string{after}})
		ms := w.matches(fixture.Inspector, s)
		if len(ms) != 1 || !ms[0].Unchanged {
			t.Fatalf("%+v", ms)
		}
	})
}
