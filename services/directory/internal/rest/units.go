package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// Unit is a unit on the wire.
type Unit struct {
	ID        string    `json:"id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id of the unit"`
	ParentID  string    `json:"parent_id,omitempty" doc:"The unit above; absent at the top"`
	Path      string    `json:"path" doc:"Ids from the root to the unit, each followed by a slash"`
	Code      string    `json:"code" example:"370283101" doc:"Unique and never changes; the key of imports"`
	Level     string    `json:"level" words:"level" example:"town" doc:"Level of the unit"`
	Kind      string    `json:"kind,omitempty" example:"school" doc:"What sort of unit, by its code; see list-codes"`
	Sectors   []string  `json:"sectors,omitempty" example:"[\"education\"]" doc:"The lines it belongs to besides its place in the tree, by their codes"`
	Name      string    `json:"name" example:"东阁街道" doc:"Name"`
	Shown     string    `json:"shown" example:"前村（东镇）" doc:"Name outside the tree: with that of the unit above behind it where other units have the same name"`
	Initials  string    `json:"initials,omitempty" example:"dgjd" doc:"First letters of the pinyin of the name, for search"`
	Classes   int64     `json:"classes" doc:"Number of classes; 0 is unknown" example:"18"`
	Staff     int64     `json:"staff" doc:"Number of staff; 0 is unknown" example:"60"`
	Residents int64     `json:"residents" doc:"Number of residents; 0 is unknown" example:"2400"`
	Longitude float64   `json:"longitude,omitempty" doc:"Where it is, in degrees east; both absent is unknown" example:"119.96"`
	Latitude  float64   `json:"latitude,omitempty" doc:"Degrees north" example:"36.78"`
	ContactID string    `json:"contact_id,omitempty" doc:"The responsible person"`
	Phone     string    `json:"phone,omitempty" doc:"How to reach the unit" example:"0532-88361234"`
	Active    bool      `json:"active" doc:"False once it was deactivated"`
	Successor string    `json:"successor_id,omitempty" doc:"The unit that it was merged into" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Children  int64     `json:"children" doc:"Active units directly below; list them with parent_id and active=true" example:"20"`
	Version   int64     `json:"version" doc:"Grows with every change" example:"3"`
	UpdatedAt time.Time `json:"updated_at" doc:"When it was last changed"`
	May       UnitMay   `json:"may" doc:"What you may do to it now"`
	Above     []UnitRef `json:"above,omitempty" doc:"The units above it, the root first; only when one unit is read"`
}

// UnitMay is what the caller may do.
type UnitMay struct {
	Update     bool `json:"update" doc:"Change it"`
	Move       bool `json:"move" doc:"Move it below another unit"`
	Merge      bool `json:"merge" doc:"Merge it into another unit"`
	Split      bool `json:"split" doc:"Make a part of it a unit of its own"`
	Deactivate bool `json:"deactivate" doc:"Deactivate it"`
	Activate   bool `json:"activate" doc:"Activate it again"`
	AddChild   bool `json:"add_child" doc:"Add a unit below it"`
}

// UnitRef names a unit.
type UnitRef struct {
	ID    string `json:"id" example:"01985b2e-7c1a-7000-8000-000000000001" doc:"Id"`
	Name  string `json:"name" example:"平度市" doc:"Name"`
	Level string `json:"level" example:"county" doc:"Level of the unit"`
}

func unitWire(v directory.UnitView) Unit {
	return Unit{
		ID: v.ID, ParentID: v.ParentID, Path: v.Path, Code: v.Code, Level: v.Level, Kind: v.Kind, Sectors: v.Sectors, Name: v.Name, Shown: v.Shown, Initials: v.Initials,
		Classes: v.Classes, Staff: v.Staff, Residents: v.Residents, Longitude: v.Longitude, Latitude: v.Latitude, ContactID: v.ContactID, Phone: v.Phone, Active: v.Active, Successor: v.SuccessorID,
		Children: v.Children, Version: v.Version, UpdatedAt: v.UpdatedAt, May: UnitMay(v.May),
	}
}

func unitReply(v directory.UnitView, err error) (*rest.Reply[Unit], error) {
	if err != nil {
		return nil, err
	}
	return rest.Answer(unitWire(v)), nil
}

// NewUnit is the body that creates a unit.
type NewUnit struct {
	ParentID  string   `json:"parent_id" doc:"The unit above" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Code      string   `json:"code" doc:"Unique; letters, digits, . - and _" example:"370283101"`
	Level     string   `json:"level" doc:"Lower than that of the unit above; units may stand below units" example:"town"`
	Name      string   `json:"name" example:"东阁街道" doc:"Name"`
	Kind      string   `json:"kind,omitempty" example:"school" doc:"Kind of unit: an open value of the code list"`
	Sectors   []string `json:"sectors,omitempty" example:"[\"education\"]" doc:"The lines it belongs to: open values of the code list"`
	Classes   int64    `json:"classes,omitempty" example:"18" doc:"Number of classes, of a school"`
	Staff     int64    `json:"staff,omitempty" example:"60" doc:"Number of staff"`
	Residents int64    `json:"residents,omitempty" example:"2400" doc:"Number of residents"`
	Longitude float64  `json:"longitude,omitempty" example:"119.96" doc:"Where it is, in degrees east: pictures that were taken far away are marked for those who review them"`
	Latitude  float64  `json:"latitude,omitempty" example:"36.78" doc:"Degrees north"`
	ContactID string   `json:"contact_id,omitempty" doc:"Id of the responsible person"`
	Phone     string   `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`
}

