package assignment_test

import (
	"testing"

	"github.com/duban/duban/services/internal/fixture"
)

// Titles of campaigns, tasks and templates stand on one line, whatever they were
// copied from; what is written in several lines stays so.
func TestTitlesStandOnOneLine(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		type titled struct {
			ID, Title, Theme, Basis, Description string
			Requirements                         []struct{ Title string }
		}
		var c, task, tpl titled
		m := w.as(fixture.Manager)
		m.Post("/api/v1/campaigns", map[string]any{"title": "宣传周\n（平县）\r\n", "theme": "网络安全\n为人民", "basis": "网信〔2026〕\n3号",
			"starts_on": "2026-09-19", "ends_on": "2026-09-25"}).Is(201).Into(&c)
		if c.Title != "宣传周 （平县）" || c.Theme != "网络安全 为人民" || c.Basis != "网信〔2026〕 3号" {
			w.t.Errorf("%+v", c)
		}
		m.Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "发放\n资料", "description": "一\n二", "due_on": "2026-09-25", "targets": map[string]any{"levels": []string{"unit"}},
			"requirements": []any{map[string]any{"kind": "number", "title": "份\n数", "figure": "leaflets"}}}).Is(201).Into(&task)
		if task.Title != "发放 资料" || task.Description != "一\n二" || task.Requirements[0].Title != "份 数" {
			w.t.Errorf("%+v", task)
		}
		m.Post("/api/v1/campaign-templates", map[string]any{"campaign_id": c.ID, "title": "每年\n宣传"}).Is(201).Into(&tpl)
		if tpl.Title != "每年 宣传" {
			w.t.Errorf("%+v", tpl)
		}
	})
}
