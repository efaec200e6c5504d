package rectification_test

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// repeat draws once more, from the published description alone.
func repeat(d rectification.Draw) []rectification.Pick {
	number := func(text string, total int64) int64 {
		sum := sha256.Sum256([]byte(text))
		return new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), big.NewInt(total)).Int64()
	}
	var picks []rectification.Pick
	gone := map[string]bool{}
	for k := range d.Wanted {
		weight := func(u rectification.DrawUnit) int64 {
			if d.Weighted {
				return u.Weight
			}
			return 1
		}
		left, total := map[string]int64{}, int64(0)
		var ids []string
		for _, u := range d.Units {
			if !gone[u.ID] {
				left[u.ID] = weight(u)
				total += weight(u)
				ids = append(ids, u.ID)
			}
		}
		slices.Sort(ids)
		n := number(fmt.Sprintf("%s|unit|%d", d.Seed, k), total)
		var p rectification.Pick
		for _, x := range ids {
			if n < left[x] {
				p.UnitID = x
				break
			}
			n -= left[x]
		}
		gone[p.UnitID] = true
		var free []string
		for _, i := range d.Inspectors {
			if i.UnitID != p.UnitID {
				free = append(free, i.ID)
			}
		}
		slices.Sort(free)
		for j := range d.PerUnit {
			at := number(fmt.Sprintf("%s|inspector|%s|%d", d.Seed, p.UnitID, j), int64(len(free)))
			p.InspectorIDs = append(p.InspectorIDs, free[at])
			free = slices.Delete(free, int(at), int(at)+1)
		}
		picks = append(picks, p)
	}
	return picks
}

// Whatever is drawn from: no unit twice, nobody for the own unit, and anyone
// who follows the description draws the same.
func TestDrawsRepeat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := rectification.Draw{DrawHead: rectification.DrawHead{Seed: rapid.String().Draw(t, "seed"), Weighted: rapid.Bool().Draw(t, "weighted")}}
		for i := range rapid.IntRange(1, 30).Draw(t, "units") {
			u := rectification.DrawUnit{ID: fmt.Sprintf("u%02d", i), Findings: rapid.IntRange(0, 20).Draw(t, "findings"), Months: rapid.IntRange(0, 24).Draw(t, "months")}
			u.Weigh()
			d.Units = append(d.Units, u)
		}
		for i := range rapid.IntRange(1, 6).Draw(t, "people") {
			d.Inspectors = append(d.Inspectors, rectification.DrawInspector{ID: fmt.Sprintf("p%d", i), UnitID: fmt.Sprintf("u%02d", rapid.IntRange(0, 40).Draw(t, "home"))})
		}
		d.Wanted, d.PerUnit = rapid.IntRange(1, len(d.Units)).Draw(t, "wanted"), rapid.IntRange(1, len(d.Inspectors)).Draw(t, "per unit")
		picks, err := d.Drawn()
		if err != nil {
			if !strings.Contains(err.Error(), "draw_inspectors") {
				t.Fatal(err)
			}
			return
		}
		if diff := cmp.Diff(repeat(d), picks); diff != "" {
			t.Fatalf("drawn differently: %s", diff)
		}
		home := map[string]string{}
		for _, p := range d.Inspectors {
			home[p.ID] = p.UnitID
		}
		seen := map[string]bool{}
		for _, p := range picks {
			if seen[p.UnitID] || len(p.InspectorIDs) != d.PerUnit {
				t.Fatalf("picks %+v", picks)
			}
			seen[p.UnitID] = true
			for i, x := range p.InspectorIDs {
				if home[x] == p.UnitID || slices.Contains(p.InspectorIDs[:i], x) {
					t.Fatalf("inspectors %+v", p)
				}
			}
		}
		slices.Reverse(d.Units)
		if again, _ := d.Drawn(); !cmp.Equal(again, picks) {
			t.Fatal("the order of the record changes the draw")
		}
	})
}

// A unit of weight nine is drawn about nine times as often as one of weight one.
func TestWeightsCount(t *testing.T) {
	t.Parallel()
	d := rectification.Draw{
		DrawHead:   rectification.DrawHead{Weighted: true, Wanted: 1, PerUnit: 1},
		Units:      []rectification.DrawUnit{{ID: "a", Weight: 9}, {ID: "b", Weight: 1}},
		Inspectors: []rectification.DrawInspector{{ID: "p"}},
	}
	n := 0
	for i := range 10_000 {
		d.Seed = fmt.Sprint(i)
		picks, err := d.Drawn()
		if err != nil {
			t.Fatal(err)
		}
		if picks[0].UnitID == "a" {
			n++
		}
	}
	if n < 8_800 || n > 9_200 {
		t.Fatalf("drawn %d times of 10,000", n)
	}
}

