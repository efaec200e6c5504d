package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/deed"
)

// What the inspected unit says about the results, and what became of it. An
// objection that was upheld or overruled is the end of it.
const (
	ResponseConfirmed = "confirmed"
	ResponseObjected  = "objected"
	ResponseUpheld    = "upheld"    // the unit was right
	ResponseOverruled = "overruled" // the results stand
)

// Response is the unit's confirmation of the results, or its objection.
type Response struct {
	ID        string
	ItemKey   string // what an objection is about; empty for the whole
	DeviceID  string
	Text      string
	ByID      string
	ByName    string
	At        time.Time
	State     string
	Answer    string
	DecidedBy string
	Decider   string
	DecidedAt *time.Time
}

// respond stores a response of the unit to a sent inspection.
func (s *Inspections) respond(ctx context.Context, actor policy.Actor, on deed.Subject, x Response, step deed.Step) (InspectionView, error) {
	return s.visit(ctx, actor, on, deed.Permission{Right: "respond", Verb: step.Action}, func(v *visit) error {
		in := &v.in
		switch {
		case in.State != InspectionSent:
			return inspectionVerbs.WrongState(step.Action, in.State)
		case in.Kind == SelfCheck:
			return fault.New(fault.Conflict, "self_check", "These are the unit's own results; nothing in them is to be confirmed or objected to.")
		case in.Response != "":
			return fault.New(fault.Conflict, "responded", "The unit has responded already: the results are %s.", fault.Word("response", in.Response))
		}
		if err := in.answers(x.ItemKey, x.DeviceID); err != nil {
			return err
		}
		in.Response = x.State
		x.ID, x.ByID, x.ByName, x.At = id.New(), actor.PersonID, actor.Name, v.Now
		v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.AddResponse(ctx, in.ID, x) })
		v.Step = step
		v.Text = x.Text
		return nil
	})
}

// ConfirmInspection is the unit's word that the results are right.
func (s *Inspections) ConfirmInspection(ctx context.Context, actor policy.Actor, on deed.Subject, in Note) (InspectionView, error) {
	if err := fault.Check(in); err != nil {
		return InspectionView{}, err
	}
	return s.respond(ctx, actor, on, Response{State: ResponseConfirmed, Text: in.Note}, deed.Step{Action: "confirm", Event: event.InspectionConfirmed})
}

// ObjectToInspection is the unit's word that the results, or one of them, are
// wrong, with the reason. Orders given meanwhile stand until it is decided.
func (s *Inspections) ObjectToInspection(ctx context.Context, actor policy.Actor, on deed.Subject, in Objection) (InspectionView, error) {
	if err := fault.Check(in); err != nil {
		return InspectionView{}, err
	}
	x := Response{State: ResponseObjected, ItemKey: in.ItemKey, DeviceID: in.DeviceID, Text: in.Text}
	return s.respond(ctx, actor, on, x, deed.Step{Action: "object to", Event: event.InspectionObjected})
}

// DecideObjection upholds an objection or overrules it, with the reason. It is
// never decided by whoever sent the results. What was upheld is added to the
// record; the findings from it are dismissed one by one.
func (s *Inspections) DecideObjection(ctx context.Context, actor policy.Actor, on deed.Subject, p ObjectionDecision) (InspectionView, error) {
	if err := fault.Check(p); err != nil {
		return InspectionView{}, err
	}
	return s.visit(ctx, actor, on, deed.Permission{Right: "conduct", Verb: "decide an objection to"}, func(v *visit) error {
		in := &v.in
		i := slices.IndexFunc(in.Responses, func(x Response) bool { return x.State == ResponseObjected })
		if i < 0 {
			return fault.New(fault.Conflict, "no_objection", "No objection is waiting for a decision.")
		}
		if in.SentBy == actor.PersonID {
			return fault.New(fault.Forbidden, "own_inspection", "You sent these results yourself; another inspector has to decide about the objection.")
		}
		x := in.Responses[i]
		x.State = ResponseOverruled
		if p.Uphold {
			x.State = ResponseUpheld
			a := Amendment{AmendmentHead: AmendmentHead{ID: id.New(), ItemKey: x.ItemKey, DeviceID: x.DeviceID, Text: p.Answer, ByID: actor.PersonID, ByName: actor.Name, At: v.Now}}
			v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.AddAmendment(ctx, in.ID, a) })
		}
		in.Response = x.State
		x.Answer, x.DecidedBy, x.Decider, x.DecidedAt = p.Answer, actor.PersonID, actor.Name, &v.Now
		v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.UpdateResponse(ctx, x) })
		v.Step = deed.Step{Action: x.State, Event: event.InspectionObjectionDecided, Reason: p.Answer, Text: p.Answer}
		return nil
	})
}

// RecordFindings records an open finding for every failed answer of a sent
// inspection that has none yet: how the office takes up a self-check.
func (s *Inspections) RecordFindings(ctx context.Context, actor policy.Actor, inspectionID string) (int, error) {
	in, err := s.store.Inspection(ctx, inspectionID)
	if err != nil {
		return 0, err
	}
	t := in.target()
	reads := s.policy.Reach(ctx, actor, "inspection", "read").Covers(t)
	if err := fault.Unless(reads && s.policy.Can(ctx, actor, "finding", "take_up", t), reads, "inspection", inspectionVerbs.Denied("record findings from")); err != nil {
		return 0, err
	}
	if in.State != InspectionSent {
		return 0, inspectionVerbs.WrongState("record findings from", in.State)
	}
	c, err := s.store.Checklist(ctx, in.ChecklistID)
	if err != nil {
		return 0, err
	}
	if _, err := s.campaignFor(ctx, in.CampaignID, in.UnitPath); err != nil {
		return 0, err
	}
	by, n := s.doer(actor), 0
	found := in.failures(by, c)
	if err := s.linkLookBack(ctx, c, found); err != nil {
		return 0, err
	}
	err = s.do(ctx, by, func(ctx context.Context, d deed.Deed[Tx]) (err error) {
		n, err = insertUnrecorded(ctx, d, found)
		return err
	})
	return n, err
}
