package rest

import (
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
)

// Submission is a version of the evidence for one assignment or rectification.
type Submission struct {
	SubmissionLine
	CampaignTitle   string        `json:"campaign_title,omitempty" doc:"Title of the campaign" example:"2026年国家网络安全宣传周"`
	DueAt           time.Time     `json:"due_at" doc:"Deadline of what it is for" example:"2026-09-25T15:59:59Z"`
	Note            string        `json:"note" doc:"Text that goes with it" example:"全部班级已完成"`
	ChildrenReason  string        `json:"children_reason,omitempty" doc:"Why it was handed in although delegated assignments were open"`
	FixedOnSpot     bool          `json:"fixed_on_spot,omitempty" doc:"Reported straight after the order, as fixed on the spot"`
	PreviousID      string        `json:"previous_id,omitempty" doc:"The version whose items this one began with"`
	ReturnedBecause string        `json:"returned_because,omitempty" doc:"Why that version came back" example:"数字与照片不符"`
	Requirements    []Requirement `json:"requirements" doc:"What is asked for, in order"`
	Items           []Item        `json:"items" doc:"What has been given"`
	Delegated       *Delegated    `json:"delegated,omitempty" doc:"What the units it was delegated to have handed in; absent when it was not delegated"`
	Completeness    Completeness  `json:"completeness" doc:"What is missing before it can be sealed"`
	Comparisons     []Comparison  `json:"comparisons,omitempty" doc:"Figures beside those of a year before and of similar units; only where one submission is read"`
	Changes         []Change      `json:"changes,omitempty" doc:"What is answered in another way than in the version its items come from"`
	Matches         []Match       `json:"matches,omitempty" doc:"Only for reviewers: files of it that are, or look like, what was handed in elsewhere or before. It rejects nothing; judge it with /matches/{id}"`
	May             May           `json:"may" doc:"What you may do to it now"`
}