func TestDoubleRandom(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		people := event.Persons{}
		var ids []string
		for i, home := range []string{"CO", "CF", "V11", "V12"} {
			u := fixture.Unit(home)
			p := event.Person{ID: fmt.Sprintf("p-%d", i), Name: home, UnitID: u.ID, UnitPath: u.Path, Version: 1}
			people.Persons, ids = append(people.Persons, p), append(ids, p.ID)
		}
		w.mustTake(event.New(id.New(), monday, event.PersonsChanged, "people", 1, people))
		// V11 was visited and had a finding; nobody ever went to the others.
		var in thing
		insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot"}).Is(201).Into(&in)
		insp.Do("PUT", "/api/v1/inspections/"+in.ID+"/answers", answers("antivirus")).Is(200)
		insp.Post("/api/v1/inspections/"+in.ID+"/send", nil).Is(200)
		w.clk.Advance(40 * 24 * time.Hour)

		c := fixture.Unit("C").ID
		body := func(more obj) obj {
			b := obj{"title": "双随机", "under": c, "count": 3, "inspector_ids": ids, "weighted": true, "seed": "08 11 23"}
			for k, v := range more {
				b[k] = v
			}
			return b
		}
		const path = "/api/v1/inspections/draws"
		insp.Post(path, body(obj{"sector": "nothing"})).Problem(422, "draw_empty")
		insp.Post(path, body(obj{"count": 100})).Problem(422, "draw_too_few")
		insp.Post(path, body(obj{"inspector_ids": []string{"nobody"}})).Problem(422, "invalid")
		insp.Post(path, body(obj{"inspector_ids": ids[:1], "inspectors_per_unit": 2})).Problem(422, "draw_inspectors")
		insp.Post(path, body(obj{"under": fixture.Unit("D").ID})).Problem(404, "not_found")
		w.as(fixture.Manager).Post(path, body(nil)).Problem(403, "forbidden")

		type draw struct {
			thing
			Units []struct {
				ID               string
				Findings, Months int
				Weight           int64
			}
			Picks []struct {
				UnitID       string   `json:"unit_id"`
				InspectorIDs []string `json:"inspector_ids"`
				InspectionID string   `json:"inspection_id"`
			}
			Seed    string
			Repeats bool
		}
		var one, two, free draw
		mine := id.New()
		insp.Post(path, body(obj{"id": mine})).Is(201).Into(&one)
		insp.Post(path, body(obj{"id": mine})).Is(201).Into(&two)
		if !reflect.DeepEqual(one, two) || len(one.Picks) != 3 || !one.Repeats || one.Seed != "08 11 23" {
			t.Fatalf("drawn %+v and %+v", one, two)
		}
		insp.Post(path, body(obj{"id": mine, "count": 2})).Problem(409, "id_taken")
		for _, u := range one.Units {
			want := int64(25) // 1 and 24 months
			if u.ID == fixture.Unit("V11").ID {
				want = 1 + 2 + 1
			}
			if u.Weight != want || u.ID == fixture.Unit("CO").ID {
				t.Errorf("unit %+v, want weight %d, and never the inspector's own", u, want)
			}
		}
		insp.Post(path, body(obj{"seed": ""})).Is(201).Into(&free)
		if free.Seed == "" || free.Seed == one.Seed {
			t.Fatalf("seed %q", free.Seed)
		}
		w.as(fixture.Viewer).Get(path + "/" + mine).Is(200)
		w.as(fixture.Reporter).Get(path+"/"+mine).Problem(404, "not_found") // nobody is warned
		w.as(fixture.Stranger).Get(path+"/"+mine).Problem(404, "not_found")
		for who, n := range map[*policy.Actor]int{&fixture.Inspector: 2, &fixture.Viewer: 2, &fixture.Reporter: 0, &fixture.Stranger: 0} {
			var l page
			if w.as(*who).Get(path).Is(200).Into(&l); len(l.Items) != n {
				t.Errorf("%s sees %d draws, want %d", who.Name, len(l.Items), n)
			}
		}
		w.as(fixture.Inspector2).Post(path+"/"+mine+"/plan", obj{"checklist_id": checklist.TerminalRulesID}).Problem(403, "forbidden")
		insp.Post(path+"/"+mine+"/plan", obj{"checklist_id": id.New()}).Problem(404, "not_found")
		insp.Post(path+"/"+mine+"/plan", obj{"checklist_id": checklist.TerminalRulesID, "planned_on": "2026-11-02"}).Is(200).Into(&one)
		insp.Post(path+"/"+mine+"/plan", obj{"checklist_id": checklist.TerminalRulesID}).Problem(409, "wrong_state")
		for _, p := range one.Picks {
			var got struct {
				Kind       string
				UnitID     string `json:"unit_id"`
				PlannedDay string `json:"planned_on"`
				Inspectors []struct {
					ID string
				}
			}
			insp.Get("/api/v1/inspections/" + p.InspectionID).Is(200).Into(&got)
			if got.Kind != "spot" || got.UnitID != p.UnitID || got.PlannedDay != "2026-11-02" || len(got.Inspectors) != 2 {
				t.Fatalf("planned %+v", got)
			}
		}
		if es := w.events(mine); !slices.Equal(es, []event.Type{event.DrawDrawn, event.DrawPlanned}) || one.State != "planned" || !one.Repeats {
			t.Fatalf("events %v, %+v", es, one)
		}
		w.check()
	})
}

