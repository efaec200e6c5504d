package rectification

import (
	"context"
	"fmt"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// InspectionPatch changes a planned inspection; nil fields stay.
type InspectionPatch struct {
	PlannedDay   *string
	Note         *string   `limit:"..2000"`
	InspectorIDs []string  `limit:"..20" each:"1..64"`
	Devices      *[]Device `limit:"..5000"`
}

// UpdateInspection changes day, note, inspectors or devices before sending.
func (s *Inspections) UpdateInspection(ctx context.Context, actor policy.Actor, on deed.Subject, p InspectionPatch) (InspectionView, error) {
	if err := fault.Check(p); err != nil {
		return InspectionView{}, err
	}
	return s.visit(ctx, actor, on, deed.Permission{Right: "conduct", Verb: "change"}, func(v *visit) (err error) {
		in := &v.in
		if in.State != InspectionPlanned {
			return inspectionVerbs.WrongState("change", in.State)
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
					return fault.New(fault.Conflict, "device_has_answers", "Device %s was answered for already; keep it in the list.", a.DeviceID)
				}
			}
			v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.SetDevices(ctx, in.ID, in.Devices) })
		}
		if err := validPlan(*in); err != nil {
			return err
		}
		if p.InspectorIDs != nil {
			if in.Inspectors, err = s.inspectors(ctx, actor, p.InspectorIDs, *in); err != nil {
				return err
			}
			v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.SetInspectors(ctx, in.ID, in.Inspectors) })
		}
		v.Step = deed.Step{Action: "update", Event: event.InspectionRevised}
		return nil
	})
}

// PutAnswers saves answers; answers to the same item and device replace
// earlier ones. What is stored already in these words is a retry and changes
// nothing, also after sending.
func (s *Inspections) PutAnswers(ctx context.Context, actor policy.Actor, on deed.Subject, p Answers) (InspectionView, error) {
	if err := fault.Check(p); err != nil {
		return InspectionView{}, err
	}
	return s.visit(ctx, actor, deed.Subject{ID: on.ID}, deed.Permission{Right: carryOut, Verb: "answer"}, func(v *visit) error {
		in := &v.in
		c, err := s.store.Checklist(ctx, in.ChecklistID)
		if err != nil {
			return err
		}
		answers, err := in.check(c, p.Answers)
		if err != nil {
			return err
		}
		fresh := slices.DeleteFunc(slices.Clone(answers), func(a Answer) bool {
			old, ok := in.Answer(a.ItemKey, a.DeviceID)
			return ok && old.same(a)
		})
		if len(fresh) == 0 {
			return nil
		}
		if in.State != InspectionPlanned {
			stored, err := s.inspectionView(ctx, actor, v.rights, in.ID)
			if err != nil {
				return err
			}
			return inspectionVerbs.WrongState("answer", in.State).WithCurrent(stored)
		}
		if err := fault.Version(on.Version, in.Version); err != nil {
			return err
		}
		if err := s.attachable(ctx, actor, filesOf(fresh), func(file string) string {
			i := slices.IndexFunc(answers, func(a Answer) bool { return slices.Contains(a.FileIDs, file) })
			return fmt.Sprintf("answers[%d].file_ids", i)
		}); err != nil {
			return err
		}
		for i := range fresh {
			fresh[i].AnsweredBy, fresh[i].AnsweredAt = actor.PersonID, v.Now
		}
		v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.PutAnswers(ctx, in.ID, fresh) })
		v.Step = deed.Step{Action: "answer", Event: event.InspectionRevised, Text: fmt.Sprintf("%d", len(fresh))}
		return nil
	})
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
func (s *Inspections) SendInspection(ctx context.Context, actor policy.Actor, on deed.Subject, asked *bool) (InspectionView, error) {
	return s.visit(ctx, actor, deed.Subject{ID: on.ID}, deed.Permission{Right: carryOut, Verb: "send"}, func(v *visit) error {
		in := &v.in
		if in.State == InspectionSent && in.SentBy == actor.PersonID {
			return nil
		}
		if in.State != InspectionPlanned {
			return inspectionVerbs.WrongState("send", in.State)
		}
		if err := fault.Version(on.Version, in.Version); err != nil {
			return err
		}
		record := in.Kind != SelfCheck
		if asked != nil {
			record = *asked
		}
		if record && !s.policy.Can(ctx, actor, "finding", "take_up", in.target()) {
			return fault.Denied("You may send this inspection, but not record findings.")
		}
		c, err := s.store.Checklist(ctx, in.ChecklistID)
		if err != nil {
			return err
		}
		if err := in.missing(c); err != nil {
			return err
		}
		in.State, in.SentBy, in.Sender, in.SentAt = InspectionSent, actor.PersonID, actor.Name, &v.Now
		found := in.failures(v.Doer, c)
		in.Failed = len(found)
		if record {
			if err := s.linkLookBack(ctx, c, found); err != nil {
				return err
			}
			v.also(func(ctx context.Context, d deed.Deed[Tx]) error {
				_, err := insertUnrecorded(ctx, d, found)
				return err
			})
		}
		v.Step = deed.Step{Action: "send", Event: event.InspectionSent}
		return nil
	})
}

