package rectification_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/duban/duban/services/rectification"
	rectmodule "github.com/duban/duban/services/rectification/module"
	"github.com/uptrace/bun"
)

// monday is a working morning of a year whose holidays are known.
var monday = time.Date(2026, 9, 14, 1, 0, 0, 0, time.UTC)

type world struct {
	t   testing.TB
	db  *db.DB
	clk *clock.Fake
	svc module.Service
	api *resttest.Server

	engine *policy.Engine
	bus    *bus.Bus
}

func newWorld(t testing.TB, d *db.DB) *world { t.Helper(); return newWorldOn(t, d, nil) }

func newWorldOn(t testing.TB, d *db.DB, b *bus.Bus) *world {
	t.Helper()
	fixture.Plant(t, d)
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	clk := clock.NewFake(monday)
	svc, err := rectmodule.New(module.Deps{DB: d, Bus: b, Policy: engine, Clock: clk, Calendar: clock.Official, Log: slog.Default()})
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, db: d, clk: clk, svc: svc, api: resttest.Start(t, engine, func(a *rest.API) { svc.Mount(a) }), engine: engine, bus: b}
}

func (w *world) as(a policy.Actor) *resttest.Caller { return w.api.As(w.t, a) }

// take hands an event to every consumer that wants it, as the runner does.
func (w *world) take(e event.Event) error {
	var errs error
	for _, c := range w.svc.Consumers() {
		if !slices.Contains(c.Types, e.Type) {
			continue
		}
		errs = errors.Join(errs, w.db.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			first, err := inbox.Once(ctx, tx, c.Name, e.ID)
			if err != nil || !first[e.ID] {
				return err
			}
			return c.Take(ctx, tx, e)
		}))
	}
	return errs
}

func (w *world) mustTake(e event.Event) {
	w.t.Helper()
	if err := w.take(e); err != nil {
		w.t.Fatal(err)
	}
}

// sealed is the event of a sealed submission for a rectification.
func (w *world) sealed(rectificationID, unit string, by policy.Actor, spot bool) event.Event {
	u := fixture.Unit(unit)
	now := w.clk.Now()
	s := event.Submission{
		ID: id.New(), Target: "rectification", TargetID: rectificationID, UnitID: u.ID, UnitPath: u.Path, Number: 1, State: "sealed",
		SealedAt: &now, SealedBy: by.PersonID, Note: "已整改", FixedOnSpot: spot, Files: 2, Version: 2,
	}
	return event.New(id.New(), now, event.SubmissionSealed, s.ID, 2, s).By(by.PersonID, by.Name).For(u.ID, u.Path)
}

// check fails the test when anything that must always hold does not.
func (w *world) check() {
	w.t.Helper()
	bad, err := w.svc.Check(context.Background(), false)
	if err != nil || len(bad) > 0 {
		w.t.Fatalf("check: %v %v", bad, err)
	}
}

// events are the types in the outbox about a thing, in order.
func (w *world) events(subject string) []event.Type {
	w.t.Helper()
	var rows []struct{ Type, Payload string }
	err := w.db.Read().NewSelect().TableExpr("outbox").Column("type", "payload").OrderExpr("id").Scan(context.Background(), &rows)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []event.Type
	for _, r := range rows {
		if subject == "" || containsText(r.Payload, `"subject":"`+subject+`"`) {
			out = append(out, event.Type(r.Type))
		}
	}
	return out
}

// lastOf is a finding as the last event about it tells.
func (w *world) lastOf(findingID string) event.Finding {
	w.t.Helper()
	return last[event.Finding](w, findingID)
}

// lastChange is what the last event about a rectification tells.
func (w *world) lastChange(rectificationID string) event.RectificationChange {
	w.t.Helper()
	return last[event.RectificationChange](w, rectificationID)
}

