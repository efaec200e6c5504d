package assignment_test

import (
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// A campaign becomes a template, and the template next year's campaign: the
// same work at the same distance from the first day.
func TestTemplateOfACampaign(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		manager := w.as(fixture.Manager)
		v11 := fixture.Unit("V11").ID
		c := w.issued(fixture.Manager, map[string]any{
			"themed_day": "2026-09-20", "weight": 3, "review": "levels", "due_on": "2026-10-02",
			"requirements": []any{map[string]any{"kind": "number", "title": "份数", "compulsory": true, "figure": "leaflets", "period_from": "2026-09-01", "period_to": "2026-09-30"}},
		}, "V11", "V12")
		var kept rest.Template
		manager.Post("/api/v1/campaign-templates", map[string]any{"campaign_id": c.ID, "title": "我县的宣传周", "description": "去年的做法"}).Is(201).Into(&kept)
		if kept.Days != 7 || kept.UnitID != c.UnitID || !kept.May.Update || kept.Version != 1 || len(kept.Tasks) != 1 || kept.Tasks[0].DueOffset != 13 {
			t.Fatalf("%+v", kept)
		}

		var l platform.List[rest.Template]
		manager.Get("/api/v1/campaign-templates").Is(200).Into(&l)
		if last := l.Items[len(l.Items)-1]; len(l.Items) != 3 || last.Name != kept.Name || last.Title != "我县的宣传周" {
			t.Fatalf("%+v", l.Items)
		}

		var next rest.Campaign
		manager.Post("/api/v1/campaigns", map[string]any{"template": kept.Name, "title": "明年的宣传周", "starts_on": "2027-09-18"}).Is(201).Into(&next)
		if next.EndsOn != "2027-09-24" || next.Template != kept.Name || next.State != "draft" {
			t.Fatalf("%+v", next)
		}
		var tasks platform.List[rest.Task]
		manager.Get("/api/v1/campaigns/" + next.ID + "/tasks").Is(200).Into(&tasks)
		k := tasks.Items[0]
		if clock.Day(k.DueAt) != "2027-10-01" || k.ThemedDay != "2027-09-19" || k.Weight != 3 || k.Review != "levels" || k.Targets.UnitIDs[0] != v11 ||
			k.Requirements[0].Figure != "leaflets" || k.Requirements[0].PeriodFrom != "" {
			t.Fatalf("%+v", k)
		}
		var was platform.List[rest.Task]
		manager.Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&was)
		if was.Items[0].Requirements[0].ID == k.Requirements[0].ID || was.Items[0].Requirements[0].PeriodFrom != "2026-09-01" {
			t.Errorf("the new campaign shares what belongs to the old: %+v", was.Items[0].Requirements)
		}
		w.sound()
	})
}

func TestTemplateIsRevisedAndDropped(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		manager := w.as(fixture.Manager)
		c := w.draft(fixture.Manager, nil, "V11")
		var kept rest.Template
		manager.Post("/api/v1/campaign-templates", map[string]any{"campaign_id": c.ID, "title": "模板"}).Is(201).Into(&kept)
		at := "/api/v1/campaign-templates/" + kept.Name
		manager.Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "总结", "due_on": "2026-09-30", "targets": map[string]any{"levels": []string{"unit"}}}).Is(201)
		manager.With("If-Match", `"1"`).Patch(at, map[string]any{"title": "改过的模板", "campaign_id": c.ID}).Is(200).Into(&kept)
		if kept.Title != "改过的模板" || len(kept.Tasks) != 2 || kept.Version != 2 {
			t.Fatalf("%+v", kept)
		}

		manager.With("If-Match", `"1"`).Patch(at, map[string]any{"title": "迟到"}).Problem(412, "stale")
		manager.With("If-Match", `"2"`).Patch(at, map[string]any{"title": " "}).Problem(422, "invalid")
		manager.With("If-Match", `"2"`).Patch(at, map[string]any{"campaign_id": "nothing"}).Problem(422, "invalid")
		manager.Post("/api/v1/campaign-templates", map[string]any{"campaign_id": c.ID, "title": strings.Repeat("长", 201)}).Problem(422, "invalid")
		manager.Post("/api/v1/campaigns", map[string]any{"template": "nothing", "title": "x", "starts_on": "2027-09-18"}).Problem(422, "invalid")
		// It belongs to the county: whoever drafts no campaigns for it has none.
		w.as(fixture.Reporter).Get(at).Problem(404, "not_found")
		w.as(fixture.Reporter).Post("/api/v1/campaign-templates", map[string]any{"campaign_id": c.ID, "title": "模板"}).Problem(403, "forbidden")

		manager.With("If-Match", `"2"`).Delete(at).Is(204)
		manager.Get(at).Problem(404, "not_found")
		if es := w.events(event.TemplateKept, event.TemplateRevised, event.TemplateDropped); len(es) != 3 || es[2].Version != 3 {
			t.Errorf("%+v", es)
		}
	})
}
