package rest

import (
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
)

type measure struct {
	ID       string       `json:"id" doc:"Id, to mark it as done"`
	Text     string       `json:"text" doc:"What is done"`
	Person   *rest.Person `json:"person,omitempty" doc:"Who does it"`
	DueAt    time.Time    `json:"due_at" doc:"By when"`
	DoneAt   *time.Time   `json:"done_at,omitempty" doc:"When it was done"`
	DoneNote string       `json:"done_note,omitempty" doc:"What was said about it"`
	Percent  int          `json:"percent" doc:"How far it is; 100 when it is done" example:"60"`
	Progress []progress   `json:"progress" doc:"What was said about how far it is, the first thing first"`
	Dropped  bool         `json:"dropped,omitempty" doc:"It belongs to an earlier plan"`
}

type progress struct {
	Percent int          `json:"percent" doc:"How far it was" example:"60"`
	Note    string       `json:"note" doc:"What was said"`
	By      *rest.Person `json:"by,omitempty" doc:"Who said it"`
	At      time.Time    `json:"at" doc:"When"`
}

type application struct {
	State        string       `json:"state" enum:"applied,granted,refused,withdrawn" doc:"State"`
	SubmissionID string       `json:"submission_id" doc:"The report it rests on"`
	Text         string       `json:"text" doc:"What the unit wrote"`
	AskedBy      *rest.Person `json:"asked_by,omitempty" doc:"Who applied"`
	AskedAt      time.Time    `json:"asked_at" doc:"When"`
	Answer       string       `json:"answer,omitempty" doc:"What was answered"`
	DecidedBy    *rest.Person `json:"decided_by,omitempty" doc:"Who decided"`
	DecidedAt    *time.Time   `json:"decided_at,omitempty" doc:"When it was decided"`
}

type stage struct {
	ID        string     `json:"id" doc:"Id, to check it off"`
	Title     string     `json:"title" doc:"What is reached"`
	DueAt     time.Time  `json:"due_at" doc:"By when"`
	CheckedAt *time.Time `json:"checked_at,omitempty" doc:"When it was checked off"`
	Note      string     `json:"note,omitempty" doc:"What the check found"`
	Dropped   bool       `json:"dropped,omitempty" doc:"It no longer counts"`
}

type report struct {
	SubmissionID string       `json:"submission_id" doc:"The sealed submission; read it in the evidence service"`
	Number       int          `json:"number" doc:"1 for the first report"`
	By           *rest.Person `json:"by,omitempty" doc:"Who reported"`
	At           time.Time    `json:"at" doc:"When it was sealed"`
	Note         string       `json:"note,omitempty" doc:"What the unit wrote"`
	FixedOnSpot  bool         `json:"fixed_on_spot,omitempty" doc:"Fixed on the spot"`
}

type result struct {
	FindingID string `json:"finding_id" doc:"The finding" example:"01985b2e-7c1a-7000-8000-000000000201"`
	Result    string `json:"result" doc:"What verification found" example:"fixed"`
	Note      string `json:"note,omitempty" doc:"What was found; compulsory unless fixed"`
}

type verification struct {
	Method       string       `json:"method,omitempty" words:"method" doc:"Verified on site or by documents"`
	Decision     string       `json:"decision" words:"decision" doc:"Decision"`
	Outcome      string       `json:"outcome,omitempty" doc:"Outcome, when closed"`
	SubmissionID string       `json:"submission_id" doc:"The report it decides about"`
	By           *rest.Person `json:"by,omitempty" doc:"Who verified"`
	At           time.Time    `json:"at" doc:"When"`
	StillWrong   string       `json:"still_wrong,omitempty" doc:"What is still wrong"`
	NewDueAt     *time.Time   `json:"new_due_at,omitempty" doc:"The new date"`
	Results      []result     `json:"results" doc:"A result for every finding"`
}

type extension struct {
	State       string       `json:"state" words:"state.extension" doc:"State"`
	DueAt       time.Time    `json:"due_at" doc:"Deadline asked for, or granted"`
	Reason      string       `json:"reason" doc:"Why the unit asks"`
	RequestedBy *rest.Person `json:"requested_by,omitempty" doc:"Who asked"`
	RequestedAt time.Time    `json:"requested_at" doc:"When"`
	Answer      string       `json:"answer,omitempty" doc:"What was answered"`
	DecidedBy   *rest.Person `json:"decided_by,omitempty" doc:"Who decided"`
	DecidedAt   *time.Time   `json:"decided_at,omitempty" doc:"When it was decided"`
}

type move struct {
	Kind     string       `json:"kind" enum:"transfer,bounce,contest,settle" doc:"Transferred by an inspector, given back by a unit, contested by it, settled by an arbiter"`
	FromID   string       `json:"from_unit_id" doc:"Unit that had it"`
	FromName string       `json:"from_unit_name" doc:"Its name"`
	ToID     string       `json:"to_unit_id" doc:"Unit that has it after that"`
	ToName   string       `json:"to_unit_name" doc:"Its name"`
	Reason   string       `json:"reason" doc:"Why"`
	By       *rest.Person `json:"by,omitempty" doc:"Who did it"`
	At       time.Time    `json:"at" doc:"When"`
	Dropped  bool         `json:"dropped,omitempty" doc:"It was before the last reopening"`
}

type rectificationCase struct {
	RectificationHead
	AckLight       clock.Light `json:"acknowledge_light" words:"light" doc:"Light of the acknowledgement"`
	OnTimeOriginal *bool       `json:"on_time_original,omitempty" doc:"The report that stands was made by the original deadline"`
	OnTimeCurrent  *bool       `json:"on_time,omitempty" doc:"The report that stands was made by the deadline now"`
	*CaseParts
}

