package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// Grant is a role that a person holds at a unit.
type Grant struct {
	ID         string    `json:"id" example:"01985b2e-7c1a-7000-8000-000000000003" doc:"Id of the grant"`
	PersonID   string    `json:"person_id" doc:"Who holds it"`
	PersonName string    `json:"person_name" example:"王芳" doc:"Name of the person"`
	Account    string    `json:"account" example:"wangfang" doc:"Name to sign in with"`
	Role       string    `json:"role" words:"role" example:"reporter" doc:"Role"`
	UnitID     string    `json:"unit_id" doc:"Where it is held"`
	UnitName   string    `json:"unit_name" example:"东阁街道" doc:"Name of the unit"`
	Level      string    `json:"level" doc:"Level of that unit" example:"town"`
	OfficeID   string    `json:"office_id" doc:"The unit it is held for: of campaign managers and inspectors the office that acts for the area, else the unit itself; moving the person does not change it"`
	OfficeName string    `json:"office_name" example:"网信办" doc:"Name of the office"`
	WorksAt    string    `json:"works_at,omitempty" doc:"Name of the unit where the person works now; only where the role does the work of a unit that they do not belong to" example:"西镇"`
	GivenByID  string    `json:"given_by_id,omitempty" doc:"Person who gave it; absent for the first administrators"`
	CreatedAt  time.Time `json:"created_at" doc:"When it was given"`
	May        GrantMay  `json:"may" doc:"What you may do now"`
}

// GrantMay is what the caller may do.
type GrantMay struct {
	Withdraw bool `json:"withdraw" doc:"Withdraw it"`
}

func grantsWire(vs []directory.GrantView) []Grant {
	gs := make([]Grant, len(vs))
	for i, v := range vs {
		gs[i] = Grant{
			ID: v.ID, PersonID: v.PersonID, PersonName: v.PersonName, Account: v.Account, Role: v.Role, UnitID: v.UnitID,
			UnitName: v.UnitName, Level: v.Level, OfficeID: v.OfficeID, OfficeName: v.OfficeName, WorksAt: v.WorksAt, GivenByID: v.GivenBy, CreatedAt: v.CreatedAt, May: GrantMay{v.MayRevoke},
		}
	}
	return gs
}

// NewGrant is the body that gives a role.
type NewGrant struct {
	PersonID string `json:"person_id" doc:"Who gets it" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Role     string `json:"role" doc:"The role; each is held at units of certain levels" example:"reporter"`
	UnitID   string `json:"unit_id" doc:"Where it is held" example:"01985b2e-7c1a-7000-8000-000000000001"`
	OfficeID string `json:"office_id,omitempty" doc:"For campaign managers and inspectors: the office that they act for, a unit in the area. Left out, it is the unit where the person works, if that lies in the area, else the area's own unit" example:"01985b2e-7c1a-7000-8000-000000000004"`
	Reason   string `json:"reason,omitempty" doc:"Why; shown in the audit trail" example:"任命通知 2026-11"`
}

// GrantsInput filters the list of grants.
type GrantsInput struct {
	rest.Page
	PersonID string `query:"person_id" maxLength:"64" doc:"Only those of this person"`
	UnitID   string `query:"unit_id" maxLength:"64" doc:"Only those held at this unit"`
	Role     string `query:"role" maxLength:"50" doc:"Only this role" example:"reporter"`
}

// PolicyRule is a line of the policy.
type PolicyRule struct {
	Role     string `json:"role" example:"inspector" doc:"The role; person is what everybody holds at their own unit"`
	Level    string `json:"level" example:"county" doc:"Level of the unit the role is held at; * for any"`
	Resource string `json:"resource" example:"finding" doc:"Kind of thing"`
	Action   string `json:"action" example:"record" doc:"What may be done to it"`
	Where    string `json:"where" enum:"own,below,tree,others,targeted,self,home,any" example:"others" doc:"How far it reaches from that unit"`
	Whose    string `json:"whose" enum:"any,office" example:"office" doc:"Whose things: anyone's, or only what the office launched that the role is held for"`
}

func (x *server) mountGrants(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-grants", Method: http.MethodGet, Path: "/grants", Resource: "grant", Action: "read", Summary: "List grants",
		Description: "Who holds which role where, in the order given. People who may not read grants get an empty list.",
	}, func(ctx context.Context, in *GrantsInput) (*rest.Reply[rest.List[Grant]], error) {
		f := directory.GrantFilter{PersonID: in.PersonID, UnitID: in.UnitID, Role: in.Role, Limit: int64(in.Limit) + 1}
		if _, err := in.Decode(&f.After); err != nil {
			return nil, err
		}
		vs, err := x.s.Grants(ctx, rest.Actor(ctx), f)
		if err != nil {
			return nil, err
		}
		return rest.Answer(rest.Items(grantsWire(vs), in.Limit, func(g Grant) any { return g.ID })), nil
	})
	rest.Register(g, rest.Op{
		ID: "give-grant", Input: directory.GrantInput{}, Method: http.MethodPost, Path: "/grants", Resource: "grant", Action: "write", Summary: "Give a role", Status: http.StatusCreated,
		Description: "Gives a person a role at a unit; it takes effect at their next request. Administrators hold one administrator role and no other. " +
			"Errors: `role_level`, `role_conflict`, `initial_password`, `grant_exists`, `grant_self`, `unit_inactive`, `import_running`.",
		Errors: []int{http.StatusConflict}, Example: NewGrant{PersonID: idExample, Role: "reporter", UnitID: idExample},
	}, func(ctx context.Context, in *struct{ Body NewGrant }) (*rest.Reply[Grant], error) {
		v, err := x.s.GiveGrant(ctx, rest.Actor(ctx), directory.GrantInput(in.Body))
		if err != nil {
			return nil, err
		}
		return rest.Answer(grantsWire([]directory.GrantView{v})[0]), nil
	})
	rest.Register(g, rest.Op{
		ID: "withdraw-grant", Method: http.MethodDelete, Path: "/grants/{id}", Resource: "grant", Action: "write", Summary: "Withdraw a role",
		Description: "Takes a role away; the very next request of that person is refused. Errors: `grant_self`, `last_administrator`.",
		Errors:      []int{http.StatusConflict},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Reason string `query:"reason" maxLength:"1000" doc:"Why; shown in the audit trail" example:"调离"`
	}) (*struct{}, error) {
		return nil, x.s.WithdrawGrant(ctx, rest.Actor(ctx), in.ID, in.Reason)
	})
	rest.Register(g, rest.Op{
		ID: "list-policy", Method: http.MethodGet, Path: "/policy", Resource: "policy", Action: "read", Summary: "Read the policy",
		Description: "Which role may do what, held at which level, and how far it reaches, and on whose things. For security administrators.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[rest.List[PolicyRule]], error) {
		rules, err := x.s.Policy(ctx, rest.Actor(ctx))
		if err != nil {
			return nil, err
		}
		l := rest.List[PolicyRule]{Items: make([]PolicyRule, len(rules))}
		for i, r := range rules {
			l.Items[i] = PolicyRule(r)
		}
		return rest.Answer(l), nil
	})
}
