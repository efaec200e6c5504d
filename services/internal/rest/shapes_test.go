package rest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

type order struct {
	DueOn   rest.DueOn  `json:"due_on" doc:"Deadline" example:"2026-09-30"`
	LaterOn *rest.DueOn `json:"later_on,omitempty" doc:"Another" example:"2026-10-01"`
}

type ordered struct {
	DueAt   time.Time  `json:"due_at"`
	LaterAt *time.Time `json:"later_at,omitempty"`
	Names   []string   `json:"names"`
	Parts   []*part    `json:"parts"`
	More    []string   `json:"more,omitempty"`
}

type part struct {
	Items []int `json:"items"`
}

func TestDeadlinesAreDaysAndListsAreNeverNull(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, "directory", db.SQLite)
	s := resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("orders", "Orders", d, nil)
		rest.Register(g, rest.Op{ID: "add-order", Method: http.MethodPost, Path: "/orders", Summary: "s", Description: "d", Session: true},
			func(_ context.Context, in *struct{ Body order }) (*rest.Reply[ordered], error) {
				return rest.Answer(ordered{DueAt: in.Body.DueOn.Time(), LaterAt: in.Body.LaterOn.At(), Parts: []*part{{}}}), nil
			})
	})
	c := s.As(t, fixture.Manager)
	got := string(c.Post("/api/v1/orders", map[string]any{"due_on": "2026-09-30"}).Is(200).Raw)
	if want := `{"due_at":"2026-09-30T15:59:59Z","names":[],"parts":[{"items":[]}]}` + "\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.Post("/api/v1/orders", map[string]any{"due_on": "2026-09-30", "later_on": "2026-10-01"}).Is(200)
	for _, bad := range []string{"2026-09-31", "2026-09-30T00:00:00Z", ""} {
		c.Post("/api/v1/orders", map[string]any{"due_on": bad}).Problem(422, "invalid")
	}
	c.Post("/api/v1/orders", map[string]any{}).Problem(422, "invalid")
	raw, err := json.Marshal(rest.OnDay(time.Date(2026, 9, 30, 15, 59, 59, 0, time.UTC)))
	if err != nil || string(raw) != `"2026-09-30"` {
		t.Errorf("%s, %v", raw, err)
	}
}
