package rest_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

type lit struct {
	rest.Page
	Light []string `query:"light" words:"light" except:"green" doc:"Only these" example:"red"`
}

type lamp struct {
	Light  *string  `json:"light,omitempty" words:"light" doc:"Light" example:"red"`
	Before []string `json:"before" words:"light" only:"green,blue" doc:"Lights before" example:"[\"blue\"]"`
}

type wrong struct {
	Light string `json:"light" words:"lights" doc:"Light" example:"red"`
}

// The values of a field's enumeration stand in the document and are the only
// ones that are taken.
func TestEnumerationsOfFields(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, "directory", db.SQLite)
	var doc *huma.OpenAPI
	s := resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("lamps", "Lamps", d, nil)
		rest.Register(g, rest.Op{ID: "list-lamps", Method: http.MethodGet, Path: "/lamps", Summary: "s", Description: "d", Session: true},
			func(context.Context, *lit) (*rest.Reply[rest.List[lamp]], error) {
				return rest.Answer(rest.List[lamp]{}), nil
			})
		doc = a.OpenAPI()
		defer func() {
			if recover() == nil {
				t.Error("an enumeration that does not exist is offered")
			}
		}()
		rest.Register(g, rest.Op{ID: "get-wrong", Method: http.MethodGet, Path: "/wrong", Summary: "s", Description: "d", Session: true},
			func(context.Context, *struct{}) (*rest.Reply[wrong], error) { return rest.Answer(wrong{}), nil })
	})
	var all []any
	for _, x := range doc.Paths["/api/v1/lamps"].Get.Parameters {
		if x.Name == "light" {
			all = x.Schema.Items.Enum
		}
	}
	if !slices.Equal(all, []any{"blue", "yellow", "red"}) {
		t.Errorf("the parameter has %v", all)
	}
	for name, schema := range doc.Components.Schemas.Map() {
		if !strings.HasSuffix(name, "Lamp") || schema.Properties["before"] == nil {
			continue
		}
		all = append(schema.Properties["light"].Enum, schema.Properties["before"].Items.Enum...)
	}
	if !slices.Equal(all, []any{"green", "blue", "yellow", "red", "green", "blue"}) {
		t.Errorf("the answer has %v", all)
	}
	c := s.As(t, fixture.Manager)
	c.Get("/api/v1/lamps?light=red,blue").Is(200)
	c.Get("/api/v1/lamps?light=red,green").Is(422).Says("blue, yellow, red")
}
