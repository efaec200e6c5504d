// Package rest offers the directory's operations.
package rest

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/i18n"
	"github.com/duban/duban/services/internal/rest"
)

type server struct{ s *directory.Service }

// Mount adds the operations to the API; d keeps answers to idempotent commands.
func Mount(api *rest.API, s *directory.Service, d *db.DB, texts i18n.Files) {
	g := api.Group("directory", "Units, people, roles, sessions and imports.", d, texts)
	x := &server{s}
	x.mountSetup(g)
	x.mountSessions(g)
	x.mountUnits(g)
	x.mountExport(g)
	x.mountCodes(g)
	x.mountPeople(g)
	x.mountGrants(g)
	x.mountImports(g)
}

// Reason is the body of actions that only take a reason.
type Reason struct {
	Reason string `json:"reason,omitempty" doc:"Why; shown in the audit trail" example:"并入东镇"`
}

// ReasonBody is the optional body of an action.
type ReasonBody struct {
	Body *Reason `required:"false"`
}

func (b ReasonBody) reason() string {
	if b.Body == nil {
		return ""
	}
	return b.Body.Reason
}

// bearings are what nearly every handler needs: who asks, and the version
// they have.
func bearings(ctx context.Context) (policy.Actor, int64, error) {
	want, err := rest.Wanted(ctx)
	return rest.Actor(ctx), want, err
}

func from(ctx context.Context) directory.From {
	return directory.From{Address: rest.Address(ctx), UserAgent: rest.UserAgent(ctx)}
}

const idExample = "01985b2e-7c1a-7000-8000-000000000001"
