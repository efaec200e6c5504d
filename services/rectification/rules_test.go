package rectification_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	rectmodule "github.com/duban/duban/services/rectification/module"
	"github.com/uptrace/bun"
)

const builtIns = "终端安全五项检查,单位网络安全自查表,网络安全宣传周现场检查表"

func TestChecklists(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		// Seeding again changes nothing.
		engine, _ := policy.New()
		if _, err := rectmodule.New(module.Deps{DB: d, Policy: engine, Clock: w.clk, Calendar: clock.Official}); err != nil {
			t.Fatal(err)
		}
		if es := w.events(checklist.TerminalRulesID); len(es) != 1 {
			t.Fatalf("seeded %v", es)
		}
		insp := w.as(fixture.Inspector)
		it := obj{"key": "log_days", "title": "日志留存", "type": "number", "minimum": 180, "category": "technical"}
		bad := obj{"title": "坏", "items": []obj{it, it, {"key": "x", "title": "x", "type": "choice", "category": "technical", "fail_evidence": "file"}}}
		insp.Post("/api/v1/checklists", bad).Problem(422, "invalid")
		w.as(fixture.Manager).Post("/api/v1/checklists", obj{"title": "x"}).Problem(403, "forbidden")
		var c thing
		insp.Post("/api/v1/checklists", obj{"title": "县检查表"}).Is(201).Into(&c)
		path := "/api/v1/checklists/" + c.ID
		insp.Post(path+"/publish", nil).Problem(422, "no_items")
		insp.With("If-Match", `"7"`).Do("PUT", path, obj{"title": "县检查表", "items": []obj{it}}).Problem(412, "stale")
		insp.Do("PUT", path, obj{"title": "县检查表", "items": []obj{it}}).Is(200)

		townInspector := fixture.Actor("T1", "inspector@T1")
		w.as(townInspector).Get(path).Problem(404, "not_found") // a draft of the county
		insp.Post(path+"/publish", nil).Is(200)
		insp.Do("PUT", path, obj{"title": "改"}).Problem(409, "wrong_state")
		w.as(townInspector).Get(path).Is(200) // published to it from above
		w.as(townInspector).Post(path+"/new-version", nil).Problem(403, "forbidden")
		w.as(fixture.Stranger).Get(path).Problem(404, "not_found")
		w.as(fixture.Reporter).Get(path).Problem(404, "not_found")
		var v2 thing
		insp.Post(path+"/new-version", nil).Is(201).Into(&v2)
		if v2.Number != float64(2) || v2.State != "draft" {
			t.Fatalf("%+v", v2)
		}
		insp.Post(path+"/new-version", nil).Problem(409, "draft_exists")
		insp.Post("/api/v1/checklists/"+v2.ID+"/publish", nil).Is(200)
		insp.Post("/api/v1/checklists/"+checklist.TerminalRulesID+"/new-version", nil).Problem(403, "forbidden")

		var town thing
		w.as(townInspector).Post("/api/v1/checklists", obj{"title": "镇检查表", "items": []obj{it}}).Is(201).Into(&town)
		for who, want := range map[*policy.Actor]string{
			&townInspector:     builtIns + ",县检查表 2,镇检查表 1",
			&fixture.Inspector: builtIns + ",县检查表 2",
			&fixture.Stranger:  builtIns,
			&fixture.Reporter:  "",
		} {
			var l struct {
				Items []struct {
					ID, Title string
					Number    int
					BuiltIn   bool `json:"built_in"`
				}
			}
			w.as(*who).Get("/api/v1/checklists").Is(200).Into(&l)
			var got []string
			for _, x := range l.Items {
				w.as(*who).Get("/api/v1/checklists/" + x.ID).Is(200)
				if x.BuiltIn {
					got = append(got, x.Title)
				} else {
					got = append(got, fmt.Sprintf("%s %d", x.Title, x.Number))
				}
			}
			slices.Sort(got)
			if strings.Join(got, ",") != sorted(want) {
				t.Errorf("%s sees %v, want %s", who.Name, got, want)
			}
		}
	})
}

func sorted(s string) string {
	xs := strings.Split(s, ",")
	slices.Sort(xs)
	return strings.Join(xs, ",")
}