// An inspection that was drawn begins with the devices of its unit's register,
// where the checklist is answered per device: those in use, and no others.
func TestADrawPlansWithTheDevicesOfTheRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		register := func(unit, label string) (x thing) {
			t.Helper()
			insp.Post("/api/v1/inspections/devices", obj{"unit_id": fixture.Unit(unit).ID, "label": label, "network": "inner", "serial": "NW-" + label}).Is(201).Into(&x)
			return x
		}
		register("V11", "1 号机")
		register("V11", "2 号机")
		gone := register("V11", "报废机")
		insp.Patch("/api/v1/inspections/devices/"+gone.ID, obj{"retired": true}).Is(200)
		register("V12", "别村的机")
		var many []string // more than an inspection is given by name, in several pages
		for i := range rectification.MaxDevices + 10 {
			label := fmt.Sprintf("机 %04d", i)
			register("S11", label)
			many = append(many, label+" NW-"+label)
		}
		var whole thing
		insp.Post("/api/v1/checklists", obj{"title": "制度检查", "items": []obj{{"key": "duty", "title": "建立责任制", "type": "pass_fail", "category": "institutions", "deadline_days": 5}}}).Is(201).Into(&whole)
		insp.Post("/api/v1/checklists/"+whole.ID+"/publish", nil).Is(200)
		for _, x := range []struct {
			unit, checklist string
			want            []string
		}{
			{"V11", checklist.TerminalRulesID, []string{"1 号机 NW-1 号机", "2 号机 NW-2 号机"}},
			{"V21", checklist.TerminalRulesID, nil}, // its register is empty
			{"S11", checklist.TerminalRulesID, many},
			{"V11", whole.ID, nil},
		} {
			var drawn struct {
				thing
				Picks []struct {
					InspectionID string `json:"inspection_id"`
				}
			}
			insp.Post("/api/v1/inspections/draws", obj{
				"title": "双随机", "under": fixture.Unit(x.unit).ID, "count": 1, "inspector_ids": []string{fixture.Inspector.PersonID}, "inspectors_per_unit": 1,
			}).Is(201).Into(&drawn)
			insp.Post("/api/v1/inspections/draws/"+drawn.ID+"/plan", obj{"checklist_id": x.checklist}).Is(200).Into(&drawn)
			var in struct {
				thing
				Devices []struct{ ID, Label, Serial string }
			}
			path := "/api/v1/inspections/" + drawn.Picks[0].InspectionID
			insp.Get(path).Is(200).Into(&in)
			var got []string
			var answers []obj
			for _, dev := range in.Devices {
				got = append(got, dev.Label+" "+dev.Serial)
				for _, it := range in.Items {
					answers = append(answers, obj{"item_key": it.Key, "device_id": dev.ID, "result": "pass"})
				}
			}
			if !slices.Equal(got, x.want) {
				t.Errorf("at %s planned with %d, %.300q, want %d, %.300q", x.unit, len(got), got, len(x.want), x.want)
			}
			if len(answers) > 0 && len(answers) <= 2000 {
				insp.Do("PUT", path+"/answers", obj{"answers": answers}).Is(200)
				insp.Post(path+"/send", nil).Is(200)
			}
		}
		w.check()
	})
}
