package assignment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/google/go-cmp/cmp"
)

func number(title, figure string, more map[string]any) map[string]any {
	r := map[string]any{"kind": "number", "title": title, "figure": figure, "measure": "份"}
	for k, v := range more {
		r[k] = v
	}
	return r
}

// The dry run says what it costs the units, and how much of it they were asked
// for lately.
func TestCostAndOverlap(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		run := func(c rest.Campaign) rest.DryRun {
			w.t.Helper()
			var d rest.DryRun
			w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
			return d
		}
		asks := map[string]any{"title": "宣传", "due_on": "2026-09-25", "requirements": []any{
			number("发放宣传册数", "leaflets", nil), // 5 minutes
			number("讲座场次", "talks", map[string]any{"minutes": 15}),
			map[string]any{"kind": "document", "title": "活动总结"},                                  // 20
			map[string]any{"kind": "photo", "title": "现场照片", "compulsory": true, "why": "须核对铭牌"}, // 10
		}}
		first := w.draft(fixture.Manager, asks, "V11", "V12", "V21", "S11")
		d := run(first)
		if diff := cmp.Diff(rest.Cost{Items: 16, Minutes: 200, Pictures: 4}, d.Cost); diff != "" {
			t.Fatal(diff)
		}
		if d.Overlap.Items != 16 || d.Overlap.Repeated != 0 || len(d.Overlap.Repeats) != 0 {
			t.Fatalf("%+v", d.Overlap)
		}
		earlier := w.issued(fixture.Manager, asks, "V11", "V12", "V21")
		// Another title for the same figure, the same title in another writing;
		// another measure and another kind are other things.
		second := w.draft(fixture.Manager, map[string]any{"title": "再报", "due_on": "2026-09-25", "requirements": []any{
			number("宣传单", "leaflets", nil), map[string]any{"kind": "document", "title": "活动 总结。"},
			number("讲座", "talks", map[string]any{"measure": "次"}), map[string]any{"kind": "text", "title": "活动总结"},
		}}, "V11", "V12", "S11")
		d = run(second)
		if o := d.Overlap; o.Items != 12 || o.Repeated != 4 || o.Percent != 33 || len(o.Repeats) != 2 || o.Repeats[0].Units != 2 || o.Repeats[0].CampaignID != earlier.ID ||
			o.Repeats[0].Title != "宣传单" || o.Repeats[1].Title != "活动 总结。" {
			t.Fatalf("%+v", o)
		}
		said := false
		for _, x := range d.Warnings {
			said = said || x.Code == "asked_before"
		}
		if !said || !d.Ready {
			t.Errorf("%+v", d)
		}
		// What was taken back from a unit was not asked of it.
		w.do(fixture.Manager, w.of(fixture.Manager, earlier, "V12").ID, "cancel", map[string]any{"reason": "不再需要"})
		if d = run(second); d.Overlap.Repeated != 2 {
			t.Errorf("%+v", d.Overlap)
		}
		w.clock.Advance(91 * 24 * time.Hour)
		if d = run(second); d.Overlap.Repeated != 0 {
			t.Errorf("after 91 days: %+v", d.Overlap)
		}
	})
}

// A file that can only be a picture is one; what a requirement says more must
// belong to its kind.
func TestRequirementsSaidMore(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.draft(fixture.Manager, map[string]any{"due_on": "2026-09-25"}, "V11")
		add := func(r map[string]any) int {
			w.t.Helper()
			return w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "任务", "due_on": "2026-09-25", "requirements": []any{r}}).Status
		}
		cols := []any{map[string]any{"key": "name", "title": "名称", "type": "text"}}
		for name, x := range map[string]struct {
			r    map[string]any
			want int
		}{
			"only pictures":            {map[string]any{"kind": "document", "title": "现场", "compulsory": true, "accept": []string{"jpg", "png"}}, 422},
			"with the reason":          {map[string]any{"kind": "document", "title": "现场", "compulsory": true, "accept": []string{"jpg", "png"}, "why": "须核对铭牌"}, 201},
			"or a document":            {map[string]any{"kind": "document", "title": "现场", "compulsory": true, "accept": []string{"jpg", "pdf"}}, 201},
			"a register":               {map[string]any{"kind": "table", "title": "台账", "columns": cols, "register": "devices"}, 201},
			"a register of a text":     {map[string]any{"kind": "text", "title": "台账", "register": "devices"}, 422},
			"a worded pledge":          {map[string]any{"kind": "pledge", "title": "责任书", "text": "我单位承诺"}, 201},
			"words for a number":       {map[string]any{"kind": "number", "title": "数", "text": "我单位承诺"}, 422},
			"days of its own":          {number("上月", "n", map[string]any{"period_from": "2026-08-01", "period_to": "2026-08-31"}), 201},
			"half a period":            {number("上月", "n", map[string]any{"period_from": "2026-08-01"}), 422},
			"a period that ends early": {number("上月", "n", map[string]any{"period_from": "2026-08-31", "period_to": "2026-08-01"}), 422},
			"a week":                   {number("数", "n", map[string]any{"minutes": 2401}), 422},
			"macros":                   {map[string]any{"kind": "document", "title": "填报工具", "accept": []string{"xlsm"}, "allow": []string{"macros", "encrypted"}}, 201},
			"only files with macros":   {map[string]any{"kind": "document", "title": "填报工具", "accept": []string{"xlsm"}}, 422},
			"macros of a number":       {number("数", "n", map[string]any{"allow": []string{"macros"}}), 422},
			"programs":                 {map[string]any{"kind": "document", "title": "填报工具", "allow": []string{"programs"}}, 422},
		} {
			if got := add(x.r); got != x.want {
				t.Errorf("%s: %d, want %d", name, got, x.want)
			}
		}
		var ts struct{ Items []rest.Task }
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&ts)
		seen := map[string]bool{}
		for _, k := range ts.Items {
			for _, r := range k.Requirements {
				seen[r.Register+r.Text+r.PeriodFrom+r.PeriodTo+strings.Join(r.Allow, " ")] = true
			}
		}
		if !seen["devices"] || !seen["我单位承诺"] || !seen["2026-08-012026-08-31"] || !seen["macros encrypted"] {
			t.Errorf("%v", seen)
		}
	})
}