// CaseParts is everything that belongs to a rectification; absent where it is not open
// to the caller.
type CaseParts struct {
	Funds         string         `json:"funds,omitempty" doc:"Funds of the plan"`
	Contingency   string         `json:"contingency,omitempty" doc:"What is done until it is fixed"`
	Findings      []finding      `json:"findings" required:"false" doc:"Its findings"`
	Measures      []measure      `json:"measures" required:"false" doc:"The plan; measures of earlier plans are marked dropped"`
	Stages        []stage        `json:"stages" required:"false" doc:"Stages of a long-term rectification"`
	Reports       []report       `json:"reports" required:"false" doc:"Reports of the unit, the first one first"`
	Verifications []verification `json:"verifications" required:"false" doc:"Decisions about the reports"`
	Extensions    []extension    `json:"extensions" required:"false" doc:"Requests for a later deadline"`
	Applications  []application  `json:"close_out_applications" required:"false" doc:"Applications of the unit to be closed out"`
	Moves         []move         `json:"moves" required:"false" doc:"How it went from unit to unit, the first time first"`
	Warnings      []Warning      `json:"warnings" required:"false" doc:"What should be known about the deadline"`
}

func wholeCase(v rectification.CaseView) rectificationCase {
	c := v.Thing
	out := rectificationCase{
		RectificationHead: rectificationRow(rectification.Row[rectification.Rectification, rectification.CaseMay]{
			Thing: c.Rectification, Names: v.Names, Campaign: v.Campaign, Light: v.Light, Open: v.Open, May: v.May,
		}),
		AckLight: v.AckLight, OnTimeOriginal: v.OnTimeOriginal, OnTimeCurrent: v.OnTimeCurrent,
	}
	if !v.Open {
		return out
	}
	out.CaseParts = &CaseParts{
		Funds: c.Funds, Contingency: c.Contingency,
		Findings: []finding{}, Measures: []measure{}, Stages: []stage{}, Reports: []report{}, Verifications: []verification{},
		Extensions: []extension{}, Moves: []move{}, Applications: []application{}, Warnings: warnings(v.Warnings),
	}
	for _, f := range c.Findings {
		x := rectification.FindingView{Row: rectification.Row[rectification.Finding, *rectification.FindingMay]{Thing: f, Names: v.Names, Campaign: v.Campaign, Light: v.FindingLights[f.ID], Open: true}}
		for _, d := range c.Dues {
			if d.FindingID == f.ID {
				x.Due = d
			}
		}
		out.Findings = append(out.Findings, findingRow(x))
	}
	for _, m := range c.Measures {
		said := []progress{}
		for _, p := range c.Progress {
			if p.MeasureID == m.ID {
				said = append(said, progress{Percent: p.Percent, Note: p.Note, By: rest.Named(p.ByID, p.ByName), At: p.At.UTC()})
			}
		}
		out.Measures = append(out.Measures, measure{
			Percent: m.Percent, Progress: said,
			ID: m.ID, Text: m.Text, Person: rest.Named(m.PersonID, m.Person), DueAt: m.DueAt.UTC(), DoneAt: utc(m.DoneAt), DoneNote: m.DoneNote, Dropped: m.Dropped,
		})
	}
	for _, s := range c.Stages {
		out.Stages = append(out.Stages, stage{ID: s.ID, Title: s.Title, DueAt: s.DueAt.UTC(), CheckedAt: utc(s.CheckedAt), Note: s.Note, Dropped: s.Dropped})
	}
	for _, r := range c.Reports {
		out.Reports = append(out.Reports, report{SubmissionID: r.ID, Number: r.Number, By: rest.Named(r.PersonID, r.Person), At: r.At.UTC(), Note: r.Note, FixedOnSpot: r.FixedOnSpot})
	}
	for _, x := range c.Verifications {
		y := verification{
			Method: x.Method, Decision: x.Decision, Outcome: x.Outcome, SubmissionID: x.ReportID, By: rest.Named(x.PersonID, x.Person), At: x.At.UTC(), StillWrong: x.StillWrong,
			NewDueAt: utc(x.NewDueAt), Results: []result{},
		}
		for _, r := range x.Results {
			y.Results = append(y.Results, result(r))
		}
		out.Verifications = append(out.Verifications, y)
	}
	for _, a := range c.Applications {
		out.Applications = append(out.Applications, application{
			State: a.State, SubmissionID: a.ReportID, Text: a.Text, AskedBy: rest.Named(a.AskedBy, a.Asker), AskedAt: a.AskedAt.UTC(), Answer: a.Answer,
			DecidedBy: rest.Named(a.DecidedBy, a.Decider), DecidedAt: utc(a.DecidedAt),
		})
	}
	for _, m := range c.Moves {
		out.Moves = append(out.Moves, move{
			Kind: m.Kind, FromID: m.FromUnitID, FromName: v.Names[m.FromUnitID], ToID: m.ToUnitID, ToName: v.Names[m.ToUnitID],
			Reason: m.Reason, By: rest.Named(m.ByID, m.ByName), At: m.At.UTC(), Dropped: m.Dropped,
		})
	}
	for _, e := range c.Extensions {
		out.Extensions = append(out.Extensions, extension{
			State: e.State, DueAt: e.DueAt.UTC(), Reason: e.Reason, RequestedBy: rest.Named(e.AskedBy, e.Asker), RequestedAt: e.AskedAt.UTC(), Answer: e.Answer,
			DecidedBy: rest.Named(e.DecidedBy, e.Decider), DecidedAt: utc(e.DecidedAt),
		})
	}
	return out
}
