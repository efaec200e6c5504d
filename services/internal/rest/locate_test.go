package rest_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

// What a use case names as its own is told as the caller wrote it: by the
// input of the operation, else by the names in the body and in the address.
func TestFieldsAreToldWhereTheyStood(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	type body struct {
		Day  string `json:"day_on,omitempty" doc:"Day"`
		Open bool   `json:"open,omitempty" doc:"Open"`
	}
	type input struct {
		Day string `limit:"..20"`
	}
	d := dbtest.Open(t, "directory", db.SQLite)
	c := resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("things", "Things", d, nil)
		rest.Register(g, rest.Op{ID: "add-thing", Input: input{}, Method: http.MethodPost, Path: "/things", Summary: "s", Description: "d", Session: true},
			func(context.Context, *struct {
				Side string `query:"side" doc:"Side"`
				Body body
			}) (*rest.Reply[thing], error) {
				f := fault.New(fault.Invalid, "invalid", "The request is not valid.")
				for _, at := range []string{"day", "open", "side", "row 3 day", "body.day_on", "nothing", "", "open or shut"} {
					f = f.WithField(at, "expected a text", nil)
				}
				return nil, f
			})
	}).As(t, fixture.Manager)
	var p struct {
		Errors []struct{ Location string }
	}
	c.Post("/api/v1/things?side=a", map[string]any{}).Problem(422, "invalid").Into(&p)
	want := []string{"body.day_on", "body.open", "query.side", "row 3 day", "body.day_on", "nothing", "body", "body.open or shut"}
	if len(p.Errors) != len(want) {
		t.Fatalf("%+v", p.Errors)
	}
	for i, e := range p.Errors {
		if e.Location != want[i] {
			t.Errorf("%s, want %s", e.Location, want[i])
		}
	}
}
