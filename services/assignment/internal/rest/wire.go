// Package rest offers the assignment service's operations.
package rest

import (
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/rest"
)

// Campaign is a campaign as the caller sees it.
type Campaign struct {
	ID         string           `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Title      string           `json:"title" doc:"Title" example:"2026年网络安全宣传周"`
	Theme      string           `json:"theme" doc:"Theme or slogan" example:"网络安全为人民，网络安全靠人民"`
	Basis      string           `json:"basis" doc:"Number of the document it rests on" example:"平网办〔2026〕12号"`
	Template   string           `json:"template" doc:"Template it was made from; empty for none" example:"publicity"`
	UnitID     string           `json:"unit_id" doc:"Unit in whose name it is issued" example:"01900000-0000-7000-8000-000000000002"`
	UnitName   string           `json:"unit_name" doc:"Name of that unit" example:"平县"`
	OfficeID   string           `json:"office_id" doc:"Office that launched it, and whose it is" example:"01900000-0000-7000-8000-000000000003"`
	OfficeName string           `json:"office_name" doc:"Name of the office" example:"平县网信办"`
	State      string           `json:"state" words:"state.campaign" doc:"State" example:"active"`
	StartsOn   string           `json:"starts_on" doc:"First local day" example:"2026-09-19"`
	EndsOn     string           `json:"ends_on" doc:"Last local day" example:"2026-09-25"`
	ThemedDays []ThemedDay      `json:"themed_days" doc:"Days with a theme of their own"`
	Materials  []Material       `json:"materials" doc:"What is handed out with it"`
	Thresholds clock.Thresholds `json:"thresholds" doc:"When lights change"`
	CreatedAt  time.Time        `json:"created_at" doc:"When it was drafted" example:"2026-09-01T02:00:00Z"`
	IssuedAt   *time.Time       `json:"issued_at,omitempty" doc:"When it was issued" example:"2026-09-02T02:00:00Z"`
	IssuedBy   *rest.Person     `json:"issued_by,omitempty" doc:"Who issued it"`
	EndedAt    *time.Time       `json:"ended_at,omitempty" doc:"When it was closed or cancelled" example:"2026-10-15T02:00:00Z"`
	May        CampaignMay      `json:"may" doc:"What the caller may do to it now"`
	Version    int64            `json:"version" doc:"Grows with every change; see ETag" example:"3"`
}

func campaign(d assignment.CampaignDetail) Campaign {
	return Campaign{
		ID: d.ID, Title: d.Title, Theme: d.Theme, Basis: d.Basis, Template: d.Template, UnitID: d.UnitID, UnitName: d.UnitName,
		OfficeID: d.OfficeID, OfficeName: d.OfficeName, State: string(d.State), StartsOn: d.StartsOn, EndsOn: d.EndsOn, ThemedDays: mapped(d.Days, func(x assignment.ThemedDay) ThemedDay { return ThemedDay(x) }), Materials: mapped(d.Materials, materialOf),
		Thresholds: d.Thresholds, CreatedAt: d.CreatedAt, IssuedAt: d.IssuedAt, IssuedBy: rest.Named(d.IssuedBy, d.IssuedByName), EndedAt: d.EndedAt,
		May: CampaignMay(d.May), Version: d.Version,
	}
}

// ThemedDay is a day of a campaign with a theme of its own.
type ThemedDay struct {
	Day   string `json:"day" format:"date" doc:"Local day" example:"2026-09-20"`
	Title string `json:"title" doc:"Theme of the day" example:"校园日"`
}

// Material is something handed out with a campaign: a text or a file.
type Material struct {
	Title  string `json:"title" doc:"What it is" example:"活动方案"`
	Text   string `json:"text,omitempty" doc:"The text itself, when it is no file" example:"各单位要高度重视……"`
	FileID string `json:"file_id,omitempty" doc:"Id of a file of the evidence service"`
}

func materialOf(m assignment.Material) Material { return Material(m) }

func mapped[D, W any](ds []D, f func(D) W) []W {
	out := make([]W, len(ds))
	for i, d := range ds {
		out[i] = f(d)
	}
	return out
}

// CampaignInput holds the fields of a draft that can be set.
type CampaignInput struct {
	Title       *string      `json:"title,omitempty" doc:"Title; needed unless a template gives one" example:"2026年网络安全宣传周"`
	Theme       *string      `json:"theme,omitempty" doc:"Theme or slogan" example:"网络安全为人民，网络安全靠人民"`
	Basis       *string      `json:"basis,omitempty" doc:"Number of the document it rests on" example:"平网办〔2026〕12号"`
	StartsOn    *string      `json:"starts_on,omitempty" doc:"First local day; a template's other dates follow from it" example:"2026-09-19"`
	EndsOn      *string      `json:"ends_on,omitempty" doc:"Last local day" example:"2026-09-25"`
	Days        *[]ThemedDay `json:"themed_days,omitempty" doc:"Days with a theme of their own"`
	Materials   *[]Material  `json:"materials,omitempty" doc:"What is handed out with it"`
	NearDays    *int         `json:"near_days,omitempty" doc:"Blue from so many working days before the deadline" example:"3"`
	OverdueDays *int         `json:"overdue_days,omitempty" doc:"Red after more than so many working days past the deadline" example:"5"`
	AckDays     *int         `json:"ack_days,omitempty" doc:"Acknowledging is due within so many working days of issue" example:"2"`
}

func (i CampaignInput) patch() assignment.CampaignPatch {
	p := assignment.CampaignPatch{
		Title: i.Title, Theme: i.Theme, Basis: i.Basis, StartsOn: i.StartsOn, EndsOn: i.EndsOn, NearDays: i.NearDays,
		OverdueDays: i.OverdueDays, AckDays: i.AckDays,
	}
	if i.Days != nil {
		p.Days = new(mapped(*i.Days, func(x ThemedDay) assignment.ThemedDay { return assignment.ThemedDay(x) }))
	}
	if i.Materials != nil {
		p.Materials = new(mapped(*i.Materials, func(x Material) assignment.Material { return assignment.Material(x) }))
	}
	return p
}

// CampaignChange is the body of update-campaign.
type CampaignChange struct {
	CampaignInput
	MoveTasks bool `json:"move_tasks,omitempty" doc:"Whether the deadlines and themed days of its tasks, and its own themed days where none are given, move by as many days as starts_on does" example:"true"`
}

func (i CampaignChange) patch() assignment.CampaignPatch {
	p := i.CampaignInput.patch()
	p.MoveTasks = i.MoveTasks
	return p
}

// NewCampaign is the body of create-campaign.
type NewCampaign struct {
	Template string `json:"template,omitempty" doc:"Name of a template; empty for an empty draft" example:"publicity"`
	UnitID   string `json:"unit_id,omitempty" doc:"In whose name; needed when the caller manages campaigns for several units"`
	OfficeID string `json:"office_id,omitempty" doc:"Office that launches it; needed when the caller acts there for several"`
	CampaignInput
}

// Column is a column of a table requirement.
type Column struct {
	Key      string `json:"key" doc:"Name in the data" example:"number"`
	Title    string `json:"title" doc:"Heading" example:"终端编号"`
	Type     string `json:"type" doc:"What a cell holds" example:"text"`
	Required bool   `json:"required,omitempty" doc:"Whether every row must have it" example:"true"`
}

// Requirement is one item a task asks for.
type Requirement struct {
	ID         string     `json:"id,omitempty" doc:"Id; made when absent" example:"01985b2e-7c1a-7000-8000-00000000000a"`
	Kind       kinds.Kind `json:"kind" doc:"What is asked for" example:"number"`
	Title      string     `json:"title" doc:"What the unit reads" example:"发放宣传册数"`
	Compulsory bool       `json:"compulsory,omitempty" doc:"Whether a submission needs it" example:"true"`
	Why        string     `json:"why,omitempty" doc:"Why a photo or video is necessary; needed when it is compulsory, and for files that can only be pictures"`
	Figure     string     `json:"figure,omitempty" doc:"Key under which numbers add up across tasks and years; each unit gives what it did itself" example:"leaflets"`
	Measure    string     `json:"measure,omitempty" doc:"Unit of measure" example:"份"`
	Minimum    *float64   `json:"minimum,omitempty" doc:"Least value; with per, per that denominator" example:"1"`
	Aggregate  string     `json:"aggregate,omitempty" doc:"How numbers are put together; sum when absent" example:"sum"`
	Per        string     `json:"per,omitempty" doc:"Denominator of the unit that minimum relates to" example:"class"`
	Columns    []Column   `json:"columns,omitempty" doc:"Columns of a table"`
	Register   string     `json:"register,omitempty" doc:"Name of a register of the unit that the table is, the same in every task: it lives on, so a unit brings it up to date instead of typing it again" example:"network-devices"`
	Text       string     `json:"text,omitempty" doc:"Wording of a pledge; the unit words it when absent" example:"我单位承诺……"`
	PeriodFrom string     `json:"period_from,omitempty" doc:"First local day it is about; those of the campaign when absent. What a unit has given for the same days can be taken over" example:"2026-08-01"`
	PeriodTo   string     `json:"period_to,omitempty" doc:"Last local day it is about" example:"2026-08-31"`
	Minutes    int        `json:"minutes,omitempty" doc:"How long one unit is expected to take; what is usual for the kind when absent" example:"15"`
	MaxCount   int        `json:"max_count,omitempty" doc:"Most files; 20 when absent" example:"5"`
	Accept     []string   `json:"accept,omitempty" doc:"Endings of the files that are taken: jpg, png, gif, webp, heic, pdf, ofd, docx, xlsx, pptx, doc, xls, ppt, wps, et, dps, txt, csv, mp4, mov, mp3, m4a, zip, and with macros allowed docm, xlsm, pptm. Every kind but zip when absent" example:"[\"pdf\",\"docx\"]"`
	Allow      []string   `json:"allow,omitempty" doc:"What files may have that is refused elsewhere: macros of office documents, or a password. Nothing when absent. The upload must then name assignment and requirement" example:"[\"macros\"]"`
}

// TransformSchema implements huma.SchemaTransformer: it tells how long each kind
// usually takes.
func (Requirement) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	usual := make([]string, len(kinds.All()))
	for i, f := range kinds.All() {
		usual[i] = fmt.Sprint(f.Kind, " ", f.Minutes)
	}
	s.Properties["minutes"].Description += ": " + strings.Join(usual, ", ")
	return s
}

func requirements(rs []event.Requirement) []Requirement {
	out := make([]Requirement, len(rs))
	for i, r := range rs {
		out[i] = Requirement{
			ID: r.ID, Kind: r.Kind, Title: r.Title, Compulsory: r.Compulsory, Why: r.Why, Figure: r.Figure, Measure: r.Measure,
			Minimum: r.Minimum, Aggregate: r.Aggregate, Per: r.Per, MaxCount: r.MaxCount, Accept: r.Accept, Allow: r.Allow,
			Register: r.Register, Text: r.Text, PeriodFrom: r.PeriodFrom, PeriodTo: r.PeriodTo, Minutes: r.Minutes,
		}
		for _, c := range r.Columns {
			out[i].Columns = append(out[i].Columns, Column(c))
		}
	}
	return out
}

func fromRequirements(rs []Requirement) []event.Requirement {
	out := make([]event.Requirement, len(rs))
	for i, r := range rs {
		out[i] = event.Requirement{
			ID: r.ID, Kind: r.Kind, Title: r.Title, Compulsory: r.Compulsory, Why: r.Why, Figure: r.Figure, Measure: r.Measure,
			Minimum: r.Minimum, Aggregate: r.Aggregate, Per: r.Per, MaxCount: r.MaxCount, Accept: r.Accept, Allow: r.Allow,
			Register: r.Register, Text: r.Text, PeriodFrom: r.PeriodFrom, PeriodTo: r.PeriodTo, Minutes: r.Minutes,
		}
		for _, c := range r.Columns {
			out[i].Columns = append(out[i].Columns, event.Column(c))
		}
	}
	return out
}

// Task is one thing every targeted unit must do.
type Task struct {
	ID           string        `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000002"`
	CampaignID   string        `json:"campaign_id" doc:"Campaign it belongs to" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Position     int           `json:"position" doc:"Place among the campaign's tasks, from 0" example:"0"`
	Title        string        `json:"title" doc:"Title" example:"发放宣传资料"`
	Description  string        `json:"description" doc:"What is to be done" example:"进社区、进村居发放网络安全宣传册。"`
	ThemedDay    string        `json:"themed_day,omitempty" doc:"Local day it belongs to" example:"2026-09-20"`
	DueAt        time.Time     `json:"due_at" doc:"Deadline" example:"2026-09-25T15:59:59Z"`
	Weight       int           `json:"weight" doc:"Weight in rates" example:"1"`
	Review       string        `json:"review" words:"review" doc:"By the issuer alone, or level by level up the tree" example:"direct"`
	Targets      Targets       `json:"targets" doc:"Which units it is for"`
	Requirements []Requirement `json:"requirements" doc:"What is asked for"`
	Version      int64         `json:"version" doc:"Grows with every change; see ETag" example:"1"`
}

func task(t assignment.Task) Task {
	return Task{
		ID: t.ID, CampaignID: t.CampaignID, Position: t.Position, Title: t.Title, Description: t.Description, ThemedDay: t.ThemedDay,
		DueAt: t.DueAt, Weight: t.Weight, Review: t.Review, Targets: targets(t.Targets),
		Requirements: requirements(t.Requirements), Version: t.Version,
	}
}

// TaskInput holds the fields of a task that can be set.
type TaskInput struct {
	Title        *string        `json:"title,omitempty" doc:"Title" example:"发放宣传资料"`
	Description  *string        `json:"description,omitempty" doc:"What is to be done" example:"进社区、进村居发放网络安全宣传册。"`
	Position     *int           `json:"position,omitempty" doc:"Place among the campaign's tasks" example:"0"`
	ThemedDay    *string        `json:"themed_day,omitempty" doc:"Local day it belongs to" example:"2026-09-20"`
	DueAt        *rest.DueOn    `json:"due_on,omitempty" doc:"Deadline: the end of this local day" example:"2026-09-25"`
	Weight       *int           `json:"weight,omitempty" doc:"Weight in rates" example:"1"`
	Review       *string        `json:"review,omitempty" doc:"By the issuer alone, or level by level up the tree" example:"direct"`
	Targets      *Targets       `json:"targets,omitempty" doc:"Which units it is for"`
	Requirements *[]Requirement `json:"requirements,omitempty" doc:"What is asked for"`
}

func (i TaskInput) patch() assignment.TaskPatch {
	p := assignment.TaskPatch{
		Title: i.Title, Description: i.Description, Position: i.Position, ThemedDay: i.ThemedDay, Weight: i.Weight, Review: i.Review,
		DueAt: i.DueAt.At(),
	}
	if i.Targets != nil {
		p.Targets = new(i.Targets.domain())
	}
	if i.Requirements != nil {
		rs := fromRequirements(*i.Requirements)
		p.Requirements = &rs
	}
	return p
}

// CampaignMay says what the caller may do to a campaign now.
type CampaignMay struct {
	Update  bool `json:"update" doc:"Change it" example:"false"`
	Delete  bool `json:"delete" doc:"Throw the draft away" example:"false"`
	Issue   bool `json:"issue" doc:"Issue it" example:"false"`
	Close   bool `json:"close" doc:"Close it" example:"true"`
	Archive bool `json:"archive" doc:"Archive it" example:"false"`
	Cancel  bool `json:"cancel" doc:"Cancel it" example:"true"`
	Urge    bool `json:"urge" doc:"Urge its units" example:"true"`
}

// May says what the caller may do to an assignment now.
type May struct {
	Acknowledge       bool `json:"acknowledge" doc:"Acknowledge it" example:"true"`
	Decline           bool `json:"decline" doc:"Decline it" example:"true"`
	DecideDecline     bool `json:"decide_decline" doc:"Decide what becomes of it after it was declined" example:"false"`
	Delegate          bool `json:"delegate" doc:"Delegate it to units below" example:"false"`
	ReportProgress    bool `json:"report_progress" doc:"Report progress" example:"false"`
	ChangeResponsible bool `json:"change_responsible" doc:"Name another responsible person" example:"true"`
	Urge              bool `json:"urge" doc:"Urge the unit" example:"false"`
	Instruct          bool `json:"instruct" doc:"Give an instruction on it" example:"false"`
	Recall            bool `json:"recall" doc:"Recall what was handed in" example:"false"`
	BeginReview       bool `json:"begin_review" doc:"Begin its review" example:"false"`
	Approve           bool `json:"approve" doc:"Approve it" example:"false"`
	Return            bool `json:"return" doc:"Return it" example:"false"`
	Cancel            bool `json:"cancel" doc:"Cancel it" example:"false"`
	RequestExtension  bool `json:"request_extension" doc:"Ask for a later deadline" example:"true"`
	DecideExtension   bool `json:"decide_extension" doc:"Decide a request for a later deadline" example:"false"`
}

// Assignment is a task given to one unit, as the caller sees it. Where it is not
// open to them, what is beyond its outline is absent: who reviews it and when, the
// responsible person, the submission, when things were done, progress, returns, and
// what it was reassigned to.
type Assignment struct {
	ID              string       `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000003"`
	CampaignID      string       `json:"campaign_id" doc:"Campaign" example:"01985b2e-7c1a-7000-8000-000000000001"`
	CampaignTitle   string       `json:"campaign_title" doc:"Its title" example:"2026年网络安全宣传周"`
	CampaignState   string       `json:"campaign_state" doc:"Its state" example:"active"`
	TaskID          string       `json:"task_id" doc:"Task" example:"01985b2e-7c1a-7000-8000-000000000002"`
	TaskTitle       string       `json:"task_title" doc:"Its title" example:"发放宣传资料"`
	ThemedDay       string       `json:"themed_day,omitempty" doc:"Local day the task belongs to" example:"2026-09-20"`
	Weight          int          `json:"weight" doc:"Weight of the task" example:"1"`
	Review          string       `json:"review" words:"review" doc:"How it is reviewed" example:"direct"`
	ParentID        string       `json:"parent_id,omitempty" doc:"Assignment it was delegated from"`
	UnitID          string       `json:"unit_id" doc:"Unit it was given to" example:"01900000-0000-7000-8000-000000000007"`
	UnitName        string       `json:"unit_name" doc:"Name of the unit" example:"东一村"`
	UnitLevel       string       `json:"unit_level" doc:"Level of the unit" example:"unit"`
	IssuerID        string       `json:"issuer_id" doc:"Unit that issued or delegated it" example:"01900000-0000-7000-8000-000000000002"`
	IssuerName      string       `json:"issuer_name" doc:"Name of that unit" example:"平县"`
	OfficeID        string       `json:"office_id" doc:"Office whose campaign it is" example:"01900000-0000-7000-8000-000000000003"`
	IssuerOfficeID  string       `json:"issuer_office_id" doc:"Who handed it to the unit, decides about it and reviews it last: that office, or whoever delegated it" example:"01900000-0000-7000-8000-000000000003"`
	IssuerOffice    string       `json:"issuer_office_name" doc:"Name of that office" example:"平县网信办"`
	State           string       `json:"state" words:"state.assignment" doc:"State" example:"acknowledged"`
	ReviewLevel     string       `json:"review_level,omitempty" doc:"Level that reviews next, while submitted" example:"town"`
	ReviewerID      string       `json:"reviewer_id,omitempty" doc:"Unit that reviews next, while submitted"`
	StandIn         bool         `json:"stand_in" doc:"The level that reviews next has nobody who could, and the caller may review in its place, with the reason" example:"false"`
	ReviewStartedAt *time.Time   `json:"review_started_at,omitempty" doc:"When its review began; it can no longer be recalled"`
	Responsible     *rest.Person `json:"responsible,omitempty" doc:"Person who answers for it"`
	SubmissionID    string       `json:"submission_id,omitempty" doc:"Submission that stands"`
	IssuedAt        time.Time    `json:"issued_at" doc:"When it was issued; the clock runs from here" example:"2026-09-02T02:00:00Z"`
	AckDueAt        time.Time    `json:"acknowledge_due_at" doc:"Until when to acknowledge; afterwards receipt is deemed" example:"2026-09-04T15:59:59Z"`
	DueAt           time.Time    `json:"due_at" doc:"Deadline, with extensions" example:"2026-09-25T15:59:59Z"`
	OriginalDueAt   time.Time    `json:"original_due_at" doc:"Deadline at issue; never changes" example:"2026-09-25T15:59:59Z"`
	AcknowledgedAt  *time.Time   `json:"acknowledged_at,omitempty" doc:"When it was acknowledged"`
	SubmittedAt     *time.Time   `json:"submitted_at,omitempty" doc:"When the submission that stands was handed in"`
	ApprovedAt      *time.Time   `json:"approved_at,omitempty" doc:"When it was approved"`
	UrgedAt         *time.Time   `json:"urged_at,omitempty" doc:"When it was last urged"`
	OpenChildren    *int         `json:"open_children,omitempty" doc:"Delegated assignments that are neither approved nor cancelled; list them with parent_id and state=issued,acknowledged,submitted,returned,declined" example:"0"`
	Percent         *int         `json:"percent,omitempty" doc:"Reported progress" example:"60"`
	Returns         *int         `json:"returns,omitempty" doc:"How often it was returned" example:"0"`
	ReassignedTo    string       `json:"reassigned_to,omitempty" doc:"Assignment of another unit that replaces it"`
	Light           string       `json:"light" words:"light" doc:"green: in time; blue: deadline near; yellow: late; red: seriously overdue" example:"green"`
	AckLight        string       `json:"acknowledge_light" words:"light" doc:"The same for acknowledging" example:"green"`
	ReceiptDeemed   bool         `json:"receipt_deemed" doc:"Not acknowledged in time; it counts as received" example:"false"`
	Overdue         bool         `json:"overdue" doc:"Not handed in although the deadline has passed" example:"false"`
	OnTime          *bool        `json:"on_time,omitempty" doc:"Handed in by the deadline; absent while nothing was" example:"true"`
	OnTimeOriginal  *bool        `json:"on_time_original,omitempty" doc:"Handed in by the original deadline" example:"true"`
	Told            int          `json:"told,omitempty" doc:"How many people of the unit an urging has reached; only in its answer" example:"2"`
	Open            bool         `json:"open" doc:"Whether all of it is open to the caller; else only its outline is here" example:"true"`
	May             May          `json:"may" doc:"What the caller may do to it now"`
	Version         int64        `json:"version" doc:"Grows with every change; see ETag" example:"2"`
	Task            *Task        `json:"task,omitempty" doc:"The task with its requirements; only when one assignment is read"`
}

