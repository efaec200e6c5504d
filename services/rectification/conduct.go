package rectification

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
)

// InspectionPatch changes a planned inspection; nil fields stay.
type InspectionPatch struct {
	PlannedDay   *string
	Note         *string   `limit:"..2000"`
	InspectorIDs []string  `limit:"..20" each:"1..64"`
	Devices      *[]Device `limit:"..5000"`
}

// UpdateInspection changes day, note, inspectors or devices before sending.
func (s *Service) UpdateInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, p InspectionPatch) (InspectionView, error) {
	if err := fault.Check(p); err != nil {
		return InspectionView{}, err
	}
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "plan", "change")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, inspectionVerbs.WrongState("change", in.State)
	}
	if p.PlannedDay != nil {
		in.PlannedDay = *p.PlannedDay
	}
	if p.Note != nil {
		in.Note = *p.Note
	}
	if p.Devices != nil {
		in.Devices = *p.Devices
		for _, a := range in.Answers {
			if _, ok := in.Device(a.DeviceID); a.DeviceID != "" && !ok {
				return InspectionView{}, fault.New(fault.Conflict, "device_has_answers", "Device %s was answered for already; keep it in the list.", a.DeviceID)
			}
		}
	}
	if err := validPlan(in); err != nil {
		return InspectionView{}, err
	}
	if p.InspectorIDs != nil {
		if in.Inspectors, err = s.inspectors(ctx, actor, p.InspectorIDs, in); err != nil {
			return InspectionView{}, err
		}
	}
	was, now := in.Version, s.clock.Now()
	in.Version++
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		if p.InspectorIDs != nil {
			if err := tx.SetInspectors(ctx, in.ID, in.Inspectors); err != nil {
				return err
			}
		}
		if p.Devices != nil {
			if err := tx.SetDevices(ctx, in.ID, in.Devices); err != nil {
				return err
			}
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionRevised, "update", in.State, "")
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

// PutAnswers saves answers; answers to the same item and device replace
// earlier ones. What is stored already in these words is a retry and changes
// nothing, also after sending.
func (s *Service) PutAnswers(ctx context.Context, actor policy.Actor, inspectionID string, want int64, answers []Answer) (InspectionView, error) {
	if err := fault.Check(Answers{answers}); err != nil {
		return InspectionView{}, err
	}
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, carryOut, "answer")
	if err != nil {
		return InspectionView{}, err
	}
	c, err := s.store.Checklist(ctx, in.ChecklistID)
	if err != nil {
		return InspectionView{}, err
	}
	if answers, err = in.check(c, answers); err != nil {
		return InspectionView{}, err
	}
	fresh := slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool {
		old, ok := in.Answer(a.ItemKey, a.DeviceID)
		return ok && old.same(a)
	})
	if len(fresh) == 0 {
		return s.inspectionView(ctx, actor, r, in.ID)
	}
	if in.State != InspectionPlanned {
		v, verr := s.inspectionView(ctx, actor, r, in.ID)
		if verr != nil {
			return v, verr
		}
		f := fault.As(inspectionVerbs.WrongState("answer", in.State))
		return InspectionView{}, f.WithCurrent(v)
	}
	if err := fault.Version(want, in.Version); err != nil {
		return InspectionView{}, err
	}
	if err := s.attachable(ctx, actor, filesOf(fresh), func(file string) string {
		i := slices.IndexFunc(answers, func(a Answer) bool { return slices.Contains(a.FileIDs, file) })
		return fmt.Sprintf("body.answers[%d].file_ids", i)
	}); err != nil {
		return InspectionView{}, err
	}
	was, now := in.Version, s.clock.Now()
	in.Version++
	for i := range fresh {
		fresh[i].AnsweredBy, fresh[i].AnsweredAt = actor.PersonID, now
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		if err := tx.PutAnswers(ctx, in.ID, fresh); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionRevised, "answer", in.State, fmt.Sprintf("%d", len(fresh)))
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

func filesOf(as []Answer) []string {
	var ids []string
	for _, a := range as {
		ids = append(ids, a.FileIDs...)
	}
	return ids
}

