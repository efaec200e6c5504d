package host_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/resttest"
	rectification "github.com/duban/duban/services/rectification/module"
	"github.com/uptrace/bun"
)

// walkStart is a working morning of a year whose holidays are known.
var walkStart = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// Where the walk goes, and who acts for the office.
var (
	walkUnits  = []string{"V11", "V12", "V21", "S11", "CF", "T1"}
	walkOffice = []policy.Actor{fixture.Inspector, fixture.Actor("T2", "inspector@C/CO"), fixture.Actor("CO", "inspector@C", "viewer@C")}
)

// walker lets people do one thing after the other with findings and orders of
// the real service, mostly what is possible.
type walker struct {
	t    *testing.T
	rand *rand.Rand
	db   *db.DB
	clk  *clock.Fake
	svc  module.Service
	api  *resttest.Server

	camp     event.Campaign
	moved    event.Unit    // a village that goes from town to town
	tree     []event.Event // of the directory, in their order
	findings []walkThing
	orders   []walkThing
	steps    int
	done     map[string]int // what was answered with success
}

// walkThing is a finding or an order as its last answer told it.
type walkThing struct {
	ID, State string
	UnitID    string `json:"unit_id"`
	Suspended bool
	Contested bool
	NeedsPlan bool `json:"needs_plan"`
	Findings  []walkThing
	Items     []walkThing // of a list
	Stages    []walkPart
	Measures  []walkPart
}

type walkPart struct {
	ID      string
	Dropped bool
}

type body = map[string]any

func newWalker(t *testing.T, d *db.DB, seed uint64) *walker {
	t.Helper()
	fixture.Plant(t, d)
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{t: t, rand: rand.New(rand.NewPCG(seed, 1)), db: d, clk: clock.NewFake(walkStart), moved: fixture.Unit("V12"), done: map[string]int{}}
	if w.svc, err = rectification.New(module.Deps{DB: d, Policy: engine, Clock: w.clk, Calendar: clock.Official, Log: slog.Default()}); err != nil {
		t.Fatal(err)
	}
	w.api = resttest.Start(t, engine, w.svc.Mount)
	c := fixture.Unit("C")
	w.camp = event.Campaign{ID: id.New(), Title: "专项检查", UnitID: c.ID, UnitPath: c.Path, State: "active", NearDays: 3, OverdueDays: 5, AckDays: 2, Version: 1}
	var people event.Persons
	for _, key := range walkUnits {
		u := fixture.Unit(key)
		people.Persons = append(people.Persons, event.Person{ID: "p-" + u.ID, Name: "王会计", UnitID: u.ID, UnitPath: u.Path, Version: 1})
	}
	take(t, d, w.svc, event.New(id.New(), walkStart, event.PersonsChanged, "people", 1, people), w.campaign())
	return w
}

func (w *walker) campaign() event.Event {
	return event.New(id.New(), walkStart, event.CampaignActive, w.camp.ID, w.camp.Version, w.camp)
}

