package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/rest"
)

// Code is a value of a code list on the wire.
type Code struct {
	ID       string   `json:"id" example:"01985b2e-7c1a-7000-8000-000000000005" doc:"Id of the value"`
	List     string   `json:"list" words:"code_list" example:"kind" doc:"The list: kinds of unit, lines, or denominators"`
	Code     string   `json:"code" example:"school" doc:"Unique in its list and never changes; what units, targets and filters carry"`
	Chinese  string   `json:"chinese" example:"学校" doc:"Its name in Chinese"`
	English  string   `json:"english" example:"School" doc:"Its name in English"`
	Also     []string `json:"also" example:"[\"中小学\"]" doc:"Other names that imports take for it"`
	Position int64    `json:"position" example:"40" doc:"Its place in the list"`
	Open     bool     `json:"open" doc:"Units can be given it; those that have a closed one keep it"`
	BuiltIn  bool     `json:"built_in" doc:"It came with the program: closed where it is not wanted, never deleted"`
	Version  int64    `json:"version" doc:"Grows with every change" example:"1"`
	May      CodeMay  `json:"may" doc:"What you may do to it now"`
}

// CodeMay is what the caller may do.
type CodeMay struct {
	Update bool `json:"update" doc:"Change, close and open it"`
	Delete bool `json:"delete" doc:"Delete it, while no unit has it"`
}

func codeWire(v directory.CodeView) Code {
	return Code{
		ID: v.ID, List: v.List, Code: v.Code.Code, Chinese: v.Chinese, English: v.English, Also: append([]string{}, v.Also...),
		Position: v.Position, Open: v.Open, BuiltIn: v.BuiltIn, Version: v.Version, May: CodeMay(v.May),
	}
}

// Codes are the code lists.
type Codes struct {
	Items  []Code `json:"items" doc:"All values of all lists, by list and place, closed ones with them"`
	MayAdd bool   `json:"may_add" doc:"Whether you may add to them"`
}

// NewCode is the body that adds a value.
type NewCode struct {
	List     string   `json:"list" doc:"The list; the denominators are those that the program counts by" example:"kind"`
	Code     string   `json:"code" doc:"Unique in the list; small letters, digits and _" example:"library"`
	Chinese  string   `json:"chinese" doc:"Its name in Chinese" example:"图书馆"`
	English  string   `json:"english" doc:"Its name in English" example:"Library"`
	Also     []string `json:"also,omitempty" doc:"Other names that imports take for it" example:"[\"文化馆\"]"`
	Position int64    `json:"position,omitempty" doc:"Its place in the list; at the end where it is absent" example:"150"`
}

// ChangedCode is the body that changes a value: what is absent stays.
type ChangedCode struct {
	Chinese  *string   `json:"chinese,omitempty" doc:"Its name in Chinese" example:"图书馆"`
	English  *string   `json:"english,omitempty" doc:"Its name in English" example:"Library"`
	Also     *[]string `json:"also,omitempty" doc:"Other names that imports take for it" example:"[\"文化馆\"]"`
	Position *int64    `json:"position,omitempty" doc:"Its place in the list" example:"150"`
	Open     *bool     `json:"open,omitempty" doc:"Whether units can be given it"`
}

// LeadOffice says who leads a line in an area.
type LeadOffice struct {
	Sector     string `json:"sector" example:"education" doc:"Code of the line"`
	OfficeID   string `json:"office_id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"The unit that leads it"`
	OfficeName string `json:"office_name" example:"教育和体育局" doc:"Name of that unit"`
}

// LeadOffices are those of an area.
type LeadOffices struct {
	Items  []LeadOffice `json:"items" doc:"By line; lines that nobody leads are absent"`
	MaySet bool         `json:"may_set" doc:"Whether you may change them"`
}

// Lead is the body that says who leads a line.
type Lead struct {
	OfficeID string `json:"office_id" example:"01985b2e-7c1a-7000-8000-000000000002" doc:"An active unit of the area; empty for none"`
}

