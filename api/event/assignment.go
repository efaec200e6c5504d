package event

import (
	"time"

	"github.com/duban/duban/api/kinds"
)

// Events of the assignment service: campaigns and assignments.
const (
	CampaignDrafted   Type = "assignment.campaign.drafted.v1"
	CampaignRevised   Type = "assignment.campaign.revised.v1"
	CampaignIssuing   Type = "assignment.campaign.issuing.v1"
	CampaignActive    Type = "assignment.campaign.active.v1"
	CampaignClosed    Type = "assignment.campaign.closed.v1"
	CampaignArchived  Type = "assignment.campaign.archived.v1"
	CampaignCancelled Type = "assignment.campaign.cancelled.v1"

	TemplateKept    Type = "assignment.template.kept.v1"
	TemplateRevised Type = "assignment.template.revised.v1"
	TemplateDropped Type = "assignment.template.dropped.v1"

	AssignmentsIssued            Type = "assignment.assignments.issued.v1"
	AssignmentAcknowledged       Type = "assignment.assignment.acknowledged.v1"
	AssignmentSubmitted          Type = "assignment.assignment.submitted.v1"
	AssignmentSubmissionRefused  Type = "assignment.assignment.submission_refused.v1"
	AssignmentRecalled           Type = "assignment.assignment.recalled.v1"
	AssignmentReviewStarted      Type = "assignment.assignment.review_started.v1"
	AssignmentLevelApproved      Type = "assignment.assignment.level_approved.v1"
	AssignmentApproved           Type = "assignment.assignment.approved.v1"
	AssignmentReturned           Type = "assignment.assignment.returned.v1"
	AssignmentDeclined           Type = "assignment.assignment.declined.v1"
	AssignmentReassigned         Type = "assignment.assignment.reassigned.v1"
	AssignmentReinstated         Type = "assignment.assignment.reinstated.v1"
	AssignmentTakenOver          Type = "assignment.assignment.taken_over.v1"
	AssignmentCancelled          Type = "assignment.assignment.cancelled.v1"
	AssignmentDelegated          Type = "assignment.assignment.delegated.v1"
	AssignmentProgressReported   Type = "assignment.assignment.progress_reported.v1"
	AssignmentUrged              Type = "assignment.assignment.urged.v1"
	AssignmentInstructed         Type = "assignment.assignment.instructed.v1"
	AssignmentResponsibleChanged Type = "assignment.assignment.responsible_changed.v1"
	AssignmentChildrenChanged    Type = "assignment.assignment.children_changed.v1"
	ExtensionRequested           Type = "assignment.extension.requested.v1"
	ExtensionGranted             Type = "assignment.extension.granted.v1"
	ExtensionRefused             Type = "assignment.extension.refused.v1"
	ExtensionWithdrawn           Type = "assignment.extension.withdrawn.v1"
)

func init() {
	define(Campaign{}, map[Type]string{
		CampaignDrafted:   "An office drafted a campaign.",
		CampaignRevised:   "An office changed a campaign's draft or its description.",
		CampaignIssuing:   "An office issued a campaign; the fan-out to its targets has begun.",
		CampaignActive:    "Every targeted unit has its assignments.",
		CampaignClosed:    "The office closed the campaign; nothing more is taken in, what was handed in can still be reviewed.",
		CampaignArchived:  "The campaign was archived.",
		CampaignCancelled: "The campaign was cancelled, with its open assignments.",
	})
	define(CampaignTemplate{}, map[Type]string{
		TemplateKept:    "An office kept a campaign as a template.",
		TemplateRevised: "An office changed a template it keeps.",
		TemplateDropped: "An office threw a template away; campaigns made from it stay.",
	})
	define(Issued{}, map[Type]string{
		AssignmentsIssued: "A task was given to units, at most 500 an event.",
	})
	define(AssignmentChange{}, map[Type]string{
		AssignmentAcknowledged:       "A unit acknowledged its assignment.",
		AssignmentSubmitted:          "A unit's sealed submission was taken in for review.",
		AssignmentSubmissionRefused:  "A sealed submission could not be taken in, because the assignment no longer accepts one.",
		AssignmentRecalled:           "A unit took its submission back before review began.",
		AssignmentReviewStarted:      "A reviewer opened the submission; it can no longer be recalled.",
		AssignmentLevelApproved:      "One level approved; the next level up reviews now.",
		AssignmentApproved:           "The last review approved; the assignment is complete.",
		AssignmentReturned:           "A reviewer returned the submission with a reason.",
		AssignmentDeclined:           "A unit declined the assignment as not its own.",
		AssignmentReassigned:         "The issuer accepted a decline and gave the task to another unit.",
		AssignmentReinstated:         "The issuer did not accept a decline; the assignment stands.",
		AssignmentTakenOver:          "The unit has moved away from the issuer; the county it is in now decides about the assignment.",
		AssignmentCancelled:          "An open assignment was cancelled.",
		AssignmentDelegated:          "A town passed its assignment down to units below it.",
		AssignmentProgressReported:   "A unit reported how far it has got.",
		AssignmentUrged:              "The issuer urged a unit, or sent a supervision notice.",
		AssignmentInstructed:         "A leader gave an instruction.",
		AssignmentResponsibleChanged: "Another person became responsible.",
		AssignmentChildrenChanged:    "A delegated assignment was finished or cancelled; the assignment it came from has one open child less.",
		ExtensionRequested:           "A unit asked for a later deadline.",
		ExtensionGranted:             "The issuer granted a later deadline.",
		ExtensionRefused:             "The issuer refused a later deadline.",
		ExtensionWithdrawn:           "The unit took its extension request back.",
	})
}

