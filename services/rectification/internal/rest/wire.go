// Package rest offers the rectification service's REST operations.
package rest

import (
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
)

// The wire types. Names of units, people and campaigns stand beside their ids,
// so that a page needs no second request.

// ChecklistHead is a version of a checklist without its items.
type ChecklistHead struct {
	ID          string       `json:"id" doc:"Id of this version" example:"00000000-0000-7000-8000-0000000c0001"`
	Series      string       `json:"series" doc:"The same for all versions" example:"terminal-rules"`
	Number      int          `json:"number" doc:"Number of the version, from 1" example:"1"`
	Title       string       `json:"title" example:"终端安全五项检查" doc:"Title"`
	Note        string       `json:"note,omitempty" doc:"What it is for"`
	UnitID      string       `json:"unit_id,omitempty" doc:"Unit in whose name it is published; absent for built-in ones"`
	UnitName    string       `json:"unit_name,omitempty" doc:"Name of that unit"`
	BuiltIn     bool         `json:"built_in" doc:"It ships with Duban" example:"true"`
	State       string       `json:"state" words:"state.checklist" example:"published" doc:"A published version never changes"`
	ItemCount   int          `json:"item_count" doc:"Number of items" example:"5"`
	CreatedBy   *rest.Person `json:"created_by,omitempty" doc:"Who drafted it"`
	CreatedAt   time.Time    `json:"created_at" doc:"When it was drafted"`
	PublishedAt *time.Time   `json:"published_at,omitempty" doc:"When it was published"`
	Version     int64        `json:"version" doc:"For If-Match" example:"1"`
	May         checklistMay `json:"may" doc:"What the caller may do now"`
}

// Checklist is one version of a checklist.
type Checklist struct {
	ChecklistHead
	Items    []item    `json:"items" doc:"What is checked, in order"`
	Warnings []Warning `json:"warnings" doc:"What should be known about the items: which name no law, standard or rule"`
}

// ChoiceOption is one answer of a choice.
type ChoiceOption struct {
	Title string `json:"title" doc:"The answer" example:"每季度"`
	Fails bool   `json:"fails,omitempty" doc:"Choosing it is a failure"`
}

type item struct {
	Key          string         `json:"key" doc:"Name of the item within the checklist, kept across versions" example:"antivirus"`
	Group        string         `json:"group,omitempty" doc:"Heading it stands under" example:"防护软件"`
	Title        string         `json:"title" doc:"What must be so" example:"安装杀毒软件并保持更新"`
	Clause       string         `json:"clause,omitempty" doc:"Law, standard or rule, with its number" example:"终端安全五项规定 第三项"`
	How          string         `json:"how,omitempty" doc:"How to check it" example:"查看病毒库日期"`
	Type         string         `json:"type" doc:"How it is answered" example:"pass_fail"`
	Minimum      *float64       `json:"minimum,omitempty" doc:"A number below it fails" example:"6"`
	Maximum      *float64       `json:"maximum,omitempty" doc:"A number above it fails"`
	Measure      string         `json:"measure,omitempty" doc:"Unit of measure of the number" example:"位"`
	Choices      []ChoiceOption `json:"choices,omitempty" doc:"The choices, for a choice"`
	Category     string         `json:"category" doc:"Category of a finding from it" example:"technical"`
	Severity     string         `json:"severity,omitempty" default:"ordinary" doc:"Severity of a finding from it" example:"ordinary"`
	DeadlineDays int            `json:"deadline_days,omitempty" default:"10" doc:"Working days to rectify" example:"5"`
	PerDevice    bool           `json:"per_device,omitempty" doc:"Answered once for every device" example:"true"`
	Optional     bool           `json:"optional,omitempty" doc:"May stay unanswered"`
	FailEvidence string         `json:"fail_evidence,omitempty" default:"none" doc:"What a failure needs" example:"note"`
	FixEvidence  string         `json:"fix_evidence,omitempty" doc:"What proves that it was fixed" example:"file"`
	Why          string         `json:"why,omitempty" doc:"Why a picture or file is necessary; compulsory with file"`
}

