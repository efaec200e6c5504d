package assignment_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// Whom targets would reach is said while they are chosen: how many, which values add
// nobody, and whom parts that contradict each other leave out. A task that is saved
// with them reaches the same.
func TestTargetsAreCountedWhileChosen(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		small := fixture.Unit("S11")
		small.Kind, small.Sectors, small.Classes, small.Version = "school", []string{"education", "finance"}, 0, 2
		if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitsChanged, small.ID, 2, event.Units{Units: []event.Unit{small}})); err != nil {
			t.Fatal(err)
		}
		m := w.as(fixture.Manager)
		c := w.draft(fixture.Manager, nil, "V11")
		at := "/api/v1/campaigns/" + c.ID + "/targets"
		count := func(targets map[string]any) (r rest.Reached) {
			t.Helper()
			m.Post(at+"/count", targets).Is(200).Into(&r)
			return r
		}
		names := func(us []rest.NamedUnit) string {
			var out []string
			for _, u := range us {
				out = append(out, u.Name)
			}
			return strings.Join(out, " ")
		}
		type o = map[string]any
		for i, x := range []struct {
			targets o
			units   int64
			names   string
		}{
			{o{}, 0, ""},
			{o{"kinds": []string{"school"}}, 1, "东镇中心小学"},
			{o{"sectors": []string{"finance"}}, 2, "平县财政局 东镇中心小学"},
			{o{"under": ids("T1"), "levels": []string{"unit"}}, 3, "东一村 东二村 东镇中心小学"},
			{o{"under": ids("T1"), "exclude_ids": ids("V12", "T1"), "unit_ids": ids("V21")}, 3, "东一村 东镇中心小学 西一村"},
			{o{"more_than": []o{{"denominator": "classes", "than": 0}}, "under": ids("T1")}, 3, "东镇 东一村 东二村"},
			{o{"more_than": []o{{"denominator": "residents", "than": 300}}}, 0, ""},
		} {
			r := count(x.targets)
			if r.Units != x.units || names(r.Sample) != x.names {
				t.Errorf("%d: %d units: %s", i, r.Units, names(r.Sample))
			}
			if x.units > 0 {
				m.Patch("/api/v1/tasks/"+w.taskOf(c), o{"targets": x.targets}).Is(200)
				var d rest.DryRun
				m.Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
				if d.Assignments != x.units || d.Units != x.units || d.WithoutContact != x.units {
					t.Errorf("%d: the dry run says %d of %d units, %d without a contact", i, d.Assignments, d.Units, d.WithoutContact)
				}
			}
		}
		all := map[string]int64{}
		for _, v := range count(o{}).Values {
			all[v.List+" "+v.Code] = v.Units
		}
		if all["kind village"] != 3 || all["sector finance"] != 2 || all["sector education"] != 1 || all["level town"] != 2 {
			t.Errorf("values %v", all)
		}
		r := count(o{"kinds": []string{"school", "village", "museum"}, "exclude_kinds": []string{"village"}, "exclude_ids": append(ids("S11"), ids("V11")...)})
		if r.Units != 0 || fmt.Sprint(r.Idle) != "[{{kind school} false} {{kind village} false} {{kind museum} true}]" {
			t.Errorf("idle %+v", r.Idle)
		}
		if len(r.LeftOut) != 2 || r.LeftOut[0].Part != "exclude_ids" || names(r.LeftOut[0].Sample) != "东镇中心小学" || r.LeftOut[1].Units != 2 || names(r.LeftOut[1].Sample) != "东二村 西一村" {
			t.Errorf("left out %+v", r.LeftOut)
		}
		m.Post(at+"/count", o{"unit_ids": ids("DV")}).Problem(422, "invalid")
		m.Post(at+"/count", o{"more_than": []o{{"denominator": "code", "than": 0}}}).Problem(422, "invalid")
		w.as(fixture.Reporter).Post(at+"/count", o{"kinds": []string{"school"}}).Problem(404, "not_found")

		// What exists nowhere is warned of before it is issued.
		m.Patch("/api/v1/tasks/"+w.taskOf(c), o{"targets": o{"kinds": []string{"village"}, "exclude_kinds": []string{"museum"}, "sectors": []string{}}}).Is(200)
		var d rest.DryRun
		m.Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
		if len(d.Tasks[0].Nowhere) != 1 || d.Tasks[0].Nowhere[0] != (rest.Chosen{List: "kind", Code: "museum"}) || remarkOf(d.Warnings, "targets_nowhere") == "" {
			t.Errorf("%+v %+v", d.Tasks[0].Nowhere, d.Warnings)
		}
	})
}

// A pasted list names units by code or name, a line each; what is not found and what
// several are called is said.
func TestPastedUnitsAreFound(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		twin := fixture.Unit("V21")
		twin.Name, twin.Version = "东一村", 2
		twins := []event.Unit{fixture.Unit("V11"), twin}
		yes := true
		for i := range twins {
			twins[i].SharesName, twins[i].Version = &yes, 2
		}
		if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitsChanged, twin.ID, 2, event.Units{Units: twins})); err != nil {
			t.Fatal(err)
		}
		m := w.as(fixture.Manager)
		c := w.draft(fixture.Manager, nil, "V11")
		var l rest.FoundUnits
		m.Post("/api/v1/campaigns/"+c.ID+"/targets/find", map[string]any{"lines": []string{
			"v12", "", "东镇中心小学", "东一村", "东一村（东镇）", "1\tT2\t西镇", "邻村", "没有的",
		}}).Is(200).Into(&l)
		var got []string
		for _, f := range l.Items {
			got = append(got, fmt.Sprintf("%d %s=%s/%d", f.Line, f.Text, f.Name, len(f.Several)))
		}
		want := "1 v12=东二村/0, 3 东镇中心小学=东镇中心小学/0, 4 东一村=/2, 5 东一村（东镇）=东一村（东镇）/0, 6 1 T2 西镇=西镇/0, 7 邻村=/0, 8 没有的=/0"
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("%s\nwant %s", s, want)
		}
		m.Post("/api/v1/campaigns/"+c.ID+"/targets/find", map[string]any{"lines": []string{}}).Problem(422, "invalid")
	})
}

// taskOf is the id of the only task of a campaign.
func (w *world) taskOf(c rest.Campaign) string {
	w.t.Helper()
	var l struct{ Items []rest.Task }
	w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&l)
	return l.Items[0].ID
}
