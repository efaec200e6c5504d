package rectification_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/document"
	rectmodule "github.com/duban/duban/services/rectification/module"
)

// person is how the directory tells of somebody.
func person(a policy.Actor, version int64, over ...event.HandedOver) event.Person {
	p := event.Person{ID: a.PersonID, Name: a.Name, UnitID: a.UnitID, UnitPath: a.UnitPath, HandedOver: over, Version: version}
	for _, g := range a.Grants {
		p.Grants = append(p.Grants, event.Grant{ID: a.PersonID + g.Role + g.UnitID, PersonID: a.PersonID, Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level})
	}
	return p
}

// persons is the event of an administrator about people.
func (w *world) persons(ps ...event.Person) event.Event {
	return event.New(id.New(), w.clk.Now(), event.PersonsChanged, ps[0].ID, ps[0].Version, event.Persons{Persons: ps}).By("sys", "张伟").Because("调离")
}

// holds are the kinds of what hangs on somebody, as the service answers others.
func (w *world) holds(a policy.Actor) map[string]int64 {
	w.t.Helper()
	r, err := bus.Ask[rpc.HoldingsRequest, rpc.HoldingsReply](w.t.Context(), w.bus, rpc.RectificationHoldings, rpc.HoldingsRequest{PersonID: a.PersonID})
	if err != nil {
		w.t.Fatal(err)
	}
	m := map[string]int64{}
	for _, h := range r.Holdings {
		if !slices.Contains(rectification.HeldKinds, h.Kind) {
			w.t.Errorf("an unknown kind %s", h.Kind)
		}
		if h.Count > 0 {
			m[h.Kind] = h.Count
		}
	}
	return m
}

func (w *world) expectHolds(a policy.Actor, want map[string]int64) {
	w.t.Helper()
	got := w.holds(a)
	for _, kind := range rectification.HeldKinds {
		if got[kind] != want[kind] {
			w.t.Errorf("%s holds %d %s, want %d", a.Name, got[kind], kind, want[kind])
		}
	}
}