// take hands events to every consumer of a service that wants them, all in one
// transaction, as the runner does with those that wait.
func take(t *testing.T, d *db.DB, svc module.Service, es ...event.Event) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context, tx bun.Tx) error {
		for _, e := range es {
			for _, c := range svc.Consumers() {
				if !slices.Contains(c.Types, e.Type) {
					continue
				}
				first, err := inbox.Once(ctx, tx, c.Name, e.ID)
				if err == nil && first[e.ID] {
					err = c.Take(ctx, tx, e)
				}
				if err != nil {
					return fmt.Errorf("%s takes %s: %w", c.Name, e.Type, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// call counts a step; what is not possible is answered with a problem, and
// nothing is ever broken.
func (w *walker) call(by policy.Actor, name, method, path string, in, out any) bool {
	w.t.Helper()
	w.steps++
	a := w.api.As(w.t, by).Do(method, "/api/v1"+path, in)
	switch {
	case a.Status < 300:
		w.done[name]++
		if out != nil {
			a.Into(out)
		}
		return true
	case a.Status < 400 || a.Status >= 500:
		w.t.Fatalf("%s: status %d: %s", name, a.Status, a.Raw)
	}
	return false
}

func pick[T any](w *walker, xs ...T) T { return xs[w.rand.IntN(len(xs))] }

func (w *walker) office() policy.Actor { return pick(w, walkOffice...) }

func unitKey(unitID string) string {
	for key, u := range fixture.Units {
		if u.ID == unitID {
			return key
		}
	}
	return ""
}

// at is somebody with a role at a unit, wherever it is now.
func (w *walker) at(role, unitID string) policy.Actor {
	key := unitKey(unitID)
	a := fixture.Actor(key, role+"@"+key)
	if unitID == w.moved.ID {
		a.UnitPath, a.Grants[0].UnitPath = w.moved.Path, w.moved.Path
	}
	return a
}

// step is one of what people do; orders are worked on most.
func (w *walker) step() {
	switch n := w.rand.IntN(100); {
	case n < 6:
		w.record()
	case n < 8:
		w.inspect()
	case n < 11:
		w.link()
	case n < 13:
		w.dismiss()
	case n < 24:
		w.order()
	case n < 27:
		w.clk.Advance(time.Duration(w.rand.IntN(40)) * time.Hour)
	case n < 28:
		w.move()
	default:
		w.rectify()
	}
}

func (w *walker) record() {
	in := body{
		"unit_id": fixture.Unit(pick(w, walkUnits...)).ID, "title": "未建立责任制", "category": pick(w, "institutions", "awareness", "organisation", "technical"),
		"severity": pick(w, "minor", "ordinary", "ordinary", "major"), "clause": pick(w, "", "第二十一条", "第二十五条"), "deadline_days": 1 + w.rand.IntN(10),
		"campaign_id": pick(w, "", w.camp.ID),
	}
	if len(w.findings) > 0 && w.rand.IntN(4) == 0 {
		f := pick(w, w.findings...)
		in["unit_id"], in["repeats_id"] = f.UnitID, f.ID
	}
	var f walkThing
	if w.call(w.office(), "record", http.MethodPost, "/findings", in, &f) {
		w.findings = append(w.findings, f)
	}
}

// inspect plans an inspection of a unit, and mostly carries it out.
func (w *walker) inspect() {
	by := w.office()
	var in walkThing
	// By the terminal rules, which are built in.
	plan := body{"unit_id": fixture.Unit(pick(w, walkUnits...)).ID, "checklist_id": "00000000-0000-7000-8000-0000000c0001", "campaign_id": pick(w, "", w.camp.ID)}
	if !w.call(by, "plan inspection", http.MethodPost, "/inspections", plan, &in) {
		return
	}
	path := "/inspections/" + in.ID
	if w.rand.IntN(4) == 0 {
		w.call(by, "cancel inspection", http.MethodPost, path+"/cancel", body{"reason": "x"}, nil)
		return
	}
	var answers []body
	for _, item := range []string{"network_separation", "power_on_password", "antivirus", "wired_only", "software"} {
		answers = append(answers, body{"item_key": item, "result": pick(w, "pass", "pass", "fail"), "note": "x"})
	}
	w.call(by, "answer", http.MethodPut, path+"/answers", body{"answers": answers}, nil)
	var fs walkThing
	if w.call(by, "send inspection", http.MethodPost, path+"/send", nil, nil) && w.call(by, "list findings", http.MethodGet, "/findings?inspection_id="+in.ID, nil, &fs) {
		w.findings = append(w.findings, fs.Items...)
	}
}

func (w *walker) link() {
	if len(w.findings) == 0 {
		return
	}
	f, other := pick(w, w.findings...), pick(w, w.findings...)
	for range 10 { // only what is of one unit can be linked
		if other.UnitID == f.UnitID && other.ID < f.ID {
			break
		}
		other = pick(w, w.findings...)
	}
	in := body{"kind": pick(w, "relapse", "duplicate", "none")}
	if in["kind"] != "none" {
		in["finding_id"] = other.ID
	}
	w.call(w.office(), fmt.Sprint("link ", in["kind"]), http.MethodPost, "/findings/"+f.ID+"/link", in, nil)
}

func (w *walker) dismiss() {
	if len(w.findings) > 0 {
		w.call(w.office(), "dismiss", http.MethodPost, "/findings/"+pick(w, w.findings...).ID+"/dismiss", body{"reason": "x"}, nil)
	}
}

// order orders up to three findings of one unit.
func (w *walker) order() {
	if len(w.findings) == 0 {
		return
	}
	latest := w.findings[max(0, len(w.findings)-30):]
	first := pick(w, latest...)
	ids := []string{first.ID}
	for _, f := range latest {
		if f.UnitID == first.UnitID && f.ID != first.ID && len(ids) < 3 && w.rand.IntN(4) == 0 {
			ids = append(ids, f.ID)
		}
	}
	in := body{"finding_ids": ids, "title": "关于限期整改的通知", "workdays": 3 + w.rand.IntN(8), "needs_sign_off": w.rand.IntN(4) == 0, "approve_plan": w.rand.IntN(6) == 0, "needs_application": w.rand.IntN(6) == 0}
	var r walkThing
	if w.call(w.office(), "order", http.MethodPost, "/rectifications", in, &r) {
		w.orders = append(w.orders, r)
	}
}

// move puts the village into the other town; everything at it goes along.
func (w *walker) move() {
	to := fixture.Unit("T1")
	if w.moved.ParentID == to.ID {
		to = fixture.Unit("T2")
	}
	was := w.moved
	w.moved.ParentID, w.moved.Path = to.ID, to.Path+was.ID+"/"
	w.moved.Version++
	m := event.Move{UnitID: was.ID, OldParentID: was.ParentID, NewParentID: to.ID, OldPath: was.Path, NewPath: w.moved.Path}
	es := []event.Event{
		event.New(id.New(), w.clk.Now(), event.UnitMoved, was.ID, w.moved.Version, m),
		event.New(id.New(), w.clk.Now(), event.UnitsChanged, was.ID, w.moved.Version, event.Units{Units: []event.Unit{w.moved}}),
	}
	take(w.t, w.db, w.svc, es...)
	w.tree = append(w.tree, es...)
	w.steps++
	w.done["move"]++
}

// rectify does something with an order, of the latest ones mostly.
func (w *walker) rectify() {
	if len(w.orders) == 0 {
		return
	}
	from := 0
	if w.rand.IntN(4) > 0 {
		from = max(0, len(w.orders)-15)
	}
	r := &w.orders[from+w.rand.IntN(len(w.orders)-from)]
	w.turn(r, pick(w, walkActions[r.State]...))
}

// walkActions are what leads on from a state, what leads aside, and a little
// of what does not fit.
var walkActions = map[string][]string{
	"ordered":      {"acknowledge", "acknowledge", "plan", "start", "spot", "spot", "bounce", "settle", "settle", "transfer", "suspend", "report", "withdraw"},
	"acknowledged": {"plan", "plan", "start", "report", "request-extension", "decide-extension", "suspend", "resume", "transfer", "spot"},
	"rectifying":   {"report", "report", "report", "sign-off", "sign-off", "decide-plan", "decide-plan", "done", "progress", "plan", "request-extension", "decide-extension", "suspend", "check", "resume"},
	"rejected":     {"start", "report", "plan", "sign-off", "request-extension", "withdraw"},
	"reported":     {"begin-verification", "begin-verification", "apply-close-out", "verify", "report"},
	"verifying":    {"close", "close", "close", "reject", "apply-close-out", "withdraw"},
	"closed":       {"reopen", "acknowledge", "report", "close", "plan"},
	"withdrawn":    {"reopen", "acknowledge"},
}

func (w *walker) turn(r *walkThing, action string) {
	name, part, by := action, "", w.office()
	var in any
	days := 1 + w.rand.IntN(6)
	switch action {
	case "acknowledge", "start":
		by = w.at("reporter", r.UnitID)
	case "bounce":
		by, in = w.at("reporter", r.UnitID), body{"reason": "x"}
	case "apply-close-out":
		by, in = w.at("reporter", r.UnitID), body{"text": "x"}
	case "plan":
		by = w.at("reporter", r.UnitID)
		in = body{
			"measures": []body{{"text": "a", "person_name": "b", "due_on": clock.Day(w.clk.Now())}},
			"funds":    "无需", "contingency": "断网", "responsible_id": "p-" + r.UnitID,
		}
	case "progress", "done":
		by, part, in = w.at("reporter", r.UnitID), live("measures", r.Measures), body{"note": "x"}
		if action == "progress" {
			in = body{"note": "x", "percent": w.rand.IntN(100)}
		}
	case "check":
		part, in = live("stages", r.Stages), body{"note": "x"}
	case "sign-off":
		by, in = w.at("leader", r.UnitID), body{"note": "x"}
	case "report", "spot":
		if w.report(r, action == "spot") {
			w.done[action]++
		}
		return
	case "decide-plan":
		in = body{"approve": w.rand.IntN(3) > 0, "answer": "x"}
	case "decide-extension":
		in = body{"grant": w.rand.IntN(2) == 0, "answer": "x"}
	case "request-extension":
		by, in = w.at("reporter", r.UnitID), body{"workdays": 5 + 3*days, "reason": "x"}
	case "suspend":
		at := w.clk.Now()
		in = body{"reason": "x", "stages": []body{{"title": "a", "due_on": clock.Day(at.AddDate(0, 0, days))}, {"title": "b", "due_on": clock.Day(at.AddDate(0, 1, days))}}}
	case "transfer":
		in = body{"reason": "x", "unit_id": fixture.Unit(pick(w, walkUnits...)).ID}
	case "settle":
		in = body{"reason": "x", "unit_id": pick(w, r.UnitID, fixture.Unit(pick(w, walkUnits...)).ID)}
	case "reopen":
		in = body{"reason": "x", "kind": pick(w, "relapse", "lookback"), "workdays": days}
	case "close":
		outcome := pick(w, "fixed", "fixed", "not_fixable", "not_responsible")
		action, in = "verify", body{"decision": "close", "outcome": outcome, "note": "x", "results": results(r, pick(w, "fixed", "fixed", "fixed", "partly"))}
	case "reject":
		action, in = "verify", body{"decision": "reject", "results": results(r, "partly"), "still_wrong": "x", "workdays": days}
	case "withdraw":
		if w.rand.IntN(4) > 0 {
			return
		}
		in = body{"reason": "x"}
	}
	path := strings.Join(slices.DeleteFunc([]string{"/rectifications", r.ID, part, action}, func(s string) bool { return s == "" }), "/")
	var got walkThing
	if w.call(by, name, http.MethodPost, path, in, &got) {
		*r = got
	}
}

// live is the path of a part of an order that counts; of one that is not there
// where it has none.
func live(of string, parts []walkPart) string {
	for _, p := range parts {
		if !p.Dropped {
			return of + "/" + p.ID
		}
	}
	return of + "/none"
}

func results(r *walkThing, result string) []body {
	var out []body
	for _, f := range r.Findings {
		out = append(out, body{"finding_id": f.ID, "result": result, "note": "x"})
	}
	return out
}

// report seals a report of the unit, as the evidence service tells it. It tells
// whether it was taken in.
func (w *walker) report(r *walkThing, spot bool) bool {
	w.steps++
	now, u, by := w.clk.Now(), fixture.Unit(unitKey(r.UnitID)), w.at("reporter", r.UnitID)
	s := event.Submission{
		ID: id.New(), Target: "rectification", TargetID: r.ID, UnitID: u.ID, UnitPath: u.Path, Number: 1, State: "sealed",
		SealedAt: &now, SealedBy: by.PersonID, FixedOnSpot: spot, Version: 2,
	}
	take(w.t, w.db, w.svc, event.New(id.New(), now, event.SubmissionSealed, s.ID, 2, s).By(by.PersonID, by.Name).For(u.ID, u.Path))
	state := r.State
	*r = walkThing{}
	w.api.As(w.t, fixture.Viewer).Get("/api/v1/rectifications/" + s.TargetID).Is(http.StatusOK).Into(r)
	return r.State != state
}
