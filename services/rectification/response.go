package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
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
func (s *Service) respond(ctx context.Context, actor policy.Actor, inspectionID string, want int64, x Response, typ event.Type, verb string) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "respond", verb)
	if err != nil {
		return InspectionView{}, err
	}
	switch {
	case in.State != InspectionSent:
		return InspectionView{}, inspectionVerbs.WrongState(verb, in.State)
	case in.Kind == SelfCheck:
		return InspectionView{}, fault.New(fault.Conflict, "self_check", "These are the unit's own results; nothing in them is to be confirmed or objected to.")
	case in.Response != "":
		return InspectionView{}, fault.New(fault.Conflict, "responded", "The unit has responded already: the results are %s.", fault.Word("response", in.Response))
	}
	if x.ItemKey != "" {
		if _, ok := in.Answer(x.ItemKey, x.DeviceID); !ok {
			return InspectionView{}, fault.BadField("body.item_key", "the inspection has no answer for this item and device", x.ItemKey)
		}
	}
	was, now := in.Version, s.clock.Now()
	in.Version++
	in.Response = x.State
	x.ID, x.ByID, x.ByName, x.At = id.New(), actor.PersonID, actor.Name, now
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		if err := tx.AddResponse(ctx, in.ID, x); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, typ, verb, in.State, x.Text)
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

// ConfirmInspection is the unit's word that the results are right.
func (s *Service) ConfirmInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, note string) (InspectionView, error) {
	if err := fault.Check(Note{note}); err != nil {
		return InspectionView{}, err
	}
	return s.respond(ctx, actor, inspectionID, want, Response{State: ResponseConfirmed, Text: note}, event.InspectionConfirmed, "confirm")
}

// ObjectToInspection is the unit's word that the results, or one of them, are
// wrong, with the reason. Orders given meanwhile stand until it is decided.
func (s *Service) ObjectToInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, itemKey, deviceID, text string) (InspectionView, error) {
	if err := fault.Check(Objection{itemKey, deviceID, text}); err != nil {
		return InspectionView{}, err
	}
	if err := needText("body.text", text); err != nil {
		return InspectionView{}, err
	}
	return s.respond(ctx, actor, inspectionID, want, Response{State: ResponseObjected, ItemKey: itemKey, DeviceID: deviceID, Text: text}, event.InspectionObjected, "object to")
}

// DecideObjection upholds an objection or overrules it, with the reason. It is
// never decided by whoever sent the results. What was upheld is added to the
// record; the findings from it are dismissed one by one.
func (s *Service) DecideObjection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, uphold bool, answer string) (InspectionView, error) {
	if err := fault.Check(ObjectionDecision{answer}); err != nil {
		return InspectionView{}, err
	}
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "conduct", "decide an objection to")
	if err != nil {
		return InspectionView{}, err
	}
	i := slices.IndexFunc(in.Responses, func(x Response) bool { return x.State == ResponseObjected })
	if i < 0 {
		return InspectionView{}, fault.New(fault.Conflict, "no_objection", "No objection is waiting for a decision.")
	}
	if in.SentBy == actor.PersonID {
		return InspectionView{}, fault.New(fault.Forbidden, "own_inspection", "You sent these results yourself; another inspector has to decide about the objection.")
	}
	if err := needText("body.answer", answer); err != nil {
		return InspectionView{}, err
	}
	x, was, now := in.Responses[i], in.Version, s.clock.Now()
	in.Version++
	x.State = ResponseOverruled
	if uphold {
		x.State = ResponseUpheld
	}
	in.Response = x.State
	x.Answer, x.DecidedBy, x.Decider, x.DecidedAt = answer, actor.PersonID, actor.Name, &now
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		if err := tx.UpdateResponse(ctx, x); err != nil {
			return err
		}
		if uphold {
			a := Amendment{AmendmentHead: AmendmentHead{ID: id.New(), ItemKey: x.ItemKey, DeviceID: x.DeviceID, Text: answer, ByID: actor.PersonID, ByName: actor.Name, At: now}}
			if err := tx.AddAmendment(ctx, in.ID, a); err != nil {
				return err
			}
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionObjectionDecided, x.State, in.State, answer)
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

// RecordFindings records an open finding for every failed answer of a sent
// inspection that has none yet: how the office takes up a self-check.
func (s *Service) RecordFindings(ctx context.Context, actor policy.Actor, inspectionID string) (int, error) {
	in, err := s.store.Inspection(ctx, inspectionID)
	if err != nil {
		return 0, err
	}
	t := target(in.UnitID, in.UnitPath)
	reads := s.policy.Reach(ctx, actor, "inspection", "read").Covers(t)
	if err := fault.Unless(reads && s.policy.Can(ctx, actor, "finding", "record", t), reads, "inspection", inspectionVerbs.Denied("record findings from")); err != nil {
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
	now, n := s.clock.Now(), 0
	found := in.failures(actor, now, c)
	if err := s.linkLookBack(ctx, c, found); err != nil {
		return 0, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		fresh, err := unrecorded(ctx, tx, found)
		if err != nil {
			return err
		}
		n = len(fresh)
		return s.insertFindings(ctx, tx, actor, now, fresh)
	})
	return n, err
}
