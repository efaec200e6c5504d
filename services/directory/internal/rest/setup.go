package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// SetUp is the body that sets the installation up.
type SetUp struct {
	Token          string      `json:"token" doc:"As the server printed it" example:"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"`
	Root           SetUpUnit   `json:"root" doc:"The unit at the top of the tree"`
	Administrators []SetUpName `json:"administrators" doc:"One person for each of the three administrator roles"`
}

// SetUpUnit is the root of the tree.
type SetUpUnit struct {
	Name  string `json:"name" example:"平度市" doc:"Name"`
	Level string `json:"level" example:"county" doc:"Level of the unit"`
	Code  string `json:"code" example:"370283" doc:"Code, unique in the tree"`
}

// SetUpName is one of the three administrators.
type SetUpName struct {
	Role    string `json:"role" example:"auditor" doc:"Role"`
	Name    string `json:"name" example:"李静" doc:"Name"`
	Account string `json:"account" example:"lijing" doc:"Name to sign in with"`
}

// SetUpState tells strangers no more than where to go on.
type SetUpState struct {
	Needed bool `json:"needed" doc:"Whether the installation has yet to be set up" example:"false"`
}

// SetUpDone tells the initial passwords, once.
type SetUpDone struct {
	RootID         string        `json:"root_id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id of the unit at the top"`
	Administrators []Credentials `json:"administrators" doc:"The three people with their initial passwords"`
}

// Credentials are told once.
type Credentials struct {
	PersonID        string `json:"person_id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"Id of the person"`
	Name            string `json:"name" example:"李静" doc:"Name"`
	Account         string `json:"account" example:"lijing" doc:"Name to sign in with"`
	Role            string `json:"role,omitempty" example:"auditor" doc:"Role"`
	InitialPassword string `json:"initial_password" doc:"Told this once; must be changed at the first sign-in" example:"abcd-efgh-jkmn-pqrs-tuvw"`
}

func credentialsWire(cs []directory.Credentials) []Credentials {
	ws := make([]Credentials, len(cs))
	for i, c := range cs {
		ws[i] = Credentials(c)
	}
	return ws
}

func (x *server) mountSetup(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "get-set-up", Method: http.MethodGet, Path: "/setup", Public: true, Summary: "Ask whether the installation has to be set up",
		Description: "Where it has, the pages lead to the set-up instead of signing in.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[SetUpState], error) {
		needed, err := x.s.SetUpNeeded(ctx)
		if err != nil {
			return nil, err
		}
		return rest.Answer(SetUpState{Needed: needed}), nil
	})
	rest.Register(g, rest.Op{
		ID: "set-up", Input: directory.SettingUp{}, Method: http.MethodPost, Path: "/setup", Public: true, Status: http.StatusCreated, Summary: "Set the installation up",
		Description: "Makes the top of the tree and the three administrators, with the token that the server prints until this is done. Errors: `setup_token`, `setup_done`.",
		Errors:      []int{http.StatusUnauthorized, http.StatusConflict},
		Example: SetUp{Token: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA", Root: SetUpUnit{"平度市", "county", "370283"}, Administrators: []SetUpName{
			{"system_administrator", "张伟", "zhangwei"}, {"security_administrator", "刘洋", "liuyang"}, {"auditor", "李静", "lijing"},
		}},
	}, func(ctx context.Context, in *struct{ Body SetUp }) (*rest.Reply[SetUpDone], error) {
		admins := make([]directory.FirstAdministrator, len(in.Body.Administrators))
		for i, a := range in.Body.Administrators {
			admins[i] = directory.FirstAdministrator(a)
		}
		r := in.Body.Root
		u, creds, err := x.s.SetUp(ctx, in.Body.Token, directory.UnitInput{Name: r.Name, Level: r.Level, Code: r.Code}, admins)
		if err != nil {
			return nil, err
		}
		return rest.Answer(SetUpDone{RootID: u.ID, Administrators: credentialsWire(creds)}), nil
	})
}