// SubmissionLine is a submission in a list.
type SubmissionLine struct {
	ID             string       `json:"id" doc:"Id of the submission" example:"01985b2e-7c1a-7000-8000-000000000001"`
	Target         string       `json:"target" words:"target" doc:"What it is for" example:"assignment"`
	TargetID       string       `json:"target_id" doc:"Id of that assignment or rectification" example:"01985b2e-7c1a-7000-8000-000000000002"`
	Title          string       `json:"title" doc:"Title of the task, or number and title of the rectification" example:"主题班会"`
	CampaignID     string       `json:"campaign_id,omitempty" doc:"Campaign it belongs to" example:"01985b2e-7c1a-7000-8000-000000000003"`
	TaskID         string       `json:"task_id,omitempty" doc:"Task it belongs to" example:"01985b2e-7c1a-7000-8000-000000000004"`
	UnitID         string       `json:"unit_id" doc:"Unit that submits" example:"01900000-0000-7000-8000-000000000007"`
	UnitName       string       `json:"unit_name" doc:"Name of that unit" example:"东一村"`
	Number         int64        `json:"number" doc:"Number of this version, from 1" example:"1"`
	State          string       `json:"state" words:"state.submission" doc:"Where it is in its life" example:"draft"`
	Reason         string       `json:"reason,omitempty" doc:"Why it was returned" example:"数字与照片不符"`
	ManifestSHA256 string       `json:"manifest_sha256,omitempty" doc:"SHA-256 of the manifest, once sealed" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	CreatedAt      time.Time    `json:"created_at" doc:"When the draft was begun" example:"2026-09-19T08:00:00Z"`
	CreatedBy      *rest.Person `json:"created_by,omitempty" doc:"Who began it"`
	SealedAt       *time.Time   `json:"sealed_at,omitempty" doc:"When it was sealed" example:"2026-09-20T08:00:00Z"`
	SealedBy       *rest.Person `json:"sealed_by,omitempty" doc:"Who sealed it"`
	DecidedAt      *time.Time   `json:"decided_at,omitempty" doc:"When it was accepted, returned, recalled or discarded" example:"2026-09-21T08:00:00Z"`
	UpdatedAt      time.Time    `json:"updated_at" doc:"Last change" example:"2026-09-20T08:00:00Z"`
	Version        int64        `json:"version" doc:"Grows with every change; also the ETag" example:"3"`
}

// Delegated is what the units an assignment was delegated to have handed in.
type Delegated struct {
	Units    int               `json:"units" doc:"How many units it was delegated to" example:"5"`
	HandedIn *int              `json:"handed_in,omitempty" doc:"How many of them have handed in; absent, as the figures, for those who may not read their submissions" example:"4"`
	Figures  []DelegatedFigure `json:"figures,omitempty" doc:"Every number that is asked for, over those units. The system adds them to what the unit itself gives: nobody has to"`
}

// DelegatedFigure is a figure over the units an assignment was delegated to.
type DelegatedFigure struct {
	RequirementID string  `json:"requirement_id" doc:"Requirement it is about" example:"leaflets"`
	Title         string  `json:"title" doc:"Its title" example:"发放宣传单"`
	Measure       string  `json:"measure,omitempty" doc:"Unit of measure" example:"份"`
	Value         float64 `json:"value" doc:"Sum of what they have handed in; the greatest value for a figure that is not added up" example:"260"`
	Units         int     `json:"units" doc:"How many of the units gave it" example:"4"`
}

// Requirement is one thing that is asked for.
type Requirement struct {
	ID         string     `json:"id" doc:"Id of the requirement" example:"leaflets"`
	Kind       kinds.Kind `json:"kind" words:"kind" doc:"What kind of thing" example:"number"`
	Title      string     `json:"title" doc:"What is asked for" example:"发放宣传单"`
	Compulsory bool       `json:"compulsory" doc:"Must be given before sealing" example:"true"`
	Why        string     `json:"why,omitempty" doc:"The issuer's reason for a compulsory photo or video"`
	Figure     string     `json:"figure,omitempty" doc:"Name of the figure across tasks and years. It is what the unit did itself; what units below report is added by the system" example:"leaflets"`
	Measure    string     `json:"measure,omitempty" doc:"Unit of measure of a number" example:"份"`
	Aggregate  string     `json:"aggregate,omitempty" doc:"How the figure adds up over units: sum, max or last; sum when absent" example:"sum"`
	Minimum    *float64   `json:"minimum,omitempty" doc:"At least so many are hoped for" example:"200"`
	Per        string     `json:"per,omitempty" doc:"The minimum is for each of these of the unit: class, staff, resident" example:"class"`
	Columns    []Column   `json:"columns,omitempty" doc:"Columns of a table"`
	Register   string     `json:"register,omitempty" doc:"Register of the unit that the table is; a draft begins with what stands in it" example:"network-devices"`
	Text       string     `json:"text,omitempty" doc:"Wording of a pledge" example:"我单位承诺……"`
	PeriodFrom string     `json:"period_from,omitempty" doc:"First local day it is about; those of the campaign when absent" example:"2026-08-01"`
	PeriodTo   string     `json:"period_to,omitempty" doc:"Last local day it is about" example:"2026-08-31"`
	MaxCount   int        `json:"max_count,omitempty" doc:"At most so many files" example:"9"`
	Accept     []string   `json:"accept,omitempty" doc:"Endings of the files that are taken; every kind but archives when absent" example:"[\"pdf\",\"docx\"]"`
	Allow      []string   `json:"allow,omitempty" words:"allowance" doc:"What files may have that is refused elsewhere; such a file is uploaded with assignment_id and requirement_id" example:"[\"macros\"]"`
}

// Column is a column of a table.
type Column struct {
	Key      string `json:"key" doc:"Key of the cells" example:"name"`
	Title    string `json:"title" doc:"Heading" example:"设备名称"`
	Type     string `json:"type" words:"column_type" doc:"What the cells hold" example:"text"`
	Required bool   `json:"required,omitempty" doc:"Every row needs it" example:"true"`
}

// Item is what was given for a requirement.
type Item struct {
	RequirementID string           `json:"requirement_id" doc:"Requirement it answers" example:"leaflets"`
	Value         *float64         `json:"value,omitempty" doc:"A number; of a delegated assignment what the unit did itself" example:"260"`
	Text          string           `json:"text,omitempty" doc:"A text" example:"已开展"`
	Links         []string         `json:"links,omitempty" doc:"Addresses" example:"[\"https://example.com/a\"]"`
	LinkSnapshots []LinkSnapshot   `json:"link_snapshots,omitempty" doc:"What was found at the addresses; absent where the installation does not look"`
	Rows          []map[string]any `json:"rows,omitempty" doc:"Rows of a table, by column key"`
	Files         []File           `json:"files,omitempty" doc:"Files"`
	Signatory     string           `json:"signatory,omitempty" doc:"Of a pledge: who made it" example:"李伟"`
	SignedAt      *time.Time       `json:"signed_at,omitempty" doc:"Of a pledge: when, by the server's clock" example:"2026-09-20T08:00:00Z"`
	TextSHA256    string           `json:"text_sha256,omitempty" doc:"Of a pledge: SHA-256 of its text in UTF-8" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	From          *ItemSource      `json:"from,omitempty" doc:"Where it was taken over from; absent for what was given anew"`
	UpdatedAt     time.Time        `json:"updated_at" doc:"When it was given" example:"2026-09-20T08:00:00Z"`
}

