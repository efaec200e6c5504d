package rectification

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/rectification/deed"
)

// Outcomes of a rectification that was closed: closed is not the same as fixed.
const (
	OutcomeFixed          = "fixed"
	OutcomeNotFixable     = "not_fixable"
	OutcomeNotResponsible = "not_responsible"
	OutcomeDuplicate      = "duplicate"
)

// Results of verifying one finding.
const (
	ResultFixed  = "fixed"
	ResultPartly = "partly"
	ResultNot    = "not"
)

// States of an extension request.
const (
	ExtensionRequested = "requested"
	ExtensionGranted   = "granted"
	ExtensionRefused   = "refused"
	ExtensionWithdrawn = "withdrawn"
)

// Rectification is an order to a unit to rectify findings, as it is now.
type Rectification struct {
	ID           string
	CampaignID   string
	IssuerID     string // the office whose number it bears
	IssuerPath   string
	OfficeID     string // that acts on it: that one, or who took it over when the unit moved
	Year         int
	Seq          int64
	Number       string
	Title        string
	Note         string
	UnitID       string
	UnitPath     string
	State        State
	Suspended    bool
	Outcome      string
	Severity     string // highest of its findings
	NeedsPlan    bool
	HasPlan      bool
	ApprovePlan  bool   // the plan needs the office's approval
	PlanState    string // submitted, approved, returned; where it does
	PlanAnswer   string
	NeedsSignOff bool
	SignedBy     string
	Signer       string
	SignedAt     *time.Time

	NeedsApplication bool
	CloseOutAsked    bool // an application to be closed out waits
	CopyToSuperior   bool
	ResponsibleID    string
	Responsible      string
	Funds            string
	Contingency      string
	OrderedBy        string
	Orderer          string
	OrderedAt        time.Time
	AckDueAt         time.Time
	AckAt            *time.Time
	DueAt            time.Time
	OriginalDueAt    time.Time // never changes
	NearAt           time.Time // from when the deadline is near
	SubmissionID     string    // of the last report
	FixedOnSpot      bool
	ReportedBy       string
	ReportedAt       *time.Time // of the report that stands
	VerifierID       string
	StillWrong       string // what the last rejection said
	ClosedAt         *time.Time
	Rejections       int
	Relapses         int
	Transfers        int
	TransferredBy    string // who gave it to the unit that has it, where somebody did
	Bounces          int
	Contested        bool // an arbiter has to say whose it is
	Settled          bool // an arbiter has said whose it is
	ExtensionAsked   bool
	Version          int64
}

// outline is what other offices of the area see of an order: its number, who ordered
// what of whom under which campaign, until when, how that stands and whether it was
// reported in time. The title is not of it: it names what was found, as do the findings, the plan and everything
// that was reported, said and decided; who is responsible is not, either.
func (r Rectification) outline() Rectification {
	return Rectification{
		ID: r.ID, CampaignID: r.CampaignID, IssuerID: r.IssuerID, IssuerPath: r.IssuerPath, OfficeID: r.OfficeID, Year: r.Year, Seq: r.Seq, Number: r.Number,
		UnitID: r.UnitID, UnitPath: r.UnitPath, State: r.State, Suspended: r.Suspended,
		OrderedAt: r.OrderedAt, AckDueAt: r.AckDueAt, DueAt: r.DueAt, OriginalDueAt: r.OriginalDueAt, NearAt: r.NearAt, Version: r.Version,
	}
}

func (r Rectification) target() policy.Target { return target(r.UnitID, r.UnitPath, r.OfficeID) }

// OrderNumber is the number as printed: 整改〔2026〕1号.
func OrderNumber(year int, seq int64) string { return fmt.Sprintf("整改〔%d〕%d号", year, seq) }

// Case is a rectification with everything that belongs to it.
type Case struct {
	Rectification
	Findings      []Finding
	Measures      []Measure
	Stages        []Stage
	Reports       []Report
	Verifications []Verification
	Extensions    []Extension
	Dues          []FindingDue
	Moves         []Move
	Progress      []Progress
	Applications  []Application
}

// outline leaves everything that belongs to it out.
func (c Case) outline() Case { return Case{Rectification: c.Rectification.outline()} }

// FindingIDs are the ids of its findings.
func (c Case) FindingIDs() []string {
	ids := make([]string, len(c.Findings))
	for i, f := range c.Findings {
		ids[i] = f.ID
	}
	return ids
}

// Measure is one measure of the plan.
type Measure struct {
	ID       string
	Position int
	Text     string `limit:"1..1000"`
	PersonID string `limit:"..64"` // empty for somebody without an account
	Person   string `limit:"..100"`
	DueAt    time.Time
	DoneAt   *time.Time
	DoneBy   string
	DoneNote string
	Percent  int
	Dropped  bool // belongs to an earlier plan
}