func last[T any](w *world, subject string) T {
	w.t.Helper()
	var payloads []string
	err := w.db.Read().NewSelect().TableExpr("outbox").Column("payload").OrderExpr("id").Scan(context.Background(), &payloads)
	if err != nil {
		w.t.Fatal(err)
	}
	var last T
	for _, p := range payloads {
		var e event.Event
		if err := json.Unmarshal([]byte(p), &e); err != nil {
			w.t.Fatal(err)
		}
		if e.Subject == subject {
			if last, err = event.Decode[T](e); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return last
}

func containsText(s, sub string) bool {
	for i := 0; i+len(sub) <= len(s); i++ {
		if s[i:i+len(sub)] == sub {
			return true
		}
	}
	return false
}

// The parts of answers that tests look at.
type thing struct {
	ID                  string                  `json:"id"`
	State               string                  `json:"state"`
	Open                bool                    `json:"open"`
	Number              any                     `json:"number"`
	UnitID              string                  `json:"unit_id"`
	UnitName            string                  `json:"unit_name"`
	ResponsibleUnitID   string                  `json:"responsible_unit_id"`
	ResponsibleUnitName string                  `json:"responsible_unit_name"`
	Outcome             string                  `json:"outcome"`
	Severity            string                  `json:"severity"`
	Category            string                  `json:"category"`
	Clause              string                  `json:"clause"`
	RepeatsID           string                  `json:"repeats_id"`
	NeedsPlan           bool                    `json:"needs_plan"`
	Relapses            int                     `json:"relapses"`
	Rejections          int                     `json:"rejections"`
	Failed              int                     `json:"failed"`
	DueAt               time.Time               `json:"due_at"`
	OriginalDueAt       time.Time               `json:"original_due_at"`
	OnTimeOriginal      *bool                   `json:"on_time_original"`
	OnTimeCurrent       *bool                   `json:"on_time"`
	Light               string                  `json:"light"`
	StillWrong          string                  `json:"still_wrong"`
	Suspended           bool                    `json:"suspended"`
	Contested           bool                    `json:"contested"`
	Settled             bool                    `json:"settled"`
	Bounces             int                     `json:"bounces"`
	Moves               []struct{ Kind string } `json:"moves"`
	Version             int64                   `json:"version"`
	May                 map[string]bool         `json:"may"`
	Findings            []thing                 `json:"findings"`
	Measures            []struct {
		ID       string     `json:"id"`
		DoneAt   *time.Time `json:"done_at"`
		Percent  int
		Progress []struct{ Percent int }
		Dropped  bool `json:"dropped"`
	} `json:"measures"`
	Stages []struct {
		ID        string     `json:"id"`
		CheckedAt *time.Time `json:"checked_at"`
		Dropped   bool       `json:"dropped"`
	} `json:"stages"`
	Funds         string                           `json:"funds"`
	PlanState     string                           `json:"plan_state"`
	CloseOutAsked bool                             `json:"close_out_asked"`
	SignedOffBy   *struct{ Name string }           `json:"signed_off_by"`
	CloseOuts     []struct{ State, Answer string } `json:"close_out_applications"`
	Reports       []struct {
		Number       int    `json:"number"`
		SubmissionID string `json:"submission_id"`
	} `json:"reports"`
	Verifications []struct{ Decision, Method string } `json:"verifications"`
	Extensions    []struct{ State string }            `json:"extensions"`
	Warnings      []rectification.Warning             `json:"warnings"`
	Items         []struct{ Key string }              `json:"items"`
	Answers       []struct{ Result string }           `json:"answers"`
}

type page struct {
	Items      []thing `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

type tally struct {
	Count int64
	Query string
}

type obj = map[string]any

// finding records one directly.
func (w *world) finding(by policy.Actor, unit, severity string) thing {
	w.t.Helper()
	var f thing
	w.as(by).Post("/api/v1/findings", obj{
		"unit_id": fixture.Unit(unit).ID, "title": "未建立责任制", "category": "institutions", "severity": severity,
		"clause": "第二十一条", "deadline_days": 10,
	}).Is(201).Into(&f)
	return f
}

// order orders the rectification of findings.
func (w *world) order(by policy.Actor, fs ...thing) thing {
	w.t.Helper()
	var ids []string
	for _, f := range fs {
		ids = append(ids, f.ID)
	}
	var r thing
	w.as(by).Post("/api/v1/rectifications", obj{"finding_ids": ids, "title": "关于限期整改的通知", "workdays": 10}).Is(201).Into(&r)
	return r
}

func (w *world) get(r thing) thing {
	w.t.Helper()
	var out thing
	w.as(fixture.Viewer).Get("/api/v1/rectifications/" + r.ID).Is(200).Into(&out)
	return out
}

// do posts an action on a rectification.
func (w *world) do(by policy.Actor, r thing, action string, body any) *resttest.Answer {
	w.t.Helper()
	return w.as(by).Post("/api/v1/rectifications/"+r.ID+"/"+action, body)
}

func results(r thing, result string) []obj {
	var out []obj
	for _, f := range r.Findings {
		out = append(out, obj{"finding_id": f.ID, "result": result, "note": "现场复查"})
	}
	return out
}
