package assignment

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
)

// Unit is a unit as the copy of the tree knows it.
type Unit struct {
	ID, ParentID, Path, Level, Kind, Name string
	Active                                bool
	Contact                               string // person
}

// CalledUnit is a unit with all that it is called by; its Name is the one it has
// outside the tree.
type CalledUnit struct {
	Unit
	Code, Bare string
}

// Person is a name from the directory.
type Person struct {
	ID, Name, UnitID string
	Disabled         bool
}

// CampaignQuery selects campaigns, newest first.
type CampaignQuery struct {
	Reach  policy.Reach
	ID     string // only this one
	States []CampaignState
	// Drafts is what of those not issued yet may be read; nothing where it is empty.
	Drafts   policy.Reach
	UnitID   string
	OfficeID string
	Text     string // part of the title
	After    string // id
	Limit    int
}

// The selections of the workbench; each is a count and the list behind it.
const (
	ToAcknowledge     = "to_acknowledge"
	DueSoon           = "due_soon"
	Overdue           = "overdue"
	ToReturn          = "returned"
	ToReview          = "to_review"
	DeclinesToDecide  = "declines_to_decide"
	ExtensionRequests = "extension_requests"
	NotSubmitted      = "not_submitted"
	NotAcknowledged   = "not_acknowledged"
)

// AssignmentQuery selects assignments.
type AssignmentQuery struct {
	Reach      policy.Reach
	ID         string
	CampaignID string
	TaskID     string
	ParentID   string
	UnitID     string
	UnderPath  string // this unit and what is below it
	States     []State
	// Overdue keeps what is not handed in although the deadline has passed.
	Overdue bool
	// Attention is one of the workbench's selections; it uses Mine for what
	// the caller may do, in addition to Reach.
	Attention string
	// Counted is one of the numbers of the roll-ups.
	Counted string
	Mine    policy.Reach
	Now     time.Time
	// Reachable keeps what somebody would be told of.
	Reachable bool
	// UrgedBefore keeps what was not urged since.
	UrgedBefore *time.Time
	// UrgeJob replaces Reach in background work.
	UrgeJob *JobArgs
	Person  string // of the caller
	// ReviewRoles are the roles that review: where nobody at a level holds one,
	// to_review shows what waits there to those who may stand in.
	ReviewRoles []string
	// Near gives the end of the blue zone for each near_days from 0 to 30.
	Near []time.Time
	// Serious gives, for each overdue_days from 0 to 60, before when a deadline
	// lies that is seriously overdue.
	Serious []time.Time
	// ByID orders by id, otherwise by due_at and id.
	ByID     bool
	AfterDue time.Time
	AfterID  string
	Limit    int
}

// ExtensionQuery selects extension requests, oldest first.
type ExtensionQuery struct {
	Reach        policy.Reach // open
	Mine         *policy.Reach
	AssignmentID string
	CampaignID   string
	States       []string
	After        string
	Limit        int
}

// ExtensionView is an extension request with what is shown with it.
type ExtensionView struct {
	Extension
	UnitName      string
	TaskTitle     string
	CampaignTitle string
	CampaignState CampaignState
	// AssignmentState, CurrentDueAt and OriginalDueAt are the assignment's.
	AssignmentState State
	CurrentDueAt    time.Time
	OriginalDueAt   time.Time
}

// Job is background work of a campaign.
type Job struct {
	ID         string
	CampaignID string
	Kind       string // issue, cancel, urge
	State      string // running, done
	Args       JobArgs
	ActorID    string
	ActorName  string
	ActorUnit  string
	Reason     string
	Total      int64
	Done       int64
	Position   string
	StartedAt  time.Time
	FinishedAt *time.Time
}

// JobArgs say what an urge is to do.
type JobArgs struct {
	Which  string `json:"which,omitempty"`
	Formal bool   `json:"formal,omitempty"`
	// Parts are the parts of the tree that the person may urge; they are fixed when
	// the job is made. Exclude are their own units.
	Parts   []UrgePart `json:"parts,omitempty"`
	Exclude []string   `json:"own_units,omitempty"`
}

// Paths are the units that the parts begin at.
func (j JobArgs) Paths() []string {
	ps := make([]string, len(j.Parts))
	for i, p := range j.Parts {
		ps[i] = p.Path
	}
	return ps
}

// UrgePart is a part of the tree in which somebody may urge: whoever launched it,
// or only what belongs to one of the offices.
type UrgePart struct {
	Path    string   `json:"path"`
	Offices []string `json:"offices,omitempty"`
}

// TaskProgress is how far a task's fan-out is.
type TaskProgress struct {
	TaskID     string
	CampaignID string
	Position   string // last unit id that has its assignment
	Total      int64
	Done       int64
	Finished   bool
}

