package rectification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// InspectionInput plans an inspection. Its JSON is what is hashed to know a
// retry again.
type InspectionInput struct {
	ID           string // made by the client, or empty
	UnitID       string
	ChecklistID  string
	CampaignID   string
	Kind         string
	PlannedDay   string
	Note         string
	InspectorIDs []string // empty: whoever plans it
	Devices      []Device
}

// InspectionView is an inspection as somebody sees it.
type InspectionView struct {
	Row[Inspection]
	Checklist Checklist
}

func mayInspection(r policy.Rights, in InspectionHead) map[string]bool {
	t := target(in.UnitID, in.UnitPath)
	planned := in.State == InspectionPlanned
	conduct := r.Covers("conduct", t)
	return map[string]bool{
		"update": planned && r.Covers("plan", t), "answer": planned && conduct, "send": planned && conduct,
		"cancel": planned && r.Covers("plan", t), "amend": in.State == InspectionSent && conduct,
	}
}

func (s *Service) inspectionView(ctx context.Context, r policy.Rights, inspectionID string) (InspectionView, error) {
	var v InspectionView
	in, err := s.store.Inspection(ctx, inspectionID)
	if err != nil {
		return v, err
	}
	if v.Checklist, err = s.store.Checklist(ctx, in.ChecklistID); err != nil {
		return v, err
	}
	names, err := s.store.Names(ctx, []string{in.UnitID, in.OfficeID})
	if err != nil {
		return v, err
	}
	cs, err := s.store.Campaigns(ctx, []string{in.CampaignID})
	if err != nil {
		return v, err
	}
	v.Row = Row[Inspection]{Thing: in, Names: names, Campaign: cs[in.CampaignID].Title, May: mayInspection(r, in.InspectionHead)}
	return v, nil
}

// Inspections lists inspections in reach, the latest planned day first.
func (s *Service) Inspections(ctx context.Context, actor policy.Actor, q InspectionQuery) ([]Row[InspectionHead], error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	q.Reach = r.Reach("read")
	ins, err := s.store.Inspections(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, unitIDs(ins, func(in InspectionHead) []string { return []string{in.UnitID, in.OfficeID} }))
	if err != nil {
		return nil, err
	}
	cs, err := s.store.Campaigns(ctx, unitIDs(ins, func(in InspectionHead) []string { return []string{in.CampaignID} }))
	if err != nil {
		return nil, err
	}
	rows := make([]Row[InspectionHead], len(ins))
	for i, in := range ins {
		rows[i] = Row[InspectionHead]{Thing: in, Names: names, Campaign: cs[in.CampaignID].Title, May: mayInspection(r, in)}
	}
	return rows, nil
}

// Inspection reads one with its checklist, devices and answers.
func (s *Service) Inspection(ctx context.Context, actor policy.Actor, inspectionID string) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	v, err := s.inspectionView(ctx, r, inspectionID)
	if err == nil && !r.Covers("read", target(v.Thing.UnitID, v.Thing.UnitPath)) {
		return InspectionView{}, fault.Missing("inspection")
	}
	return v, err
}

// PlanInspection plans an inspection of a unit. With an id of the client's own
// it may be sent again: the same content answers the same.
func (s *Service) PlanInspection(ctx context.Context, actor policy.Actor, in InspectionInput) (InspectionView, error) {
	var none InspectionView
	r := s.policy.Rights(ctx, actor, "inspection")
	u, err := s.store.Unit(ctx, in.UnitID)
	if err != nil {
		return none, err
	}
	t := target(u.ID, u.Path)
	if err := fault.Unless(r.Covers("plan", t), r.Covers("read", t), "unit", "plan an inspection of"); err != nil {
		return none, err
	}
	if in.ID, err = clientID(in.ID); err != nil {
		return none, err
	}
	sum := hash(in)
	if old, err := s.store.Inspection(ctx, in.ID); err == nil {
		return s.again(ctx, r, old, sum)
	} else if !fault.Is(err, fault.NotFound) {
		return none, err
	}
	if !u.Active {
		return none, fault.BadField("body.unit_id", "this unit is no longer active", in.UnitID)
	}
	c, err := s.readChecklist(ctx, s.policy.Rights(ctx, actor, "checklist"), in.ChecklistID)
	if err != nil {
		return none, err
	}
	if c.State != ChecklistPublished {
		return none, fault.BadField("body.checklist_id", "only a published checklist can be used", in.ChecklistID)
	}
	camp, err := s.campaignFor(ctx, in.CampaignID, u.Path)
	if err != nil {
		return none, err
	}
	if err := running(camp); err != nil {
		return none, err
	}
	now := s.clock.Now()
	if in.PlannedDay == "" {
		in.PlannedDay = clock.Day(now)
	}
	if in.Kind == "" {
		in.Kind = "planned"
	}
	i := Inspection{InspectionHead: InspectionHead{
		ID: in.ID, ContentHash: sum, CampaignID: in.CampaignID, ChecklistID: c.ID, Kind: in.Kind, UnitID: u.ID, UnitPath: u.Path,
		OfficeID: actor.UnitID, PlannedDay: in.PlannedDay, Note: in.Note, State: InspectionPlanned,
		CreatedBy: actor.PersonID, Author: actor.Name, CreatedAt: now, Version: 1,
	}, Devices: in.Devices}
	if err := validPlan(i); err != nil {
		return none, err
	}
	if i.Inspectors, err = s.inspectors(ctx, actor, in.InspectorIDs, u.ID); err != nil {
		return none, err
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.InsertInspection(ctx, i); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, i.InspectionHead, event.InspectionPlanned, "plan", "", "")
	})
	if fault.IsCode(err, "duplicate") { // the same phone, twice at once
		if old, rerr := s.store.Inspection(ctx, in.ID); rerr == nil {
			return s.again(ctx, r, old, sum)
		}
	}
	if err != nil {
		return none, err
	}
	return s.inspectionView(ctx, r, i.ID)
}

