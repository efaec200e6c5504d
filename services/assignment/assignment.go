package assignment

import (
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/words"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// State is where an assignment is in its life.
type State string

// The states of an assignment.
const (
	Issued       State = "issued"
	Acknowledged State = "acknowledged"
	Submitted    State = "submitted"
	Approved     State = "approved"
	Returned     State = "returned"
	Declined     State = "declined"
	Cancelled    State = "cancelled"
)

// States lists them all.
var States = words.Typed[State]("state.assignment")

// Open tells that the unit still has to hand something in.
func (s State) Open() bool { return s == Issued || s == Acknowledged || s == Returned }

// Live tells that it is neither complete nor cancelled.
func (s State) Live() bool { return s != Approved && s != Cancelled }

// Action is something done to an assignment.
type Action string

// The actions. Those below the blank line are recorded and change no state.
const (
	Acknowledge  Action = "acknowledge"
	Submit       Action = "submit"
	Recall       Action = "recall"
	BeginReview  Action = "begin_review"
	ApproveLevel Action = "approve_level"
	Approve      Action = "approve"
	Return       Action = "return"
	Decline      Action = "decline"
	Reinstate    Action = "reinstate"
	Reassign     Action = "reassign"
	Cancel       Action = "cancel"

	Delegate          Action = "delegate"
	ReportProgress    Action = "report_progress"
	Urge              Action = "urge"
	Instruct          Action = "instruct"
	ChangeResponsible Action = "change_responsible"
	RequestExtension  Action = "request_extension"
	GrantExtension    Action = "grant_extension"
	RefuseExtension   Action = "refuse_extension"
	WithdrawExtension Action = "withdraw_extension"
	TakeOver          Action = "take_over" // its unit has moved away from its issuer
)

// transitions is the life cycle that doc.go draws. Recall ends in returned instead
// where the submission followed a return; see Apply.
var transitions = map[State]map[Action]State{
	Issued:       {Acknowledge: Acknowledged, Submit: Submitted, Decline: Declined, Cancel: Cancelled},
	Acknowledged: {Submit: Submitted, Cancel: Cancelled},
	Submitted:    {Recall: Acknowledged, BeginReview: Submitted, ApproveLevel: Submitted, Approve: Approved, Return: Returned, Cancel: Cancelled},
	Returned:     {Submit: Submitted, Cancel: Cancelled},
	Declined:     {Reinstate: Issued, Reassign: Cancelled, Cancel: Cancelled},
}

// recorded says in which states an action that changes none is possible.
var recorded = map[Action][]State{
	Delegate:          {Issued, Acknowledged, Returned},
	ReportProgress:    {Issued, Acknowledged, Returned},
	Urge:              {Issued, Acknowledged, Returned},
	Instruct:          {Issued, Acknowledged, Submitted, Returned, Declined},
	ChangeResponsible: {Issued, Acknowledged, Submitted, Returned},
	RequestExtension:  {Issued, Acknowledged, Returned},
	GrantExtension:    {Issued, Acknowledged, Returned},
	RefuseExtension:   {Issued, Acknowledged, Submitted, Returned, Declined},
	WithdrawExtension: {Issued, Acknowledged, Submitted, Returned, Declined},
	TakeOver:          {Issued, Acknowledged, Submitted, Returned, Declined},
}

// Assignment is a task given to one unit. The zero times of pointers are "not yet".
type Assignment struct {
	ID         string
	CampaignID string
	TaskID     string
	ParentID   string // delegated from
	UnitID     string
	UnitPath   string
	IssuerID   string
	IssuerPath string
	// OfficeID is the office whose campaign it is, IssuerOfficeID who handed it to
	// the unit: that office, or whoever delegated it.
	OfficeID       string
	IssuerOfficeID string
	State          State
	// ReviewLevel, ReviewerID and ReviewerPath say who reviews next; only while submitted.
	ReviewLevel     string
	ReviewerID      string
	ReviewerPath    string
	ReviewStartedBy string
	ReviewStartedAt *time.Time
	ResponsibleID   string
	SubmissionID    string
	// SubmissionNumber is the highest version of the submission seen.
	SubmissionNumber int
	SubmittedBy      string // person
	IssuedAt         time.Time
	AckDueAt         time.Time
	DueAt            time.Time
	OriginalDueAt    time.Time
	AckAt            *time.Time
	SubmittedAt      *time.Time // of the submission that stands
	ApprovedAt       *time.Time
	UrgedAt          *time.Time
	OpenChildren     int
	Percent          int
	Returns          int
	ReassignedTo     string
	Version          int64
}

// Allows tells whether the state, and what went before, allow the action.
func (a Assignment) Allows(act Action) bool {
	if ss, ok := recorded[act]; ok {
		for _, s := range ss {
			if s == a.State {
				return true
			}
		}
		return false
	}
	if act == Recall && a.ReviewStartedAt != nil {
		return false
	}
	if act == Decline && a.OpenChildren > 0 {
		return false
	}
	_, ok := transitions[a.State][act]
	return ok
}

// Apply makes the transition act at time now and returns the assignment after
// it, one version on. It knows nothing of who may do it. Fields that carry
// who and what (reviewer, submission) are the caller's to set afterwards.
func (a Assignment) Apply(act Action, now time.Time) (Assignment, error) {
	if !a.Allows(act) {
		switch {
		case act == Recall && a.State == Submitted:
			return a, fault.New(fault.Conflict, "review_started", "The review of this submission has begun; it can no longer be recalled.")
		case act == Decline && a.State == Issued:
			return a, fault.New(fault.Conflict, "children_open", "It was delegated to %d units that have not finished; cancel those first.", a.OpenChildren)
		}
		return a, verbs.WrongState(string(act), string(a.State))
	}
	a.Version++
	to, moves := transitions[a.State][act]
	if !moves {
		return a, nil
	}
	a.State = to
	switch act {
	case Acknowledge:
		a.AckAt = &now
	case Submit:
		if a.AckAt == nil {
			a.AckAt = &now
		}
		at := clock.Second(now) // it is held against deadlines
		a.SubmittedAt = &at
		a.unreview()
	case Recall:
		if a.Returns > 0 {
			a.State = Returned
		}
		a.SubmittedAt, a.SubmissionID, a.SubmittedBy = nil, "", ""
		a.noReviewer()
	case BeginReview, ApproveLevel:
		if a.ReviewStartedAt == nil {
			a.ReviewStartedAt = &now
		}
	case Approve:
		a.ApprovedAt = &now
		a.Percent = 100
		a.noReviewer()
	case Return:
		a.Returns++
		a.SubmittedAt, a.SubmissionID, a.SubmittedBy = nil, "", ""
		a.noReviewer()
	case Reinstate:
		// Back to issued: the clock has run on meanwhile.
	case Cancel, Reassign:
		a.noReviewer()
	}
	return a, nil
}

func (a *Assignment) unreview() { a.ReviewStartedAt, a.ReviewStartedBy = nil, "" }

func (a *Assignment) noReviewer() {
	a.unreview()
	a.ReviewLevel, a.ReviewerID, a.ReviewerPath = "", "", ""
}

// HandedInBy tells whether a person handed in what is to be reviewed, and so
// does not review it.
func (a Assignment) HandedInBy(personID string) bool {
	return a.SubmittedBy != "" && a.SubmittedBy == personID
}

// Wire is the assignment as events carry it.
func (a Assignment) Wire() event.Assignment {
	return event.Assignment{
		ID: a.ID, CampaignID: a.CampaignID, TaskID: a.TaskID, ParentID: a.ParentID, UnitID: a.UnitID, UnitPath: a.UnitPath,
		IssuerID: a.IssuerID, IssuerPath: a.IssuerPath, OfficeID: a.OfficeID, IssuerOfficeID: a.IssuerOfficeID, State: string(a.State), ReviewLevel: a.ReviewLevel, ReviewerPath: a.ReviewerPath,
		ResponsibleID: a.ResponsibleID, SubmissionID: a.SubmissionID, IssuedAt: a.IssuedAt, AckDueAt: a.AckDueAt, DueAt: a.DueAt,
		OriginalDueAt: a.OriginalDueAt, AckAt: a.AckAt, SubmittedAt: a.SubmittedAt, ApprovedAt: a.ApprovedAt,
		OpenChildren: a.OpenChildren, Version: a.Version,
	}
}

// View is an assignment together with what is shown with it.
type View struct {
	Assignment
	clock.Thresholds
	CampaignTitle   string
	CampaignState   CampaignState
	CampaignEndedAt *time.Time
	CampaignPath    string // of the unit it was launched for
	CampaignIssuer  string // person who issued it
	CampaignBy      string // their name
	TaskTitle       string
	TaskReview      string
	TaskWeight      int
	TaskThemedDay   string
	UnitName        string
	UnitLevel       string
	IssuerName      string
	OfficeName      string // of the issuer office
	ResponsibleName string
}

// Clock is what the calendar says about an assignment at one moment.
type Clock struct {
	Light    clock.Light
	AckLight clock.Light
	// Deemed: the limit for acknowledging has passed; receipt is deemed.
	Deemed  bool
	Overdue bool
	// OnTime and OnTimeOriginal are nil while nothing was handed in.
	OnTime         *bool
	OnTimeOriginal *bool
}

// ClockAt computes lights and timeliness. The deadline runs from issue,
// whether it was acknowledged or not.
func (v View) ClockAt(now time.Time, cal *clock.Calendar) Clock {
	var c Clock
	done := v.SubmittedAt
	switch v.State {
	case Cancelled:
		c.Light, c.AckLight = clock.Green, clock.Green
		return c
	default:
		c.Light = cal.LightOf(now, v.DueAt, done, v.Thresholds)
	}
	c.AckLight = cal.LightOf(now, v.AckDueAt, v.AckAt, clock.Thresholds{OverdueDays: v.OverdueDays})
	c.Deemed = v.AckAt == nil && clock.Past(now, v.AckDueAt)
	c.Overdue = done == nil && clock.Past(now, v.DueAt)
	if done != nil {
		on, orig := !clock.Past(*done, v.DueAt), !clock.Past(*done, v.OriginalDueAt)
		c.OnTime, c.OnTimeOriginal = &on, &orig
	}
	return c
}

// outline is what other offices of the area see of it: what was asked of whom by
// whom, until when, and how that stands.
func (v View) outline() View {
	a := v.Assignment
	v.Assignment = Assignment{
		ID: a.ID, CampaignID: a.CampaignID, TaskID: a.TaskID, ParentID: a.ParentID, UnitID: a.UnitID, UnitPath: a.UnitPath,
		IssuerID: a.IssuerID, IssuerPath: a.IssuerPath, OfficeID: a.OfficeID, IssuerOfficeID: a.IssuerOfficeID, State: a.State,
		IssuedAt: a.IssuedAt, AckDueAt: a.AckDueAt, DueAt: a.DueAt, OriginalDueAt: a.OriginalDueAt, Version: a.Version,
	}
	v.ResponsibleName = ""
	return v
}

// History is one transition or recorded action.
type History struct {
	ID           string
	AssignmentID string
	At           time.Time
	Action       Action
	FromState    State
	ToState      State
	ActorID      string
	ActorName    string
	ActorUnitID  string
	Text         string
	Level        string
	Percent      *int
	Formal       bool
	RelatedID    string
	// StandIn says why somebody reviewed in the place of Level, which had nobody.
	StandIn string
}

// Extension is a request for a later deadline.
type Extension struct {
	ID              string
	AssignmentID    string
	CampaignID      string
	UnitID          string
	UnitPath        string
	IssuerPath      string
	OfficeID        string // both as its assignment has them
	IssuerOfficeID  string
	State           string // requested, granted, refused, withdrawn
	AskedDueAt      time.Time
	DueAt           time.Time
	Reason          string
	Answer          string
	RequestedBy     string
	RequestedByName string
	RequestedAt     time.Time
	DecidedBy       string
	DecidedByName   string
	DecidedAt       *time.Time
	Version         int64
}

// The states of an extension request.
const (
	Requested = "requested"
	Granted   = "granted"
	Refused   = "refused"
	Withdrawn = "withdrawn"
)

// Decide ends a request that waits for an answer.
func (e Extension) Decide(to string, now time.Time) (Extension, error) {
	if e.State != Requested {
		return e, fault.WrongState("The extension request is %s; it can no longer be decided or withdrawn.", "state.extension", e.State)
	}
	e.State, e.DecidedAt = to, &now
	e.Version++
	return e, nil
}

func (e Extension) wire() *event.Extension {
	return &event.Extension{ID: e.ID, State: e.State, DueAt: e.DueAt, Reason: e.Reason, Answer: e.Answer}
}
