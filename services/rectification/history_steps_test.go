package rectification_test

import (
	"slices"

	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"pgregory.net/rapid"
)

// What people do in random histories, and what should become of it.
var walkSteps = []func(*history){
	func(h *history) {
		if h.try(clerks[h.unit], "acknowledge", nil, when(h.in("ordered"))) {
			h.become("acknowledged")
		}
	},
	func(h *history) {
		if h.try(clerks[h.unit], "start", nil, when(h.in("ordered", "acknowledged", "rejected") && h.planned())) {
			h.become("rectifying")
		}
	},
	(*history).givePlan, (*history).givePlan,
	func(h *history) {
		if h.try(inspectors[0], "decide-plan", obj{"approve": true}, when(h.in("rectifying") && h.plan == "submitted")) {
			h.plan = "approved"
			h.become(h.state)
		}
	},
	func(h *history) {
		if h.try(inspectors[1], "decide-plan", obj{"approve": false, "answer": "不具体"}, when(h.in("rectifying") && h.plan == "submitted")) {
			h.plan = "returned"
			h.become(h.state)
		}
	},
	(*history).signOff, (*history).signOff,
	func(h *history) { h.report(h.unit, false) }, func(h *history) { h.report(h.unit, false) },
	func(h *history) { h.report(h.unit, true) },
	func(h *history) { h.report((h.unit+1)%len(walkUnits), false) },
	(*history).applyCloseOut, (*history).applyCloseOut,
	(*history).beginVerification, (*history).beginVerification,
	(*history).closeOut, (*history).closeOut, (*history).closeOut,
	func(h *history) {
		i := h.inspector()
		if h.try(inspectors[i], "verify", obj{"decision": "reject", "results": results(h.r, "partly"), "still_wrong": "x", "workdays": 5}, h.verifier(i, "verifying")) {
			h.signed, h.applied = false, false
			h.verifications++
			h.become("rejected")
		}
	},
	(*history).reopen, (*history).reopen, (*history).reopen,
	func(h *history) {
		to := (h.unit + 1) % len(walkUnits)
		loop := slices.ContainsFunc(h.moves, func(m walkMove) bool { return m.from == to })
		ok := h.turn() && !h.contested && !h.settled && !loop
		if h.try(inspectors[0], "transfer", obj{"unit_id": fixture.Unit(walkUnits[to]).ID, "reason": "x"}, when(ok)) {
			h.handed(to, true)
			h.become("ordered")
		}
	},
	(*history).bounce, (*history).bounce, (*history).bounce,
	(*history).settle, (*history).settle, (*history).settle, (*history).settle,
	(*history).suspend, (*history).checkStage, (*history).checkStage,
	(*history).progress, (*history).progress,
	(*history).finish,
	func(h *history) {
		if h.try(inspectors[0], "resume", nil, when(h.turn() && h.suspended)) {
			h.suspended = false
			h.become(h.state)
		}
	},
	func(h *history) {
		// Each later than any that was granted before.
		if h.try(clerks[h.unit], "request-extension", obj{"workdays": 300 + h.extensions, "reason": "x"}, when(h.turn() && !h.asked)) {
			h.asked = true
			h.extensions++
			h.become(h.state)
		}
	},
	func(h *history) {
		if h.try(inspectors[0], "decide-extension", obj{"grant": rapid.Bool().Draw(h.rt, "grant"), "answer": "x"}, when(h.asked)) {
			h.asked = false
			h.become(h.state)
		}
	},
	(*history).selfCheck, (*history).selfCheck, (*history).selfCheck,
}

func (h *history) givePlan() {
	body := obj{
		"measures": []obj{{"text": "a", "person_name": "b", "due_on": "2026-09-15"}},
		"funds":    "无需", "contingency": "断网", "responsible_id": "p-" + walkUnits[h.unit],
	}
	if h.try(clerks[h.unit], "plan", body, when(h.turn())) {
		h.plan, h.signed, h.planLive = "given", false, true
		if h.approve {
			h.plan = "submitted"
		}
		h.measure = walkMeasure{id: h.at.Measures[0].ID} // those that count come first
		h.become("rectifying")
	}
}

