package rectification_test

import (
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// A look-back asks for what is open and what was closed not long ago, and
// links what fails.
func TestLookBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		v11 := fixture.Unit("V11").ID
		const path = "/api/v1/inspections/look-back"
		insp.Post(path, obj{"unit_id": v11}).Problem(422, "nothing_to_look_back")
		w.as(fixture.Reporter).Post(path, obj{"unit_id": v11}).Problem(403, "forbidden")
		w.as(fixture.Stranger).Post(path, obj{"unit_id": v11}).Problem(404, "not_found")
		closed := func() thing {
			f := w.finding(fixture.Inspector, "V11", "minor")
			r := w.order(fixture.Inspector, f)
			w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
			w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
			w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Is(200)
			return f
		}
		closed() // too long ago
		w.clk.Advance(200 * 24 * time.Hour)
		late := closed()
		open := w.finding(fixture.Inspector, "V11", "ordinary")
		w.finding(fixture.Inspector, "V12", "ordinary") // another unit's

		var in thing
		mine := id.New()
		insp.Post(path, obj{"id": mine, "unit_id": v11}).Is(201).Into(&in)
		insp.Post(path, obj{"id": mine, "unit_id": v11}).Is(201)
		insp.Post(path, obj{"id": mine, "unit_id": v11, "note": "x"}).Problem(409, "id_taken")
		var keys []string
		for _, it := range in.Items {
			keys = append(keys, it.Key)
		}
		if !slices.Equal(keys, []string{open.ID, late.ID}) {
			t.Fatalf("items %v, want %s and %s", keys, open.ID, late.ID)
		}
		// The list is nobody's checklist.
		var l page
		insp.Get("/api/v1/checklists?all_versions=true").Is(200).Into(&l)
		if len(l.Items) != 3 {
			t.Fatalf("%d checklists", len(l.Items))
		}
		var got struct {
			ChecklistID string `json:"checklist_id"`
		}
		insp.Get("/api/v1/inspections/" + mine).Is(200).Into(&got)
		insp.Get("/api/v1/checklists/"+got.ChecklistID).Problem(404, "not_found")
		insp.Post("/api/v1/inspections", obj{"unit_id": v11, "checklist_id": got.ChecklistID}).Problem(404, "not_found")

		insp.Do("PUT", "/api/v1/inspections/"+mine+"/answers", obj{"answers": []obj{
			{"item_key": open.ID, "result": "fail", "note": "仍未整改"}, {"item_key": late.ID, "result": "fail", "note": "又出现"},
		}}).Is(200)
		insp.Post("/api/v1/inspections/"+mine+"/send", nil).Is(200)
		var fs struct {
			Items []struct {
				RepeatsID   string `json:"repeats_id"`
				DuplicateOf string `json:"duplicate_of"`
			}
		}
		insp.Get("/api/v1/findings?inspection_id=" + mine).Is(200).Into(&fs)
		var relapse, duplicate string
		for _, f := range fs.Items {
			relapse, duplicate = relapse+f.RepeatsID, duplicate+f.DuplicateOf
		}
		if len(fs.Items) != 2 || relapse != late.ID || duplicate != open.ID {
			t.Fatalf("findings %+v", fs.Items)
		}
		// Nobody is there to be visited; what was planned before is still the same.
		v := fixture.Unit("V11")
		w.mustTake(event.New(id.New(), monday, event.UnitsChanged, v.ID, 2, event.Units{Units: []event.Unit{{
			ID: v.ID, ParentID: v.ParentID, Path: v.Path, Level: v.Level, Code: v.Code, Name: v.Name, Version: 2,
		}}}))
		insp.Post(path, obj{"unit_id": v11}).Problem(422, "invalid").Says("no longer active")
		insp.Post(path, obj{"id": mine, "unit_id": v11}).Is(201)
		w.check()
	})
}