// The phone may send everything again, in any order.
func TestOffline(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		body := obj{"id": id.New(), "unit_id": fixture.Unit("V12").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot"}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { w.as(fixture.Inspector).Post("/api/v1/inspections", body).Is(201) })
		}
		wg.Wait()
		path := fmt.Sprintf("/api/v1/inspections/%s", body["id"])
		a := obj{"answers": []obj{{"item_key": "antivirus", "result": "fail", "note": "无"}}}
		insp.Do("PUT", path+"/answers", a).Is(200)
		insp.Do("PUT", path+"/answers", a).Is(200)
		insp.Post("/api/v1/inspections", body).Is(201) // it went on meanwhile; still the same
		body["note"] = "别的内容"
		var p struct{ Current thing }
		insp.Post("/api/v1/inspections", body).Problem(409, "id_taken").Into(&p)
		if p.Current.ID != body["id"] {
			t.Fatalf("the conflict shows %+v", p)
		}
		w.as(fixture.Stranger).Post("/api/v1/inspections", obj{"id": body["id"], "unit_id": fixture.Unit("DV").ID, "checklist_id": checklist.TerminalRulesID}).Problem(409, "id_taken")
		// A finding from the answer, before the inspection is sent.
		f := obj{"id": id.New(), "inspection_id": body["id"], "item_key": "antivirus"}
		insp.Post("/api/v1/findings", f).Is(201)
		insp.Post("/api/v1/findings", f).Is(201)
		insp.Post("/api/v1/findings", obj{"id": f["id"], "inspection_id": body["id"], "item_key": "antivirus", "text": "x"}).Problem(409, "id_taken").Into(&p)
		if p.Current.ID != f["id"] || p.Current.State != "open" {
			t.Fatalf("the conflict shows %+v", p)
		}
		insp.Post("/api/v1/findings", obj{"inspection_id": body["id"], "item_key": "antivirus"}).Problem(409, "finding_exists")
		insp.Post("/api/v1/findings", obj{"inspection_id": body["id"], "item_key": "software"}).Problem(422, "invalid")
		var rest []obj
		for _, k := range []string{"network_separation", "power_on_password", "wired_only", "software"} {
			rest = append(rest, obj{"item_key": k, "result": "pass"})
		}
		insp.Do("PUT", path+"/answers", obj{"answers": rest}).Is(200)
		insp.Post(path+"/send", obj{"record_findings": true}).Is(200)
		var fs page
		insp.Get("/api/v1/findings?inspection_id=" + body["id"].(string)).Into(&fs)
		if len(fs.Items) != 1 {
			t.Fatalf("%d findings of one failure", len(fs.Items))
		}
		w.check()
	})
}