// step is the status for a step of a plan or of stages: what no longer counts
// is not there.
func step(there, ok bool) int {
	if !there {
		return 404
	}
	return when(ok)
}

func (h *history) progress() {
	if h.measure.id == "" {
		return
	}
	percent := rapid.IntRange(0, 99).Draw(h.rt, "percent")
	if h.tryOn("measures/"+h.measure.id, clerks[h.unit], "progress", obj{"percent": percent, "note": "x"}, step(h.planLive, h.workable())) {
		h.measure.percent = percent
		h.said++
		h.become("rectifying")
	}
}

func (h *history) finish() {
	if h.measure.id == "" {
		return
	}
	if h.tryOn("measures/"+h.measure.id, clerks[h.unit], "done", obj{"note": "x"}, step(h.planLive, h.workable())) {
		h.measure.done, h.measure.percent = true, 100
		h.become("rectifying")
	}
}

// workable tells that the measure of the plan can be gone on with.
func (h *history) workable() bool { return h.turn() && h.planned() && !h.measure.done }

func (h *history) suspend() {
	body := obj{"reason": "x", "stages": []obj{{"title": "a", "due_on": "2026-12-01"}, {"title": "b", "due_on": "2027-03-01"}}}
	if !h.try(inspectors[0], "suspend", body, when(h.turn() && !h.suspended)) {
		return
	}
	h.suspended, h.stagesCount, h.stages = true, true, h.at.stages()
	if len(h.stages) != 2 {
		h.rt.Fatalf("two stages were given, there are %d", len(h.stages))
	}
	h.asked = false
	h.become(h.state)
}

func (h *history) checkStage() {
	if len(h.stages) == 0 {
		return
	}
	s := &h.stages[rapid.IntRange(0, 1).Draw(h.rt, "stage")]
	if h.tryOn("stages/"+s.id, inspectors[0], "check", obj{"note": "x"}, step(h.stagesCount, h.turn() && h.suspended && !s.checked)) {
		s.checked = true
		h.become(h.state)
	}
}

func (h *history) signOff() {
	if h.try(leaders[h.unit], "sign-off", obj{"note": "x"}, when(h.turn() && h.planned() && !h.signed)) {
		h.signed = true
		h.become(h.state)
	}
}

// report seals a report of a unit. One that cannot be taken in is recorded, and
// changes nothing else.
func (h *history) report(unit int, spot bool) {
	e := h.w.sealed(h.r.ID, walkUnits[unit], clerks[unit], spot)
	h.w.mustTake(e)
	h.at = h.w.get(h.r)
	state := h.state
	if unit == h.unit && h.turn() && h.planned() && (!h.sign || h.signed) {
		h.reports = append(h.reports, e.Subject)
		h.asked, state = false, "reported"
	}
	h.become(state)
}

func (h *history) applyCloseOut() {
	if h.try(clerks[h.unit], "apply-close-out", obj{"text": "申请销号"}, when(h.in("reported", "verifying") && !h.applied)) {
		h.applied = true
		h.become(h.state)
	}
}

func (h *history) beginVerification() {
	i := h.inspector()
	if h.try(inspectors[i], "begin-verification", nil, h.verifier(i, "reported")) {
		h.become("verifying")
	}
}

func (h *history) closeOut() {
	i := h.inspector()
	want := h.verifier(i, "verifying")
	if want == 200 && h.apply && !h.applied {
		want = 409
	}
	if h.try(inspectors[i], "verify", obj{"decision": "close", "results": results(h.r, "fixed")}, want) {
		h.applied, h.suspended = false, false
		h.verifications++
		h.become("closed")
	}
}

func (h *history) reopen() {
	if h.try(inspectors[0], "reopen", obj{"kind": "lookback", "reason": "x", "workdays": 5}, when(h.in("closed"))) {
		h.moves, h.bounces, h.settled = nil, 0, false
		h.unplanned()
		h.become("ordered")
	}
}

