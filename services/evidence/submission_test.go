package evidence_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
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

// A changed byte on disk, a missing file and a changed figure are found.
func TestChangesAreFound(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s, file := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		w.seal(fixture.Reporter, s)
		at := filepath.Join(w.dir, "files", file[len(file)-4:len(file)-2], file[len(file)-2:], file)
		b := pdf(1)
		b[100] ^= 1
		_ = os.Chmod(at, 0o600)
		if err := os.WriteFile(at, b, 0o600); err != nil {
			t.Fatal(err)
		}
		look := func(want string) {
			t.Helper()
			var v struct {
				OK          bool     `json:"ok"`
				Differences []string `json:"differences"`
			}
			w.srv.As(t, fixture.Manager).Get(subs + "/" + s.ID + "/verify").Is(200).Into(&v)
			wrong, err := w.svc.Check(context.Background(), false)
			if err != nil || v.OK || len(v.Differences) != 1 || len(wrong) != 1 || !strings.Contains(v.Differences[0], want) {
				t.Fatalf("%+v %v %v", v, wrong, err)
			}
		}
		look("hash of file")
		_ = os.Rename(at, at+".away")
		look("is gone")
		b[100] ^= 1
		if err := os.WriteFile(at, b, 0o600); err != nil {
			t.Fatal(err)
		}
		exec := func(q string) {
			t.Helper()
			if _, err := d.Writer().Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		exec(`UPDATE submission_items SET value = 261 WHERE requirement_id = 'leaflets'`)
		look("figure of leaflets")
		exec(`UPDATE submission_items SET value = 260 WHERE requirement_id = 'leaflets'`)
		exec(`UPDATE manifests SET hash = 'x'`)
		look("manifest's hash")
	})
}

// What does not fit the requirement is refused, with each wrong part named.
func TestItemsAreValidated(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		rep := w.srv.As(t, fixture.Reporter)
		foreign := w.upload(fixture.Reporter12, "别村.pdf", pdf(1))
		half := filepath.Base(w.announce(fixture.Reporter, 100, "filename", "a.pdf"))
		p1, p2, p3 := w.upload(fixture.Reporter, "1.pdf", pdf(11)), w.upload(fixture.Reporter, "2.pdf", pdf(12)), w.upload(fixture.Reporter, "3.pdf", pdf(13))
		for _, c := range []struct {
			requirement, location string
			body                  map[string]any
		}{
			{"leaflets", "body.value", map[string]any{"value": -1}},
			{"leaflets", "body.value", map[string]any{"value": 1e300}},
			{"leaflets", "body.value", map[string]any{}},
			{"leaflets", "body.text", map[string]any{"value": 1, "text": "x"}},
			{"summary", "body.text", map[string]any{"text": "   "}},
			{"summary", "body.text", map[string]any{"text": strings.Repeat("字", 20001)}},
			{"links", "body.links[0]", map[string]any{"links": []string{"javascript:alert(1)"}}},
			{"links", "body.links[1]", map[string]any{"links": []string{"https://a.cn", "file:///etc/passwd"}}},
			{"links", "body.links[0]", map[string]any{"links": []string{"https://user:secret@a.cn/"}}},
			{"links", "body.links[0]", map[string]any{"links": []string{"//a.cn"}}},
			{"devices", "body.rows[0].name", map[string]any{"rows": []map[string]any{{"count": 1}}}},
			{"devices", "body.rows[0].count", map[string]any{"rows": []map[string]any{{"name": "x", "count": "two"}}}},
			{"devices", "body.rows[0].bought", map[string]any{"rows": []map[string]any{{"name": "x", "bought": "2026-13-01"}}}},
			{"devices", "body.rows[0].online", map[string]any{"rows": []map[string]any{{"name": "x", "online": "maybe"}}}},
			{"devices", "body.rows[0].extra", map[string]any{"rows": []map[string]any{{"name": "x", "extra": 1}}}},
			{"devices", "body.rows[0].name", map[string]any{"rows": []map[string]any{{"name": map[string]any{"a": 1}}}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{foreign}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{half}}},
			{"papers", "body.file_ids[0]", map[string]any{"file_ids": []string{"../../etc/passwd"}}},
			{"papers", "body.file_ids[1]", map[string]any{"file_ids": []string{p1, p1}}},
			{"papers", "body.file_ids", map[string]any{"file_ids": []string{p1, p2, p3}}},
			{"photos", "body.file_ids[0]", map[string]any{"file_ids": []string{p1}}},
		} {
			var p rest.Problem
			rep.Do("PUT", subs+"/"+s.ID+"/items/"+c.requirement, c.body).Problem(422, "invalid").Into(&p)
			found := false
			for _, e := range p.Errors {
				found = found || e.Location == c.location
			}
			if !found {
				t.Errorf("%s %.80v: %+v, want %s", c.requirement, c.body, p.Errors, c.location)
			}
		}
		rep.Do("PUT", subs+"/"+s.ID+"/items/nothing", map[string]any{"value": 1}).Problem(404, "not_found")
		rep.Delete(subs+"/"+s.ID+"/items/leaflets").Problem(404, "not_found")
		rep.Patch(subs+"/"+s.ID, map[string]any{"note": "a\x00"}).Problem(422, "invalid_text")
		rep.Do("PUT", subs+"/"+s.ID+"/items/summary", map[string]any{"text": "a\x00b"}).Problem(422, "invalid_text")
		png := w.upload(fixture.Reporter, "照片.png", toPNG(t, scene(4, 20, 20)))
		s = w.put(fixture.Reporter, s, "photos", map[string]any{"file_ids": []string{png}})
		if s.Items[0].Files[0].Name != "照片.png" {
			t.Fatalf("%+v", s.Items)
		}
		rep.Delete(subs + "/" + s.ID + "/items/photos").Is(200).Into(&s)
		if len(s.Items) != 0 {
			t.Fatalf("%+v", s.Items)
		}
	})
}