// Which office asks how much of whom, within reach.
func TestBurden(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		burden := func(query string) []rest.OfficeBurden {
			w.t.Helper()
			var b rest.BurdenReport
			w.as(fixture.Manager).Get("/api/v1/assignments/burden" + query).Is(200).Into(&b)
			return b.Offices
		}
		w.issued(fixture.Manager, map[string]any{"title": "宣传", "due_on": "2026-09-25", "requirements": []any{
			number("宣传册", "leaflets", nil), map[string]any{"kind": "photo", "title": "照片", "compulsory": true, "why": "须核对铭牌"},
		}}, "V11", "V12", "S11")
		w.issued(fixture.Manager, map[string]any{"title": "总结", "due_on": "2026-09-25", "requirements": []any{map[string]any{"kind": "document", "title": "总结"}}}, "V11", "T1")
		w.issued(fixture.TownManager, map[string]any{"title": "镇里的事", "due_on": "2026-09-25", "requirements": []any{map[string]any{"kind": "text", "title": "说明"}}}, "V11")
		all := burden("")
		if len(all) != 2 || all[0].OfficeName != "平县网信办" || all[0].Campaigns != 2 || all[0].Tasks != 2 || all[1].OfficeName != "东镇" {
			t.Fatalf("%+v", all)
		}
		if diff := cmp.Diff(rest.Load{Units: 4, Assignments: 5, Items: 8, Minutes: 85, Pictures: 3}, all[0].Load); diff != "" {
			t.Error(diff)
		}
		want := []rest.KindBurden{
			{Level: "unit", Kind: "village", Load: rest.Load{Units: 2, Assignments: 3, Items: 5, Minutes: 50, Pictures: 2}},
			{Level: "town", Load: rest.Load{Units: 1, Assignments: 1, Items: 1, Minutes: 20}},
			{Level: "unit", Kind: "school", Load: rest.Load{Units: 1, Assignments: 1, Items: 2, Minutes: 15, Pictures: 1}},
		}
		if diff := cmp.Diff(want, all[0].Of); diff != "" {
			t.Error(diff)
		}
		// What a unit itself is asked, which it may see; and nothing of others.
		one := burden("?under=" + fixture.Unit("V12").ID)
		if len(one) != 1 || one[0].Assignments != 1 || one[0].Units != 1 {
			t.Errorf("%+v", one)
		}
		var mine, none rest.BurdenReport
		w.as(fixture.Reporter).Get("/api/v1/assignments/burden").Is(200).Into(&mine)
		if len(mine.Offices) != 2 || mine.Offices[0].Assignments != 2 || mine.Offices[0].Units != 1 {
			t.Errorf("%+v", mine)
		}
		w.as(fixture.Reporter).Get("/api/v1/assignments/burden?under=" + fixture.Unit("V12").ID).Is(200).Into(&none)
		if len(none.Offices) != 0 {
			t.Errorf("%+v", none)
		}
		w.as(fixture.Stranger).Get("/api/v1/assignments/burden").Is(200).Into(&none)
		if len(none.Offices) != 0 {
			t.Errorf("%+v", none)
		}
		if x := burden("?since=2026-01-01&until=2026-09-06"); len(x) != 0 {
			t.Errorf("before it was issued: %+v", x)
		}
		if x := burden("?since=2026-09-07&until=2026-09-07"); len(x) != 2 {
			t.Errorf("on the day: %+v", x)
		}
		for _, q := range []string{"?since=gestern", "?until=2026-13-01", "?since=2026-09-08&until=2026-09-07", "?since=2020-01-01&until=2026-09-07"} {
			w.as(fixture.Manager).Get("/api/v1/assignments/burden"+q).Problem(422, "invalid")
		}
	})
}