// leavers is a world whose service answers what hangs on people.
func leavers(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := newWorldOn(t, d, bustest.Start(t))
	svc, err := rectmodule.New(module.Deps{DB: d, Bus: w.bus, Policy: w.engine, Clock: w.clk, Calendar: clock.Official})
	if err == nil {
		err = svc.Respond()
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What hung on somebody who moved or was disabled is whose it was handed over to,
// kind by kind, and nobody's where nobody was named; told twice it changes once.
func TestCase07_OrdersPlansAndInspectionsAreHandedOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := leavers(t, d)
		other := fixture.Actor("V11", "coordinator@V11")
		colleague := fixture.Actor("CO", "viewer@C")
		w.mustTake(w.persons(person(fixture.Reporter, 1), person(other, 1), person(fixture.Inspector, 1), person(fixture.Inspector2, 1), person(colleague, 1)))

		order := func() thing {
			r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
			w.do(fixture.Reporter, r, "plan", obj{"responsible_id": fixture.Reporter.PersonID, "measures": []obj{
				{"text": "甲", "person_id": fixture.Reporter.PersonID, "due_on": "2026-09-18"},
				{"text": "乙", "person_id": fixture.Reporter.PersonID, "due_on": "2026-09-18"},
				{"text": "丙", "person_id": other.PersonID, "due_on": "2026-09-18"},
			}}).Is(200).Into(&r)
			return r
		}
		a, gone := order(), order()
		var m struct{ Measures []struct{ ID string } }
		w.as(fixture.Reporter).Get("/api/v1/rectifications/" + a.ID).Is(200).Into(&m)
		w.do(fixture.Reporter, a, "measures/"+m.Measures[0].ID+"/done", obj{"note": "已装"}).Is(200)
		w.do(fixture.Inspector, gone, "withdraw", obj{"reason": "认定有误"}).Is(200)
		w.expectHolds(fixture.Reporter, map[string]int64{event.HeldRectifications: 1, event.HeldMeasures: 1})

		over := []event.HandedOver{
			{Kind: event.HeldRectifications, To: other.PersonID, Name: other.Name}, {Kind: event.HeldMeasures, To: other.PersonID, Name: other.Name},
		}
		moved := person(fixture.Reporter, 2, over...)
		moved.UnitID, moved.UnitPath = fixture.Unit("V12").ID, fixture.Unit("V12").Path
		e := w.persons(moved)
		w.mustTake(e)
		was := w.get(a).Version
		w.mustTake(e)
		again := w.persons(moved)
		w.mustTake(again)
		if v := w.get(a).Version; v != was {
			t.Errorf("told again it changed once more: version %d, want %d", v, was)
		}
		w.expectHolds(fixture.Reporter, nil)
		w.expectHolds(other, map[string]int64{event.HeldRectifications: 1, event.HeldMeasures: 2})
		if c := w.lastChange(a.ID); c.ToPersonID != other.PersonID || c.Rectification.ResponsibleID != other.PersonID || c.From != "rectifying" {
			t.Errorf("%+v", c)
		}

		// Nobody has it where nobody was named; what was done stays whose it was.
		off := person(other, 2)
		off.Disabled = true
		w.mustTake(w.persons(off))
		w.expectHolds(other, nil)
		var now struct {
			Responsible *rest.Person
			Measures    []struct{ Person *rest.Person }
		}
		w.as(fixture.Viewer).Get("/api/v1/rectifications/" + a.ID).Is(200).Into(&now)
		if now.Responsible != nil || now.Measures[0].Person == nil || now.Measures[1].Person != nil || now.Measures[2].Person != nil {
			t.Errorf("%+v", now)
		}
		var h rest.List[rest.HistoryEntry]
		w.as(fixture.Viewer).With("Accept-Language", "zh").Get("/api/v1/rectifications/" + a.ID + "/history").Is(200).Into(&h)
		last := h.Items[len(h.Items)-2:]
		if last[0].Action != "change_responsible" || last[0].Note != "原责任人已离开，目前无责任人。" || last[0].Reason != "调离" || last[0].By.Name != "张伟" ||
			last[1].Action != "hand_measures" || last[1].Note != "整改措施的原落实人员已离开，目前无人落实。" {
			t.Errorf("%+v", last)
		}
		// The unit names somebody by a new plan.
		w.mustTake(w.persons(person(fixture.Reporter, 3)))
		w.do(fixture.Reporter, a, "plan", obj{"responsible_id": fixture.Reporter.PersonID, "measures": []obj{
			{"text": "乙", "person_id": fixture.Reporter.PersonID, "due_on": "2026-09-18"},
		}}).Is(200)
		w.expectHolds(fixture.Reporter, map[string]int64{event.HeldRectifications: 1, event.HeldMeasures: 1})

		// The other side: a verification begun, an inspection planned, a draw made.
		w.mustTake(w.sealed(a.ID, "V11", fixture.Reporter, false))
		w.do(fixture.Inspector, a, "begin-verification", nil).Is(200)
		insp := w.as(fixture.Inspector)
		var in, drawn thing
		insp.Post("/api/v1/inspections", obj{
			"unit_id": fixture.Unit("V12").ID, "checklist_id": checklist.TerminalRulesID, "inspector_ids": []string{fixture.Inspector.PersonID, fixture.Inspector2.PersonID},
		}).Is(201).Into(&in)
		insp.Post("/api/v1/inspections/draws", obj{
			"title": "双随机", "under": fixture.Unit("T2").ID, "count": 1, "inspectors_per_unit": 1, "inspector_ids": []string{fixture.Inspector2.PersonID},
		}).Is(201).Into(&drawn)
		w.expectHolds(fixture.Inspector, map[string]int64{event.HeldVerifications: 1, event.HeldInspections: 1, event.HeldDraws: 1})
		over = nil
		for _, kind := range []string{event.HeldVerifications, event.HeldInspections} {
			over = append(over, event.HandedOver{Kind: kind, To: colleague.PersonID, Name: colleague.Name})
		}
		left := person(fixture.Inspector, 2, append(over, event.HandedOver{Kind: event.HeldDraws})...)
		left.Disabled = true
		w.mustTake(w.persons(left))
		w.expectHolds(fixture.Inspector, nil)
		w.expectHolds(colleague, map[string]int64{event.HeldVerifications: 1, event.HeldInspections: 1})
		var who struct{ Inspectors []rest.Person }
		w.as(fixture.Inspector2).Get("/api/v1/inspections/" + in.ID).Is(200).Into(&who)
		if len(who.Inspectors) != 2 || slices.ContainsFunc(who.Inspectors, func(p rest.Person) bool { return p.ID == fixture.Inspector.PersonID }) {
			t.Errorf("%+v", who.Inspectors)
		}
		if got := w.events(in.ID); !slices.Contains(got, event.InspectionRevised) {
			t.Errorf("%v", got)
		}
		if got := w.events(drawn.ID); !slices.Contains(got, event.DrawRevised) {
			t.Errorf("%v", got)
		}
		// Another inspector verifies, and somebody of the office plans what was drawn.
		w.do(fixture.Inspector2, a, "verify", obj{"decision": "close", "results": results(a, "fixed")}).Is(200)
		plan := "/api/v1/inspections/draws/" + drawn.ID + "/plan"
		with := obj{"checklist_id": checklist.TerminalRulesID}
		w.as(fixture.Actor("CF", "inspector@C")).Post(plan, with).Problem(404, "not_found") // a draw is open to its office alone
		office := fixture.Actor("CO", "inspector@C", "viewer@C")
		// Who was drawn is disabled meanwhile: nobody is left to inspect.
		drawnOne := person(fixture.Inspector2, 2)
		drawnOne.Disabled = true
		w.mustTake(w.persons(drawnOne))
		w.as(office).Post(plan, with).Problem(409, "drawn_inspectors_gone")
		w.mustTake(w.persons(person(fixture.Inspector2, 3)))
		w.as(office).Post(plan, with).Is(200)
		w.check()
	})
}

