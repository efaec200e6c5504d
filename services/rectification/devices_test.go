package rectification_test

import (
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
)

// A unit keeps its register; inspections take their devices from it.
func TestDeviceRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rep, insp := w.as(fixture.Reporter), w.as(fixture.Inspector)
		v11 := fixture.Unit("V11").ID
		const path = "/api/v1/inspections/devices"
		plan := obj{"unit_id": v11, "checklist_id": checklist.TerminalRulesID, "kind": "spot", "registered_devices": true}
		insp.Post("/api/v1/inspections", plan).Problem(422, "invalid") // nothing is registered
		mine := id.New()
		body := obj{"id": mine, "unit_id": v11, "label": "1 号机", "network": "inner", "serial": "NW-07"}
		var one, two, old thing
		rep.Post(path, body).Is(201).Into(&one)
		rep.Post(path, body).Is(201)
		body["label"] = "2 号机"
		rep.Post(path, body).Problem(409, "id_taken")
		insp.Post(path, obj{"unit_id": v11, "label": "2 号机"}).Is(201).Into(&two)
		rep.Post(path, obj{"unit_id": v11, "label": "报废机"}).Is(201).Into(&old)
		rep.With("If-Match", `"9"`).Patch(path+"/"+old.ID, obj{"retired": true}).Problem(412, "stale")
		rep.Patch(path+"/"+old.ID, obj{"retired": true}).Is(200).Into(&old)
		if old.State != "retired" || old.Version != 2 {
			t.Fatalf("retired %+v", old)
		}
		rep.Post(path, obj{"unit_id": v11, "label": " "}).Problem(422, "invalid")
		rep.Post(path, obj{"unit_id": fixture.Unit("V12").ID, "label": "x"}).Problem(404, "not_found")
		w.as(fixture.Viewer).Patch(path+"/"+mine, obj{"label": "x"}).Problem(403, "forbidden")
		w.as(fixture.Reporter12).Get(path+"/"+mine).Problem(404, "not_found")
		w.as(fixture.UnitLeader).Get(path + "/" + mine).Is(200)
		var l page
		if w.as(fixture.Reporter12).Get(path).Is(200).Into(&l); len(l.Items) != 0 {
			t.Fatalf("another village sees %d devices", len(l.Items))
		}
		if rep.Get(path + "?state=active&limit=1").Is(200).Into(&l); len(l.Items) != 1 || l.NextCursor == "" {
			t.Fatalf("first page %+v", l)
		}

		var in struct {
			ID      string
			Devices []struct{ ID, Serial string }
		}
		plan["devices"] = []obj{{"id": "x", "label": "x"}}
		insp.Post("/api/v1/inspections", plan).Problem(422, "invalid") // both
		delete(plan, "devices")
		insp.Post("/api/v1/inspections", plan).Is(201).Into(&in)
		if len(in.Devices) != 2 || in.Devices[0].ID != one.ID || in.Devices[0].Serial != "NW-07" || in.Devices[1].ID != two.ID {
			t.Fatalf("devices %+v", in.Devices)
		}
		insp.Do("PUT", "/api/v1/inspections/"+in.ID+"/answers", obj{"answers": []obj{{"item_key": "antivirus", "device_id": one.ID, "result": "fail", "note": "未安装"}}}).Is(200)
		insp.Post("/api/v1/findings", obj{"inspection_id": in.ID, "item_key": "antivirus", "device_id": one.ID}).Is(201)
		if insp.Get("/api/v1/findings?device_id=" + one.ID).Is(200).Into(&l); len(l.Items) != 1 {
			t.Fatalf("%d findings of the device", len(l.Items))
		}
		if es := w.events(mine); len(es) != 1 {
			t.Fatalf("events %v", es)
		}
		w.check()
	})
}