// Who is out of reach learns nothing; lists show what single reads allow.
func TestSubmissionsInReachOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		other := w.issue("V21")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		w.open(fixture.Reporter21, "assignment", other.ID)
		for _, x := range []policy.Actor{fixture.Reporter12, fixture.Reporter21, fixture.Coordinator2, fixture.Stranger, fixture.SystemAdmin} {
			c := w.srv.As(t, x)
			c.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Problem(404, "not_found")
			for _, p := range []string{"", "/manifest", "/verify"} {
				c.Get(subs+"/"+s.ID+p).Problem(404, "not_found")
			}
			for _, p := range []string{"/seal", "/discard"} {
				c.Post(subs+"/"+s.ID+p, map[string]any{}).Problem(404, "not_found")
			}
			c.Do("PUT", subs+"/"+s.ID+"/items/leaflets", map[string]any{"value": 1}).Problem(404, "not_found")
			c.Patch(subs+"/"+s.ID, map[string]any{"note": "x"}).Problem(404, "not_found")
		}
		for _, x := range []policy.Actor{fixture.Manager, fixture.Coordinator, fixture.Inspector, fixture.Viewer, fixture.CountyLeader} {
			c := w.srv.As(t, x)
			c.Get(subs + "/" + s.ID).Is(200)
			c.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Problem(403, "forbidden")
			c.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(403, "forbidden")
			c.Do("PUT", subs+"/"+s.ID+"/items/leaflets", map[string]any{"value": 1}).Problem(403, "forbidden")
		}
		count := func(x policy.Actor, query string) int {
			t.Helper()
			var l rest.List[sub]
			w.srv.As(t, x).Get(subs + "?" + query).Is(200).Into(&l)
			return len(l.Items)
		}
		for _, c := range []struct {
			who   policy.Actor
			query string
			want  int
		}{
			{fixture.Manager, "", 2}, {fixture.Reporter, "", 1}, {fixture.Coordinator, "", 1}, {fixture.Stranger, "", 0}, {fixture.Auditor, "", 0},
			{fixture.Manager, "unit_id=" + fixture.Unit("V21").ID, 1}, {fixture.Manager, "under=" + fixture.Unit("T1").ID, 1},
			{fixture.Manager, "state=sealed", 0}, {fixture.Manager, "target=assignment&target_id=" + a.ID, 1}, {fixture.Manager, "campaign_id=" + a.CampaignID, 1},
			{fixture.Reporter, "unit_id=" + fixture.Unit("V21").ID, 0}, {fixture.Manager, "under=nowhere", 0},
		} {
			if n := count(c.who, c.query); n != c.want {
				t.Errorf("%s ?%s: %d, want %d", c.who.Name, c.query, n, c.want)
			}
		}
		var l rest.List[sub]
		w.srv.As(t, fixture.Manager).Get(subs + "?limit=1").Is(200).Into(&l)
		var l2 rest.List[sub]
		w.srv.As(t, fixture.Manager).Get(subs + "?limit=1&cursor=" + l.NextCursor).Is(200).Into(&l2)
		if len(l.Items) != 1 || len(l2.Items) != 1 || l.Items[0].ID <= l2.Items[0].ID || l2.NextCursor != "" || l.Items[0].UnitName != "西一村" {
			t.Fatalf("%+v %+v", l, l2)
		}
		w.srv.As(t, policy.Actor{}).Get(subs+"/"+s.ID).Problem(401, "unauthorized")
		w.srv.As(t, fixture.Reporter).Get(subs+"/x").Problem(404, "not_found")
		// At most two decisions, whatever the rows.
		before := w.engine.Decisions()
		w.srv.As(t, fixture.Manager).Get(subs).Is(200)
		w.srv.As(t, fixture.Reporter).Get(subs + "/" + s.ID).Is(200)
		if n := w.engine.Decisions() - before; n > 2 {
			t.Fatalf("%d decisions for two requests", n)
		}
	})
}

