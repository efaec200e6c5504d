package rectification_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
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
		"change_responsible", "hand_measures", "change_verifier",
	}
	want["verifying"]["change_verifier"] = "verifying"
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
			want[s]["withdraw"], want[s]["change_responsible"], want[s]["hand_measures"] = "withdrawn", s, s
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
			insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID}).Is(201)
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
			some := false // one of several types has it
			for _, mt := range item.Post.RequestBody.Content {
				some = some || mt.Example != nil
			}
			if !some {
				t.Errorf("POST %s has no example", path)
			}
		}
	}
}