func shown(d assignment.Detail) Assignment {
	a := Assignment{
		ID: d.ID, CampaignID: d.CampaignID, CampaignTitle: d.CampaignTitle, CampaignState: string(d.CampaignState), TaskID: d.TaskID,
		TaskTitle: d.TaskTitle, ThemedDay: d.TaskThemedDay, Weight: d.TaskWeight, Review: d.TaskReview, ParentID: d.ParentID,
		UnitID: d.UnitID, UnitName: d.UnitName, UnitLevel: d.UnitLevel, IssuerID: d.IssuerID, IssuerName: d.IssuerName,
		OfficeID: d.OfficeID, IssuerOfficeID: d.IssuerOfficeID, IssuerOffice: d.OfficeName,
		State: string(d.State), ReviewLevel: d.ReviewLevel, ReviewerID: d.ReviewerID, StandIn: d.StandIn, ReviewStartedAt: d.ReviewStartedAt,
		Responsible: rest.Named(d.ResponsibleID, d.ResponsibleName), SubmissionID: d.SubmissionID,
		IssuedAt: d.IssuedAt, AckDueAt: d.AckDueAt, DueAt: d.DueAt, OriginalDueAt: d.OriginalDueAt,
		AcknowledgedAt: d.AckAt, SubmittedAt: d.SubmittedAt, ApprovedAt: d.ApprovedAt, UrgedAt: d.UrgedAt,
		ReassignedTo: d.ReassignedTo, Open: d.Open,
		Light: string(d.Light), AckLight: string(d.AckLight), ReceiptDeemed: d.Deemed, Overdue: d.Overdue,
		OnTime: d.OnTime, OnTimeOriginal: d.OnTimeOriginal, May: May(d.May), Told: d.Told, Version: d.Version,
	}
	if d.Open {
		a.OpenChildren, a.Percent, a.Returns = &d.OpenChildren, &d.Percent, &d.Returns
	}
	if d.Task != nil {
		t := task(*d.Task)
		a.Task = &t
	}
	return a
}
