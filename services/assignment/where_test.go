package assignment_test

import (
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/fixture"
)

// The use cases name what is wrong as their own; whoever asked reads it as they
// wrote it.
func TestWrongFieldsAreToldWhereTheyStood(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		at := func(place string) string { return `"location":"` + place + `"` }
		m, co := w.as(fixture.Manager), w.as(fixture.Coordinator)
		m.Post("/api/v1/campaigns", map[string]any{"title": "宣传周", "starts_on": "2026-09-19", "ends_on": "2026-09-18",
			"themed_days": []any{map[string]any{"day": "2026-09-20", "title": strings.Repeat("校", 101)}}}).
			Problem(422, "invalid").Says(at("body.themed_days[0].title"))
		m.Post("/api/v1/campaigns", map[string]any{"title": "宣传周", "starts_on": "2026-09-19", "ends_on": "2026-09-18", "materials": []any{map[string]any{"title": "方案"}}}).
			Problem(422, "invalid").Says(at("body.ends_on")).Says(at("body.materials[0]"))
		m.Post("/api/v1/campaigns", map[string]any{"template": "none", "starts_on": "2026-09-19"}).Problem(422, "invalid").Says(at("body.template"))
		c := w.issued(fixture.Manager, nil, "T1", "S11")
		a := w.of(fixture.Coordinator, c, "T1")
		d := w.draft(fixture.Manager, nil, "T1")
		m.Post("/api/v1/campaigns/"+d.ID+"/tasks", map[string]any{"title": "任务", "requirements": []any{map[string]any{"kind": "table", "title": "台账"}}}).
			Problem(422, "invalid").Says(at("body.due_on")).Says(at("body.requirements[0].columns"))
		path := "/api/v1/assignments/" + a.ID
		to := func(due string, units ...string) map[string]any {
			return map[string]any{"unit_ids": ids(units...), "due_on": due}
		}
		co.Post(path+"/delegate", to("2026-09-26", "V11")).Problem(422, "invalid").Says(at("body.due_on"))
		co.Post(path+"/delegate", to("2026-09-23", "V21")).Problem(422, "invalid").Says(at("body.unit_ids"))
		co.Post(path+"/delegate", to("2026-09-23", "S11")).Problem(409, "already_assigned").Says(at("body"))
		co.Post(path+"/extension-requests", map[string]any{"due_on": "2026-09-24", "reason": "汛期"}).Problem(422, "invalid").Says(at("body.due_on"))
		co.Post(path+"/responsible", map[string]any{"person_id": "nobody"}).Problem(422, "invalid").Says(at("body.person_id"))
		m.Get("/api/v1/assignments/burden?since=2026-09-07&until=2026-09-01").Problem(422, "invalid").Says(at("query.since"))
	})
}
