package rectification_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification/checklist"
)

// answers are the answers to the five rules for a unit without a list of
// devices; the named items fail.
func answers(fails ...string) obj {
	var as []obj
	for _, key := range []string{"network_separation", "power_on_password", "antivirus", "wired_only", "software"} {
		a := obj{"item_key": key, "result": "pass"}
		for _, f := range fails {
			if f == key {
				a = obj{"item_key": key, "result": "fail", "note": "不符合"}
			}
		}
		as = append(as, a)
	}
	return obj{"answers": as}
}

// The office plans a self-check, the unit carries it out, the office takes up
// what failed.
func TestSelfChecks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp, rep := w.as(fixture.Inspector), w.as(fixture.Reporter)
		plan := obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "self"}
		rep.Post("/api/v1/inspections", plan).Problem(403, "forbidden")
		insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "self", "inspector_ids": []string{"nobody"}}).Problem(422, "invalid")
		var in, spot thing
		insp.Post("/api/v1/inspections", plan).Is(201).Into(&in)
		path := "/api/v1/inspections/" + in.ID
		w.as(fixture.Reporter12).Do("PUT", path+"/answers", answers()).Problem(404, "not_found")
		w.as(fixture.Viewer).Do("PUT", path+"/answers", answers()).Problem(403, "forbidden")
		rep.Do("PUT", path+"/answers", answers("antivirus", "software")).Is(200).Into(&in)
		if !in.May["send"] || in.May["amend"] || in.May["update"] {
			t.Fatalf("may %v", in.May)
		}
		rep.Post(path+"/send", obj{"record_findings": true}).Problem(403, "forbidden")
		// What the office fills in is not the unit's word.
		insp.Do("PUT", path+"/answers", answers()).Problem(403, "forbidden")
		insp.Post(path+"/send", nil).Problem(403, "forbidden")
		rep.Post(path+"/send", nil).Is(200).Into(&in)
		insp.Post(path+"/amend", obj{"text": "x"}).Problem(403, "forbidden")
		rep.Post(path+"/amend", obj{"text": "2 号机也未安装"}).Is(200)
		var fs page
		insp.Get("/api/v1/findings?inspection_id=" + in.ID).Is(200).Into(&fs)
		if in.State != "sent" || in.Failed != 2 || len(fs.Items) != 0 {
			t.Fatalf("sent %+v, %d findings", in, len(fs.Items))
		}
		rep.Post(path+"/confirm", nil).Problem(409, "self_check")
		var seen thing
		insp.Get(path).Is(200).Into(&seen)
		if !seen.May["record_findings"] || in.May["record_findings"] {
			t.Errorf("the office may %v, the unit %v", seen.May, in.May)
		}
		// What an inspector carries out is not the unit's to answer.
		insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot"}).Is(201).Into(&spot)
		rep.Do("PUT", "/api/v1/inspections/"+spot.ID+"/answers", answers()).Problem(404, "not_found")

		insp.Post("/api/v1/findings", obj{"inspection_id": in.ID, "item_key": "antivirus"}).Is(201)
		var n struct{ Recorded int }
		rep.Post(path+"/record-findings", nil).Problem(403, "forbidden")
		w.as(fixture.Stranger).Post(path+"/record-findings", nil).Problem(404, "not_found")
		insp.Post("/api/v1/inspections/"+spot.ID+"/record-findings", nil).Problem(409, "wrong_state")
		for _, want := range []int{1, 0} { // the other one, then nothing more
			insp.Post(path+"/record-findings", nil).Is(200).Into(&n)
			if n.Recorded != want {
				t.Fatalf("recorded %d, want %d", n.Recorded, want)
			}
		}
		w.check()
	})
}