func (x *server) mountCodes(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-codes", Method: http.MethodGet, Path: "/codes", Session: true, Summary: "List the code lists",
		Description: "Kinds of unit, lines and denominators with their names. Units, targets, templates and filters carry codes; whoever shows them looks the names up here, and shows one that is not here as something else.",
	}, func(ctx context.Context, _ *struct{}) (*rest.Reply[Codes], error) {
		vs, may, err := x.s.Codes(ctx, rest.Actor(ctx))
		if err != nil {
			return nil, err
		}
		out := Codes{Items: make([]Code, len(vs)), MayAdd: may}
		for i, v := range vs {
			out.Items[i] = codeWire(v)
		}
		return rest.Answer(out), nil
	})
	rest.Register(g, rest.Op{
		ID: "create-code", Input: directory.CodeInput{}, Method: http.MethodPost, Path: "/codes", Resource: "code", Action: "write", Summary: "Add a value to a code list", Status: http.StatusCreated,
		Description: "Adds a kind of unit or a line. Errors: `value_taken`, `value_name_taken`, `codes_full`, `import_running`.",
		Errors:      []int{http.StatusConflict}, Example: NewCode{List: "kind", Code: "library", Chinese: "图书馆", English: "Library"},
	}, func(ctx context.Context, in *struct{ Body NewCode }) (*rest.Reply[Code], error) {
		return codeReply(x.s.CreateCode(ctx, rest.Actor(ctx), directory.CodeInput(in.Body)))
	})
	rest.Register(g, rest.Op{
		ID: "update-code", Input: directory.CodePatch{}, Method: http.MethodPatch, Path: "/codes/{id}", Resource: "code", Action: "write", Summary: "Change a value of a code list",
		Description: "Changes names and place, closes it or opens it again. Its list and code never change. Errors: `value_name_taken`, `import_running`.",
		IfMatch:     true, Errors: []int{http.StatusConflict}, Example: map[string]any{"chinese": "图书馆", "open": false},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Body ChangedCode
	}) (*rest.Reply[Code], error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return codeReply(x.s.UpdateCode(ctx, actor, in.ID, want, directory.CodePatch(in.Body)))
	})
	rest.Register(g, rest.Op{
		ID: "delete-code", Method: http.MethodDelete, Path: "/codes/{id}", Resource: "code", Action: "write", Summary: "Delete a value of a code list",
		Description: "Only one that no unit has; one in use is closed instead. Errors: `value_in_use`, `value_built_in`, `import_running`.",
		IfMatch:     true, Errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *rest.ByID) (*struct{}, error) {
		actor, want, err := bearings(ctx)
		if err != nil {
			return nil, err
		}
		return nil, x.s.DeleteCode(ctx, actor, in.ID, want)
	})
	x.mountLeadOffices(g)
}

func codeReply(v directory.CodeView, err error) (*rest.Reply[Code], error) {
	if err != nil {
		return nil, err
	}
	return rest.Answer(codeWire(v)), nil
}

func (x *server) mountLeadOffices(g *rest.Group) {
	rest.Register(g, rest.Op{
		ID: "list-lead-offices", Method: http.MethodGet, Path: "/units/{id}/lead-offices", Resource: "unit", Action: "read", Summary: "Who leads which line in an area",
		Description: "The lead office of each line in a province, city, county or town.",
	}, func(ctx context.Context, in *rest.ByID) (*rest.Reply[LeadOffices], error) {
		vs, may, err := x.s.LeadOffices(ctx, rest.Actor(ctx), in.ID)
		if err != nil {
			return nil, err
		}
		out := LeadOffices{Items: make([]LeadOffice, len(vs)), MaySet: may}
		for i, v := range vs {
			out.Items[i] = LeadOffice{Sector: v.Sector, OfficeID: v.OfficeID, OfficeName: v.OfficeName}
		}
		return rest.Answer(out), nil
	})
	rest.Register(g, rest.Op{
		ID: "set-lead-office", Input: directory.LeadInput{}, Method: http.MethodPut, Path: "/units/{id}/lead-offices/{sector}", Resource: "unit", Action: "write", Summary: "Say who leads a line in an area",
		Description: "The office is the area or an active unit below it; empty for none. Errors: `unit_level`, `import_running`.",
		Errors:      []int{http.StatusConflict}, Example: Lead{OfficeID: idExample},
	}, func(ctx context.Context, in *struct {
		rest.ByID
		Sector string `path:"sector" maxLength:"50" doc:"Code of the line" example:"education"`
		Body   Lead
	}) (*struct{}, error) {
		return nil, x.s.SetLeadOffice(ctx, rest.Actor(ctx), in.ID, in.Sector, directory.LeadInput(in.Body))
	})
}
