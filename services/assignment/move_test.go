package assignment_test

import (
	"fmt"
	"testing"

	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/resttest"
)

// A draft that is put off takes its deadlines and themed days along, where it is
// asked to, and leaves them where it is not.
func TestDraftIsPutOff(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		type day struct{ Day, Title string }
		type campaign struct {
			ID       string
			Version  int64
			StartsOn string `json:"starts_on"`
			Days     []day  `json:"themed_days"`
		}
		type task struct {
			Due       string `json:"due_at"`
			ThemedDay string `json:"themed_day"`
			Version   int64
		}
		m := w.as(fixture.Manager)
		var c campaign
		m.Post("/api/v1/campaigns", map[string]any{"title": "宣传周", "starts_on": "2026-12-28", "ends_on": "2027-01-03",
			"themed_days": []any{map[string]any{"day": "2026-12-29", "title": "校园日"}}}).Is(201).Into(&c)
		m.Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "发放资料", "due_on": "2026-12-31", "themed_day": "2026-12-29",
			"targets": map[string]any{"levels": []string{"unit"}}}).Is(201)
		look := func() (string, campaign) {
			var list struct{ Items []task }
			var now campaign
			m.Get("/api/v1/campaigns/" + c.ID).Is(200).Into(&now)
			m.Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&list)
			x := list.Items[0]
			return fmt.Sprint(now.StartsOn, " ", now.Days, " ", x.Due, " ", x.ThemedDay, " ", x.Version), now
		}
		is := func(when, want string) {
			w.t.Helper()
			if got, _ := look(); got != want {
				w.t.Errorf("%s: %s, want %s", when, got, want)
			}
		}
		patch := func(body map[string]any) *resttest.Answer {
			w.t.Helper()
			_, now := look()
			return m.With("If-Match", fmt.Sprintf(`"%d"`, now.Version)).Patch("/api/v1/campaigns/"+c.ID, body)
		}
		is("made", "2026-12-28 [{2026-12-29 校园日}] 2026-12-31T15:59:59Z 2026-12-29 1")
		patch(map[string]any{"starts_on": "2026-12-27"}).Is(200)
		is("only the campaign", "2026-12-27 [{2026-12-29 校园日}] 2026-12-31T15:59:59Z 2026-12-29 1")
		patch(map[string]any{"starts_on": "2027-01-03", "ends_on": "2027-01-09", "move_tasks": true}).Is(200)
		is("a week later, over the end of the year", "2027-01-03 [{2027-01-05 校园日}] 2027-01-07T15:59:59Z 2027-01-05 2")
		patch(map[string]any{"theme": "网络安全为人民", "move_tasks": true}).Is(200)
		is("the first day stays", "2027-01-03 [{2027-01-05 校园日}] 2027-01-07T15:59:59Z 2027-01-05 2")
		patch(map[string]any{"starts_on": "2027-01-01", "move_tasks": true, "themed_days": []any{map[string]any{"day": "2027-01-09", "title": "电信日"}}}).Is(200)
		is("two days earlier, with themed days of its own", "2027-01-01 [{2027-01-09 电信日}] 2027-01-05T15:59:59Z 2027-01-03 3")
		patch(map[string]any{"starts_on": "2027-01-12", "move_tasks": true}).Is(422)
		is("behind its own end", "2027-01-01 [{2027-01-09 电信日}] 2027-01-05T15:59:59Z 2027-01-03 3")
	})
}