// ChangedUnit is the body that changes a unit: what is absent stays.
type ChangedUnit struct {
	Name      *string   `json:"name,omitempty" example:"东阁街道" doc:"Name"`
	Kind      *string   `json:"kind,omitempty" example:"school" doc:"Kind of unit: an open value of the code list, or the closed one that it has"`
	Sectors   *[]string `json:"sectors,omitempty" example:"[\"education\"]" doc:"The lines it belongs to: open values of the code list, or closed ones that it has"`
	Classes   *int64    `json:"classes,omitempty" example:"18" doc:"Number of classes, of a school"`
	Staff     *int64    `json:"staff,omitempty" example:"60" doc:"Number of staff"`
	Residents *int64    `json:"residents,omitempty" example:"2400" doc:"Number of residents"`
	Longitude *float64  `json:"longitude,omitempty" example:"119.96" doc:"Where it is, in degrees east; 0 with latitude 0 for unknown"`
	Latitude  *float64  `json:"latitude,omitempty" example:"36.78" doc:"Degrees north"`
	ContactID *string   `json:"contact_id,omitempty" doc:"Id of the responsible person; empty for none"`
	Phone     *string   `json:"phone,omitempty" example:"0532-88361234" doc:"Telephone number"`
}

// UnitFilters select units. Embed it, exported.
type UnitFilters struct {
	ParentID string    `query:"parent_id" maxLength:"64" doc:"Only units directly below this one"`
	Top      bool      `query:"top" doc:"Only where your part of the tree begins: the first step of opening it"`
	Under    string    `query:"under" maxLength:"64" doc:"Only this unit and everything below it"`
	Q        string    `query:"q" maxLength:"100" doc:"Part of the name in any case and width, or the beginning of the code, of the pinyin or of its initials by any reading" example:"dgjd"`
	Level    string    `query:"level" words:"level" doc:"Only units of this level"`
	Kind     string    `query:"kind" maxLength:"50" doc:"Only units of this kind" example:"school"`
	Sector   string    `query:"sector" maxLength:"50" doc:"Only units of this line" example:"education"`
	Active   rest.Flag `query:"active" doc:"Only active or only deactivated units"`
}

func (f UnitFilters) filter() directory.UnitFilter {
	return directory.UnitFilter{
		ParentID: f.ParentID, Top: f.Top, Under: f.Under, Query: f.Q, Level: f.Level, Kind: f.Kind, Sector: f.Sector, Active: f.Active.Ptr(),
	}
}