// Stage is a stage of a long-term rectification.
type Stage struct {
	ID        string
	Position  int
	Title     string `limit:"1..200"`
	DueAt     time.Time
	CheckedAt *time.Time
	CheckedBy string
	Note      string
	Dropped   bool
}

// Report is one report of the unit: a sealed submission that was taken in.
type Report struct {
	ID          string // of the submission
	Number      int
	PersonID    string
	Person      string
	At          time.Time
	Note        string
	FixedOnSpot bool
}

// Verification is one decision about a report.
type Verification struct {
	ID         string
	ReportID   string
	PersonID   string
	Person     string
	UnitID     string
	At         time.Time
	Method     string // on_site, documents; empty where it was not asked
	Decision   string // close, reject
	Outcome    string
	StillWrong string
	NewDueAt   *time.Time
	Results    []Result
}

// Result is what verification found for one finding.
type Result struct {
	FindingID string `limit:"..64"`
	Result    string `words:"verification"`
	Note      string `limit:"..2000"`
}

// Extension is a request for a later deadline.
type Extension struct {
	ID        string
	State     string
	DueAt     time.Time
	Reason    string
	AskedBy   string
	Asker     string
	AskedAt   time.Time
	Answer    string
	DecidedBy string
	Decider   string
	DecidedAt *time.Time
}

// light is the light of r at a time.
func (r Rectification) light(cal *clock.Calendar, now time.Time, th clock.Thresholds) clock.Light {
	if r.State == Withdrawn {
		return clock.Green
	}
	return cal.LightOf(now, r.DueAt, r.done(), th)
}

// done is when the unit finished its part, nil while it is its turn.
func (r Rectification) done() *time.Time {
	if r.State.Unit() {
		return nil
	}
	return r.ReportedAt
}

// OnTime tells whether the report that stands was made by due; nil while
// there is none.
func (r Rectification) OnTime(due time.Time) *bool {
	if r.ReportedAt == nil || r.State.Unit() {
		return nil
	}
	ok := !clock.Past(*r.ReportedAt, due)
	return &ok
}

// near is from when a deadline counts as near: the start of the first local
// day from which at most days working days are left.
func near(cal *clock.Calendar, due time.Time, days int) time.Time {
	d := due.In(clock.Shanghai)
	start := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, clock.Shanghai)
	for range 90 {
		before := start.AddDate(0, 0, -1)
		if cal.WorkdaysBetween(before, due) > days {
			break
		}
		start = before
	}
	return start.UTC()
}

// OrderStore lists orders, and tells what happened to them.
type OrderStore interface {
	Rectifications(ctx context.Context, q RectificationQuery) ([]Rectification, error)
	Count(ctx context.Context, q RectificationQuery) (int64, error)
	History(ctx context.Context, thing, id string, after int64, limit int) ([]deed.Entry, error)
	// Latest is the latest entry of one of the actions; false when there is none.
	Latest(ctx context.Context, thing, id string, actions []string) (deed.Entry, bool, error)
}

// OrderTx writes orders and where they go.
type OrderTx interface {
	// NextNumber takes the next number of an office and year; it is given
	// back when the transaction fails.
	NextNumber(ctx context.Context, officeID string, year int) (int64, error)
	InsertRectification(ctx context.Context, r Rectification, dues []FindingDue) error
	// UpdateRectification leaves the unit as it is; see SetUnit.
	UpdateRectification(ctx context.Context, r Rectification, was int64) error
	// SetUnit gives a rectification, with its findings, to a unit.
	SetUnit(ctx context.Context, rectificationID, unitID string) error
	// MoveDues moves the current deadline of findings; all of them when none is named.
	MoveDues(ctx context.Context, id string, due time.Time, findingIDs []string) error
	AddMove(ctx context.Context, id string, m Move) error
	// DropMoves marks how it went so far as no longer counting.
	DropMoves(ctx context.Context, id string) error
}

// RectificationQuery selects rectifications, the earliest deadline first.
type RectificationQuery struct {
	Reach          policy.Reach
	UnitID         string
	UnderID        string `limit:"..64"`
	IssuerID       string `limit:"..64"`
	Campaign       string `limit:"..64"`
	Severity       string
	States         []State `limit:"..8" words:"state.rectification"`
	Now            time.Time
	Overdue        *bool // it is the unit's turn, and past its deadline
	Near           bool  // it is the unit's turn, and the deadline is near
	ExtensionAsked bool
	Contested      bool
	Relapsed       bool
	Counted        string // one of the numbers of the roll-ups; overdue is Overdue
	AfterAt        time.Time
	AfterID        string
	Limit          int
}

// beyondOutline tells that it selects by what the outline does not say.
func (q RectificationQuery) beyondOutline() bool {
	return q.Counted == "relapses" || q.Severity != "" || q.ExtensionAsked || q.Contested || q.Relapsed
}
