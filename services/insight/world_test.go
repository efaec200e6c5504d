package insight_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	insightmodule "github.com/duban/duban/services/insight/module"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

// monday is a working day without holidays near it.
var monday = time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)

// world is an insight service with events at hand.
type world struct {
	t     testing.TB
	d     *db.DB
	svc   module.Service
	clk   *clock.Fake
	takes map[event.Type]inbox.Consumer
	api   *resttest.Server
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, d: d, clk: clock.NewFake(monday), takes: map[event.Type]inbox.Consumer{}}
	if w.svc, err = insightmodule.New(module.Deps{DB: d, Policy: engine, Clock: w.clk, Calendar: clock.Official}); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.svc.Consumers() {
		for _, typ := range c.Types {
			w.takes[typ] = c
		}
	}
	w.api = resttest.Start(t, engine, w.svc.Mount)
	return w
}

// try takes events, each in a transaction of its own, as the inbox does.
func (w *world) try(evs ...event.Event) error {
	for _, e := range evs {
		c, ok := w.takes[e.Type]
		if !ok {
			return fmt.Errorf("nobody takes %s", e.Type)
		}
		err := w.d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			first, err := inbox.Once(ctx, tx, c.Name, e.ID)
			if err != nil || !first[e.ID] {
				return err
			}
			return c.Take(ctx, tx, e)
		})
		if err != nil {
			return fmt.Errorf("%s: %w", e.Type, err)
		}
	}
	return nil
}

func (w *world) take(evs ...event.Event) {
	w.t.Helper()
	if err := w.try(evs...); err != nil {
		w.t.Fatal(err)
	}
}

// sound fails unless the counters equal a recount.
func (w *world) sound() {
	w.t.Helper()
	told, err := w.svc.Check(context.Background(), false)
	if err != nil || len(told) > 0 {
		w.t.Fatalf("check: %v\n%s", err, strings.Join(told, "\n"))
	}
}

func endOf(t time.Time, workdays int) time.Time { return clock.Official.AddWorkdays(t, workdays) }

// officeOf is the office that acts for a unit: the county's is of its own.
func officeOf(unit event.Unit) string {
	if unit.ID == fixture.Unit("C").ID {
		return fixture.Unit("CO").ID
	}
	return unit.ID
}

// campaign is a campaign with two tasks, due 5 and 10 working days from monday.
func campaign(unit event.Unit) event.Campaign {
	return event.Campaign{
		ID: id.New(), Title: "宣传周", Template: "publicity", UnitID: unit.ID, UnitPath: unit.Path, OfficeID: officeOf(unit), State: "active",
		StartsOn: "2026-06-01", EndsOn: "2026-06-30", NearDays: 3, OverdueDays: 5, AckDays: 2, Version: 3,
		Tasks: []event.Task{
			{ID: id.New(), Title: "张贴海报", DueAt: endOf(monday, 5), Weight: 1, Review: "direct", Requirements: []event.Requirement{
				{ID: "r1", Kind: "number", Title: "发放宣传资料", Figure: "leaflets", Measure: "份"},
				{ID: "r2", Kind: "number", Title: "最大场次", Figure: "talks", Measure: "场", Aggregate: "max"},
				{ID: "r3", Kind: "document", Title: "总结"},
			}},
			{ID: id.New(), Title: "总结", DueAt: endOf(monday, 10), Weight: 3, Review: "direct", Requirements: []event.Requirement{
				{ID: "r4", Kind: "number", Title: "累计人数", Figure: "people", Measure: "人", Aggregate: "last"},
			}},
		},
	}
}

func changed(c event.Campaign) event.Event {
	typ := map[string]event.Type{"draft": event.CampaignDrafted, "issuing": event.CampaignIssuing, "active": event.CampaignActive, "closed": event.CampaignClosed}[c.State]
	return event.New(id.New(), monday, typ, c.ID, c.Version, c)
}

// given makes an assignment as it is issued.
func given(c event.Campaign, task int, u event.Unit) event.Assignment {
	return event.Assignment{
		ID: id.New(), CampaignID: c.ID, TaskID: c.Tasks[task].ID, UnitID: u.ID, UnitPath: u.Path, IssuerID: c.UnitID, IssuerPath: c.UnitPath,
		OfficeID: c.OfficeID, IssuerOfficeID: c.OfficeID, State: "issued", IssuedAt: monday, AckDueAt: endOf(monday, 2), DueAt: c.Tasks[task].DueAt, OriginalDueAt: c.Tasks[task].DueAt, Version: 1,
	}
}

func issued(c event.Campaign, task int, as ...event.Assignment) event.Event {
	return event.New(id.New(), monday, event.AssignmentsIssued, c.Tasks[task].ID, 1, event.Issued{
		CampaignID: c.ID, Campaign: c.Title, IssuerID: c.UnitID, IssuerPath: c.UnitPath, OfficeID: c.OfficeID, IssuerOfficeID: c.OfficeID, NearDays: c.NearDays, OverdueDays: c.OverdueDays,
		Task: c.Tasks[task], Assignments: as,
	})
}