// UnitsInput is the input of list-units.
type UnitsInput struct {
	rest.Page
	UnitFilters
}

// UnitMove is the body of move-unit.
type UnitMove struct {
	ParentID string `json:"parent_id" doc:"The new parent" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Reason   string `json:"reason,omitempty" doc:"Why; shown in the audit trail" example:"区划调整"`
}

// UnitMerge is the body of merge-unit.
type UnitMerge struct {
	IntoID string `json:"into_id" doc:"The unit it becomes part of, of the same level" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Reason string `json:"reason,omitempty" doc:"Why; shown in the audit trail" example:"村居撤并"`
}

// UnitSplit is the body of split-unit.
type UnitSplit struct {
	Code      string   `json:"code" doc:"Code of the new unit" example:"370283119"`
	Name      string   `json:"name" doc:"Its name" example:"城北街道"`
	ChildIDs  []string `json:"child_ids,omitempty" doc:"Units right below the old one that come below the new one"`
	PersonIDs []string `json:"person_ids,omitempty" doc:"People of the old one who work in the new one from now on"`
	Reason    string   `json:"reason,omitempty" doc:"Why; shown in the audit trail" example:"区划调整"`

	HandOver []HandOver `json:"hand_over,omitempty" doc:"Who of those that stay has what hangs on the people who go: one for each kind"`
}

