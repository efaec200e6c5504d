package assignment

import (
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// CampaignState is where a campaign is in its life.
type CampaignState string

// The states of a campaign.
const (
	Draft             CampaignState = "draft"
	Issuing           CampaignState = "issuing"
	Active            CampaignState = "active"
	Closed            CampaignState = "closed"
	Archived          CampaignState = "archived"
	CampaignCancelled CampaignState = "cancelled"
)

// Open tells whether units can act on the campaign's assignments.
func (s CampaignState) Open() bool { return s == Issuing || s == Active }

// Takes tells whether act is possible on an assignment of a campaign in this
// state. What was handed in before it was closed can still be reviewed.
func (s CampaignState) Takes(act Action) bool { return slices.Contains(takenIn(act), s) }

// takenIn lists the states of a campaign in which act is possible.
func takenIn(act Action) []CampaignState {
	switch act {
	case BeginReview, ApproveLevel, Approve, Return:
		return []CampaignState{Issuing, Active, Closed}
	}
	return []CampaignState{Issuing, Active}
}

var campaignMoves = map[CampaignState]map[string]CampaignState{
	Draft:   {"issue": Issuing, "cancel": CampaignCancelled},
	Issuing: {"activate": Active},
	Active:  {"close": Closed, "cancel": CampaignCancelled},
	Closed:  {"archive": Archived},
}

// Next is the state after action, or a fault where the state does not allow it.
func (s CampaignState) Next(action string) (CampaignState, error) {
	if to, ok := campaignMoves[s][action]; ok {
		return to, nil
	}
	return s, campaignVerbs.WrongState(action, string(s))
}

// ThemedDay is a day of a campaign with a theme of its own.
type ThemedDay struct {
	Day   string `json:"day"`
	Title string `json:"title" limit:"1..100"`
}

// Material is something handed out with a campaign: a text or a file.
type Material struct {
	Title  string `json:"title" limit:"1..200"`
	Text   string `json:"text,omitempty" limit:"..20000"` // where it is no file
	FileID string `json:"file_id,omitempty" limit:"..64"` // of the evidence service
}

// Campaign is a piece of work launched by an office.
type Campaign struct {
	ID string
	// UnitID and UnitPath: in whose name it is issued; its targets lie below.
	UnitID   string
	UnitPath string
	// OfficeID is the office that launched it.
	OfficeID string
	Title    string
	Theme    string
	Basis    string
	Template string
	State    CampaignState
	StartsOn string // local days
	EndsOn   string
	clock.Thresholds
	Days         []ThemedDay
	Materials    []Material
	CreatedBy    string
	CreatedAt    time.Time
	IssuedBy     string
	IssuedByName string
	IssuedAt     *time.Time
	EndedAt      *time.Time
	Version      int64
}

func (c Campaign) target() policy.Target {
	return policy.Target{UnitID: c.UnitID, UnitPath: c.UnitPath, Offices: []string{c.OfficeID}}
}

// Wire is the campaign as events carry it.
func (c Campaign) Wire(tasks []Task) event.Campaign {
	w := event.Campaign{
		ID: c.ID, Title: c.Title, Theme: c.Theme, Basis: c.Basis, Template: c.Template, UnitID: c.UnitID, UnitPath: c.UnitPath,
		OfficeID: c.OfficeID, State: string(c.State), StartsOn: c.StartsOn, EndsOn: c.EndsOn,
		NearDays: c.NearDays, OverdueDays: c.OverdueDays, AckDays: c.AckDays, Version: c.Version,
	}
	for _, t := range tasks {
		w.Tasks = append(w.Tasks, t.Wire())
	}
	return w
}

// validate reports every wrong field at once.
func (c Campaign) validate() error {
	p := &problems{}
	p.take(fault.Check(CampaignPatch{
		Title: &c.Title, Theme: &c.Theme, Basis: &c.Basis, NearDays: &c.NearDays, OverdueDays: &c.OverdueDays, AckDays: &c.AckDays,
		Days: &c.Days, Materials: &c.Materials,
	}))
	p.day("starts_on", c.StartsOn)
	p.day("ends_on", c.EndsOn)
	if c.EndsOn < c.StartsOn {
		p.add("ends_on", "expected a day not before starts_on", c.EndsOn)
	}
	for i, d := range c.Days {
		p.day(fmt.Sprintf("days[%d].day", i), d.Day)
	}
	for i, m := range c.Materials {
		at := fmt.Sprintf("materials[%d]", i)
		if (m.Text == "") == (m.FileID == "") {
			p.add(at, "expected either text or file_id", nil)
		}
	}
	return p.err()
}

// problems collects wrong fields of what a use case takes in.
type problems struct{ f *fault.Error }

func (p *problems) add(field string, message fault.Text, value any) {
	if p.f == nil {
		p.f = fault.New(fault.Invalid, "invalid", "The request is not valid; see errors for each wrong part.")
	}
	p.f.WithField(field, message, value)
}

func (p *problems) err() error {
	if p.f == nil {
		return nil
	}
	return p.f
}

func (p *problems) day(field, s string) {
	if wrong := fault.WrongDay(s); wrong != "" {
		p.add(field, wrong, s)
	}
}