func TestScopeAndBadInput(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v11 := fixture.Unit("V11")
		f := w.finding(fixture.Inspector, "V11", "minor")
		r := w.order(fixture.Inspector, f)
		f2 := w.finding(fixture.Inspector, "V11", "minor")
		for _, path := range []string{"/findings/" + f.ID, "/rectifications/" + r.ID, "/rectifications/" + r.ID + "/history"} {
			for a, want := range map[*policy.Actor]int{
				&fixture.Inspector: 200, &fixture.Reporter: 200, &fixture.Coordinator: 200, &fixture.Manager: 200, &fixture.CountyLeader: 200,
				&fixture.Reporter12: 404, &fixture.Coordinator2: 404, &fixture.Stranger: 404, &fixture.SystemAdmin: 404, &fixture.Auditor: 404,
			} {
				w.as(*a).Get("/api/v1" + path).Is(want)
			}
			w.as(policy.Actor{}).Get("/api/v1" + path).Is(401)
		}
		for _, path := range []string{"/findings", "/rectifications"} {
			for a, want := range map[*policy.Actor]int{&fixture.Reporter: 1, &fixture.Reporter12: 0, &fixture.Stranger: 0, &fixture.Auditor: 0, &fixture.Coordinator: 1} {
				var l page
				w.as(*a).Get("/api/v1" + path + "?limit=1").Is(200).Into(&l)
				if len(l.Items) != want {
					t.Errorf("%s: %s sees %d", path, a.Name, len(l.Items))
				}
			}
		}
		// Nobody acts on their own unit, and not out of reach.
		own := fixture.Actor("V11", "inspector@T1")
		rec := obj{"unit_id": v11.ID, "title": "x", "category": "technical", "severity": "minor"}
		w.as(own).Post("/api/v1/findings", rec).Problem(403, "forbidden")
		w.as(fixture.Stranger).Post("/api/v1/findings", rec).Problem(404, "not_found")
		w.as(fixture.Reporter).Post("/api/v1/findings", rec).Problem(403, "forbidden")
		w.as(own).Post("/api/v1/inspections", obj{"unit_id": v11.ID, "checklist_id": checklist.TerminalRulesID}).Problem(403, "forbidden")
		w.as(fixture.Stranger).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID}, "title": "x"}).Problem(404, "not_found")
		w.as(own).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID}, "title": "x"}).Problem(403, "forbidden")
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID, id.New()}, "title": "x"}).Problem(404, "not_found")
		other := w.finding(fixture.Inspector, "V12", "minor")
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID, other.ID}, "title": "x"}).Problem(422, "invalid")
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID}, "title": "a\x00b"}).Problem(422, "invalid_text")
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f2.ID}, "title": " \n"}).Problem(422, "invalid")
		w.as(fixture.Inspector).Get("/api/v1/rectifications/nonsense").Problem(404, "not_found")
		w.as(fixture.Inspector).With("If-Match", `"99"`).Post("/api/v1/rectifications/"+r.ID+"/withdraw", obj{"reason": "x"}).Problem(412, "stale")
		w.as(fixture.Reporter).Post("/api/v1/rectifications/"+r.ID+"/withdraw", obj{"reason": "x"}).Problem(403, "forbidden")
		// Dismissed by another one only.
		w.as(fixture.Inspector).Post("/api/v1/findings/"+f2.ID+"/dismiss", obj{"reason": "误记"}).Problem(403, "own_finding")
		w.as(fixture.Inspector2).Post("/api/v1/findings/"+f2.ID+"/dismiss", obj{"reason": "误记"}).Is(200)
		w.as(fixture.Inspector2).Post("/api/v1/findings/"+f.ID+"/dismiss", obj{"reason": "误记"}).Problem(409, "wrong_state")
		// Relapses are proposed and linked.
		again := w.finding(fixture.Inspector2, "V11", "minor")
		var sim page
		w.as(fixture.Inspector2).Get("/api/v1/findings/" + again.ID + "/similar").Is(200).Into(&sim)
		if len(sim.Items) != 1 || sim.Items[0].ID != f.ID {
			t.Fatalf("similar: %+v", sim.Items)
		}
		rec["repeats_id"] = other.ID
		w.as(fixture.Inspector).Post("/api/v1/findings", rec).Problem(422, "invalid")
		rec["repeats_id"] = f.ID
		w.as(fixture.Inspector).Post("/api/v1/findings", rec).Is(201)
		var rel page
		w.as(fixture.Inspector).Get("/api/v1/findings?relapse=true&state=open&severity=minor&category=technical&unit_id=" + v11.ID).Is(200).Into(&rel)
		if len(rel.Items) != 1 || rel.Items[0].RepeatsID != f.ID {
			t.Fatalf("relapses: %+v", rel.Items)
		}
		w.as(fixture.Inspector).Post("/api/v1/inspections", obj{"unit_id": v11.ID, "checklist_id": checklist.TerminalRulesID, "planned_on": "2026-09-30"}).Is(201).Into(&rel)
		for q, n := range map[string]int{"inspector_id=me": 1, "inspector_id=someone": 0, "kind=spot": 0, "state=planned&kind=planned": 1} {
			w.as(fixture.Inspector).Get("/api/v1/inspections?" + q).Is(200).Into(&rel)
			if len(rel.Items) != n {
				t.Errorf("inspections with %s: %d", q, len(rel.Items))
			}
		}
		w.as(fixture.Inspector).Get("/api/v1/rectifications?relapsed=true&near=true&overdue=false&severity=minor").Is(200)
		// The same command twice is done once.
		cmd := obj{"finding_ids": []string{other.ID}, "title": "x"}
		var a, b thing
		w.as(fixture.Inspector).With("Idempotency-Key", "k1").Post("/api/v1/rectifications", cmd).Is(201).Into(&a)
		w.as(fixture.Inspector).With("Idempotency-Key", "k1").Post("/api/v1/rectifications", cmd).Is(201).Into(&b)
		if a.ID != b.ID {
			t.Fatal("done twice")
		}
		w.check()
	})
}

