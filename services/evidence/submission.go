package evidence

import (
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// State is where a submission is in its life.
type State string

// The states of a submission.
const (
	Draft     State = "draft"
	Sealed    State = "sealed"
	Accepted  State = "accepted"
	Returned  State = "returned"
	Recalled  State = "recalled"
	Discarded State = "discarded"
)

// Submission is one version of the evidence for a target.
type Submission struct {
	ID             string
	Target         Kind
	TargetID       string
	CampaignID     string
	TaskID         string
	UnitID         string
	UnitPath       string
	Offices              // of the target
	Number         int64 // 1 for the first version
	State          State
	Note           string
	ChildrenReason string
	FixedOnSpot    bool
	PreviousID     string // version the items come from
	ManifestHash   string // SHA-256 in hex, once sealed
	Reason         string // why it was returned
	CreatedBy      string // person
	CreatedName    string
	CreatedAt      time.Time
	SealedBy       string // person
	SealedName     string
	SealedAt       *time.Time
	DecidedAt      *time.Time
	UpdatedAt      time.Time
	Version        int64
}

// Unit is what the policy looks at.
func (s Submission) Unit() policy.Target {
	return policy.Target{UnitID: s.UnitID, UnitPath: s.UnitPath, Offices: s.whose()}
}

// Action changes the state of a submission.
type Action string

// The actions.
const (
	Seal    Action = "seal"
	Discard Action = "discard"
	Accept  Action = "accept"
	Return  Action = "return"
	Recall  Action = "recall"
)

var transitions = map[State]map[Action]State{
	Draft:  {Seal: Sealed, Discard: Discarded},
	Sealed: {Accept: Accepted, Return: Returned, Recall: Recalled},
}

// Next is the state after action; wrong_state when the state does not allow it.
func Next(s State, a Action) (State, error) {
	to, ok := transitions[s][a]
	if !ok {
		return s, verbs.WrongState(string(a), string(s))
	}
	return to, nil
}

// told is the event that tells of each state.
var told = map[State]event.Type{
	Sealed: event.SubmissionSealed, Accepted: event.SubmissionAccepted, Returned: event.SubmissionReturned,
	Recalled: event.SubmissionRecalled, Discarded: event.SubmissionDiscarded,
}

// carries tells whether the next draft begins with the items of a version
// that ended in this state.
func carries(s State) bool { return s == Returned || s == Recalled }

// Data is the submission with its items as events carry it.
func (s Submission) Data(reqs []event.Requirement, items []Item) event.Submission {
	d := event.Submission{
		ID: s.ID, Target: string(s.Target), TargetID: s.TargetID, CampaignID: s.CampaignID, TaskID: s.TaskID,
		UnitID: s.UnitID, UnitPath: s.UnitPath, OfficeID: s.OfficeID, IssuerOfficeID: s.IssuerOfficeID, Number: int(s.Number), State: string(s.State), ManifestHash: s.ManifestHash,
		SealedAt: s.SealedAt, SealedBy: s.SealedBy, ChildrenReason: s.ChildrenReason, Note: s.Note, FixedOnSpot: s.FixedOnSpot,
		Version: s.Version,
	}
	for _, r := range reqs {
		i := slices.IndexFunc(items, func(it Item) bool { return it.RequirementID == r.ID })
		if i >= 0 && r.Kind == kinds.Number && items[i].Value != nil {
			d.Figures = append(d.Figures, event.Figure{
				RequirementID: r.ID, Figure: r.Figure, Measure: r.Measure, Aggregate: r.Aggregate, Value: *items[i].Value,
			})
		}
	}
	seen := map[string]bool{}
	for _, it := range items {
		for _, f := range it.FileIDs {
			seen[f] = true
		}
	}
	d.Files = len(seen)
	return d
}

// Gap is something missing, or worth a second look, in a submission.
type Gap struct {
	RequirementID string
	Title         string
	Code          string // missing, below_minimum, includes_delegated, source_returned
	Message       fault.Text
}

// Completeness says what a submission lacks before it can be sealed, and what
// is worth a second look but keeps nobody from sealing.
type Completeness struct {
	Missing  []Gap
	Warnings []Gap
}

// Complete tells that nothing compulsory is missing.
func (c Completeness) Complete() bool { return len(c.Missing) == 0 }

// Assess compares items with what is required. spot is true for a
// rectification fixed on the spot, which must show before and after; d is what
// was delegated.
func Assess(reqs []event.Requirement, items []Item, u UnitInfo, d Delegated, spot bool) Completeness {
	var c Completeness
	by := make(map[string]Item, len(items))
	for _, it := range items {
		by[it.RequirementID] = it
	}
	for _, r := range reqs {
		it, ok := by[r.ID]
		if !ok || !it.Given() {
			if r.Compulsory || (spot && r.ID == Before) {
				c.Missing = append(c.Missing, Gap{RequirementID: r.ID, Title: r.Title, Code: "missing",
					Message: fault.Textf("%q is compulsory and has not been given.", r.Title)})
			}
			continue
		}
		if r.Kind == kinds.Number && it.Value != nil {
			c.assessFigure(r, *it.Value, u, d)
		}
	}
	return c
}