// SendInspection makes the results final. With record, every failed answer
// becomes an open finding; nil means that it does, but for a self-check.
// Sending again what is sent answers the same.
func (s *Service) SendInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, asked *bool) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, carryOut, "send")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State == InspectionSent && in.SentBy == actor.PersonID {
		return s.inspectionView(ctx, actor, r, in.ID)
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, inspectionVerbs.WrongState("send", in.State)
	}
	if err := fault.Version(want, in.Version); err != nil {
		return InspectionView{}, err
	}
	record := in.Kind != SelfCheck
	if asked != nil {
		record = *asked
	}
	if record && !s.policy.Can(ctx, actor, "finding", "record", target(in.UnitID, in.UnitPath)) {
		return InspectionView{}, fault.Denied("You may send this inspection, but not record findings.")
	}
	c, err := s.store.Checklist(ctx, in.ChecklistID)
	if err != nil {
		return InspectionView{}, err
	}
	if err := in.missing(c); err != nil {
		return InspectionView{}, err
	}
	was, now := in.Version, s.clock.Now()
	in.Version++
	in.State, in.SentBy, in.Sender, in.SentAt = InspectionSent, actor.PersonID, actor.Name, &now
	found := in.failures(actor, now, c)
	in.Failed = len(found)
	if !record {
		found = nil
	}
	if err := s.linkLookBack(ctx, c, found); err != nil {
		return InspectionView{}, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		fresh, err := unrecorded(ctx, tx, found)
		if err != nil {
			return err
		}
		if err := s.insertFindings(ctx, tx, actor, now, fresh); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionSent, "send", InspectionPlanned, "")
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

// failures are the findings of the failed answers, in the order of the checklist.
func (in Inspection) failures(actor policy.Actor, now time.Time, c checklist.Checklist) []Finding {
	var found []Finding
	for _, it := range c.Items {
		for _, d := range in.Places(it) {
			if a, ok := in.Answer(it.Key, d); ok && a.Result == checklist.Fail {
				found = append(found, fromAnswer(actor, now, in, c, it, a))
			}
		}
	}
	return found
}

// unrecorded are the findings whose answers have none yet: a phone may have
// recorded some before the inspection was sent.
func unrecorded(ctx context.Context, tx Tx, found []Finding) ([]Finding, error) {
	fresh := found[:0:0]
	for _, f := range found {
		if _, err := tx.FindingOfAnswer(ctx, f.InspectionID, f.ItemKey, f.DeviceID); err == nil {
			continue
		} else if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		fresh = append(fresh, f)
	}
	return fresh, nil
}

// CancelInspection calls a planned inspection off.
func (s *Service) CancelInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, reason string) (InspectionView, error) {
	if err := fault.Check(Reason{reason}); err != nil {
		return InspectionView{}, err
	}
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "plan", "cancel")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, inspectionVerbs.WrongState("cancel", in.State)
	}
	if err := needText("body.reason", reason); err != nil {
		return InspectionView{}, err
	}
	was := in.Version
	in.Version++
	in.State, in.CancelReason = InspectionCancelled, reason
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, s.clock.Now(), in.InspectionHead, event.InspectionCancelled, "cancel", InspectionPlanned, "")
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}

// AmendInspection adds to a sent inspection what was overlooked; the answers
// stay as they were sent.
func (s *Service) AmendInspection(ctx context.Context, actor policy.Actor, inspectionID string, a Amendment) (InspectionView, error) {
	if err := fault.Check(a); err != nil {
		return InspectionView{}, err
	}
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, carryOut, "amend")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionSent {
		return InspectionView{}, inspectionVerbs.WrongState("amend", in.State)
	}
	if err := needText("body.text", a.Text); err != nil {
		return InspectionView{}, err
	}
	if a.ItemKey != "" {
		if _, ok := in.Answer(a.ItemKey, a.DeviceID); !ok {
			return InspectionView{}, fault.BadField("body.item_key", "the inspection has no answer for this item and device", a.ItemKey)
		}
	}
	if err := s.attachable(ctx, actor, a.FileIDs, func(string) string { return "body.file_ids" }); err != nil {
		return InspectionView{}, err
	}
	was, now := in.Version, s.clock.Now()
	in.Version++
	a.ID, a.ByID, a.ByName, a.At = id.New(), actor.PersonID, actor.Name, now
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		if err := tx.AddAmendment(ctx, in.ID, a); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionAmended, "amend", in.State, a.Text)
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}