// Pages put together are the whole list, in order, without repeats.
func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		want := map[string]bool{}
		for i := range 7 {
			f := w.finding(fixture.Inspector, []string{"V11", "V12", "V21"}[i%3], "minor")
			want[w.order(fixture.Inspector, f).ID] = true
		}
		for _, path := range []string{"/api/v1/rectifications?limit=3", "/api/v1/findings?limit=3&under=" + fixture.Unit("C").ID} {
			seen, cursor, pages := map[string]bool{}, "", 0
			for {
				var l page
				w.as(fixture.Viewer).Get(path + cursor).Is(200).Into(&l)
				pages++
				for _, x := range l.Items {
					if seen[x.ID] {
						t.Fatalf("%s repeats %s", path, x.ID)
					}
					seen[x.ID] = true
				}
				if l.NextCursor == "" {
					break
				}
				cursor = "&cursor=" + l.NextCursor
			}
			if len(seen) != 7 || pages != 3 {
				t.Fatalf("%s: %d items on %d pages", path, len(seen), pages)
			}
		}
		var l page
		w.as(fixture.Viewer).Get("/api/v1/rectifications?state=ordered,closed&under=" + fixture.Unit("T2").ID).Is(200).Into(&l)
		if len(l.Items) != 2 {
			t.Fatalf("under a town: %d", len(l.Items))
		}
	})
}

func TestNumbersUnderConcurrency(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const n = 32
		fs := make([]thing, n)
		for i := range fs {
			fs[i] = w.finding(fixture.Inspector, "V11", "minor")
		}
		var mu sync.Mutex
		got := map[string]int{}
		won, lost := 0, 0
		var wg sync.WaitGroup
		for i := range n {
			for range 2 { // two orders for the same finding: one wins
				wg.Go(func() {
					a := w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{fs[i].ID}, "title": "x"})
					mu.Lock()
					defer mu.Unlock()
					if a.Status != 201 {
						lost++
						if a.Status != 409 {
							t.Errorf("status %d: %s", a.Status, a.Raw)
						}
						return
					}
					won++
					var r thing
					if err := json.Unmarshal(a.Raw, &r); err != nil {
						t.Error(err)
					}
					got[fmt.Sprint(r.Number)]++
				})
			}
		}
		wg.Wait()
		if won != n || lost != n || len(got) != n {
			t.Fatalf("won %d, lost %d, %d numbers", won, lost, len(got))
		}
		for i := range n {
			if got[rectification.OrderNumber(2026, int64(i+1))] != 1 {
				t.Fatalf("number %d was given %d times", i+1, got[rectification.OrderNumber(2026, int64(i+1))])
			}
		}
		w.check()
	})
}

// Two inspectors decide at once: one wins.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		var wg sync.WaitGroup
		var mu sync.Mutex
		st := map[int]int{}
		for _, a := range []policy.Actor{fixture.Inspector, fixture.Inspector2} {
			for range 4 {
				wg.Go(func() {
					x := w.do(a, r, "verify", obj{"decision": "close", "results": results(r, "fixed")})
					mu.Lock()
					defer mu.Unlock()
					st[x.Status]++
				})
			}
		}
		wg.Wait()
		if st[200] != 1 || st[409] != 7 {
			t.Fatalf("statuses %v", st)
		}
		w.check()
	})
}