func (h *history) bounce() {
	if !h.try(clerks[h.unit], "bounce", obj{"reason": "x"}, when(h.in("ordered") && !h.contested && !h.settled)) {
		return
	}
	if n := len(h.moves); n > 0 && h.moves[n-1].transfer && h.bounces < rectification.MaxBounces {
		h.handed(h.moves[n-1].from, false)
		h.bounces++
	} else {
		h.contested = true
	}
	h.become("ordered")
	if h.contested && rapid.Bool().Draw(h.rt, "settle at once") { // else somebody takes it on first, mostly
		h.settle()
	}
}

// settle gives it to the unit that has it, or to the next.
func (h *history) settle() {
	to := (h.unit + rapid.IntRange(0, 1).Draw(h.rt, "to the next")) % len(walkUnits)
	want := when(h.contested)
	i := h.inspector()
	if i == 2 && walkUnits[h.unit] == "T1" || i == 0 && h.contested { // no arbiter about their own unit, or about what they ordered
		want = 403
	}
	body := obj{"reason": "x", "unit_id": fixture.Unit(walkUnits[to]).ID}
	if i == 2 && walkUnits[to] == "T1" && want == 200 { // nor do they give it to their own
		want = 422
	}
	if h.try(inspectors[i], "settle", body, want) {
		if to != h.unit {
			h.handed(to, false)
		}
		h.contested, h.settled = false, true
		h.become("ordered")
	}
}

func (h *history) withdraw() {
	if h.try(inspectors[0], "withdraw", obj{"reason": "x"}, when(!h.in("closed", "withdrawn"))) {
		h.asked, h.suspended, h.applied = false, false, false
		if h.plan == "submitted" {
			h.plan = "" // what waited for a decision ends with the order
		}
		h.become("withdrawn")
	}
}

// selfCheck takes the unit's self-check on: one of what could be done next.
func (h *history) selfCheck() {
	c, unit, office := &h.check, h.w.as(fixture.Reporter), h.w.as(fixture.Inspector)
	expect := func(what string, status, want int) {
		if status != want {
			h.rt.Fatalf("%s of a self-check that is %q: status %d, want %d", what, c.state, status, want)
		}
	}
	at := "/api/v1/inspections/" + c.id
	if c.id == "" {
		var in thing
		office.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "self"}).Is(201).Into(&in)
		c.id, c.state = in.ID, "planned"
		return
	}
	switch rapid.IntRange(0, 7).Draw(h.rt, "self-check") {
	case 0:
		expect("answering", unit.Do("PUT", at+"/answers", answers("antivirus", "software")).Status, 200) // a retry, once it was sent
		if c.state == "planned" {
			c.state = "answered"
		}
	case 1:
		if c.state == "sent" {
			expect("answering otherwise", unit.Do("PUT", at+"/answers", answers("antivirus")).Status, 409)
		}
	case 2:
		want := 200
		if c.state == "planned" {
			want = 422
		}
		expect("sending", unit.Post(at+"/send", nil).Status, want)
		if want == 200 {
			c.state = "sent"
		}
	case 3:
		a := office.Post(at+"/record-findings", nil)
		expect("taking up", a.Status, when(c.state == "sent"))
		if a.Status == 200 {
			var got struct{ Recorded int }
			a.Into(&got)
			if got.Recorded != map[bool]int{false: 2}[c.recorded] { // again, nothing more
				h.rt.Fatalf("%d findings, recorded before: %t", got.Recorded, c.recorded)
			}
			c.recorded = true
		}
	case 4:
		expect("confirming", unit.Post(at+"/confirm", nil).Status, 409)
	case 5:
		expect("sending by another unit", h.w.as(fixture.Reporter12).Post(at+"/send", nil).Status, 404)
	case 6:
		expect("sending by the office", office.Post(at+"/send", nil).Status, 403)
	case 7:
		expect("answering by the office", office.Do("PUT", at+"/answers", answers()).Status, 403)
	}
}