func (x *server) mountUnits(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-units", Method: http.MethodGet, Path: "/units", Resource: "unit", Action: "read", Summary: "List units",
		Description: "The units you may see, by code. Open the tree with `top=true`, then a level at a time with `parent_id`; `children` says whether there is more below.",
	}, func(ctx context.Context, in *UnitsInput) (*rest.Reply[rest.List[Unit]], error) {
		f := in.filter()
		f.Limit = int64(in.Limit) + 1
		if _, err := in.Decode(&f.After); err != nil {
			return nil, err
		}
		vs, err := x.s.Units(ctx, rest.Actor(ctx), f)
		if err != nil {
			return nil, err
		}
		us := make([]Unit, len(vs))
		for i, v := range vs {
			us[i] = unitWire(v)
		}
		return rest.Answer(rest.Items(us, in.Limit, func(u Unit) any { return u.Code })), nil
	})
	rest.Register(g, rest.Op{
		ID: "get-unit", Method: http.MethodGet, Path: "/units/{id}", Resource: "unit", Action: "read", Summary: "Read a unit",
		Description: "One unit with the names of the units above it and the number of units directly below.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Unit], error) {
		v, above, err := x.s.Unit(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		u := unitWire(v)
		for _, a := range above {
			u.Above = append(u.Above, UnitRef{ID: a.ID, Name: a.Name, Level: a.Level})
		}
		return rest.Answer(u), nil
	})
	rest.Register(g, rest.Op{
		ID: "create-unit", Input: directory.UnitInput{}, Method: http.MethodPost, Path: "/units", Resource: "unit", Action: "write", Summary: "Create a unit", Status: http.StatusCreated,
		Description: "Makes a unit below another one. Errors: `unit_level`, `unit_inactive`, `code_taken`, `import_running`.",
		Errors:      []int{http.StatusConflict},
		Example:     NewUnit{ParentID: idExample, Code: "370283101", Level: "town", Name: "东阁街道", Residents: 24000},
	}, func(ctx context.Context, in *struct{ Body NewUnit }) (*rest.Reply[Unit], error) {
		return unitReply(x.s.CreateUnit(ctx, rest.Actor(ctx), directory.UnitInput(in.Body)))
	})
	rest.Register(g, rest.Op{
		ID: "update-unit", Input: directory.UnitPatch{}, Method: http.MethodPatch, Path: "/units/{id}", Resource: "unit", Action: "write", Summary: "Change a unit",
		Description: "Changes the name and other facts of a unit. Its code and level never change; to give it another parent, move it.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: map[string]any{"name": "东阁街道", "residents": 24000},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body ChangedUnit
	}) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return unitReply(x.s.UpdateUnit(ctx, actor, in.ID, want, directory.UnitPatch(in.Body)))
	})
	rest.Register(g, rest.Op{
		ID: "move-unit", Input: directory.Moving{}, Method: http.MethodPost, Path: "/units/{id}/move", Resource: "unit", Action: "write", Summary: "Move a unit",
		Description: "Puts a unit, with everything below it, under another parent; all rights follow at once. Errors: `unit_cycle`, `unit_level`, `unit_inactive`, `unit_root`, `unit_there`, `import_running`.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: map[string]any{"parent_id": idExample, "reason": "区划调整"},
	}, func(ctx context.Context, in *rest.Act[UnitMove]) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return unitReply(x.s.MoveUnit(ctx, actor, in.ID, directory.Moving(in.Body), want))
	})
	rest.Register(g, rest.Op{
		ID: "merge-unit", Input: directory.Merging{}, Method: http.MethodPost, Path: "/units/{id}/merge", Resource: "unit", Action: "write", Summary: "Merge a unit into another",
		Description: "Puts the units below it and the people who work in it into another unit of its level, and deactivates it; it names its successor from then on. " +
			"What it was asked for and has handed in stays its own, and roles stay where they were given: its people stay responsible for its open work and finish it, and the security administrator gives them roles at the successor. " +
			"Errors: `unit_root`, `unit_inactive`, `unit_level`, `unit_cycle`, `import_running`.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: map[string]any{"into_id": idExample, "reason": "村居撤并"},
	}, func(ctx context.Context, in *rest.Act[UnitMerge]) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return unitReply(x.s.MergeUnit(ctx, actor, in.ID, directory.Merging(in.Body), want))
	})
	rest.Register(g, rest.Op{
		ID: "split-unit", Input: directory.UnitSplit{}, Method: http.MethodPost, Path: "/units/{id}/split", Resource: "unit", Action: "write", Summary: "Split a unit", Status: http.StatusCreated,
		Description: "Makes a new unit beside it, of the same level, kind and lines, and puts some of the units below it and of its people into the new one, which is answered. " +
			"Roles stay where they were given, and work stays with the unit that is split: while something hangs on the people who go, and hand_over does not say who of those that stay has it, the answer is 409 `holdings_left` with the list, " +
			"or 503 `holdings_unknown` as of disable-person. Errors: `unit_root`, `unit_inactive`, `code_taken`, `import_running`.",
		IfMatch: true, Errors: []int{http.StatusConflict}, Example: map[string]any{"code": "370283119", "name": "城北街道", "child_ids": []string{idExample}},
	}, func(ctx context.Context, in *rest.Act[UnitSplit]) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		b := in.Body
		return unitReply(x.s.SplitUnit(ctx, actor, in.ID, directory.UnitSplit{
			Code: b.Code, Name: b.Name, ChildIDs: b.ChildIDs, PersonIDs: b.PersonIDs, Reason: b.Reason, HandOver: handOvers(b.HandOver),
		}, want))
	})
	x.mountUnitUse(g)
}

func (x *server) mountUnitUse(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "deactivate-unit", Input: directory.Reason{}, Method: http.MethodPost, Path: "/units/{id}/deactivate", Resource: "unit", Action: "write", Summary: "Deactivate a unit",
		Description: "Takes a unit out of use; it stays in the history. Refused with `unit_not_empty` while active units stand below it or enabled people work in it.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: Reason{Reason: "学校撤并"},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		ReasonBody
	}) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return unitReply(x.s.DeactivateUnit(ctx, actor, in.ID, in.reason(), want))
	})
	rest.Register(g, rest.Op{
		ID: "activate-unit", Method: http.MethodPost, Path: "/units/{id}/activate", Resource: "unit", Action: "write", Summary: "Activate a unit again",
		Description: "Brings a deactivated unit back. Refused with `unit_inactive` while the unit above it is deactivated.",
		IfMatch:     true, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[Unit], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return unitReply(x.s.ActivateUnit(ctx, actor, in.ID, want))
	})
}