// again answers a second planning under the same id.
func (s *Service) again(ctx context.Context, r policy.Rights, old Inspection, sum string) (InspectionView, error) {
	if !r.Covers("read", target(old.UnitID, old.UnitPath)) {
		return InspectionView{}, taken("inspection", nil)
	}
	v, err := s.inspectionView(ctx, r, old.ID)
	if err == nil && old.ContentHash != sum {
		return InspectionView{}, taken("inspection", v)
	}
	return v, err
}

func validPlan(in Inspection) error {
	if !slices.Contains(InspectionKinds, in.Kind) {
		return fault.BadField("body.kind", "expected one of "+strings.Join(InspectionKinds, ", "), in.Kind)
	}
	if _, err := clock.EndOfDay(in.PlannedDay); err != nil {
		return fault.BadField("body.planned_day", "expected a day like 2026-09-21", in.PlannedDay)
	}
	seen := map[string]bool{}
	for i, d := range in.Devices {
		loc := fmt.Sprintf("body.devices[%d]", i)
		switch {
		case strings.TrimSpace(d.ID) == "" || strings.TrimSpace(d.Label) == "":
			return fault.BadField(loc, "a device needs an id, unique in the inspection, and a label", d.ID)
		case seen[d.ID]:
			return fault.BadField(loc+".id", "another device has the same id", d.ID)
		}
		seen[d.ID] = true
	}
	return nil
}

// inspectors resolves who carries it out: active people, never of the
// inspected unit.
func (s *Service) inspectors(ctx context.Context, actor policy.Actor, ids []string, unitID string) ([]Inspector, error) {
	if len(ids) == 0 {
		return []Inspector{{PersonID: actor.PersonID, Name: actor.Name}}, nil
	}
	var out []Inspector
	for i, pid := range ids {
		loc := fmt.Sprintf("body.inspector_ids[%d]", i)
		if slices.ContainsFunc(out, func(x Inspector) bool { return x.PersonID == pid }) {
			continue
		}
		if pid == actor.PersonID {
			out = append(out, Inspector{PersonID: pid, Name: actor.Name})
			continue
		}
		p, err := s.store.Person(ctx, pid)
		if fault.Is(err, fault.NotFound) || err == nil && p.Disabled {
			return nil, fault.BadField(loc, "there is no such active person", pid)
		}
		if err != nil {
			return nil, err
		}
		if p.UnitID == unitID {
			return nil, fault.BadField(loc, "this person works at the inspected unit; nobody inspects their own unit", pid)
		}
		out = append(out, Inspector{PersonID: p.ID, Name: p.Name})
	}
	return out, nil
}

func (s *Service) noteInspection(ctx context.Context, tx Tx, actor policy.Actor, now time.Time, in InspectionHead, t event.Type, action, from, text string) error {
	e := entry(now, actor, "inspection", in.ID, action, from, in.State, in.UnitID, in.Version)
	e.Text = text
	if action == "cancel" {
		e.Reason = in.CancelReason
	}
	if err := tx.AddHistory(ctx, e); err != nil {
		return err
	}
	return tx.Append(ctx, event.New(id.New(), now, t, in.ID, in.Version, inspectionData(in)).
		By(actor.PersonID, actor.Name).For(in.UnitID, in.UnitPath).Because(e.Reason))
}