// LinkSnapshot is what was found at an address.
type LinkSnapshot struct {
	Address     string     `json:"address" doc:"The address" example:"https://example.com/a"`
	State       string     `json:"state" enum:"waiting,done,unreachable,refused" doc:"Whether it has been looked at; refused: it is not of the public internet" example:"done"`
	Title       string     `json:"title,omitempty" doc:"Title of the page" example:"网络安全宣传周启动"`
	RetrievedAt *time.Time `json:"retrieved_at,omitempty" doc:"When it was looked at" example:"2026-09-20T08:00:00Z"`
}

// Change is a requirement that is answered in another way than in the version before.
type Change struct {
	RequirementID string `json:"requirement_id" doc:"Requirement it is about" example:"leaflets"`
	Title         string `json:"title" doc:"Its title" example:"发放宣传单"`
	Before        *Item  `json:"before,omitempty" doc:"What the version before gave; absent when it gave nothing"`
	After         *Item  `json:"after,omitempty" doc:"What this one gives; absent when it gives nothing"`
}

// Completeness says what a submission lacks.
type Completeness struct {
	Complete bool  `json:"complete" doc:"Nothing compulsory is missing" example:"false"`
	Missing  []Gap `json:"missing" doc:"What must be given before sealing"`
	Warnings []Gap `json:"warnings" doc:"Worth a second look; does not keep from sealing"`
}

// Gap is one thing missing or odd.
type Gap struct {
	RequirementID string     `json:"requirement_id" doc:"Requirement it is about" example:"leaflets"`
	Title         string     `json:"title" doc:"Its title" example:"发放宣传单"`
	Code          string     `json:"code" enum:"missing,below_minimum,includes_delegated,source_returned" doc:"What is wrong; source_returned: it was taken over from a submission that does not stand any more; includes_delegated: the figure is at least what the units it was delegated to have handed in, so that it looks like a total" example:"missing"`
	Message       fault.Text `json:"message" doc:"The same in words, in the language of the request"`
}

// May says what you may do now.
type May struct {
	Write   bool `json:"write" doc:"Change items and note" example:"true"`
	Seal    bool `json:"seal" doc:"Seal and hand in" example:"false"`
	Discard bool `json:"discard" doc:"Throw away" example:"true"`
}

func lineOf(s evidence.Submission, title, unitName string) SubmissionLine {
	return SubmissionLine{
		ID: s.ID, Target: string(s.Target), TargetID: s.TargetID, Title: title, CampaignID: s.CampaignID, TaskID: s.TaskID,
		UnitID: s.UnitID, UnitName: unitName, Number: s.Number, State: string(s.State), Reason: s.Reason, ManifestSHA256: s.ManifestHash,
		CreatedAt: s.CreatedAt, CreatedBy: rest.Named(s.CreatedBy, s.CreatedName), SealedAt: s.SealedAt, SealedBy: rest.Named(s.SealedBy, s.SealedName),
		DecidedAt: s.DecidedAt, UpdatedAt: s.UpdatedAt, Version: s.Version,
	}
}