// Whoever was responsible for what is closed may be gone when it is opened again.
func TestCase07_NobodyGoneIsResponsibleForWhatIsReopened(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.mustTake(w.persons(person(fixture.Reporter, 1)))
		for _, disabled := range []bool{false, true} {
			r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
			w.do(fixture.Reporter, r, "acknowledge", obj{"responsible_id": fixture.Reporter.PersonID}).Is(200).Into(&r)
			w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
			w.do(fixture.Inspector, r, "begin-verification", nil).Is(200)
			w.do(fixture.Inspector, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Is(200)
			if disabled {
				off := person(fixture.Reporter, 2)
				off.Disabled = true
				w.mustTake(w.persons(off))
			}
			var x struct{ Responsible *rest.Person }
			w.do(fixture.Inspector, r, "reopen", obj{"kind": "relapse", "reason": "又见", "workdays": 5}).Is(200).Into(&x)
			if (x.Responsible == nil) != disabled {
				t.Errorf("disabled %v: %+v is responsible", disabled, x.Responsible)
			}
		}
		w.check()
	})
}

// After a merger the people of the successor finish the work: they can be named for
// it, and nobody of another unit.
func TestCase07_AMergerKeepsTheOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.mustTake(w.persons(person(fixture.Reporter12, 1), person(fixture.Reporter21, 1)))
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		by := func(a policy.Actor) obj { return obj{"responsible_id": a.PersonID} }
		w.do(fixture.Reporter, r, "acknowledge", by(fixture.Reporter12)).Problem(422, "invalid")
		u := fixture.Unit("V11")
		u.Active, u.SuccessorID, u.Version = false, fixture.Unit("V12").ID, 2
		w.mustTake(event.New(id.New(), monday, event.UnitsChanged, u.ID, 2, event.Units{Units: []event.Unit{u}}))
		w.do(fixture.Reporter, r, "acknowledge", by(fixture.Reporter21)).Problem(422, "invalid")
		w.do(fixture.Reporter, r, "acknowledge", by(fixture.Reporter12)).Is(200)
		w.check()
	})
}

