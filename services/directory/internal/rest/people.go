package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// Person is a person on the wire.
type Person struct {
	ID                 string     `json:"id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"Id of the person"`
	Account            string     `json:"account" example:"wangfang" doc:"Name to sign in with"`
	Name               string     `json:"name" example:"王芳" doc:"Name"`
	UnitID             string     `json:"unit_id" doc:"Where the person works"`
	UnitName           string     `json:"unit_name" example:"东阁街道" doc:"Name of the unit"`
	Title              string     `json:"title,omitempty" example:"网信专干" doc:"Post"`
	Phone              string     `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`
	Disabled           bool       `json:"disabled" doc:"Cannot sign in"`
	LockedUntil        *time.Time `json:"locked_until,omitempty" doc:"After too many wrong passwords; addresses it is used from may still be open"`
	MustChangePassword bool       `json:"must_change_password" doc:"The initial password was not changed yet"`
	Grants             []Grant    `json:"grants,omitempty" doc:"Roles; only for those who may read grants, and only when one person is read"`
	Version            int64      `json:"version" doc:"Grows with every change" example:"2"`
	UpdatedAt          time.Time  `json:"updated_at" doc:"When it was last changed"`
	May                PersonMay  `json:"may" doc:"What you may do now"`
}

// PersonMay is what the caller may do.
type PersonMay struct {
	Update        bool `json:"update" doc:"Change it"`
	Disable       bool `json:"disable" doc:"Disable them"`
	Enable        bool `json:"enable" doc:"Enable them again"`
	ResetPassword bool `json:"reset_password" doc:"Give them a fresh initial password"`
	Unlock        bool `json:"unlock" doc:"Let them try to sign in again"`
}

func personWire(v directory.PersonView) Person {
	return Person{
		ID: v.ID, Account: v.Account, Name: v.Name, UnitID: v.UnitID, UnitName: v.UnitName, Title: v.Title, Phone: v.Phone,
		Disabled: v.Disabled, LockedUntil: v.LockedUntil, MustChangePassword: v.MustChange, Grants: grantsWire(v.Grants),
		Version: v.Version, UpdatedAt: v.UpdatedAt, May: PersonMay(v.May),
	}
}

func personReply(v directory.PersonView, err error) (*rest.Reply[Person], error) {
	if err != nil {
		return nil, err
	}
	return rest.Answer(personWire(v)), nil
}

// PersonWithPassword also carries an initial password.
type PersonWithPassword struct {
	Person
	InitialPassword string `json:"initial_password" doc:"Told this once; must be changed at the first sign-in" example:"abcd-efgh-jkmn-pqrs-tuvw"`
}

