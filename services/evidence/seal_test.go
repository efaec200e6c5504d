package evidence_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

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
		c.Post(subs+"/"+s.ID+"/seal", nil).Problem(422, "children_open").Says(`"location":"body.children_reason"`)
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