// Two people at once: one draft, one seal.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		rep := w.srv.As(t, fixture.Reporter)
		var mu sync.Mutex
		ids, states := map[string]bool{}, map[int]int{}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				ans := rep.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID})
				s := decode[sub](t, string(ans.Raw))
				mu.Lock()
				defer mu.Unlock()
				ids[s.ID] = true
				states[ans.Status]++
			})
		}
		wg.Wait()
		if len(ids) != 1 || states[201] != 1 || states[200] != 7 {
			t.Fatalf("%v %v", ids, states)
		}
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), 1)
		// Different items at the same time: all stay.
		for _, f := range []func(){
			func() { w.put(fixture.Reporter, s, "leaflets", map[string]any{"value": 300}) },
			func() { w.put(fixture.Reporter, s, "summary", map[string]any{"text": "甲"}) },
			func() { w.put(fixture.Reporter, s, "links", map[string]any{"links": []string{"https://a.cn/"}}) },
		} {
			wg.Go(f)
		}
		wg.Wait()
		if x := w.get(fixture.Reporter, s.ID); len(x.Items) != 4 || x.Version != s.Version+3 {
			t.Fatalf("%+v", x)
		}
		clear(states)
		for range 6 {
			wg.Go(func() {
				ans := rep.Post(subs+"/"+s.ID+"/seal", map[string]any{})
				mu.Lock()
				defer mu.Unlock()
				states[ans.Status]++
			})
		}
		wg.Wait()
		if states[200] != 1 || states[409] != 5 || len(w.events(event.SubmissionSealed)) != 1 {
			t.Fatalf("%v", states)
		}
	})
}

// A town's delegated assignment needs a reason while its children are open;
// the copy is refreshed before anybody is asked for one.
func TestOpenChildrenNeedAReason(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("T1", func(a *event.Assignment) { a.OpenChildren = 2 })
		s, _ := w.fill(fixture.Coordinator, w.open(fixture.Coordinator, "assignment", a.ID), 1)
		c := w.srv.As(t, fixture.Coordinator)
		c.Post(subs+"/"+s.ID+"/seal", nil).Problem(422, "children_open")
		// One key for the refused and the corrected command would not do; a
		// refused one leaves no trace of its key.
		c.With("Idempotency-Key", "k").Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(422, "children_open")
		x := w.known[a.ID]
		x.Assignments[0].OpenChildren, x.Assignments[0].Version = 0, 5
		w.known[a.ID] = x
		c.With("Idempotency-Key", "k").Post(subs+"/"+s.ID+"/seal", map[string]any{}).Is(200)

		b := w.issue("T1", func(a *event.Assignment) { a.OpenChildren = 1 })
		s, _ = w.fill(fixture.Coordinator, w.open(fixture.Coordinator, "assignment", b.ID), 2)
		c.Post(subs+"/"+s.ID+"/seal", map[string]any{"children_reason": "两村停电"}).Is(200)
		es := w.events(event.SubmissionSealed)
		if x, _ := event.Decode[event.Submission](es[1]); x.ChildrenReason != "两村停电" {
			t.Fatalf("%+v", x)
		}
	})
}

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
		r := event.Rectification{ID: id.New(), Number: "整改〔2026〕1号", Title: "开机口令", UnitID: u.ID, UnitPath: u.Path, DueAt: w.clock.Now()}
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
		r := event.Rectification{ID: id.New(), Number: "整改〔2026〕1号", Title: "开机口令", UnitID: u.ID, UnitPath: u.Path, DueAt: w.clock.Now()}
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