// The unit confirms the results, or objects; another inspector decides.
func TestResponses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp, rep := w.as(fixture.Inspector), w.as(fixture.Reporter)
		type view struct {
			thing
			Response   string
			Responses  []struct{ State, Answer string }
			Amendments []struct{ Text string }
		}
		sent := func() string {
			var in thing
			insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot"}).Is(201).Into(&in)
			path := "/api/v1/inspections/" + in.ID
			rep.Post(path+"/confirm", nil).Problem(409, "wrong_state")
			insp.Do("PUT", path+"/answers", answers("antivirus")).Is(200)
			insp.Post(path+"/send", nil).Is(200)
			return path
		}
		var v view
		one := sent()
		w.as(fixture.Reporter12).Post(one+"/confirm", nil).Problem(404, "not_found")
		insp.Post(one+"/confirm", nil).Problem(403, "forbidden")
		rep.Post(one+"/confirm", obj{"note": "属实"}).Is(200).Into(&v)
		if v.Response != "confirmed" || len(v.Responses) != 1 {
			t.Fatalf("confirmed %+v", v)
		}
		rep.Post(one+"/object", obj{"text": "x"}).Problem(409, "responded")
		w.as(fixture.Inspector2).Post(one+"/decide-objection", obj{"uphold": true, "answer": "x"}).Problem(409, "no_objection")
		for uphold, want := range map[bool]string{true: "upheld", false: "overruled"} {
			two := sent()
			rep.Post(two+"/object", obj{"text": "x", "item_key": "nothing"}).Problem(422, "invalid")
			w.as(fixture.UnitLeader).Post(two+"/object", obj{"text": "已装杀毒软件", "item_key": "antivirus"}).Is(200)
			var l page
			w.as(fixture.Inspector2).Get("/api/v1/inspections?response=objected").Is(200).Into(&l)
			if len(l.Items) != 1 || !l.Items[0].May["decide_objection"] {
				t.Fatalf("objected %+v", l.Items)
			}
			insp.Post(two+"/decide-objection", obj{"uphold": uphold, "answer": "x"}).Problem(403, "own_inspection")
			rep.Post(two+"/decide-objection", obj{"uphold": true, "answer": "x"}).Problem(403, "forbidden")
			v = view{}
			w.as(fixture.Inspector2).Post(two+"/decide-objection", obj{"uphold": uphold, "answer": "经复核"}).Is(200).Into(&v)
			if v.Response != want || v.Responses[0].State != want || v.Responses[0].Answer != "经复核" || len(v.Amendments) == 1 != uphold {
				t.Fatalf("%s: %+v", want, v)
			}
			rep.Post(two+"/object", obj{"text": "x"}).Problem(409, "responded")
			if es := w.events(v.ID); es[len(es)-1] != event.InspectionObjectionDecided {
				t.Fatalf("events %v", es)
			}
		}
		w.check()
	})
}

// A spot check is worth nothing once its unit expects it: it learns of it when
// the results are sent, while everybody above sees it from the start.
func TestSpotChecksAreUnannounced(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp, v11 := w.as(fixture.Inspector), fixture.Unit("V11").ID
		var spot, planned thing
		plan := func(kind string) obj {
			return obj{"unit_id": v11, "checklist_id": checklist.TerminalRulesID, "kind": kind}
		}
		insp.Post("/api/v1/inspections", plan("spot")).Is(201).Into(&spot)
		insp.Post("/api/v1/inspections", plan("planned")).Is(201).Into(&planned)
		sees := func(who policy.Actor, want ...string) {
			t.Helper()
			var l page
			w.as(who).Get("/api/v1/inspections?unit_id=" + v11).Is(200).Into(&l)
			var got []string
			for _, x := range l.Items {
				got = append(got, x.ID)
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s sees %v, want %v", who.Name, got, want)
			}
			for _, id := range []string{spot.ID, planned.ID} {
				status := 404
				if slices.Contains(want, id) {
					status = 200
				}
				w.as(who).Get("/api/v1/inspections/" + id).Is(status)
			}
		}
		sees(fixture.Reporter, planned.ID)
		sees(fixture.Coordinator, planned.ID, spot.ID)
		sees(fixture.Manager, planned.ID, spot.ID)
		insp.Do("PUT", "/api/v1/inspections/"+spot.ID+"/answers", answers()).Is(200)
		insp.Post("/api/v1/inspections/"+spot.ID+"/send", nil).Is(200)
		sees(fixture.Reporter, planned.ID, spot.ID)
	})
}
