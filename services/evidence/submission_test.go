package evidence_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// sub is as much of a submission as the tests look at.
type sub struct {
	ID              string `json:"id"`
	TargetID        string `json:"target_id"`
	Title           string `json:"title"`
	UnitName        string `json:"unit_name"`
	Number          int    `json:"number"`
	State           string `json:"state"`
	Reason          string `json:"reason"`
	ReturnedBecause string `json:"returned_because"`
	PreviousID      string `json:"previous_id"`
	ManifestSHA256  string `json:"manifest_sha256"`
	Version         int64  `json:"version"`
	Note            string `json:"note"`
	Items           []struct {
		RequirementID string   `json:"requirement_id"`
		Value         *float64 `json:"value"`
		Text          string   `json:"text"`
		Files         []struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			SHA256 string `json:"sha256"`
		} `json:"files"`
	} `json:"items"`
	Requirements []struct {
		ID string `json:"id"`
	} `json:"requirements"`
	Completeness struct {
		Complete bool  `json:"complete"`
		Missing  []gap `json:"missing"`
		Warnings []gap `json:"warnings"`
	} `json:"completeness"`
	Delegated *delegated                          `json:"delegated"`
	May       struct{ Write, Seal, Discard bool } `json:"may"`
}

type gap struct {
	RequirementID string `json:"requirement_id"`
	Code          string `json:"code"`
}

const subs = "/api/v1/submissions"

func (w *world) open(a policy.Actor, kind, targetID string) sub {
	w.t.Helper()
	var s sub
	ans := w.srv.As(w.t, a).Post(subs, map[string]any{"target": kind, "target_id": targetID})
	if ans.Status != 200 && ans.Status != 201 {
		ans.Is(201)
	}
	ans.Into(&s)
	return s
}

func (w *world) put(a policy.Actor, s sub, requirement string, body map[string]any) sub {
	w.t.Helper()
	var out sub
	w.srv.As(w.t, a).Do("PUT", subs+"/"+s.ID+"/items/"+requirement, body).Is(200).Into(&out)
	return out
}

// fill gives everything compulsory.
func (w *world) fill(a policy.Actor, s sub, n int) (sub, string) {
	w.t.Helper()
	f := w.upload(a, fmt.Sprintf("第%d份材料.pdf", n), pdf(n))
	w.put(a, s, "leaflets", map[string]any{"value": 260})
	w.put(a, s, "summary", map[string]any{"text": "全部班级已完成 <b>\"好\"</b>"})
	return w.put(a, s, "papers", map[string]any{"file_ids": []string{f}}), f
}

func (w *world) seal(a policy.Actor, s sub) sub {
	w.t.Helper()
	var out sub
	w.srv.As(w.t, a).Post(subs+"/"+s.ID+"/seal", map[string]any{}).Is(200).Into(&out)
	return out
}

func (w *world) get(a policy.Actor, submissionID string) sub {
	w.t.Helper()
	var s sub
	w.srv.As(w.t, a).Get(subs + "/" + submissionID).Is(200).Into(&s)
	return s
}

