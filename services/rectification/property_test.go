package rectification_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification"
	"pgregory.net/rapid"
)

// The published machine, written down once more: what each action leads to.
func TestMachineTable(t *testing.T) {
	t.Parallel()
	unit := []rectification.State{rectification.Ordered, rectification.Acknowledged, rectification.Rectifying, rectification.Rejected}
	want := map[rectification.State]map[rectification.Action]rectification.State{
		"ordered": {"acknowledge": "acknowledged", "fix_on_spot": "reported", "bounce": "ordered", "contest": "ordered", "settle": "ordered"}, "acknowledged": {"plan": "rectifying", "start": "rectifying"},
		"rectifying": {"plan": "rectifying", "measure_done": "rectifying", "report": "reported",
			"measure_progress": "rectifying", "approve_plan": "rectifying", "return_plan": "rectifying"}, "reported": {"begin_verification": "verifying", "apply_close_out": "reported"},
		"verifying": {"close": "closed", "reject": "rejected", "apply_close_out": "verifying"}, "rejected": {"start": "rectifying"}, "closed": {"reopen": "ordered"}, "withdrawn": {},
	}
	actions := []rectification.Action{
		"acknowledge", "start", "plan", "measure_done", "report", "fix_on_spot", "refuse_report", "begin_verification", "close", "reject", "reopen",
		"transfer", "suspend", "check_stage", "resume", "withdraw", "request_extension", "withdraw_extension", "grant_extension", "refuse_extension", "order", "x", "bounce", "contest", "settle",
		"measure_progress", "approve_plan", "return_plan", "sign_off", "apply_close_out",
	}
	for _, s := range rectification.States {
		want[s]["refuse_report"] = s
		if slices.Contains(unit, s) {
			want[s]["transfer"], want[s]["sign_off"] = "ordered", s
			for _, a := range actions[12:15] {
				want[s][a] = s
			}
			for _, a := range actions[16:20] {
				want[s][a] = s
			}
		}
		if s != "closed" && s != "withdrawn" {
			want[s]["withdraw"] = "withdrawn"
		}
		for _, a := range actions {
			to, err := s.Next(a)
			if w, ok := want[s][a]; ok != (err == nil) || ok && w != to {
				t.Errorf("%s %s → %s %v, want %q", s, a, to, err, w)
			}
		}
	}
	for from, ways := range map[string]map[string]string{
		"open": {"order": "rectifying", "dismiss": "dismissed"}, "rectifying": {"close": "closed", "release": "open"},
		"closed": {"reopen": "open"}, "dismissed": {},
	} {
		for _, a := range []string{"order", "dismiss", "close", "reopen", "release"} {
			to, err := rectification.NextFinding(from, a)
			if (err == nil) != (ways[a] != "") || err == nil && to != ways[a] {
				t.Errorf("finding %s %s → %s %v", from, a, to, err)
			}
		}
	}
}

