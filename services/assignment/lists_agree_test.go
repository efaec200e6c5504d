package assignment_test

import (
	"encoding/json"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fixture"
)

// Whoever sees a thing in a list can read it by its id, and nobody else, for
// every role: case 26.
func TestCase26_ListsEqualGets(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		county := w.issued(fixture.Manager, nil, "V11", "T1")
		other := w.issued(fixture.Manager, nil, "V21")
		town := w.issued(fixture.TownManager, nil, "V12")
		draft := w.draft(fixture.Manager, nil, "V11")
		everybody := []policy.Actor{
			fixture.Manager, fixture.TownManager, fixture.Coordinator, fixture.Coordinator2, fixture.Reporter, fixture.Reporter12, fixture.Reporter21,
			fixture.CountyLeader, fixture.Viewer, fixture.Actor("T2", "campaign_manager@T2"), fixture.Actor("CF", "inspector@C"),
			fixture.Actor("T1", "inspector@T1"), fixture.Actor("D", "campaign_manager@D"), fixture.Actor("T2", "leader@T2"), fixture.Actor("V11"),
		}
		ids := func(who policy.Actor, path string, open ...map[string]bool) map[string]bool {
			var l struct {
				Items []struct {
					ID   string
					Open bool
				}
			}
			a := w.as(who).Get(path)
			if a.Status == 404 {
				return nil
			}
			if err := json.Unmarshal(a.Is(200).Raw, &l); err != nil {
				t.Fatal(err)
			}
			m := map[string]bool{}
			for _, x := range l.Items {
				m[x.ID] = true
				for _, o := range open {
					o[x.ID] = x.Open
				}
			}
			return m
		}
		all := map[string]bool{}
		for _, who := range everybody {
			for id := range ids(who, "/api/v1/assignments?limit=500") {
				all[id] = true
			}
		}
		for _, who := range everybody {
			listed := ids(who, "/api/v1/campaigns?limit=500")
			for _, c := range []string{county.ID, other.ID, town.ID, draft.ID} {
				want := 404
				if listed[c] {
					want = 200
				}
				for _, path := range []string{"/api/v1/campaigns/" + c, "/api/v1/campaigns/" + c + "/tasks", "/api/v1/campaigns/" + c + "/progress"} {
					if got := w.as(who).Get(path).Status; got != want {
						t.Errorf("%s: %s answers %d, want %d as in the list", who.Name, path, got, want)
					}
				}
				var tasks struct{ Items []struct{ ID string } }
				w.as(fixture.Manager).Get("/api/v1/campaigns/" + c + "/tasks").Is(200).Into(&tasks)
				for _, x := range tasks.Items {
					if got := w.as(who).Get("/api/v1/tasks/" + x.ID).Status; got != want {
						t.Errorf("%s: a task of campaign %s answers %d, want %d", who.Name, c, got, want)
					}
				}
			}
			open := map[string]bool{}
			mine := ids(who, "/api/v1/assignments?limit=500", open)
			for id := range all {
				want := 404
				if mine[id] {
					want = 200
				}
				path := "/api/v1/assignments/" + id
				a := w.as(who).Get(path)
				if a.Status != want {
					t.Errorf("%s: %s answers %d, want %d as in the list", who.Name, path, a.Status, want)
				}
				var x struct{ Open bool }
				if want == 200 {
					a.Into(&x)
					if x.Open != open[id] {
						t.Errorf("%s: %s is open: %v, in the list: %v", who.Name, path, x.Open, open[id])
					}
				}
				if want == 200 && !x.Open {
					want = 403
				}
				for _, p := range []string{path + "/history", path + "/extension-requests"} {
					if got := w.as(who).Get(p).Status; got != want {
						t.Errorf("%s: %s answers %d, want %d", who.Name, p, got, want)
					}
				}
			}
		}
		// Templates go by their names; those that come with the program are for all
		// who may draft.
		names := func(who policy.Actor) map[string]bool {
			var l struct{ Items []struct{ Name string } }
			w.as(who).Get("/api/v1/campaign-templates").Is(200).Into(&l)
			m := map[string]bool{}
			for _, x := range l.Items {
				m[x.Name] = true
			}
			return m
		}
		kept := map[string]bool{}
		for who, campaign := range map[string]string{"county": county.ID, "town": town.ID} {
			by := fixture.Manager
			if who == "town" {
				by = fixture.TownManager
			}
			var x struct{ Name string }
			w.as(by).Post("/api/v1/campaign-templates", map[string]any{"campaign_id": campaign, "title": who}).Is(201).Into(&x)
			kept[x.Name] = true
		}
		seen := 0
		for _, who := range everybody {
			listed := names(who)
			for name := range kept {
				want := 404
				if listed[name] {
					want = 200
					seen++
				}
				if got := w.as(who).Get("/api/v1/campaign-templates/" + name).Status; got != want {
					t.Errorf("%s: the template %s answers %d, want %d as in the list", who.Name, name, got, want)
				}
			}
		}
		if seen < len(kept) || seen == len(kept)*len(everybody) {
			t.Errorf("%d of %d templates are listed", seen, len(kept)*len(everybody))
		}
		// A campaign of the county is the town's to see where it gives the town
		// something, and only there.
		listed := ids(fixture.TownManager, "/api/v1/campaigns?limit=500")
		if !listed[county.ID] || listed[other.ID] || listed[draft.ID] || !listed[town.ID] {
			t.Errorf("the town's manager is listed %v", listed)
		}
	})
}