// Campaign is a campaign as it is now. Tasks are filled from issuing on.
type Campaign struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Theme string `json:"theme,omitempty"`
	Basis string `json:"basis,omitempty"`
	// Template is what it was made from: a built-in template (publicity,
	// inspection) or the id of one that an office keeps; empty for none.
	Template string `json:"template,omitempty"`
	// UnitID and UnitPath: the unit in whose name it is issued; targets lie below it.
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	// OfficeID is the office that launched it, for which whoever drafted it acted.
	OfficeID    string `json:"office_id"`
	State       string `json:"state"`     // draft, issuing, active, closed, archived, cancelled
	StartsOn    string `json:"starts_on"` // local day
	EndsOn      string `json:"ends_on"`
	NearDays    int    `json:"near_days"`
	OverdueDays int    `json:"overdue_days"`
	AckDays     int    `json:"ack_days"`
	Tasks       []Task `json:"tasks,omitempty"`
	// Left is what was unfinished when it was closed or archived.
	Left    *CampaignLeft `json:"left,omitempty"`
	Version int64         `json:"version"`
}

// CampaignTemplate is a template that an office keeps.
type CampaignTemplate struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	UnitID   string `json:"unit_id"`
	UnitPath string `json:"unit_path"`
	OfficeID string `json:"office_id,omitempty"`
	Tasks    int    `json:"tasks"` // how many it has
	Version  int64  `json:"version"`
}

// CampaignLeft counts what the office knowingly left unfinished.
type CampaignLeft struct {
	InReview          int `json:"in_review"` // handed in, and waiting for a review
	Open              int `json:"open"`      // not handed in, or returned
	Declined          int `json:"declined"`  // declines not decided
	ExtensionRequests int `json:"extension_requests"`
}

// Task is one thing every targeted unit must do.
type Task struct {
	ID           string        `json:"id"`
	Title        string        `json:"title"`
	ThemedDay    string        `json:"themed_day,omitempty"` // local day
	DueAt        time.Time     `json:"due_at"`
	Weight       int           `json:"weight"`
	Review       string        `json:"review"` // direct, levels
	Requirements []Requirement `json:"requirements"`
}

// Requirement is one item a task asks for.
type Requirement struct {
	ID    string     `json:"id" limit:"..64"`
	Kind  kinds.Kind `json:"kind" words:"kind"`
	Title string     `json:"title" limit:"1..200"`
	// Compulsory items must be given before a submission can be sealed.
	Compulsory bool `json:"compulsory"`
	// Why is the issuer's reason for a compulsory photo, video or location.
	Why string `json:"why,omitempty" limit:"..500"`
	// Figure names the figure of a number across tasks and years, e.g. "leaflets".
	Figure  string   `json:"figure,omitempty" limit:"..60"`
	Measure string   `json:"measure,omitempty" limit:"..20"` // unit of measure: 份, 场, 条
	Minimum *float64 `json:"minimum,omitempty"`
	// Aggregate: sum (default), max, last.
	Aggregate string `json:"aggregate,omitempty" words:"aggregate" limit:"?"`
	// Per relates the minimum to a denominator of the unit: class, staff, resident; empty for the unit as a whole.
	Per string `json:"per,omitempty" words:"per" limit:"?"`
	// Columns of a table.
	Columns []Column `json:"columns,omitempty" limit:"..40"`
	// Register names the register of the unit that a table is: it lives on from
	// task to task and is brought up to date, not typed again.
	Register string `json:"register,omitempty" limit:"..60"`
	// Text is the wording of a pledge; empty where the unit words it.
	Text string `json:"text,omitempty" limit:"..5000"`
	// PeriodFrom and PeriodTo are the first and last local day that the item is
	// about; empty for those of the campaign.
	PeriodFrom string `json:"period_from,omitempty" limit:"..10"`
	PeriodTo   string `json:"period_to,omitempty" limit:"..10"`
	// Minutes is how long one unit is expected to take; 0 for what is usual for the kind.
	Minutes int `json:"minutes,omitempty" limit:"0..2400"`
	// MaxCount bounds the files of a file requirement; 0 means 20.
	MaxCount int `json:"max_count,omitempty" limit:"0..200"`
	// Accept are the endings of the files that are taken, as "pdf"; empty takes
	// every kind but archives.
	Accept []string `json:"accept,omitempty" limit:"..20" each:"1..10"`
	// Allow names what files may have that are refused elsewhere: macros, encrypted.
	Allow []string `json:"allow,omitempty" limit:"..2" words:"allowance"`
}

