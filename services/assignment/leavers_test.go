package assignment_test

import (
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	platform "github.com/duban/duban/services/internal/rest"
)

// contact makes somebody the responsible person of a unit.
func (w *world) contact(unit string, who policy.Actor, version int64) {
	w.t.Helper()
	u := fixture.Unit(unit)
	u.ContactID, u.Version = who.PersonID, version
	if err := w.take("assignment-tree", event.New(id.New(), w.clock.Now(), event.UnitsChanged, u.ID, version, event.Units{Units: []event.Unit{u}})); err != nil {
		w.t.Fatal(err)
	}
}

// Whoever is disabled is nobody: not in the dry run, not at issue, and no one
// is urged in vain.
func TestCase07_WhoeverIsDisabledIsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		w.contact("V11", fixture.Reporter, 2)
		w.contact("V12", fixture.Reporter12, 2)
		w.people(2, true, fixture.Reporter)
		c := w.draft(fixture.Manager, nil, "V11", "V12")
		var d rest.DryRun
		m.Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
		if d.Tasks[0].WithoutContact != 1 || !slices.ContainsFunc(d.Warnings, func(r rest.Remark) bool { return r.Code == "no_contact" }) {
			t.Errorf("%+v", d)
		}
		m.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		w.work()
		a, b := w.of(fixture.Manager, c, "V11"), w.of(fixture.Manager, c, "V12")
		if a.Responsible != nil || b.Responsible == nil || b.Responsible.ID != fixture.Reporter12.PersonID {
			t.Errorf("%+v %+v", a.Responsible, b.Responsible)
		}
		urge := func(aid string) string { return "/api/v1/assignments/" + aid + "/urge" }
		m.Post(urge(a.ID), map[string]any{"text": "请抓紧"}).Problem(409, "nobody_to_urge")
		m.With("Accept-Language", "zh").Post(urge(a.ID), map[string]any{}).Says("东一村没有人能收到催办")
		var u rest.UrgeAnswer
		path := "/api/v1/campaigns/" + c.ID + "/urge"
		m.Post(path, map[string]any{"which": "not_submitted", "preview": true}).Is(202).Into(&u)
		if u.Count != 1 || u.Unreached != 1 || u.Cooling != 0 {
			t.Errorf("%+v", u)
		}
		if x := w.do(fixture.Manager, b.ID, "urge", map[string]any{}); x.Told != 1 {
			t.Errorf("%d were told", x.Told)
		}
		m.Post(path, map[string]any{"which": "not_submitted"}).Problem(409, "nobody_to_urge")
		w.clock.Advance(25 * time.Hour)
		m.Post(path, map[string]any{"which": "not_submitted"}).Is(202).Into(&u)
		w.work()
		if n := len(w.events(event.AssignmentUrged)); n != 2 || u.Count != 1 {
			t.Errorf("%d were urged, %+v", n, u)
		}
		w.people(3, false, fixture.Reporter)
		if x := w.do(fixture.Manager, a.ID, "urge", map[string]any{}); x.Told != 1 {
			t.Errorf("%d were told", x.Told)
		}
		w.sound()
	})
}

// What hung on somebody who was disabled or moved is whose it was handed over
// to, and nobody's where nobody was named.
func TestCase07_WhatWasHeldIsHandedOver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11")
		other := fixture.Actor("V11", "leader@V11")
		w.people(1, false, other)
		a := w.of(fixture.Manager, c, "V11")
		held := func(who policy.Actor, want int64) {
			t.Helper()
			if n, err := w.svc.Holdings(t.Context(), who.PersonID); err != nil || n != want {
				t.Errorf("%s holds %d, want %d: %v", who.Name, n, want, err)
			}
		}
		responsible := func(want string) {
			t.Helper()
			got := ""
			if p := w.get(fixture.Manager, a.ID).Responsible; p != nil {
				got = p.ID
			}
			if got != want {
				t.Errorf("%q is responsible, want %q", got, want)
			}
		}
		w.do(fixture.Reporter, a.ID, "responsible", map[string]any{"person_id": fixture.Reporter.PersonID})
		held(fixture.Reporter, 1)
		moved := event.Persons{Persons: []event.Person{{
			ID: fixture.Reporter.PersonID, Name: fixture.Reporter.Name, UnitID: fixture.Unit("V12").ID, Version: 2,
			HandedOver: []event.HandedOver{{Kind: "assignments", To: other.PersonID, Name: other.Name}},
		}}}
		e := event.New(id.New(), w.clock.Now(), event.PersonsChanged, fixture.Reporter.PersonID, 2, moved).By("sys", "张伟").Because("调动")
		for range 2 {
			if err := w.take("assignment-people", e); err != nil {
				t.Fatal(err)
			}
		}
		responsible(other.PersonID)
		held(fixture.Reporter, 0)
		held(other, 1)
		if x := w.last(event.AssignmentResponsibleChanged); x.Assignment.ResponsibleID != other.PersonID {
			t.Errorf("%+v", x)
		}
		w.people(2, true, other)
		responsible("")
		var h platform.List[platform.HistoryEntry]
		w.as(fixture.Manager).With("Accept-Language", "zh").Get("/api/v1/assignments/" + a.ID + "/history?limit=100").Is(200).Into(&h)
		if last := h.Items[len(h.Items)-1]; last.Action != "change_responsible" || last.Note != "原责任人已离开，目前无责任人。" {
			t.Errorf("%+v", last)
		}
		w.sound()
	})
}

// After a merger the people of the successor finish the work: who was responsible
// stays it, and somebody else of the successor can be named.
func TestCase07_AMergerKeepsWhoIsResponsible(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11")
		a := w.of(fixture.Manager, c, "V11")
		w.people(1, false, fixture.Reporter, fixture.Reporter12, fixture.Reporter21)
		w.do(fixture.Reporter, a.ID, "responsible", map[string]any{"person_id": fixture.Reporter.PersonID})
		name := "/api/v1/assignments/" + a.ID + "/responsible"
		w.as(fixture.Reporter).Post(name, map[string]any{"person_id": fixture.Reporter12.PersonID}).Problem(422, "invalid")

		u, into := fixture.Unit("V11"), fixture.Unit("V12")
		u.Active, u.SuccessorID, u.Version = false, into.ID, 2
		moved := event.Person{ID: fixture.Reporter.PersonID, Name: fixture.Reporter.Name, UnitID: into.ID, UnitPath: into.Path, Version: 2}
		for consumer, e := range map[string]event.Event{
			"assignment-tree":   event.New(id.New(), w.clock.Now(), event.UnitsChanged, u.ID, 2, event.Units{Units: []event.Unit{u}}),
			"assignment-people": event.New(id.New(), w.clock.Now(), event.PersonsChanged, moved.ID, 2, event.Persons{Persons: []event.Person{moved}}),
		} {
			if err := w.take(consumer, e); err != nil {
				t.Fatal(err)
			}
		}
		if p := w.get(fixture.Manager, a.ID).Responsible; p == nil || p.ID != fixture.Reporter.PersonID {
			t.Errorf("%+v", p)
		}
		w.as(fixture.Reporter).Post(name, map[string]any{"person_id": fixture.Reporter21.PersonID}).Problem(422, "invalid")
		w.do(fixture.Reporter, a.ID, "responsible", map[string]any{"person_id": fixture.Reporter12.PersonID})
		w.sound()
	})
}