// NewPerson is the body that creates a person.
type NewPerson struct {
	Account string `json:"account" doc:"Letters, digits, . - _ and @; unique, upper and lower case are the same" example:"wangfang"`
	Name    string `json:"name" example:"王芳" doc:"Name"`
	UnitID  string `json:"unit_id" doc:"Where the person works" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Title   string `json:"title,omitempty" example:"网信专干" doc:"Post"`
	Phone   string `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`
}

// ChangedPerson is the body that changes a person: what is absent stays.
type ChangedPerson struct {
	Name   *string `json:"name,omitempty" example:"王芳" doc:"Name"`
	UnitID *string `json:"unit_id,omitempty" doc:"Where the person works from now on; roles stay where they were given"`
	Title  *string `json:"title,omitempty" example:"网信专干" doc:"Post"`
	Phone  *string `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`

	HandOver []HandOver `json:"hand_over,omitempty" doc:"Who has what hangs on the person, where they move: one for each kind of list-person-holdings"`
}

func (c ChangedPerson) patch() directory.PersonPatch {
	return directory.PersonPatch{Name: c.Name, UnitID: c.UnitID, Title: c.Title, Phone: c.Phone, HandOver: handOvers(c.HandOver)}
}

// HandOver says who has one kind of what hung on a person.
type HandOver struct {
	Kind       string `json:"kind" doc:"Kind, as list-person-holdings names it" example:"assignments"`
	To         string `json:"to_person_id,omitempty" doc:"Who has it from now on: somebody of the same unit. This or unassigned"`
	Unassigned bool   `json:"unassigned,omitempty" doc:"Nobody has it from now on" example:"true"`
}

func handOvers(hs []HandOver) []directory.HandOver {
	out := make([]directory.HandOver, 0, len(hs))
	for _, h := range hs {
		if h.To != "" || h.Unassigned {
			out = append(out, directory.HandOver{Kind: h.Kind, To: h.To})
		}
	}
	return out
}

// Holding is how much of one kind hangs on a person.
type Holding struct {
	Kind    string `json:"kind" enum:"unit_contacts,assignments,rectifications,measures,verifications,inspections,draws" doc:"unit_contacts: units whose responsible person they are; assignments, rectifications: those they are responsible for; measures: of plans, for them to carry out; verifications: that they have begun; inspections: planned, for them to carry out; draws: whose inspections they are to plan" example:"assignments"`
	Count   int64  `json:"count" doc:"How many" example:"3"`
	Unknown bool   `json:"unknown,omitempty" doc:"It is not known whether there are any: the part of the system that has them does not answer"`
}

// Holdings are what hangs on a person.
type Holdings struct {
	Items []Holding `json:"items" doc:"By kind; kinds of which there are certainly none are left out"`
}

// Disabling is the body of disable-person.
type Disabling struct {
	Reason   string     `json:"reason,omitempty" doc:"Why" example:"调离"`
	HandOver []HandOver `json:"hand_over,omitempty" doc:"Who has what hangs on the person: one for each kind of list-person-holdings"`
}

// PeopleInput filters the list of people.
type PeopleInput struct {
	rest.Page
	UnitID   string    `query:"unit_id" maxLength:"64" doc:"Only people who work at this unit"`
	Under    string    `query:"under" maxLength:"64" doc:"Only people who work at this unit or below it"`
	Q        string    `query:"q" maxLength:"100" doc:"Part of the name in any case and width, or the beginning of the account, of the pinyin or of its initials by any reading" example:"wf"`
	Disabled rest.Flag `query:"disabled" doc:"Only disabled or only enabled people"`
}

func (x *server) mountPeople(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-people", Method: http.MethodGet, Path: "/people", Resource: "person", Action: "read", Summary: "List people",
		Description: "The people you may see, by account.",
	}, func(ctx context.Context, in *PeopleInput) (*rest.Reply[rest.List[Person]], error) {
		f := directory.PersonFilter{UnitID: in.UnitID, Under: in.Under, Query: in.Q, Disabled: in.Disabled.Ptr(), Limit: int64(in.Limit) + 1}
		if _, err := in.Decode(&f.After); err != nil {
			return nil, err
		}
		vs, err := x.s.People(ctx, rest.Actor(ctx), f)
		if err != nil {
			return nil, err
		}
		ps := make([]Person, len(vs))
		for i, v := range vs {
			ps[i] = personWire(v)
		}
		return rest.Answer(rest.Items(ps, in.Limit, func(p Person) any { return directory.AccountKey(p.Account) })), nil
	})
	rest.Register(g, rest.Op{
		ID: "get-person", Method: http.MethodGet, Path: "/people/{id}", Resource: "person", Action: "read", Summary: "Read a person",
		Description: "One person; with roles for those who may read grants.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Person], error) {
		return personReply(x.s.Person(ctx, rest.Actor(ctx), in.ID))
	})
	rest.Register(g, rest.Op{
		ID: "create-person", Input: directory.PersonInput{}, Secret: true, Method: http.MethodPost, Path: "/people", Resource: "person", Action: "write", Summary: "Create a person", Status: http.StatusCreated,
		Description: "Makes a person with an account and answers the initial password, once. Errors: `account_taken`, `unit_inactive`, `import_running`.",
		Errors:      []int{http.StatusConflict}, Example: NewPerson{Account: "wangfang", Name: "王芳", UnitID: idExample, Title: "网信专干"},
	}, func(ctx context.Context, in *struct{ Body NewPerson }) (*rest.Reply[PersonWithPassword], error) {
		v, password, err := x.s.CreatePerson(ctx, rest.Actor(ctx), directory.PersonInput(in.Body))
		if err != nil {
			return nil, err
		}
		return rest.Answer(PersonWithPassword{personWire(v), password}), nil
	})
	rest.Register(g, rest.Op{
		ID: "update-person", Input: directory.PersonPatch{}, Method: http.MethodPatch, Path: "/people/{id}", Resource: "person", Action: "write", Summary: "Change a person",
		Description: "Changes name, title, phone or unit. The account never changes. Whoever moves leaves what hangs on them: while something does, and hand_over does not say who has it instead, the answer is 409 `holdings_left` with the list; 503 `holdings_unknown` while a part of the system does not answer, unless hand_over says what becomes of its kinds too.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: map[string]any{"title": "分管领导"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body ChangedPerson
	}) (*rest.Reply[Person], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return personReply(x.s.UpdatePerson(ctx, actor, in.ID, want, in.Body.patch()))
	})
	x.mountAccounts(g)
}

func (x *server) mountAccounts(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-person-holdings", Method: http.MethodGet, Path: "/people/{id}/holdings", Resource: "person", Action: "write", Summary: "List what hangs on a person",
		Description: "What nobody would do any more if the person left: to be handed over where they are disabled or move. Of a part of the system that does not answer the kinds are listed as unknown.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Holdings], error) {
		hs, err := x.s.Holdings(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		out := Holdings{Items: make([]Holding, len(hs))}
		for i, h := range hs {
			out.Items[i] = Holding(h)
		}
		return rest.Answer(out), nil
	})
	rest.Register(g, rest.Op{
		ID: "disable-person", Input: directory.Disabling{}, Method: http.MethodPost, Path: "/people/{id}/disable", Resource: "person", Action: "write", Summary: "Disable a person",
		Description: "Ends all sessions at once and refuses new ones. What hangs on the person goes to whom hand_over names, of each kind; nothing stays without anybody unless unassigned is said. Errors: `wrong_state`, `self_disable`, `last_administrator`, `holdings_left` with the list; 503 `holdings_unknown` while a part of the system does not answer, unless hand_over says what becomes of its kinds too.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: Disabling{Reason: "调离", HandOver: []HandOver{{Kind: "assignments", Unassigned: true}}},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body *Disabling `required:"false"`
	}) (*rest.Reply[Person], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		b := Disabling{}
		if in.Body != nil {
			b = *in.Body
		}
		return personReply(x.s.DisablePerson(ctx, actor, in.ID, directory.Disabling{Reason: b.Reason, HandOver: handOvers(b.HandOver)}, want))
	})
	simple := []struct {
		verb, summary, description string
		do                         func(context.Context, policy.Actor, string, int64) (directory.PersonView, error)
	}{
		{"enable", "Enable a person", "Lets a disabled person sign in again.", x.s.EnablePerson},
		{"unlock", "Unlock an account", "Lets an account that is locked after too many wrong passwords be used before the lock ends.", x.s.UnlockPerson},
	}
	for _, a := range simple {
		rest.Register(g, rest.Op{
			ID: a.verb + "-person", Method: http.MethodPost, Path: "/people/{id}/" + a.verb, Resource: "person", Action: "write",
			Summary: a.summary, Description: a.description, IfMatch: true, Errors: []int{http.StatusConflict},
		}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Person], error) {
			actor, want, err := bearings(ctx)
			if err != nil {
				return nil, err
			}
			return personReply(a.do(ctx, actor, in.ID, want))
		})
	}
	rest.Register(g, rest.Op{
		ID: "reset-password", Secret: true, Method: http.MethodPost, Path: "/people/{id}/reset-password", Resource: "person", Action: "write", Summary: "Reset a password",
		Description: "Gives the person a fresh initial password, answered once, and ends all their sessions. Not that of an administrator, which is reset at the server itself (`duban reset-administrator`). Errors: `self_reset`, `administrator_reset`, `wrong_state`.",
		Errors:      []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[PersonWithPassword], error) {
		v, password, err := x.s.ResetPassword(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		return rest.Answer(PersonWithPassword{personWire(v), password}), nil
	})
}