// Whatever people do in whatever order: only what the domain allows happens,
// everything else is a conflict that changes nothing, and what must always
// hold does.
func TestRandomHistories(t *testing.T) {
	t.Parallel()
	want, done := 10_000, 0
	if testing.Short() {
		want = 1_000
	}
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	units := []string{"V11", "V12", "V21", "T1"}
	clerks := []policy.Actor{fixture.Reporter, fixture.Reporter12, fixture.Reporter21, fixture.Coordinator}
	type moved struct {
		from     int
		transfer bool
	}
	history := func(rt *rapid.T) {
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"), w.finding(fixture.Inspector2, "V11", "ordinary"))
		state, unit, suspended, asked, reports := "ordered", 0, false, false, 0
		var moves []moved // since it was ordered or reopened
		bounces, contested, settled := 0, false, false
		in := func(ss ...string) bool { return slices.Contains(ss, state) }
		turn := func() bool { return in("ordered", "acknowledged", "rectifying", "rejected") }
		steps := rapid.SliceOfN(rapid.IntRange(0, 17), 1, 30).Draw(rt, "steps")
		for _, s := range steps {
			done++
			status, ok, next := 0, false, state
			clerk := clerks[unit]
			switch s {
			case 0:
				ok, next = in("ordered"), "acknowledged"
				status = w.do(clerk, r, "acknowledge", nil).Status
			case 1:
				ok, next = in("ordered", "acknowledged", "rejected"), "rectifying"
				status = w.do(clerk, r, "start", nil).Status
			case 2:
				ok, next = turn(), "rectifying"
				status = w.do(clerk, r, "plan", obj{"measures": []obj{{"text": "a", "person_name": "b", "due_on": "2026-09-15"}}}).Status
			case 3, 4:
				ok, next = turn(), "reported"
				w.mustTake(w.sealed(r.ID, units[unit], clerk, s == 4))
				status = 409
				if ok {
					status, asked = 200, false
					reports++
				}
			case 5, 6:
				ok, next = in("reported"), "verifying"
				status = w.do(fixture.Inspector2, r, "begin-verification", nil).Status
			case 7:
				ok, next = in("verifying"), "closed"
				status = w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Status
				if ok {
					suspended = false
				}
			case 8:
				ok, next = in("verifying"), "rejected"
				status = w.do(fixture.Inspector, r, "verify", obj{"decision": "reject", "results": results(r, "partly"), "still_wrong": "x", "workdays": 5}).Status
			case 9:
				ok, next = in("closed"), "ordered"
				status = w.do(fixture.Inspector, r, "reopen", obj{"kind": "lookback", "reason": "x", "workdays": 5}).Status
				if ok {
					moves, bounces, settled = nil, 0, false
				}
			case 10:
				to := (unit + 1) % len(units)
				loop := slices.ContainsFunc(moves, func(m moved) bool { return m.from == to })
				ok, next = turn() && !contested && !settled && !loop, "ordered"
				status = w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit(units[to]).ID, "reason": "x"}).Status
				if ok {
					moves = append(moves, moved{unit, true})
					unit, suspended, asked = to, false, false
				}
			case 16:
				ok, next = in("ordered") && !contested && !settled, "ordered"
				status = w.do(clerk, r, "bounce", obj{"reason": "x"}).Status
				if n := len(moves); ok && n > 0 && moves[n-1].transfer && bounces < rectification.MaxBounces {
					unit, moves = moves[n-1].from, append(moves, moved{unit, false})
					bounces, suspended, asked = bounces+1, false, false
				} else if ok {
					contested = true
				}
			case 17:
				ok = contested
				status = w.do(fixture.Inspector2, r, "settle", obj{"reason": "x"}).Status
				contested, settled = false, settled || ok
			case 11:
				ok = turn() && !suspended
				status = w.do(fixture.Inspector, r, "suspend", obj{"reason": "x", "stages": []obj{{"title": "a", "due_on": "2026-12-01"}}}).Status
				suspended = suspended || ok
			case 12:
				ok = turn() && suspended
				status = w.do(fixture.Inspector, r, "resume", nil).Status
				suspended = suspended && !ok
			case 13:
				ok = turn() && !asked
				status = w.do(clerk, r, "request-extension", obj{"workdays": 300, "reason": "x"}).Status
				asked = asked || ok
			case 14:
				ok = asked
				status = w.do(fixture.Inspector, r, "decide-extension", obj{"grant": false, "answer": "不同意"}).Status
				asked = false
			case 15:
				if len(steps) < 25 { // else most histories would be short
					continue
				}
				ok, next = in("ordered", "acknowledged", "rectifying", "rejected", "reported", "verifying"), "withdrawn"
				status = w.do(fixture.Inspector, r, "withdraw", obj{"reason": "x"}).Status
				if ok {
					asked, suspended = false, false
				}
			}
			want := 409
			if ok {
				want = 200
				state = next
			}
			contested = contested && state == "ordered"
			g := w.get(r)
			if status != want || g.State != state || g.Suspended != suspended || len(g.Reports) != reports || !g.OriginalDueAt.Equal(r.OriginalDueAt) {
				rt.Fatalf("step %d: status %d want %d, %s want %s, suspended %t want %t, %d reports want %d", s, status, want, g.State, state, g.Suspended, suspended, len(g.Reports), reports)
			}
		}
	}
	for done < want && !t.Failed() {
		rapid.Check(t, history)
	}
	if bad, err := w.svc.Check(t.Context(), false); err != nil || len(bad) > 0 {
		t.Fatalf("after %d steps: %v %v", done, bad, err)
	}
	t.Logf("%d steps", done)
}

// At most two decisions a request, whatever the rows.
func TestDecisions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	var last thing
	for range 5 {
		last = w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "major"))
	}
	f := w.finding(fixture.Inspector, "V11", "minor")
	insp := w.as(fixture.Inspector)
	for name, call := range map[string]func(){
		"list rectifications": func() { insp.Get("/api/v1/rectifications").Is(200) },
		"list findings":       func() { insp.Get("/api/v1/findings").Is(200) },
		"list checklists":     func() { insp.Get("/api/v1/checklists").Is(200) },
		"list inspections":    func() { insp.Get("/api/v1/inspections").Is(200) },
		"counts":              func() { insp.Get("/api/v1/rectifications/counts").Is(200) },
		"get":                 func() { insp.Get("/api/v1/rectifications/" + last.ID).Is(200) },
		"acknowledge":         func() { w.do(fixture.Reporter, last, "acknowledge", nil).Is(200) },
		"order":               func() { w.order(fixture.Inspector, f) },
		"record":              func() { w.finding(fixture.Inspector, "V11", "minor") },
		"plan": func() {
			insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": rectification.TerminalRulesID}).Is(201)
		},
	} {
		before := w.engine.Decisions()
		call()
		if n := w.engine.Decisions() - before; n > 2 {
			t.Errorf("%s took %d decisions", name, n)
		}
	}
	for path, item := range w.api.API.OpenAPI().Paths {
		if item.Post != nil && item.Post.RequestBody != nil {
			for _, mt := range item.Post.RequestBody.Content {
				if mt.Example == nil {
					t.Errorf("POST %s has no example", path)
				}
			}
		}
	}
}
