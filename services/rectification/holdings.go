package rectification

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/deed"
)

// HeldKinds are the kinds of what hangs on a person here.
var HeldKinds = []string{event.HeldRectifications, event.HeldMeasures, event.HeldVerifications, event.HeldInspections, event.HeldDraws}

// What the history says where nobody took something over.
const (
	noResponsible fault.Text = "The responsible person has left it; nobody is responsible now."
	noDoer        fault.Text = "Whoever was to carry out measures of the plan has left; nobody has them now."
	noVerifier    fault.Text = "Whoever began to verify it has left; another inspector goes on."
	noInspector   fault.Text = "An inspector has left; nobody was named instead."
	noPlanner     fault.Text = "Whoever was to plan the inspections has left; the office plans them."
)

// ActHandOver is the action of inspections and draws whose person has left.
const ActHandOver = "hand_over"

// Holdings counts by kind what hangs on a person.
func (s *Service) Holdings(ctx context.Context, personID string) (map[string]int64, error) {
	return s.store.Holding(ctx, personID)
}

// leaving is what becomes of what people held, by who leaves and by kind, with the
// event that told of them.
type leaving struct {
	changed event.Event
	to      map[string]map[string]event.HandedOver
}

func (l leaving) actor() policy.Actor {
	return policy.Actor{PersonID: l.changed.ActorID, Name: l.changed.ActorName}
}

// of tells what becomes of one kind of what a person holds; false where it stays.
func (l leaving) of(personID, kind string) (event.HandedOver, bool) {
	h, ok := l.to[personID][kind]
	return h, ok
}

// TakeLeavers gives what people held who have left it to whom it was handed
// over, and to nobody where nobody was named. changed is the event that told of
// them. Taking it again finds nothing that they hold.
func (s *Service) TakeLeavers(ctx context.Context, tx Tx, changed event.Event, ps event.Persons) error {
	l := leaving{changed, ps.Leavers(HeldKinds...)}
	for _, x := range []struct {
		held func(ctx context.Context, people []string, after string, limit int) ([]string, error)
		give func(ctx context.Context, tx Tx, l leaving, id string) error
	}{
		{tx.HeldCases, s.giveCase}, {tx.HeldInspections, s.giveInspection}, {tx.HeldDraws, s.giveDraw},
	} {
		if err := l.each(ctx, x.held, func(id string) error { return x.give(ctx, tx, l, id) }); err != nil {
			return err
		}
	}
	return nil
}

// chunk is how many ids are read at once.
const chunk = 200

func (l leaving) each(ctx context.Context, held func(context.Context, []string, string, int) ([]string, error), give func(id string) error) error {
	people := slices.Sorted(maps.Keys(l.to))
	for after := ""; len(people) > 0; {
		ids, err := held(ctx, people, after, chunk)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		for _, x := range ids {
			if err := give(x); err != nil {
				return fmt.Errorf("hand %s over: %w", x, err)
			}
		}
	}
	return nil
}

// giveCase gives the responsibility for a rectification, the measures of its plan
// and its verification, each as far as somebody has left it.
func (s *Service) giveCase(ctx context.Context, tx Tx, l leaving, rectificationID string) error {
	c, err := tx.Case(ctx, rectificationID)
	if err != nil {
		return err
	}
	t := turnOf(s.doer(l.actor()), &c)
	step := func(a Action, h event.HandedOver, nobody fault.Text) error {
		o := said{reason: l.changed.Reason, text: h.Name, toPerson: h.To}
		if h.To == "" {
			o.text = string(nobody)
		}
		return t.do(a, event.RectificationHandedOver, o)
	}
	if h, ok := l.of(c.ResponsibleID, event.HeldRectifications); ok {
		c.ResponsibleID, c.Responsible = h.To, h.Name
		if err := step(ActChangeResponsible, h, noResponsible); err != nil {
			return err
		}
	}
	var doers []event.HandedOver
	for i, m := range c.Measures {
		h, ok := l.of(m.PersonID, event.HeldMeasures)
		if !ok || m.Dropped || m.DoneAt != nil {
			continue
		}
		m.PersonID, m.Person = h.To, h.Name
		c.Measures[i] = m
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateMeasure(ctx, m) })
		if !slices.Contains(doers, h) {
			doers = append(doers, h)
		}
	}
	for _, h := range doers {
		if err := step(ActHandMeasures, h, noDoer); err != nil {
			return err
		}
	}
	if h, ok := l.of(c.VerifierID, event.HeldVerifications); ok && c.State == Verifying {
		c.VerifierID = h.To
		if err := step(ActChangeVerifier, h, noVerifier); err != nil {
			return err
		}
	}
	if len(t.events) == 0 {
		return nil
	}
	return t.saveCaused(ctx, tx, l.changed.ID)
}

// giveInspection gives the part of those inspectors of a planned inspection who
// have left it.
func (s core) giveInspection(ctx context.Context, tx Tx, l leaving, inspectionID string) error {
	in, err := tx.Inspection(ctx, inspectionID)
	if err != nil {
		return err
	}
	var who []Inspector
	note := string(noInspector)
	put := func(p Inspector) {
		if !slices.ContainsFunc(who, func(x Inspector) bool { return x.PersonID == p.PersonID }) {
			who = append(who, p)
		}
	}
	gave := false
	for _, p := range in.Inspectors {
		h, ok := l.of(p.PersonID, event.HeldInspections)
		if !ok {
			put(p)
			continue
		}
		gave = true
		if h.To != "" {
			note = h.Name
			put(Inspector{PersonID: h.To, Name: h.Name})
		}
	}
	if !gave {
		return nil
	}
	was := in.Version
	in.Version++
	if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
		return err
	}
	if err := tx.SetInspectors(ctx, in.ID, who); err != nil {
		return err
	}
	return deed.Deed[Tx]{Doer: s.doer(l.actor()), Tx: tx}.Note(ctx, in.thing(), deed.Step{Action: ActHandOver, From: in.State, Event: event.InspectionRevised, Text: note})
}

// giveDraw gives the planning of a draw's inspections.
func (s core) giveDraw(ctx context.Context, tx Tx, l leaving, drawID string) error {
	d, err := tx.Draw(ctx, drawID)
	if err != nil {
		return err
	}
	h, ok := l.of(d.PlannerID, event.HeldDraws)
	if !ok {
		return nil
	}
	was := d.Version
	d.Version++
	d.PlannerID = h.To
	if err := tx.UpdateDraw(ctx, d, was); err != nil {
		return err
	}
	note := h.Name
	if h.To == "" {
		note = string(noPlanner)
	}
	return deed.Deed[Tx]{Doer: s.doer(l.actor()), Tx: tx}.Note(ctx, d.thing(), deed.Step{Action: ActHandOver, From: d.State, Event: event.DrawRevised, Text: note})
}

// LeaverStore counts what hangs on a person.
type LeaverStore interface {
	// Holding counts by kind what hangs on a person: that they are responsible
	// for, have to do, or began, and that has not ended.
	Holding(ctx context.Context, personID string) (map[string]int64, error)
}

// LeaverTx finds what hangs on people who leave.
type LeaverTx interface {
	// HeldCases are the ids of what has not ended and has one of the people
	// responsible for it, for a measure that is not done, or verifying it;
	// HeldInspections of what is planned for them to inspect, HeldDraws of the draws
	// that are for them to plan. Each in ascending order after the one given.
	HeldCases(ctx context.Context, people []string, after string, limit int) ([]string, error)
	HeldInspections(ctx context.Context, people []string, after string, limit int) ([]string, error)
	HeldDraws(ctx context.Context, people []string, after string, limit int) ([]string, error)
}
