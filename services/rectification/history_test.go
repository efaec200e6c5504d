package rectification_test

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"pgregory.net/rapid"
)

// Whatever people do in whatever order: only what the domain allows happens,
// everything else is refused and changes nothing, and what must always hold
// does.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	want, done := 10_000, 0
	if testing.Short() {
		want = 1_000
	}
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	var people event.Persons
	for _, key := range walkUnits {
		u := fixture.Unit(key)
		people.Persons = append(people.Persons, event.Person{ID: "p-" + key, Name: "王会计", UnitID: u.ID, UnitPath: u.Path, Version: 1})
	}
	w.mustTake(event.New(id.New(), monday, event.PersonsChanged, "people", 1, people))
	taken := map[string]int{}
	walk := func(rt *rapid.T) {
		h := begin(rt, w)
		h.taken = taken
		// Long enough to be closed and reopened, with a wrong turn on the way.
		steps := rapid.SliceOfN(rapid.IntRange(0, len(walkSteps)-1), 20, 60).Draw(rt, "steps")
		for _, s := range steps {
			walkSteps[s](h)
			done++
		}
		if rapid.IntRange(0, 9).Draw(rt, "withdraw") == 0 {
			h.withdraw()
			done++
		}
		h.kept()
	}
	for done < want && !t.Failed() {
		rapid.Check(t, walk)
	}
	if bad, err := w.svc.Check(t.Context(), false); err != nil || len(bad) > 0 {
		t.Fatalf("after %d steps: %v %v", done, bad, err)
	}
	w.toldOnce()
	// A walk that never gets anywhere holds nothing.
	for _, action := range []string{"decide-plan", "progress", "done", "sign-off", "suspend", "check", "resume", "apply-close-out", "verify", "reopen", "transfer", "bounce", "settle", "decide-extension"} {
		if taken[action] == 0 && !testing.Short() {
			t.Errorf("in %d steps there was no %s that was possible: %v", done, action, taken)
		}
	}
	t.Logf("%d steps; %v", done, taken)
}

// Where an order can be, who acts for each, and who inspects: whoever found
// the minor finding, whoever found the other one, and somebody of the town.
var (
	walkUnits  = []string{"V11", "V12", "V21", "T1"}
	clerks     = []policy.Actor{fixture.Reporter, fixture.Reporter12, fixture.Reporter21, fixture.Coordinator}
	leaders    = []policy.Actor{fixture.UnitLeader, fixture.Actor("V12", "leader@V12"), fixture.Actor("V21", "leader@V21"), fixture.Actor("T1", "leader@T1")}
	inspectors = []policy.Actor{fixture.Inspector, fixture.Inspector2, fixture.Actor("T1", "inspector@C/CO")}
)

// history is an order, with a self-check beside it, and what the domain says
// they have become.
type history struct {
	rt    *rapid.T
	w     *world
	r     thing          // as it was ordered
	at    thing          // as the last answer told
	taken map[string]int // actions that were possible, of all histories

	approve, sign, apply, major bool // what the order asks for

	state               string
	unit                int
	plan                string // of the unit that has it: given, submitted, approved, returned
	suspended, asked    bool
	contested, settled  bool
	signed, applied     bool
	moves               []walkMove // since it was ordered or reopened
	bounces, extensions int
	reports             []string
	verifications       int

	measure     walkMeasure // of the plan last given
	planLive    bool        // that plan still counts
	said        int         // what was told of how far measures are
	stages      []walkStage // of the last suspension
	stagesCount bool        // they still do

	check selfCheck
}

type walkMove struct {
	from     int
	transfer bool
}

type walkMeasure struct {
	id      string
	percent int
	done    bool
}

type walkStage struct {
	id      string
	checked bool
}

type selfCheck struct {
	id, state string // planned, answered, sent
	recorded  bool
}

func begin(rt *rapid.T, w *world) *history {
	h := &history{rt: rt, w: w, state: "ordered"}
	for _, x := range []struct {
		on   *bool
		name string
	}{{&h.approve, "approve plan"}, {&h.sign, "sign off"}, {&h.apply, "apply"}, {&h.major, "major"}} {
		*x.on = rapid.IntRange(0, 2).Draw(rt, x.name) == 0
	}
	severity := "ordinary"
	if h.major {
		severity = "major"
	}
	fs := []string{w.finding(fixture.Inspector, "V11", "minor").ID, w.finding(fixture.Inspector2, "V11", severity).ID}
	w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{
		"finding_ids": fs, "title": "关于限期整改的通知", "workdays": 10,
		"approve_plan": h.approve, "needs_sign_off": h.sign, "needs_application": h.apply,
	}).Is(201).Into(&h.r)
	h.at = h.r
	return h
}

func (h *history) in(ss ...string) bool { return slices.Contains(ss, h.state) }

func (h *history) turn() bool { return h.in("ordered", "acknowledged", "rectifying", "rejected") }

// planned tells that no plan keeps the unit from going on.
func (h *history) planned() bool {
	return (!h.approve || h.plan == "approved") && (!h.major || h.plan != "")
}

// when is the status of what is allowed, and of what the state does not allow.
func when(ok bool) int {
	if ok {
		return 200
	}
	return 409
}

// try posts an action that is to be answered with a status; what is refused
// has changed nothing. It tells whether it was done.
func (h *history) try(by policy.Actor, action string, body any, want int) bool {
	return h.tryOn("", by, action, body, want)
}