// openInspection reads an inspection that the actor may act on and that is at
// the wanted version.
func (s *Service) openInspection(ctx context.Context, r policy.Rights, inspectionID string, want int64, right, verb string) (Inspection, error) {
	in, err := s.store.Inspection(ctx, inspectionID)
	if err != nil {
		return in, err
	}
	t := target(in.UnitID, in.UnitPath)
	if err := fault.Unless(r.Covers(right, t), r.Covers("read", t), "inspection", verb); err != nil {
		return in, err
	}
	return in, fault.Version(want, in.Version)
}

// InspectionPatch changes a planned inspection; nil fields stay.
type InspectionPatch struct {
	PlannedDay   *string
	Note         *string
	InspectorIDs []string
	Devices      *[]Device
}

// UpdateInspection changes day, note, inspectors or devices before sending.
func (s *Service) UpdateInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, p InspectionPatch) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "plan", "change")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, fault.WrongState("inspection", in.State, "change")
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
		if in.Inspectors, err = s.inspectors(ctx, actor, p.InspectorIDs, in.UnitID); err != nil {
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
	return s.inspectionView(ctx, r, in.ID)
}

// PutAnswers saves answers; answers to the same item and device replace
// earlier ones. What is stored already in these words is a retry and changes
// nothing, also after sending.
func (s *Service) PutAnswers(ctx context.Context, actor policy.Actor, inspectionID string, want int64, answers []Answer) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, "conduct", "answer")
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
		return s.inspectionView(ctx, r, in.ID)
	}
	if in.State != InspectionPlanned {
		v, verr := s.inspectionView(ctx, r, in.ID)
		if verr != nil {
			return v, verr
		}
		f := fault.As(fault.WrongState("inspection", in.State, "answer"))
		return InspectionView{}, f.WithCurrent(v)
	}
	if err := fault.Version(want, in.Version); err != nil {
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
	return s.inspectionView(ctx, r, in.ID)
}

// SendInspection makes the results final. With record, every failed answer
// becomes an open finding. Sending again what is sent answers the same.
func (s *Service) SendInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, record bool) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, "conduct", "send")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State == InspectionSent && in.SentBy == actor.PersonID {
		return s.inspectionView(ctx, r, in.ID)
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, fault.WrongState("inspection", in.State, "send")
	}
	if err := fault.Version(want, in.Version); err != nil {
		return InspectionView{}, err
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
	in.State, in.SentBy, in.Sender, in.SentAt, in.Failed = InspectionSent, actor.PersonID, actor.Name, &now, 0
	var found []Finding
	for _, it := range c.Items {
		for _, d := range in.places(it) {
			a, ok := in.Answer(it.Key, d)
			if !ok || a.Result != Fail {
				continue
			}
			in.Failed++
			if record {
				found = append(found, fromAnswer(actor, now, in, c, it, a))
			}
		}
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateInspection(ctx, in.InspectionHead, was); err != nil {
			return err
		}
		fresh := found[:0:0]
		for _, f := range found {
			// Recorded from the phone before the inspection was sent.
			if _, err := tx.FindingOfAnswer(ctx, in.ID, f.ItemKey, f.DeviceID); err == nil {
				continue
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
			fresh = append(fresh, f)
		}
		if err := s.insertFindings(ctx, tx, actor, now, fresh); err != nil {
			return err
		}
		return s.noteInspection(ctx, tx, actor, now, in.InspectionHead, event.InspectionSent, "send", InspectionPlanned, "")
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, r, in.ID)
}

// CancelInspection calls a planned inspection off.
func (s *Service) CancelInspection(ctx context.Context, actor policy.Actor, inspectionID string, want int64, reason string) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, want, "plan", "cancel")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionPlanned {
		return InspectionView{}, fault.WrongState("inspection", in.State, "cancel")
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
	return s.inspectionView(ctx, r, in.ID)
}

// AmendInspection adds to a sent inspection what was overlooked; the answers
// stay as they were sent.
func (s *Service) AmendInspection(ctx context.Context, actor policy.Actor, inspectionID string, a Amendment) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, inspectionID, 0, "conduct", "amend")
	if err != nil {
		return InspectionView{}, err
	}
	if in.State != InspectionSent {
		return InspectionView{}, fault.WrongState("inspection", in.State, "amend")
	}
	if err := needText("body.text", a.Text); err != nil {
		return InspectionView{}, err
	}
	if a.ItemKey != "" {
		if _, ok := in.Answer(a.ItemKey, a.DeviceID); !ok {
			return InspectionView{}, fault.BadField("body.item_key", "the inspection has no answer for this item and device", a.ItemKey)
		}
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
	return s.inspectionView(ctx, r, in.ID)
}