// From the empty draft to acceptance, with everything in between.
func TestSubmissionSealedAndAccepted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		rep := w.srv.As(t, fixture.Reporter)
		body := map[string]any{"target": "assignment", "target_id": a.ID}
		var s sub
		rep.Post(subs, body).Is(201).Into(&s)
		if s.Number != 1 || s.State != "draft" || s.UnitName != "东一村" || s.Title != "主题班会" || len(s.Requirements) != 6 ||
			s.Completeness.Complete || len(s.Completeness.Missing) != 3 || !s.May.Write || s.May.Seal {
			t.Fatalf("%+v", s)
		}
		var again sub
		if rep.Post(subs, body).Is(200).Into(&again); again.ID != s.ID {
			t.Fatal("a second draft was made")
		}
		problem := rep.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(422, "incomplete")
		var p rest.Problem
		if problem.Into(&p); len(p.Errors) != 3 || p.Errors[0].Location != "items.leaflets" {
			t.Fatalf("%+v", p.Errors)
		}
		rep.Get(subs+"/"+s.ID+"/manifest").Problem(409, "not_sealed")
		rep.Get(subs+"/"+s.ID+"/verify").Problem(409, "not_sealed")
		s, file := w.fill(fixture.Reporter, s, 1)
		if !s.Completeness.Complete || !s.May.Seal || len(s.Completeness.Warnings) != 0 {
			t.Fatalf("%+v", s.Completeness)
		}
		if s = w.put(fixture.Reporter, s, "leaflets", map[string]any{"value": 199.5}); len(s.Completeness.Warnings) != 1 {
			t.Fatalf("20 a class and 10 classes: %+v", s.Completeness)
		}
		s = w.put(fixture.Reporter, s, "leaflets", map[string]any{"value": 260})
		s = w.put(fixture.Reporter, s, "devices", map[string]any{"rows": []map[string]any{{"name": "电脑", "count": 3, "bought": "2024-01-02", "online": true}}})
		s = w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{"https://例子.测试/a?b=1"}})
		rep.Patch(subs+"/"+s.ID, map[string]any{"note": "一切正常"}).Is(200).Into(&s)
		w.srv.As(t, fixture.Manager).Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(403, "forbidden")
		rep.With("If-Match", `"1"`).Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(412, "stale")

		// The same key twice: sealed once, the same answer.
		key := rep.With("Idempotency-Key", "seal-1")
		first := key.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Is(200).Into(&s)
		if second := key.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Is(200); string(second.Raw) != string(first.Raw) {
			t.Fatal("another answer to the same key")
		}
		rep.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(409, "wrong_state")
		rep.Do("PUT", subs+"/"+s.ID+"/items/leaflets", map[string]any{"value": 1}).Problem(409, "wrong_state")
		rep.Delete(subs+"/"+s.ID+"/items/leaflets").Problem(409, "wrong_state")
		rep.Post(subs+"/"+s.ID+"/discard", nil).Problem(409, "wrong_state")
		rep.Post(subs, body).Problem(409, "wrong_state")

		es := w.events(event.SubmissionSealed)
		if len(es) != 1 {
			t.Fatalf("%d sealed events", len(es))
		}
		x, err := event.Decode[event.Submission](es[0])
		if err != nil || len(x.Figures) != 1 || x.Figures[0].Value != 260 || x.Figures[0].Figure != "leaflets" || x.Figures[0].Measure != "份" ||
			x.Files != 1 || x.ManifestHash != s.ManifestSHA256 || x.Note != "一切正常" || x.SealedBy != fixture.Reporter.PersonID || es[0].Version != x.Version {
			t.Fatalf("%+v %v", x, err)
		}

		m := w.srv.As(t, fixture.Manager).Get(subs + "/" + s.ID + "/manifest").Is(200)
		if sum(m.Raw) != s.ManifestSHA256 || m.Header.Get("Content-Type") != "application/json" {
			t.Fatalf("the manifest's hash is %s, told %s", sum(m.Raw), s.ManifestSHA256)
		}
		for _, part := range []string{`"value":260`, sum(pdf(1)), file, `第1份材料.pdf`, `<b>\"好\"</b>`, `"online":true`, `"previous_manifest`} {
			if strings.Contains(string(m.Raw), part) != (part != `"previous_manifest`) {
				t.Errorf("manifest and %s: %s", part, m.Raw)
			}
		}
		var v struct {
			OK          bool     `json:"ok"`
			Files       int      `json:"files"`
			Differences []string `json:"differences"`
		}
		if rep.Get(subs + "/" + s.ID + "/verify").Is(200).Into(&v); !v.OK || v.Files != 1 {
			t.Fatalf("%+v", v)
		}
		w.take(w.changed(event.AssignmentSubmitted, &a, "submitted", s.ID, ""))
		w.take(w.changed(event.AssignmentApproved, &a, "approved", s.ID, ""))
		if s = w.get(fixture.Reporter, s.ID); s.State != "accepted" || s.May.Write {
			t.Fatalf("%+v", s)
		}
		acc := w.events(event.SubmissionAccepted)
		if x, _ := event.Decode[event.Submission](acc[0]); len(acc) != 1 || len(x.Figures) != 1 || acc[0].ActorID != "reviewer" || acc[0].CausedBy == "" || x.Version != s.Version {
			t.Fatalf("%+v", acc)
		}
		rep.Post(subs, body).Problem(409, "target_closed")
	})
}

// After a return the next version begins with what the one before held, and
// its manifest names the one before.
func TestReturnedVersionCarriesItems(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		first := w.seal(fixture.Reporter, s)
		w.take(w.changed(event.AssignmentSubmitted, &a, "submitted", s.ID, ""))
		back := w.changed(event.AssignmentReturned, &a, "returned", s.ID, "数字与照片不符")
		w.take(back)
		w.take(back) // a duplicate changes nothing
		if s = w.get(fixture.Reporter, s.ID); s.State != "returned" || s.Reason != "数字与照片不符" {
			t.Fatalf("%+v", s)
		}
		if es := w.events(event.SubmissionReturned); len(es) != 1 || es[0].Reason != "数字与照片不符" {
			t.Fatalf("%+v", es)
		}
		next := w.open(fixture.Reporter, "assignment", a.ID)
		if next.Number != 2 || next.PreviousID != s.ID || next.ReturnedBecause != "数字与照片不符" || len(next.Items) != 3 || !next.Completeness.Complete {
			t.Fatalf("%+v", next)
		}
		w.put(fixture.Reporter, next, "leaflets", map[string]any{"value": 250})
		if old := w.get(fixture.Reporter, s.ID); *old.Items[0].Value != 260 {
			t.Fatal("the sealed version changed")
		}
		second := w.seal(fixture.Reporter, next)
		m := w.srv.As(t, fixture.Manager).Get(subs + "/" + second.ID + "/manifest").Is(200)
		if !strings.Contains(string(m.Raw), `"previous_manifest_sha256":"`+first.ManifestSHA256+`"`) {
			t.Fatalf("%s", m.Raw)
		}
		// Recalled: version 3 carries on; discarded: version 4 still does.
		w.take(w.changed(event.AssignmentSubmitted, &a, "submitted", second.ID, ""))
		w.take(w.changed(event.AssignmentRecalled, &a, "acknowledged", "", ""))
		if x := w.get(fixture.Reporter, second.ID); x.State != "recalled" {
			t.Fatalf("%s", x.State)
		}
		third := w.open(fixture.Reporter, "assignment", a.ID)
		if third.Number != 3 || *third.Items[0].Value != 250 {
			t.Fatalf("%+v", third)
		}
		w.srv.As(t, fixture.Reporter).Post(subs+"/"+third.ID+"/discard", nil).Is(200)
		if n := len(w.events(event.SubmissionDiscarded)); n != 1 {
			t.Fatalf("%d discarded events", n)
		}
		if fourth := w.open(fixture.Reporter, "assignment", a.ID); fourth.Number != 4 || len(fourth.Items) != 3 {
			t.Fatalf("%+v", fourth)
		}
		wrong, err := w.svc.Check(context.Background(), false)
		if err != nil || len(wrong) != 0 {
			t.Fatalf("%v %v", wrong, err)
		}
	})
}