// tryOn is try with a part of the order.
func (h *history) tryOn(part string, by policy.Actor, action string, body any, want int) bool {
	a := h.w.do(by, h.r, path.Join(part, action), body)
	if a.Status != want {
		h.rt.Fatalf("%s while %s (%+v): status %d, want %d: %s", action, h.state, *h, a.Status, want, a.Raw)
	}
	if want == 200 {
		h.at = thing{}
		if a.Into(&h.at); !h.at.Open { // who bounced it has it no longer
			h.at = h.w.get(h.r)
		}
		h.taken[action]++
		return true
	}
	var version int64
	if err := h.w.db.Read().NewRaw("SELECT version FROM rectifications WHERE id = ?", h.r.ID).Scan(h.w.t.Context(), &version); err != nil {
		h.rt.Fatal(err)
	}
	if version != h.at.Version {
		h.rt.Fatalf("%s while %s was refused, but changed it", action, h.state)
	}
	return false
}

// become compares the order with what it should be after a step.
func (h *history) become(state string) {
	h.state = state
	h.contested = h.contested && state == "ordered"
	plan := h.plan
	if !h.approve {
		plan = ""
	}
	g := h.at
	if g.State != h.state || g.UnitID != fixture.Unit(walkUnits[h.unit]).ID || g.Suspended != h.suspended || g.Contested != h.contested ||
		g.PlanState != plan || (g.SignedOffBy != nil) != h.signed || g.CloseOutAsked != h.applied || len(g.Verifications) != h.verifications {
		h.rt.Fatalf("it is %+v, should be %+v", g, *h)
	}
	h.steps()
	h.kept()
}

// steps compares the measures and the stages with what they should be.
func (h *history) steps() {
	said := 0
	var live []walkMeasure
	for _, m := range h.at.Measures {
		said += len(m.Progress)
		if !m.Dropped {
			live = append(live, walkMeasure{m.ID, m.Percent, m.DoneAt != nil})
		}
	}
	var want []walkMeasure
	if h.planLive {
		want = append(want, h.measure)
	}
	if !slices.Equal(live, want) || said != h.said {
		h.rt.Fatalf("measures %+v with %d times told of, should be %+v with %d (%+v)", live, said, want, h.said, *h)
	}
	if stages := h.at.stages(); h.stagesCount && !slices.Equal(stages, h.stages) || !h.stagesCount && len(stages) > 0 {
		h.rt.Fatalf("stages %+v, should be %+v (%+v)", stages, h.stages, *h)
	}
}

// stages are those that count.
func (r thing) stages() []walkStage {
	var out []walkStage
	for _, s := range r.Stages {
		if !s.Dropped {
			out = append(out, walkStage{s.ID, s.CheckedAt != nil})
		}
	}
	return out
}

// unplanned is what becomes of plan and stages where the unit begins anew.
func (h *history) unplanned() {
	h.plan, h.signed, h.planLive, h.stagesCount = "", false, false, false
}

// kept holds what never changes, whatever happens: deadlines as ordered, and
// the reports there were.
func (h *history) kept() {
	if !h.at.OriginalDueAt.Equal(h.r.OriginalDueAt) || len(h.at.Reports) != len(h.reports) {
		h.rt.Fatalf("the original deadline or the reports are others: %+v, reported %v", h.at, h.reports)
	}
	for i, r := range h.at.Reports {
		if r.SubmissionID != h.reports[i] || r.Number != i+1 {
			h.rt.Fatalf("report %d is another one", i+1)
		}
	}
	for i, f := range h.at.Findings {
		if !f.OriginalDueAt.Equal(h.r.Findings[i].OriginalDueAt) {
			h.rt.Fatalf("the original deadline of finding %d is another one", i+1)
		}
	}
}

// handed is what another unit begins with.
func (h *history) handed(to int, transfer bool) {
	h.moves = append(h.moves, walkMove{h.unit, transfer})
	h.unit = to
	h.suspended, h.asked, h.contested = false, false, false
	h.unplanned()
}

// verifier is the status for an inspector who acts on what is in a state.
func (h *history) verifier(inspector int, state string) int {
	switch {
	case inspector == 2 && walkUnits[h.unit] == "T1": // nobody verifies the work of their own unit
		return 403
	case h.state != state:
		return 409
	case inspector == 1 && h.major: // of a major finding, nobody what they found
		return 403
	}
	return 200
}

func (h *history) inspector() int { return rapid.IntRange(0, 2).Draw(h.rt, "inspector") }

// toldOnce holds that every line of history was told by exactly one event: the
// audit trail has each action once.
func (w *world) toldOnce() {
	w.t.Helper()
	var lines, payloads []string
	err := w.db.Read().NewRaw("SELECT thing_id || ' ' || version FROM history WHERE thing IN ('rectification', 'finding', 'inspection')").Scan(w.t.Context(), &lines)
	if err == nil {
		err = w.db.Read().NewRaw("SELECT payload FROM outbox WHERE type LIKE 'rectification.rectification.%' OR type LIKE 'rectification.finding.%' OR type LIKE 'rectification.inspection.%'").
			Scan(w.t.Context(), &payloads)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	told := make([]string, len(payloads))
	for i, p := range payloads {
		var e event.Event
		if err := json.Unmarshal([]byte(p), &e); err != nil {
			w.t.Fatal(err)
		}
		told[i] = fmt.Sprintf("%s %d", e.Subject, e.Version)
	}
	slices.Sort(lines)
	slices.Sort(told)
	if !slices.Equal(lines, told) || len(slices.Compact(lines)) != len(told) {
		w.t.Errorf("%d lines of history, %d events; each has to be told once", len(lines), len(told))
	}
}