func headOf(r checklist.Row[checklist.Head]) ChecklistHead {
	c := r.Thing
	return ChecklistHead{
		ID: c.ID, Series: c.Series, Number: c.Number, Title: c.Title, Note: c.Note, UnitID: c.UnitID, UnitName: r.UnitName,
		BuiltIn: c.BuiltIn(), State: c.State, ItemCount: c.ItemCount, CreatedBy: rest.Named(c.CreatedBy, c.Author), CreatedAt: c.CreatedAt.UTC(),
		PublishedAt: utc(c.PublishedAt), Version: c.Version, May: checklistMay(r.May),
	}
}

func checklistOf(r checklist.Row[checklist.Checklist]) Checklist {
	out := Checklist{
		ChecklistHead: headOf(checklist.Row[checklist.Head]{Thing: r.Thing.Head, UnitName: r.UnitName, May: r.May}),
		Items:         mapped(r.Thing.Items, itemOf), Warnings: []Warning{},
	}
	if text := r.Thing.Unfounded(); text != "" {
		out.Warnings = append(out.Warnings, Warning{Code: "clause_missing", Text: text})
	}
	return out
}

func itemOf(it checklist.Item) item {
	return item{
		Key: it.Key, Group: it.Group, Title: it.Title, Clause: it.Clause, How: it.How, Type: it.Type, Minimum: it.Minimum, Maximum: it.Maximum,
		Measure: it.Measure, Choices: choicesOf[ChoiceOption](it.Choices), Category: it.Category, Severity: it.Severity, DeadlineDays: it.DeadlineDays,
		PerDevice: it.PerDevice, Optional: it.Optional, FailEvidence: it.FailEvidence, FixEvidence: it.FixEvidence, Why: it.Why,
	}
}

func (it item) item() checklist.Item {
	return checklist.Item{
		Key: it.Key, Group: it.Group, Title: it.Title, Clause: it.Clause, How: it.How, Type: it.Type, Minimum: it.Minimum, Maximum: it.Maximum,
		Measure: it.Measure, Choices: choicesOf[checklist.ChoiceOption](it.Choices), Category: it.Category, Severity: it.Severity, DeadlineDays: it.DeadlineDays,
		PerDevice: it.PerDevice, Optional: it.Optional, FailEvidence: it.FailEvidence, FixEvidence: it.FixEvidence, Why: it.Why,
	}
}

// choicesOf are the same choices; none stay nil, as they are stored.
func choicesOf[B, A ChoiceOption | checklist.ChoiceOption](as []A) []B {
	if as == nil {
		return nil
	}
	return mapped(as, func(a A) B { return B(a) })
}

// Warning is something the caller should know that does not stop them.
type Warning struct {
	Code string     `json:"code" enum:"deadline_holiday,calendar_unknown,clause_missing" doc:"Stable name" example:"deadline_holiday"`
	Text fault.Text `json:"text" doc:"What it is about, in the language of the request" example:"截止日期不是工作日。"`
}

func warnings(ws []rectification.Warning) []Warning {
	return mapped(ws, func(w rectification.Warning) Warning { return Warning(w) })
}

type device struct {
	ID      string `json:"id" doc:"Your own name for it, unique in the inspection" example:"pc-1"`
	Label   string `json:"label" doc:"What people call it" example:"财务室 1 号机"`
	Kind    string `json:"kind,omitempty" doc:"desktop, laptop, printer…" example:"desktop"`
	Network string `json:"network,omitempty" default:"none" doc:"The network it is on" example:"inner"`
	Serial  string `json:"serial,omitempty" doc:"Serial number" example:"CN-0042"`
}

type answer struct {
	ItemKey  string   `json:"item_key" doc:"Key of the item" example:"antivirus"`
	DeviceID string   `json:"device_id,omitempty" doc:"The device, for items answered per device" example:"pc-1"`
	Result   string   `json:"result,omitempty" doc:"Follows from the value for numbers and choices" example:"fail"`
	Value    string   `json:"value,omitempty" doc:"The number, text or choice"`
	Note     string   `json:"note,omitempty" doc:"What was found" example:"未安装杀毒软件"`
	FileIDs  []string `json:"file_ids,omitempty" doc:"Ids of uploaded files"`
}