func TestCampaignsAndMoves(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		c := fixture.Unit("C")
		camp := func(version int64, title, state string, typ event.Type) event.Event {
			return event.New(id.New(), monday, typ, "camp", version, event.Campaign{
				ID: "camp", Title: title, UnitID: c.ID, UnitPath: c.Path, State: state, NearDays: 1, OverdueDays: 2, AckDays: 1, Version: version,
			})
		}
		w.mustTake(camp(3, "财政网络安全检查", "active", event.CampaignActive))
		w.mustTake(camp(2, "旧标题", "draft", event.CampaignDrafted)) // late
		plan := obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "campaign_id": "camp"}
		var in struct {
			ID       string
			Campaign string `json:"campaign_title"`
		}
		w.as(fixture.Inspector).Post("/api/v1/inspections", plan).Is(201).Into(&in)
		if in.Campaign != "财政网络安全检查" {
			t.Fatalf("title %q", in.Campaign)
		}
		w.as(fixture.Stranger).Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("DV").ID, "checklist_id": checklist.TerminalRulesID, "campaign_id": "camp"}).Problem(422, "invalid")
		w.mustTake(camp(4, "财政网络安全检查", "closed", event.CampaignClosed))
		w.as(fixture.Inspector).Post("/api/v1/inspections", plan).Problem(409, "campaign_not_active")
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))

		// T1 moves to the other county: its units' things go along.
		t1, dd := fixture.Unit("T1"), fixture.Unit("D")
		w.mustTake(event.New(id.New(), monday, event.UnitMoved, t1.ID, 2, event.Move{
			UnitID: t1.ID, OldParentID: c.ID, NewParentID: dd.ID, OldPath: t1.Path, NewPath: dd.Path + t1.ID + "/",
		}))
		w.as(fixture.Inspector).Get("/api/v1/rectifications/"+r.ID).Problem(404, "not_found")
		w.as(fixture.Stranger).Get("/api/v1/rectifications/" + r.ID).Is(200)
		w.as(fixture.Stranger).Get("/api/v1/inspections/" + in.ID).Is(200)
		// Nothing waits for somebody who is not there any more: who inspects in the
		// new county takes it over as it stands, under the number it has.
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		var waits struct {
			ToVerify tally `json:"to_verify"`
		}
		w.as(fixture.Stranger).Get("/api/v1/rectifications/counts").Is(200).Into(&waits)
		if waits.ToVerify.Count != 1 {
			t.Errorf("%d wait for the new county", waits.ToVerify.Count)
		}
		w.do(fixture.Inspector, r, "begin-verification", nil).Problem(404, "not_found")
		w.do(fixture.Stranger, r, "begin-verification", nil).Is(200)
		var after thing
		w.do(fixture.Stranger, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Is(200).Into(&after)
		if after.State != "closed" || after.Number != r.Number {
			t.Errorf("verified by the new county: %+v", after)
		}
		w.check()
		// Paths that went wrong are named and mended.
		err := d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw("UPDATE findings SET unit_path = 'x/'").Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if bad, err := w.svc.Check(context.Background(), true); err != nil || len(bad) != 1 {
			t.Fatalf("check found %v %v", bad, err)
		}
		w.check()
	})
}

// Nobody verifies what a unit did that they report for themselves, also when
// they sit in an office and a colleague handed it in.
func TestNobodyVerifiesWhereTheyReport(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		both := fixture.Actor("CO", "inspector@C", "reporter@V11")
		w.as(both).Post("/api/v1/findings", obj{"unit_id": fixture.Unit("V11").ID, "title": "自查", "category": "technical", "severity": "minor"}).Problem(403, "forbidden")
		w.finding(both, "V12", "minor")
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		w.as(both).Post("/api/v1/rectifications/"+r.ID+"/begin-verification", nil).Problem(403, "own_unit")
		w.as(fixture.Inspector).Post("/api/v1/rectifications/"+r.ID+"/begin-verification", nil).Is(200)
	})
}

// A unit that has been dissolved gets no new findings.
func TestNoFindingsOfUnitsThatAreGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v := fixture.Unit("V11")
		w.mustTake(event.New(id.New(), monday, event.UnitsChanged, v.ID, 2, event.Units{Units: []event.Unit{{
			ID: v.ID, ParentID: v.ParentID, Path: v.Path, Level: v.Level, Code: v.Code, Name: v.Name, Active: false, Version: 2,
		}}}))
		w.as(fixture.Inspector).Post("/api/v1/findings", obj{"unit_id": v.ID, "title": "自查", "category": "technical", "severity": "minor"}).Problem(422, "invalid")
	})
}