// Column is a column of a table requirement.
type Column struct {
	Key      string `json:"key" limit:"1..60"`
	Title    string `json:"title" limit:"1..100"`
	Type     string `json:"type" words:"column_type"`
	Required bool   `json:"required,omitempty"`
}

// Issued is a chunk of a task's fan-out.
type Issued struct {
	CampaignID string `json:"campaign_id"`
	Campaign   string `json:"campaign"` // title
	IssuerID   string `json:"issuer_id"`
	IssuerPath string `json:"issuer_path"`
	// OfficeID is the office whose campaign it is, IssuerOfficeID who hands it to the
	// units: that office, or whoever delegates it.
	OfficeID       string       `json:"office_id,omitempty"`
	IssuerOfficeID string       `json:"issuer_office_id,omitempty"`
	NearDays       int          `json:"near_days"`
	OverdueDays    int          `json:"overdue_days"`
	Task           Task         `json:"task"`
	Assignments    []Assignment `json:"assignments"`
}

// Assignment is an assignment as it is now.
type Assignment struct {
	ID         string `json:"id"`
	CampaignID string `json:"campaign_id"`
	TaskID     string `json:"task_id"`
	// ParentID is the assignment this one was delegated from.
	ParentID   string `json:"parent_id,omitempty"`
	UnitID     string `json:"unit_id"`
	UnitPath   string `json:"unit_path"`
	IssuerID   string `json:"issuer_id"`
	IssuerPath string `json:"issuer_path"`
	// OfficeID is the office whose campaign it is, IssuerOfficeID who handed it to
	// the unit.
	OfficeID       string `json:"office_id,omitempty"`
	IssuerOfficeID string `json:"issuer_office_id,omitempty"`
	// State: issued, acknowledged, submitted, approved, returned, declined, cancelled.
	State         string     `json:"state"`
	ReviewLevel   string     `json:"review_level,omitempty"`   // level that reviews next while submitted
	ReviewerPath  string     `json:"reviewer_path,omitempty"`  // path of the unit that reviews next while submitted
	ResponsibleID string     `json:"responsible_id,omitempty"` // person
	SubmissionID  string     `json:"submission_id,omitempty"`
	IssuedAt      time.Time  `json:"issued_at"`
	AckDueAt      time.Time  `json:"ack_due_at"`
	DueAt         time.Time  `json:"due_at"`
	OriginalDueAt time.Time  `json:"original_due_at"`
	AckAt         *time.Time `json:"acknowledged_at,omitempty"`
	SubmittedAt   *time.Time `json:"submitted_at,omitempty"` // of the first submission still standing
	ApprovedAt    *time.Time `json:"approved_at,omitempty"`
	// OpenChildren counts delegated assignments that are neither approved nor cancelled.
	OpenChildren int   `json:"open_children,omitempty"`
	Version      int64 `json:"version"`
}

// AssignmentChange is an assignment as it is now and what was done to it.
type AssignmentChange struct {
	Assignment Assignment `json:"assignment"`
	Campaign   string     `json:"campaign"` // title
	Task       string     `json:"task"`     // title
	From       string     `json:"from"`     // state before
	// Text is what was said: progress, instruction, urging.
	Text string `json:"text,omitempty"`
	// Percent is the reported progress, 0 to 100.
	Percent *int `json:"percent,omitempty"`
	// Level that approved or returned.
	Level string `json:"level,omitempty"`
	// Formal marks a supervision notice, copied to the superior.
	Formal bool `json:"formal,omitempty"`
	// Extension is set on extension events.
	Extension *Extension `json:"extension,omitempty"`
	// SubmissionID is the submission it is about: taken in, refused, recalled,
	// approved or returned.
	SubmissionID string `json:"submission_id,omitempty"`
	// StandIn is set where a review was in the place of another level.
	StandIn *StandIn `json:"stand_in,omitempty"`
	// ReassignedTo is the id of the assignment that replaces a declined one.
	ReassignedTo string `json:"reassigned_to,omitempty"`
}

// StandIn tells that the issuer, or who stands above it, reviewed in the place
// of a level that had nobody who could.
type StandIn struct {
	UnitID string `json:"unit_id"` // that had nobody
	Level  string `json:"level"`   // of that unit
	Reason string `json:"reason"`
}

// Extension is a request for a later deadline.
type Extension struct {
	// Ended: it ended by itself, with what it was about.
	Ended  bool      `json:"ended,omitempty"`
	ID     string    `json:"id"`
	State  string    `json:"state"` // requested, granted, refused, withdrawn
	DueAt  time.Time `json:"due_at"`
	Reason string    `json:"reason"`
	Answer string    `json:"answer,omitempty"`
}