func submissionOf(v evidence.View) Submission {
	w := Submission{
		Delegated:      delegatedOf(v),
		SubmissionLine: lineOf(v.Submission, v.Title, v.UnitName), CampaignTitle: v.Campaign, DueAt: v.DueAt, Note: v.Note,
		ChildrenReason: v.ChildrenReason, FixedOnSpot: v.FixedOnSpot, PreviousID: v.PreviousID, ReturnedBecause: v.ReturnedBecause,
		Requirements: make([]Requirement, len(v.Requirements)), Items: []Item{},
		Completeness: Completeness{Complete: v.Completeness.Complete(), Missing: gaps(v.Completeness.Missing), Warnings: gaps(v.Completeness.Warnings)},
		Comparisons:  comparisons(v),
		May:          May(v.May),
	}
	for i, r := range v.Requirements {
		w.Requirements[i] = requirementOf(r)
	}
	for _, c := range v.Changes {
		x := Change{RequirementID: c.RequirementID, Title: c.Title}
		if c.Before != nil {
			x.Before = new(itemOf(*c.Before, v, v.FilesBefore))
		}
		if c.After != nil {
			x.After = new(itemOf(*c.After, v, v.Files))
		}
		w.Changes = append(w.Changes, x)
	}
	for _, m := range v.Matches {
		w.Matches = append(w.Matches, matchOf(m))
	}
	// In the order of the requirements, as the manifest has them.
	for _, r := range v.Requirements {
		for _, it := range v.Items {
			if it.RequirementID == r.ID {
				w.Items = append(w.Items, itemOf(it, v, v.Files))
			}
		}
	}
	return w
}

// itemOf shows an item of v, or of the version before it, with its files.
func itemOf(it evidence.Item, v evidence.View, files map[string]evidence.File) Item {
	x := Item{RequirementID: it.RequirementID, Value: it.Value, Text: it.Text, Links: it.Links, Rows: it.Rows, UpdatedAt: it.UpdatedAt}
	for _, id := range it.FileIDs {
		if f, ok := files[id]; ok {
			x.Files = append(x.Files, withHints(fileOf(f, v.Examinations[id], v.UnitName), v.Hints[id]))
		}
	}
	for _, l := range it.Links {
		if s, ok := v.Snapshots[l]; ok {
			x.LinkSnapshots = append(x.LinkSnapshots, LinkSnapshot{Address: l, State: string(s.State), Title: s.Title, RetrievedAt: s.RetrievedAt})
		}
	}
	if it.SignedAt != nil {
		x.Signatory, x.SignedAt, x.TextSHA256 = it.Signatory, it.SignedAt, it.TextHash()
	}
	if it.From != nil {
		if e, ok := v.Sources[it.From.SubmissionID]; ok {
			x.From = new(sourceOf(e, it.From.RequirementID))
		}
	}
	return x
}

func withHints(f File, hints []string) File {
	f.Hints = hints
	return f
}

func delegatedOf(v evidence.View) *Delegated {
	d := v.Delegated
	if d.Units == 0 {
		return nil
	}
	w := &Delegated{Units: d.Units}
	if !d.Shown {
		return w
	}
	w.HandedIn = &d.HandedIn
	for _, r := range v.Requirements {
		if r.Kind == kinds.Number {
			w.Figures = append(w.Figures, DelegatedFigure{RequirementID: r.ID, Title: r.Title, Measure: r.Measure, Value: d.Of(r), Units: d.Figures[r.ID].Units})
		}
	}
	return w
}

func requirementOf(r event.Requirement) Requirement {
	w := Requirement{
		ID: r.ID, Kind: r.Kind, Title: r.Title, Compulsory: r.Compulsory, Why: r.Why, Figure: r.Figure, Measure: r.Measure, Aggregate: r.Aggregate,
		Minimum: r.Minimum, Per: r.Per, Register: r.Register, Text: r.Text, PeriodFrom: r.PeriodFrom, PeriodTo: r.PeriodTo, MaxCount: r.MaxCount, Accept: r.Accept, Allow: r.Allow,
	}
	for _, c := range r.Columns {
		w.Columns = append(w.Columns, Column(c))
	}
	return w
}

func gaps(gs []evidence.Gap) []Gap {
	out := make([]Gap, len(gs))
	for i, g := range gs {
		out[i] = Gap(g)
	}
	return out
}
