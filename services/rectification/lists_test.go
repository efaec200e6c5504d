package rectification_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification/checklist"
)

// Case 26, here: whoever lists a thing can read it, and whoever can read it finds
// it in the list. Also what went to another unit, what is not announced yet and
// what is not published.
func TestCase26ListsEqualGets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		county, town := w.as(fixture.Inspector), w.as(fixture.Actor("T1", "inspector@T1"))
		ids := map[string][]string{}
		add := func(list string, x thing) thing {
			ids[list] = append(ids[list], x.ID)
			return x
		}
		for _, unit := range []string{"V11", "S11", "V21", "T1", "CF"} {
			u := fixture.Unit(unit).ID
			for _, kind := range []string{"planned", "spot", "self", "remote"} {
				var x thing
				county.Post("/api/v1/inspections", obj{"unit_id": u, "checklist_id": checklist.TerminalRulesID, "kind": kind}).Is(201).Into(&x)
				add("inspections", x)
			}
			var dev thing
			county.Post("/api/v1/inspections/devices", obj{"unit_id": u, "label": "1 号机"}).Is(201).Into(&dev)
			add("inspections/devices", dev)
			add("findings", w.finding(fixture.Inspector, unit, "ordinary"))
			f, g := w.finding(fixture.Inspector, unit, "ordinary"), w.finding(fixture.Inspector, unit, "minor")
			add("findings", f)
			add("findings", g)
			r := add("rectifications", w.order(fixture.Inspector, f))
			w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("V12").ID, "reason": "x"}).Is(200)
			add("rectifications", w.order(fixture.Inspector, g))
			var draw thing
			county.Post("/api/v1/inspections/draws", obj{
				"title": "双随机", "under": u, "levels": []string{"unit", "town"}, "count": 1, "inspector_ids": []string{fixture.Inspector.PersonID}, "inspectors_per_unit": 1,
			}).Is(201).Into(&draw)
			add("inspections/draws", draw)
		}
		for i, c := range []obj{{"title": "县级草案"}, {"title": "县级"}, {"title": "镇级草案"}, {"title": "镇级"}} {
			c["items"] = []obj{{"key": "duty", "title": "建立责任制", "type": "pass_fail", "category": "institutions", "deadline_days": 5}}
			by := county
			if i > 1 {
				by = town
			}
			var x thing
			by.Post("/api/v1/checklists", c).Is(201).Into(&x)
			if i%2 == 1 {
				by.Post("/api/v1/checklists/"+x.ID+"/publish", nil).Is(200)
			}
			add("checklists", x)
		}
		var actors []policy.Actor
		for role := range policy.Roles {
			for _, at := range []string{"C", "T1", "T2", "V11", "V12", "V21", "S11", "CF", "D", "DV"} {
				actors = append(actors, fixture.Actor(at, role+"@"+at))
			}
		}
		actors = append(actors, fixture.Inspector, fixture.Inspector2, fixture.Actor("V11", "reporter@V11", "viewer@T2"), fixture.Stranger)
		seen := map[string]int{}
		for _, who := range actors {
			for list, all := range ids {
				var listed []string
				for path := "/api/v1/" + list + "?limit=7"; path != ""; {
					var l page
					a := w.as(who).Get(path)
					if a.Status == 403 {
						break // no right of reading at all
					}
					a.Is(200).Into(&l)
					for _, x := range l.Items {
						listed = append(listed, x.ID)
					}
					if path = ""; l.NextCursor != "" {
						path = "/api/v1/" + list + "?limit=7&cursor=" + l.NextCursor
					}
				}
				for _, x := range all {
					got := w.as(who).Get("/api/v1/" + list + "/" + x)
					is := slices.Contains(listed, x)
					if is != (got.Status == 200) || !is && got.Status != 404 && got.Status != 403 {
						t.Errorf("%s of %s: listed %v, read %d", list, who.Grants, is, got.Status)
					}
					if is {
						seen[list]++
					}
				}
			}
		}
		for list := range ids {
			if seen[list] == 0 {
				t.Errorf("nobody sees any of %s", list)
			}
		}
	})
}