// step moves an assignment on at time at and gives the event of it.
func step(a *event.Assignment, state string, at time.Time) event.Event {
	from := a.State
	a.State = state
	a.Version++
	typ := event.AssignmentAcknowledged
	switch state {
	case "acknowledged":
		a.AckAt = &at
	case "submitted":
		typ = event.AssignmentSubmitted
		if a.AckAt == nil {
			a.AckAt = &at
		}
		a.SubmittedAt = &at
	case "approved":
		typ = event.AssignmentApproved
		a.ApprovedAt = &at
	case "returned":
		typ = event.AssignmentReturned
		a.SubmittedAt = nil
	case "declined":
		typ = event.AssignmentDeclined
	case "cancelled":
		typ = event.AssignmentCancelled
	case "issued":
		typ = event.AssignmentReinstated
	}
	return event.New(id.New(), at, typ, a.ID, a.Version, event.AssignmentChange{Assignment: *a, Campaign: "宣传周", Task: "任务", From: from})
}

// sealed makes a submission with figures for an assignment.
func sealed(a event.Assignment, number int, at time.Time, figures ...event.Figure) event.Submission {
	return event.Submission{
		ID: id.New(), Target: "assignment", TargetID: a.ID, CampaignID: a.CampaignID, TaskID: a.TaskID, UnitID: a.UnitID, UnitPath: a.UnitPath,
		Number: number, State: "sealed", SealedAt: &at, Figures: figures, Version: 2,
	}
}

func submission(s event.Submission) event.Event {
	typ := map[string]event.Type{
		"sealed": event.SubmissionSealed, "accepted": event.SubmissionAccepted, "returned": event.SubmissionReturned, "recalled": event.SubmissionRecalled,
	}[s.State]
	return event.New(id.New(), monday, typ, s.ID, s.Version, s)
}

func leaflets(n float64) event.Figure {
	return event.Figure{RequirementID: "r1", Figure: "leaflets", Measure: "份", Aggregate: "sum", Value: n}
}

func units(us ...event.Unit) event.Event {
	return event.New(id.New(), monday, event.UnitsChanged, us[0].ID, us[0].Version, event.Units{Units: us})
}

// Answers of the API, as far as tests look at them.
type numbers struct {
	Issued             int64            `json:"issued"`
	Acknowledged       int64            `json:"acknowledged"`
	Submitted          int64            `json:"submitted"`
	Approved           int64            `json:"approved"`
	Overdue            int64            `json:"overdue"`
	SeriouslyOverdue   int64            `json:"seriously_overdue"`
	OverdueOriginal    int64            `json:"overdue_original"`
	Near               int64            `json:"near"`
	AcknowledgeOverdue int64            `json:"acknowledge_overdue"`
	InTime             int64            `json:"in_time"`
	Late               int64            `json:"late"`
	LateOriginal       int64            `json:"late_original"`
	Light              string           `json:"light"`
	AcknowledgeLight   string           `json:"acknowledge_light"`
	States             map[string]int64 `json:"states"`
	Rates              struct {
		Progress float64 `json:"progress"`
	} `json:"rates"`
}

type figure struct {
	Figure, Title, Measure, Aggregate string
	Reported, Accepted                float64
	Reports, Acceptances              int64
}

type rollup struct {
	Unit    struct{ ID string }
	OwnOnly bool `json:"own_only"`
	Numbers numbers
	Own     numbers
	Figures []figure
}

type page struct {
	Items []struct {
		Campaign struct{ ID, State string }
		Task     struct{ ID string }
		Unit     struct{ ID, Name string }
		Numbers  numbers
		Figures  []figure
		Register register
		Cells    []struct {
			TaskID  string `json:"task_id"`
			Issued  int64
			Overdue int64
			Light   string
		}
	}
	NextCursor string `json:"next_cursor"`
}

type register struct {
	Findings struct {
		Total, Open, Closed, Relapses int64
		Items                         []struct {
			Category, Severity, State string
			Count, Relapses           int64
		}
	}
	Rectifications struct {
		Total, Open, Overdue, Late int64
		OnTime                     int64 `json:"on_time"`
		States                     []struct {
			State string
			Count int64
		}
	}
	Inspections struct {
		FailedAnswers int64 `json:"failed_answers"`
		States        []struct {
			State string
			Count int64
		}
	}
}

// at reads a campaign at a unit as somebody.
type findingStatistics struct {
	Value, Title                  string
	Found, Open, Closed, Relapses int64
	OnTime                        int64   `json:"on_time"`
	OnTimeShare                   float64 `json:"on_time_share"`
	OnTimeOriginal                int64   `json:"on_time_original"`
	OnTimeOriginalShare           float64 `json:"on_time_original_share"`
	RelapseRate                   float64 `json:"relapse_rate"`
	MeanDays                      float64 `json:"mean_days_to_close"`
}

type findingNumbers struct {
	Unit       struct{ ID string }
	OwnOnly    bool `json:"own_only"`
	Total      findingStatistics
	OldestOpen string `json:"oldest_open_on"`
	Items      []findingStatistics
}

func (w *world) at(a policy.Actor, c event.Campaign, unitID, query string) rollup {
	w.t.Helper()
	var r rollup
	w.api.As(w.t, a).Get("/api/v1/rollups/campaigns/" + c.ID + "?unit_id=" + unitID + query).Is(200).Into(&r)
	return r
}

func (r rollup) figure(name string) figure {
	for _, f := range r.Figures {
		if f.Figure == name {
			return f
		}
	}
	return figure{}
}