// Asked is what other campaigns asked of the same units lately.
type Asked struct {
	CampaignID  string
	Title       string
	Units       int64
	Assignments int64
}

// Store reads, and runs transactions.
type Store interface {
	// Campaign returns a campaign whatever the caller's reach; fault.NotFound.
	Campaign(ctx context.Context, id string) (Campaign, error)
	Campaigns(ctx context.Context, q CampaignQuery) ([]Campaign, error)
	Tasks(ctx context.Context, campaignID string) ([]Task, error)
	// OfficeTemplates lists the templates in reach, by title; only that one, if an id is given.
	OfficeTemplates(ctx context.Context, reach policy.Reach, id string) ([]OfficeTemplate, error)
	Task(ctx context.Context, id string) (Task, error)
	// View returns an assignment whatever the caller's reach; fault.NotFound.
	View(ctx context.Context, id string) (View, error)
	Views(ctx context.Context, q AssignmentQuery) ([]View, error)
	// Count counts up to limit.
	Count(ctx context.Context, q AssignmentQuery, limit int) (int, error)
	History(ctx context.Context, assignmentID, after string, limit int) ([]History, error)
	// Latest is the latest entry of one of the actions; false when there is none.
	Latest(ctx context.Context, assignmentID string, acts []Action) (History, bool, error)
	// Left counts what is unfinished in a campaign.
	Left(ctx context.Context, campaignID string) (Left, error)
	Extension(ctx context.Context, id string) (Extension, error)
	Extensions(ctx context.Context, q ExtensionQuery) ([]ExtensionView, error)
	// Moot lists assignments with a request that waits although they have
	// ended, were declined, or their campaign is over; in ascending id after
	// the one given.
	Moot(ctx context.Context, after string, limit int) ([]View, error)
	Units(ctx context.Context, ids []string) (map[string]Unit, error)
	UnitNames(ctx context.Context, ids []string) (map[string]string, error)
	// Heir is the id of the unit whose people finish the work of a unit: what it was
	// merged into, or itself.
	Heir(ctx context.Context, unitID string) (string, error)
	Person(ctx context.Context, id string) (Person, error)
	// Told counts the people who are told when an assignment is urged.
	Told(ctx context.Context, a Assignment, formal bool) (int, error)
	// Holding counts what a person is responsible for that has not ended.
	Holding(ctx context.Context, personID string) (int64, error)
	// Reviewers lists the active people who hold one of the roles at one of the
	// units, with where they work and all they were granted.
	Reviewers(ctx context.Context, unitIDs, roles []string) ([]policy.Actor, error)
	// TargetCount counts the units a task is for; without a contact, if asked.
	TargetCount(ctx context.Context, c Campaign, t Targets, withoutContact bool) (int64, error)
	// CountAnyTarget counts the units that any of the tasks is for, each once.
	CountAnyTarget(ctx context.Context, c Campaign, ts []Targets, withoutContact bool) (int64, error)
	// TargetGroups counts the units that targets reach by level, kind and lines.
	TargetGroups(ctx context.Context, c Campaign, t Targets) ([]UnitGroup, error)
	// LeftOut reads units that the wider targets reach and the others do not.
	LeftOut(ctx context.Context, c Campaign, wider, t Targets, limit int) ([]Unit, error)
	// UnitsCalled finds the active units below the campaign's unit whose code, in any
	// case, name, or name outside the tree is one of keys.
	UnitsCalled(ctx context.Context, c Campaign, keys []string) ([]CalledUnit, error)
	// TargetUnits reads the units a task is for, in ascending id after the one given.
	TargetUnits(ctx context.Context, c Campaign, t Targets, after string, limit int) ([]Unit, error)
	// Asked reports what was asked since a time of the units any of the tasks is for.
	Asked(ctx context.Context, c Campaign, ts []Targets, since time.Time, limit int) ([]Asked, error)
	// TasksSince lists the tasks of other campaigns that were issued since, newest first.
	TasksSince(ctx context.Context, c Campaign, since time.Time) ([]Earlier, error)
	// CountAsked counts which of the units a task is for got one of other tasks since.
	CountAsked(ctx context.Context, c Campaign, t Targets, taskIDs []string, since time.Time) (int64, error)
	// Burden sums up what was asked, and of how many units.
	Burden(ctx context.Context, q BurdenQuery) ([]Asking, []AskedUnits, error)
	Jobs(ctx context.Context, campaignID string) ([]Job, error)
	// WorkJobs has do work every running job that no other process works on; under
	// its context every transaction fails once another process does.
	WorkJobs(ctx context.Context, clk clock.Clock, do func(context.Context, Job) error) error
	Progress(ctx context.Context, campaignID string) ([]TaskProgress, error)
	// Breaches looks for what must never be.
	Breaches(ctx context.Context, repair bool) ([]string, error)

	// Sole tells that no other process can work on the database, and that its
	// transactions follow one another.
	Sole() bool
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Tx is the writing side. Updates of versioned rows take the version that was
// read and fail with fault.Meanwhile when it is no longer the newest.
type Tx interface {
	// Campaign reads it inside the transaction and, on PostgreSQL, locks it.
	Campaign(ctx context.Context, id string) (Campaign, error)
	// CampaignsAfter and ViewsAfter list all there are in the order of ids, after one.
	CampaignsAfter(ctx context.Context, after string, limit int) ([]Campaign, error)
	ViewsAfter(ctx context.Context, after string, limit int) ([]View, error)
	Tasks(ctx context.Context, campaignID string) ([]Task, error)
	Task(ctx context.Context, id string) (Task, error)
	InsertCampaign(ctx context.Context, c Campaign) error
	UpdateCampaign(ctx context.Context, c Campaign, had int64) error
	DeleteCampaign(ctx context.Context, id string, had int64) error
	InsertTasks(ctx context.Context, ts ...Task) error
	UpdateTask(ctx context.Context, t Task, had int64) error
	DeleteTask(ctx context.Context, id string, had int64) error
	InsertTemplate(ctx context.Context, t OfficeTemplate) error
	UpdateTemplate(ctx context.Context, t OfficeTemplate, had int64) error
	DeleteTemplate(ctx context.Context, id string, had int64) error

	View(ctx context.Context, id string) (View, error)
	// Views reads in the transaction.
	Views(ctx context.Context, q AssignmentQuery) ([]View, error)
	// Units reads in the transaction.
	Units(ctx context.Context, ids []string) (map[string]Unit, error)
	// UpdateAssignment stores what differs between an assignment as it was and as
	// it is. It fails with "campaign_closed" when the campaign is in none of the
	// states; nil allows any.
	UpdateAssignment(ctx context.Context, was, a Assignment, campaign []CampaignState) error
	// Away lists live assignments of a unit and those below it whose issuer does
	// not stand above them, in ascending id after the one given.
	Away(ctx context.Context, path, after string, limit int) ([]View, error)
	// SetIssuer gives an assignment, with its requests for a later deadline, to
	// another issuer, and the office that acts for it.
	SetIssuer(ctx context.Context, assignmentID string, u Unit, officeID string) error
	// OfficeAt is the office that takes over what comes to an area: the unit itself
	// where it has a coordinator, else the first of the offices for which somebody
	// manages campaigns there, else the unit.
	OfficeAt(ctx context.Context, unitID string) (string, error)
	// Touch moves the version on and changes nothing else.
	Touch(ctx context.Context, assignmentID string, had int64) error
	// Assigned tells which of the units have a live assignment of the task.
	Assigned(ctx context.Context, taskID string, unitIDs []string) ([]string, error)
	// InsertIssued stores new assignments that differ in id, unit, path and
	// responsible person only.
	InsertIssued(ctx context.Context, as []Assignment) error
	// ChildDone takes one from the open children of a parent and returns it.
	ChildDone(ctx context.Context, parentID string) (View, error)
	OpenChildren(ctx context.Context, parentID string) ([]View, error)
	AddHistory(ctx context.Context, hs ...History) error
	InsertExtension(ctx context.Context, e Extension) error
	UpdateExtension(ctx context.Context, e Extension, had int64) error
	// Waiting lists the requests for a later deadline of an assignment that
	// wait for an answer.
	Waiting(ctx context.Context, assignmentID string) ([]Extension, error)

	InsertJob(ctx context.Context, j Job) error
	// Advance moves a job's cursor from one place to the next, or fails with
	// fault.Meanwhile when it is not there.
	Advance(ctx context.Context, jobID, from, to string, done int64) error
	FinishJob(ctx context.Context, jobID string, at time.Time) error
	InsertProgress(ctx context.Context, ps []TaskProgress) error
	// AdvanceTask is Advance for one task's fan-out: from a place to where p is,
	// with so many more units done.
	AdvanceTask(ctx context.Context, from string, p TaskProgress, done int64) error
	// LiveAssignments reads those of a campaign that are neither complete nor
	// cancelled, in ascending id after the one given.
	LiveAssignments(ctx context.Context, campaignID, after string, limit int) ([]View, error)

	// Held lists what people are responsible for that has not ended, in
	// ascending id after the one given.
	Held(ctx context.Context, people []string, after string, limit int) ([]View, error)
	Emit(ctx context.Context, es ...event.Event) error
}