// failures are the findings of the failed answers, in the order of the checklist.
func (in Inspection) failures(by deed.Doer, c checklist.Checklist) []Finding {
	var found []Finding
	for _, it := range c.Items {
		for _, d := range in.Places(it) {
			if a, ok := in.Answer(it.Key, d); ok && a.Result == checklist.Fail {
				found = append(found, in.finding(by, c, it, a))
			}
		}
	}
	return found
}

// insertUnrecorded records the findings whose answers have none yet, and tells
// how many: a phone may have recorded some before the inspection was sent.
func insertUnrecorded(ctx context.Context, d deed.Deed[Tx], found []Finding) (int, error) {
	fresh := found[:0:0]
	for _, f := range found {
		if _, err := d.Tx.FindingOfAnswer(ctx, f.InspectionID, f.ItemKey, f.DeviceID); err == nil {
			continue
		} else if !fault.Is(err, fault.NotFound) {
			return 0, err
		}
		fresh = append(fresh, f)
	}
	return len(fresh), insertFindings(ctx, d, fresh)
}

// CancelInspection calls a planned inspection off.
func (s *Inspections) CancelInspection(ctx context.Context, actor policy.Actor, on deed.Subject, p Reason) (InspectionView, error) {
	if err := fault.Check(p); err != nil {
		return InspectionView{}, err
	}
	return s.visit(ctx, actor, on, deed.Permission{Right: "conduct", Verb: "cancel"}, func(v *visit) error {
		if v.in.State != InspectionPlanned {
			return inspectionVerbs.WrongState("cancel", v.in.State)
		}
		v.in.State, v.in.CancelReason = InspectionCancelled, p.Reason
		v.Step = deed.Step{Action: "cancel", Event: event.InspectionCancelled, Reason: p.Reason}
		return nil
	})
}

// AmendInspection adds to a sent inspection what was overlooked; the answers
// stay as they were sent.
func (s *Inspections) AmendInspection(ctx context.Context, actor policy.Actor, inspectionID string, a Amendment) (InspectionView, error) {
	if err := fault.Check(a); err != nil {
		return InspectionView{}, err
	}
	return s.visit(ctx, actor, deed.Subject{ID: inspectionID}, deed.Permission{Right: carryOut, Verb: "amend"}, func(v *visit) error {
		in := v.in
		if in.State != InspectionSent {
			return inspectionVerbs.WrongState("amend", in.State)
		}
		if err := in.answers(a.ItemKey, a.DeviceID); err != nil {
			return err
		}
		if err := s.attachable(ctx, actor, a.FileIDs, func(string) string { return "file_ids" }); err != nil {
			return err
		}
		a.ID, a.ByID, a.ByName, a.At = id.New(), actor.PersonID, actor.Name, v.Now
		v.also(func(ctx context.Context, d deed.Deed[Tx]) error { return d.Tx.AddAmendment(ctx, in.ID, a) })
		v.Step = deed.Step{Action: "amend", Event: event.InspectionAmended, Text: a.Text}
		return nil
	})
}

// answers tells whether it has an answer to an item, where one is named.
func (in Inspection) answers(itemKey, deviceID string) error {
	if _, ok := in.Answer(itemKey, deviceID); itemKey != "" && !ok {
		return fault.BadField("item_key", "the inspection has no answer for this item and device", itemKey)
	}
	return nil
}
