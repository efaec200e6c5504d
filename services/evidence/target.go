package evidence

import (
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Kind says what a submission is made for.
type Kind string

// The kinds of targets.
const (
	Assignment    Kind = "assignment"
	Rectification Kind = "rectification"
)

// word is the kind as texts name it.
func (k Kind) word() fault.Text {
	if k == Rectification {
		return "rectification"
	}
	return "assignment"
}

// Target is this service's copy of an assignment or a rectification.
type Target struct {
	Kind       Kind
	ID         string
	CampaignID string // may be empty for a rectification
	Campaign   string // title; empty for a rectification
	TaskID     string // empty for a rectification
	ParentID   string // assignment it was delegated from; empty for none
	Title      string // of the task; number and title of a rectification
	UnitID     string
	UnitPath   string
	Offices
	// State and Version may be those before an event that is Idle.
	State        string
	OpenChildren int64
	DueAt        time.Time
	Version      int64
	// Ended tells that the campaign takes nothing in any more.
	Ended bool
	// Requirements in the order the task gives them. Known is false while the
	// task has not arrived.
	Requirements []event.Requirement
	Known        bool
}

// Unit is what the policy looks at.
func (t Target) Unit() policy.Target {
	return policy.Target{UnitID: t.UnitID, UnitPath: t.UnitPath, Offices: t.whose()}
}

// Offices are whose a target is, and what is handed in for it.
type Offices struct {
	OfficeID       string // whose campaign or order it is
	IssuerOfficeID string // who handed an assignment to its unit
}

func (o Offices) whose() []string { return []string{o.OfficeID, o.IssuerOfficeID} }

// accepting are the states in which a target takes a submission.
var accepting = map[Kind][]string{
	Assignment:    {"issued", "acknowledged", "returned"},
	Rectification: {"ordered", "acknowledged", "rectifying", "rejected"},
}

// Accepts tells whether the target takes a submission now, as far as this
// service has heard; the owner of the target has the last word.
func (t Target) Accepts() bool { return !t.Ended && slices.Contains(accepting[t.Kind], t.State) }

// Requirement finds a requirement by id.
func (t Target) Requirement(id string) (event.Requirement, error) {
	for _, r := range t.Requirements {
		if r.ID == id {
			return r, nil
		}
	}
	return event.Requirement{}, fault.Missing("requirement")
}

// Ids of what every rectification asks for.
const (
	Before = "before"
	After  = "after"
	Text   = "text"
)

// rectifying is what every rectification asks for.
var rectifying = []event.Requirement{
	{ID: Before, Kind: "document", Title: "整改前的照片或文件"},
	{ID: After, Kind: "document", Title: "整改后的照片或文件", Compulsory: true},
	{ID: Text, Kind: "text", Title: "整改情况说明", Compulsory: true},
}

// RectificationRequirements are what every rectification asks for. What was
// fixed on the spot needs the evidence of before as well.
func RectificationRequirements() []event.Requirement { return slices.Clone(rectifying) }

// UnitInfo is what this service knows of a unit.
type UnitInfo struct {
	ID, Path, Name, Level, Kind string
	Classes, Staff, Residents   int64
	Longitude, Latitude         float64 // degrees; both 0 is unknown
}

// per is the denominator of a requirement for the unit; 0 when it is unknown.
func (u UnitInfo) per(what string) float64 {
	switch what {
	case "":
		return 1
	case "class", "classes":
		return float64(u.Classes)
	case "staff":
		return float64(u.Staff)
	case "resident", "residents":
		return float64(u.Residents)
	}
	return 0
}