// What hangs on an order ends with it: stages say by when, so that nothing waits
// for an answer any more.
func TestCase07_SuspendingEndsTheRequestThatWaits(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.do(fixture.Reporter, r, "acknowledge", nil).Is(200)
		w.do(fixture.Reporter, r, "request-extension", obj{"workdays": 30, "reason": "采购"}).Is(200)
		var g thing
		w.do(fixture.Inspector, r, "suspend", obj{"reason": "立项", "stages": []obj{{"title": "a", "due_on": "2026-12-01"}}}).Is(200).Into(&g)
		if !g.Suspended || g.Extensions[0].State != "withdrawn" || g.May["decide_extension"] {
			t.Errorf("%+v", g)
		}
		w.do(fixture.Inspector, r, "decide-extension", obj{"grant": true}).Problem(409, "no_extension")
		if got := w.events(r.ID); !slices.Contains(got, event.RectificationExtensionEnded) {
			t.Errorf("%v", got)
		}
		w.check()
	})
}

// Documents are made for nobody who is disabled or may read no orders any more,
// and with what the person is granted now.
func TestCase07_DocumentsOfWhoLeftAreNotMade(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		for name, x := range map[string]struct {
			then  func(*event.Person)
			state string
		}{
			"disabled":  {func(p *event.Person) { p.Disabled = true }, document.Cancelled},
			"no rights": {func(p *event.Person) { p.Grants = nil }, document.Cancelled},
			"fewer": {func(p *event.Person) {
				u := fixture.Unit("D")
				p.Grants = []event.Grant{{Role: policy.Inspector, UnitID: u.ID, UnitPath: u.Path, Level: u.Level}}
			}, document.Done},
		} {
			w, _ := withEvidence(t, d)
			by := fixture.Actor("CO", "inspector@C", "viewer@R", "leader@R")
			by.PersonID += name
			w.mustTake(w.persons(person(by, 1)))
			w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
			ask := func() job {
				var j job
				w.as(by).Post("/api/v1/document-jobs", obj{"form": "order", "under": fixture.Unit("C").ID}).Is(202).Into(&j)
				return j
			}
			j := ask()
			p := person(by, 2)
			x.then(&p)
			w.mustTake(w.persons(p))
			late := ask() // a request on its way when it was told
			stop := w.run(t)
			path := "/api/v1/document-jobs/"
			for _, j := range []job{j, late} {
				for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
					if w.as(by).Get(path + j.ID).Is(200).Into(&j); j.State != document.Running {
						break
					}
					if time.Now().After(end) {
						t.Fatalf("%s: the job never ends: %+v", name, j)
					}
				}
			}
			stop()
			w.as(by).Get(path + j.ID).Is(200).Into(&j)
			if j.State != x.state {
				t.Errorf("%s: %+v", name, j)
			}
			switch {
			case x.state == document.Cancelled:
				if w.as(by).Get(path+j.ID+"/content").Problem(409, "documents_cancelled"); j.Done != 0 {
					t.Errorf("%s: %+v", name, j)
				}
			default:
				var problems []string
				if err := d.Read().NewSelect().Table("document_parts").Column("problem").Where("job_id = ?", j.ID).Scan(t.Context(), &problems); err != nil {
					t.Fatal(err)
				}
				if len(problems) == 0 || slices.ContainsFunc(problems, func(s string) bool { return s != "not_found" }) {
					t.Errorf("%s: %v", name, problems)
				}
			}
			if name == "disabled" {
				if w.as(by).Get(path + late.ID).Is(200).Into(&late); late.State != document.Cancelled {
					t.Errorf("%+v", late)
				}
			}
		}
	})
}

// run does the background work of the world until the answer is called.
func (w *world) run(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	wait := w.work(ctx)
	return func() { cancel(); wait() }
}