// InspectionHead is an inspection without its parts; or its outline, where no more
// is open to the caller.
type InspectionHead struct {
	ID            string        `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000101"`
	CampaignID    string        `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	CampaignTitle string        `json:"campaign_title,omitempty" doc:"Title of the campaign"`
	ChecklistID   string        `json:"checklist_id" doc:"Version of the checklist"`
	Kind          string        `json:"kind" words:"inspection_kind" example:"spot" doc:"Kind of inspection"`
	UnitID        string        `json:"unit_id" doc:"Inspected unit"`
	UnitName      string        `json:"unit_name" doc:"Name of the inspected unit"`
	OfficeID      string        `json:"office_id" doc:"Office that planned it"`
	OfficeName    string        `json:"office_name" doc:"Name of the office"`
	PlannedDay    string        `json:"planned_on" example:"2026-09-21" doc:"Local day"`
	State         string        `json:"state" words:"state.inspection" example:"planned" doc:"State"`
	CreatedAt     time.Time     `json:"created_at" doc:"When it was planned"`
	Version       int64         `json:"version" doc:"For If-Match" example:"1"`
	May           inspectionMay `json:"may" doc:"What the caller may do now"`
	Open          bool          `json:"open" doc:"Whether all of it is open to the caller; else only its outline is here" example:"true"`
	*InspectionDetails
}

// InspectionDetails is what is beyond the outline of an inspection; absent where it is
// not open to the caller.
type InspectionDetails struct {
	Note         string       `json:"note,omitempty" doc:"Note"`
	Failed       int          `json:"failed" required:"false" doc:"Failed answers, once sent"`
	CreatedBy    *rest.Person `json:"created_by,omitempty" doc:"Who planned it"`
	SentBy       *rest.Person `json:"sent_by,omitempty" doc:"Who sent it"`
	SentAt       *time.Time   `json:"sent_at,omitempty" doc:"When it was sent"`
	CancelReason string       `json:"cancel_reason,omitempty" doc:"Why it was called off"`
	Response     string       `json:"response,omitempty" words:"response" doc:"What the unit said about the results, and what became of an objection"`
}

type amendment struct {
	ItemKey  string       `json:"item_key,omitempty" doc:"The item it is about"`
	DeviceID string       `json:"device_id,omitempty" doc:"The device it is about"`
	Text     string       `json:"text" doc:"What was added"`
	FileIDs  []string     `json:"file_ids" doc:"Pictures and files of it"`
	By       *rest.Person `json:"by,omitempty" doc:"Who added it"`
	At       time.Time    `json:"at" doc:"When"`
}

type response struct {
	State     string       `json:"state" words:"response" doc:"What it says, and what became of an objection"`
	ItemKey   string       `json:"item_key,omitempty" doc:"The item an objection is about; absent for the whole"`
	DeviceID  string       `json:"device_id,omitempty" doc:"The device it is about"`
	Text      string       `json:"text,omitempty" doc:"What the unit wrote"`
	By        *rest.Person `json:"by,omitempty" doc:"Who responded"`
	At        time.Time    `json:"at" doc:"When"`
	Answer    string       `json:"answer,omitempty" doc:"What was decided about an objection, and why"`
	DecidedBy *rest.Person `json:"decided_by,omitempty" doc:"Who decided"`
	DecidedAt *time.Time   `json:"decided_at,omitempty" doc:"When it was decided"`
}

type inspection struct {
	InspectionHead
	ChecklistTitle string `json:"checklist_title" doc:"Title of the checklist"`
	*InspectionParts
}

// InspectionParts is what was planned and recorded in an inspection; absent where it is
// not open to the caller.
type InspectionParts struct {
	Inspectors []rest.Person `json:"inspectors" required:"false" doc:"Who carries it out"`
	Devices    []device      `json:"devices" required:"false" doc:"Devices inspected one by one"`
	Items      []item        `json:"items" required:"false" doc:"The items of the checklist version"`
	Answers    []answer      `json:"answers" required:"false" doc:"Answers so far"`
	Responses  []response    `json:"responses" required:"false" doc:"What the unit said about the results"`
	Amendments []amendment   `json:"amendments" required:"false" doc:"What was added after it was sent"`
}

func inspectionRow(r rectification.Row[rectification.InspectionHead, rectification.InspectionMay]) InspectionHead {
	in := r.Thing
	out := InspectionHead{
		ID: in.ID, CampaignID: in.CampaignID, CampaignTitle: r.Campaign, ChecklistID: in.ChecklistID, Kind: in.Kind, UnitID: in.UnitID,
		UnitName: r.Names[in.UnitID], OfficeID: in.OfficeID, OfficeName: r.Names[in.OfficeID], PlannedDay: in.PlannedDay,
		State: in.State, CreatedAt: in.CreatedAt.UTC(), Version: in.Version, Open: r.Open, May: inspectionMay(r.May),
	}
	if r.Open {
		out.InspectionDetails = &InspectionDetails{
			Note: in.Note, Failed: in.Failed, CreatedBy: rest.Named(in.CreatedBy, in.Author), SentBy: rest.Named(in.SentBy, in.Sender), SentAt: utc(in.SentAt),
			CancelReason: in.CancelReason, Response: in.Response,
		}
	}
	return out
}

func wholeInspection(v rectification.InspectionView) inspection {
	in := v.Thing
	out := inspection{
		InspectionHead: inspectionRow(rectification.Row[rectification.InspectionHead, rectification.InspectionMay]{Thing: in.InspectionHead, Names: v.Names, Campaign: v.Campaign, Open: v.Open, May: v.May}),
		ChecklistTitle: v.Checklist.Title,
	}
	if !v.Open {
		return out
	}
	out.InspectionParts = &InspectionParts{
		Inspectors: []rest.Person{}, Devices: []device{}, Items: mapped(v.Checklist.Items, itemOf),
		Answers: []answer{}, Amendments: []amendment{}, Responses: []response{},
	}
	for _, p := range in.Inspectors {
		out.Inspectors = append(out.Inspectors, rest.Person{ID: p.PersonID, Name: p.Name})
	}
	for _, d := range in.Devices {
		out.Devices = append(out.Devices, device(d))
	}
	for _, a := range in.Answers {
		out.Answers = append(out.Answers, answer{ItemKey: a.ItemKey, DeviceID: a.DeviceID, Result: a.Result, Value: a.Value, Note: a.Note, FileIDs: a.FileIDs})
	}
	for _, r := range in.Responses {
		out.Responses = append(out.Responses, response{
			State: r.State, ItemKey: r.ItemKey, DeviceID: r.DeviceID, Text: r.Text, By: rest.Named(r.ByID, r.ByName), At: r.At.UTC(), Answer: r.Answer,
			DecidedBy: rest.Named(r.DecidedBy, r.Decider), DecidedAt: utc(r.DecidedAt),
		})
	}
	for _, a := range in.Amendments {
		out.Amendments = append(out.Amendments, amendment{ItemKey: a.ItemKey, DeviceID: a.DeviceID, Text: a.Text, FileIDs: a.FileIDs, By: rest.Named(a.ByID, a.ByName), At: a.At.UTC()})
	}
	return out
}

type finding struct {
	ID                  string      `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000201"`
	CampaignID          string      `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	CampaignTitle       string      `json:"campaign_title,omitempty" doc:"Title of the campaign"`
	InspectionID        string      `json:"inspection_id,omitempty" doc:"Inspection it was found in"`
	RectificationID     string      `json:"rectification_id,omitempty" doc:"Order it is under, or was closed by"`
	UnitID              string      `json:"unit_id" doc:"Unit where it was found"`
	UnitName            string      `json:"unit_name" doc:"Name of that unit"`
	ResponsibleUnitID   string      `json:"responsible_unit_id,omitempty" doc:"Unit that has to rectify it, where its order was transferred to another one; that unit reads it too"`
	ResponsibleUnitName string      `json:"responsible_unit_name,omitempty" doc:"Name of the unit that has to rectify it"`
	State               string      `json:"state" words:"state.finding" doc:"State"`
	FoundAt             time.Time   `json:"found_at" doc:"When it was recorded"`
	Version             int64       `json:"version" doc:"For If-Match" example:"1"`
	May                 *findingMay `json:"may,omitempty" doc:"What the caller may do now"`
	DueAt               *time.Time  `json:"due_at,omitempty" doc:"By when it has to be rectified, where it is under an order or was closed by it"`
	OriginalDueAt       *time.Time  `json:"original_due_at,omitempty" doc:"What the order said; never changes"`
	Light               clock.Light `json:"light,omitempty" words:"light" doc:"Light of that deadline now; absent without one"`
	OfficeID            string      `json:"office_id" doc:"Office whose it is" example:"01985b2e-7c1a-7000-8000-000000000001"`
	OfficeName          string      `json:"office_name" doc:"Its name"`
	Open                bool        `json:"open" doc:"Whether all of it is open to the caller; else only its outline is here" example:"true"`
	OnTime              *bool       `json:"on_time,omitempty" doc:"Once closed: its report was made by the deadline then"`
	OnTimeOriginal      *bool       `json:"on_time_original,omitempty" doc:"Once closed: its report was made by the deadline that the order said"`
	*FindingDetails
}

// FindingDetails is what is beyond the outline of a finding; absent where it is not
// open to the caller.
type FindingDetails struct {
	ItemKey       string       `json:"item_key,omitempty" doc:"Item of the checklist"`
	DeviceID      string       `json:"device_id,omitempty" doc:"Device"`
	DeviceLabel   string       `json:"device_label,omitempty" doc:"Label of the device"`
	Title         string       `json:"title" required:"false" doc:"What is wrong" example:"财务室 1 号机：安装杀毒软件并保持更新"`
	Text          string       `json:"text,omitempty" doc:"What was found"`
	Place         string       `json:"place,omitempty" doc:"Where"`
	Category      string       `json:"category" required:"false" words:"category" doc:"Category"`
	Severity      string       `json:"severity" required:"false" words:"severity" doc:"Severity"`
	Clause        string       `json:"clause,omitempty" doc:"Law, standard or rule"`
	DeadlineDays  int          `json:"deadline_days,omitempty" doc:"Usual working days to rectify"`
	FileIDs       []string     `json:"file_ids" required:"false" doc:"Pictures and files of how it was before"`
	RepeatsID     string       `json:"repeats_id,omitempty" doc:"The earlier finding it repeats: a relapse"`
	DuplicateOf   string       `json:"duplicate_of,omitempty" doc:"The earlier finding it records again"`
	Source        string       `json:"source" required:"false" words:"source" doc:"What it comes from"`
	SourceID      string       `json:"source_id,omitempty" doc:"The inspection, or the submission that was reviewed"`
	FixEvidence   string       `json:"fix_evidence,omitempty" words:"evidence" doc:"What proves that it was fixed, as the item of the checklist says"`
	FoundBy       *rest.Person `json:"found_by,omitempty" doc:"Who found it"`
	DismissReason string       `json:"dismiss_reason,omitempty" doc:"Why it was dismissed"`
	ClosedAt      *time.Time   `json:"closed_at,omitempty" doc:"When it was closed"`
	Proposed      string       `json:"proposed,omitempty" enum:"relapse,duplicate" doc:"Among similar findings: what linking to it would say"`
	Because       string       `json:"because,omitempty" enum:"item,clause,text" doc:"Among similar findings: what is the same"`
	Likeness      int          `json:"likeness,omitempty" doc:"Among similar findings: how like the texts are, in percent"`
}

func findingRow(r rectification.FindingView) finding {
	f := r.Thing
	out := finding{
		ID: f.ID, CampaignID: f.CampaignID, CampaignTitle: r.Campaign, InspectionID: f.InspectionID,
		RectificationID: f.RectificationID, UnitID: f.UnitID, UnitName: r.Names[f.UnitID], OfficeID: f.OfficeID, OfficeName: r.Names[f.OfficeID],
		ResponsibleUnitID: f.ResponsibleUnitID, ResponsibleUnitName: r.Names[f.ResponsibleUnitID],
		State: f.State, FoundAt: f.FoundAt.UTC(), OnTime: f.OnTime, OnTimeOriginal: f.OnTimeOriginal, Version: f.Version, Open: r.Open, May: (*findingMay)(r.May), Light: r.Light,
	}
	if r.Open {
		out.FindingDetails = &FindingDetails{
			ItemKey: f.ItemKey, DeviceID: f.DeviceID, DeviceLabel: f.Device, Title: f.Title, Text: f.Text,
			Place: f.Place, Category: f.Category, Severity: f.Severity, Clause: f.Clause, DeadlineDays: f.DeadlineDays, FileIDs: list(f.FileIDs),
			RepeatsID: f.RepeatsID, DuplicateOf: f.DuplicateOf, Source: f.Source, SourceID: f.SourceID, FixEvidence: f.FixEvidence,
			FoundBy: rest.Named(f.FoundBy, f.Finder), DismissReason: f.DismissReason,
			ClosedAt: utc(f.ClosedAt),
		}
	}
	if !r.Due.DueAt.IsZero() {
		out.DueAt, out.OriginalDueAt = utc(&r.Due.DueAt), utc(&r.Due.OriginalDueAt)
	}
	return out
}

// RectificationHead is a rectification as a list shows it; or its outline, where no
// more is open to the caller.
type RectificationHead struct {
	ID            string      `json:"id" doc:"Id" example:"01985b2e-7c1a-7000-8000-000000000301"`
	Number        string      `json:"number" doc:"Number of the order" example:"整改〔2026〕1号"`
	CampaignID    string      `json:"campaign_id,omitempty" doc:"Campaign it belongs to"`
	CampaignTitle string      `json:"campaign_title,omitempty" doc:"Title of the campaign"`
	UnitID        string      `json:"unit_id" doc:"Unit that rectifies"`
	UnitName      string      `json:"unit_name" doc:"Its name"`
	IssuerID      string      `json:"issuer_id" doc:"Office that ordered it"`
	IssuerName    string      `json:"issuer_name" doc:"Its name"`
	State         string      `json:"state" words:"state.rectification" doc:"State" example:"ordered"`
	Suspended     bool        `json:"suspended" doc:"It is a long-term one with stages"`
	OrderedAt     time.Time   `json:"ordered_at" doc:"When it was ordered"`
	AckDueAt      time.Time   `json:"acknowledge_due_at" doc:"By when it has to be acknowledged"`
	DueAt         time.Time   `json:"due_at" doc:"The deadline now"`
	OriginalDueAt time.Time   `json:"original_due_at" doc:"The deadline of the order; never changes"`
	Light         clock.Light `json:"light" words:"light" doc:"green; blue: deadline near; yellow: past it, or done late; red: seriously overdue" example:"green"`
	Version       int64       `json:"version" doc:"For If-Match" example:"1"`
	May           caseMay     `json:"may" doc:"What the caller may do now"`
	OfficeID      string      `json:"office_id" doc:"Office whose it is" example:"01985b2e-7c1a-7000-8000-000000000001"`
	OfficeName    string      `json:"office_name" doc:"Its name"`
	Open          bool        `json:"open" doc:"Whether all of it is open to the caller; else only its outline is here" example:"true"`
	*RectificationDetails
}

// RectificationDetails is what is beyond the outline of a rectification; absent where
// it is not open to the caller.
type RectificationDetails struct {
	Title          string       `json:"title" required:"false" doc:"Title" example:"关于终端安全问题的整改通知"`
	Note           string       `json:"note,omitempty" doc:"What is required"`
	Outcome        string       `json:"outcome,omitempty" words:"outcome" doc:"What it came to, once closed: closed is not the same as fixed"`
	Severity       string       `json:"severity" required:"false" words:"severity" doc:"The highest of its findings"`
	NeedsPlan      bool         `json:"needs_plan" required:"false" doc:"A plan has to come before the report"`
	HasPlan        bool         `json:"has_plan" required:"false" doc:"There is a plan"`
	ApprovePlan    bool         `json:"approve_plan" required:"false" doc:"The plan needs the office's approval"`
	PlanState      string       `json:"plan_state,omitempty" words:"state.plan" doc:"How far a plan is that needs approval"`
	PlanAnswer     string       `json:"plan_answer,omitempty" doc:"What the office said about the plan"`
	NeedsSignOff   bool         `json:"needs_sign_off" required:"false" doc:"A leader of the unit signs it off before it is reported"`
	SignedBy       *rest.Person `json:"signed_off_by,omitempty" doc:"Who signed it off"`
	SignedAt       *time.Time   `json:"signed_off_at,omitempty" doc:"When it was signed off"`
	NeedsApp       bool         `json:"needs_application" required:"false" doc:"It is closed only when the unit has applied for it"`
	CloseOutAsked  bool         `json:"close_out_asked" required:"false" doc:"An application to be closed out waits"`
	CopyToSuperior bool         `json:"copy_to_superior" required:"false" doc:"The unit above gets a copy"`
	Responsible    *rest.Person `json:"responsible,omitempty" doc:"Responsible person"`
	OrderedBy      *rest.Person `json:"ordered_by,omitempty" doc:"Who ordered it"`
	AckAt          *time.Time   `json:"acknowledged_at,omitempty" doc:"When it was acknowledged"`
	SubmissionID   string       `json:"submission_id,omitempty" doc:"Submission of the last report"`
	FixedOnSpot    bool         `json:"fixed_on_spot" required:"false" doc:"Reported as fixed on the spot"`
	ReportedAt     *time.Time   `json:"reported_at,omitempty" doc:"When the report that stands was made"`
	StillWrong     string       `json:"still_wrong,omitempty" doc:"What the last rejection or reopening said"`
	ClosedAt       *time.Time   `json:"closed_at,omitempty" doc:"When it was closed"`
	Rejections     int          `json:"rejections" required:"false" doc:"How often a report was rejected"`
	Relapses       int          `json:"relapses" required:"false" doc:"How often it was reopened"`
	Transfers      int          `json:"transfers" required:"false" doc:"How often it was given to another unit"`
	Bounces        int          `json:"bounces" required:"false" doc:"How often a unit gave it back"`
	Contested      bool         `json:"contested" required:"false" doc:"A unit says it is not its own; an arbiter has to settle whose it is"`
	Settled        bool         `json:"settled" required:"false" doc:"An arbiter has settled whose it is"`
	ExtensionAsked bool         `json:"extension_asked" required:"false" doc:"A request for a later deadline waits"`
}

func rectificationRow(r rectification.Row[rectification.Rectification, rectification.CaseMay]) RectificationHead {
	c := r.Thing
	out := RectificationHead{
		ID: c.ID, Number: c.Number, CampaignID: c.CampaignID, CampaignTitle: r.Campaign, UnitID: c.UnitID, UnitName: r.Names[c.UnitID],
		IssuerID: c.IssuerID, IssuerName: r.Names[c.IssuerID], OfficeID: c.OfficeID, OfficeName: r.Names[c.OfficeID], State: string(c.State), Suspended: c.Suspended,
		OrderedAt: c.OrderedAt.UTC(), AckDueAt: c.AckDueAt.UTC(), DueAt: c.DueAt.UTC(), OriginalDueAt: c.OriginalDueAt.UTC(),
		Light: r.Light, Version: c.Version, Open: r.Open, May: caseMay(r.May),
	}
	if r.Open {
		out.RectificationDetails = &RectificationDetails{
			Title: c.Title, Note: c.Note, Outcome: c.Outcome, Severity: c.Severity, NeedsPlan: c.NeedsPlan, HasPlan: c.HasPlan, ApprovePlan: c.ApprovePlan,
			PlanState: c.PlanState, PlanAnswer: c.PlanAnswer, NeedsSignOff: c.NeedsSignOff, SignedBy: rest.Named(c.SignedBy, c.Signer), SignedAt: utc(c.SignedAt),
			NeedsApp: c.NeedsApplication, CloseOutAsked: c.CloseOutAsked, CopyToSuperior: c.CopyToSuperior,
			Responsible: rest.Named(c.ResponsibleID, c.Responsible), OrderedBy: rest.Named(c.OrderedBy, c.Orderer),
			AckAt: utc(c.AckAt), SubmissionID: c.SubmissionID, FixedOnSpot: c.FixedOnSpot,
			ReportedAt: utc(c.ReportedAt), StillWrong: c.StillWrong, ClosedAt: utc(c.ClosedAt), Rejections: c.Rejections, Relapses: c.Relapses,
			Transfers: c.Transfers, Bounces: c.Bounces, Contested: c.Contested, Settled: c.Settled, ExtensionAsked: c.ExtensionAsked,
		}
	}
	return out
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
