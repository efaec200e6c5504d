package rectification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// InspectionInput plans an inspection. Its JSON is what is hashed to know a
// retry again.
type InspectionInput struct {
	ID           string `limit:"..36"` // made by the client, or empty
	UnitID       string `limit:"1..64"`
	ChecklistID  string `limit:"1..64"`
	CampaignID   string `limit:"..64"`
	Kind         string `words:"inspection_kind" limit:"?"`
	PlannedDay   string
	Note         string   `limit:"..2000"`
	InspectorIDs []string `limit:"..20" each:"1..64"` // empty: whoever plans it
	Devices      []Device `limit:"..500"`
	Registered   bool     `json:",omitempty"`              // the devices of the unit's register
	OfficeID     string   `json:",omitempty" limit:"..64"` // empty: the usual one
}

// InspectionView is an inspection as somebody sees it: all of it where it is open to
// them, else its outline, of whose checklist there is no more than the title.
type InspectionView struct {
	Row[Inspection, InspectionMay]
	Checklist checklist.Checklist
}

// conductedWith tells whether the rights are enough to answer, send and amend
// it: an inspector's for other units, the unit's own for a self-check. What
// the office filled in would not be the unit's word about itself.
func (in InspectionHead) conductedWith(r policy.Rights) bool {
	right := "conduct"
	if in.Kind == SelfCheck {
		right = "self_check"
	}
	return r.Covers(right, in.target())
}

func mayInspection(r policy.Rights, actor policy.Actor, in InspectionHead) InspectionMay {
	t := in.target()
	planned := in.State == InspectionPlanned
	conduct := in.conductedWith(r)
	return InspectionMay{
		Update: planned && r.Covers("conduct", t), Answer: planned && conduct, Send: planned && conduct,
		Cancel: planned && r.Covers("conduct", t), Amend: in.State == InspectionSent && conduct,
		Respond:         in.State == InspectionSent && in.Kind != SelfCheck && in.Response == "" && r.Covers("respond", t),
		DecideObjection: in.Response == ResponseObjected && in.SentBy != actor.PersonID && r.Covers("conduct", t),
	}
}

// takesUp tells whether the actor may take up what failed in a sent self-check.
// That is a right on findings, which is asked for only where there is one.
func (s *Inspections) takesUp(ctx context.Context, actor policy.Actor) func(InspectionHead) bool {
	reach := sync.OnceValue(func() policy.Reach { return s.policy.Reach(ctx, actor, "finding", "take_up") })
	return func(in InspectionHead) bool {
		return in.Kind == SelfCheck && in.State == InspectionSent && in.Failed > 0 && reach().Covers(in.target())
	}
}

func (s *Inspections) inspectionView(ctx context.Context, actor policy.Actor, r policy.Rights, inspectionID string) (InspectionView, error) {
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
	v.Row = Row[Inspection, InspectionMay]{Thing: in.outline(), Names: names, Campaign: cs[in.CampaignID].Title}
	if v.Open = readsInspection(r.Reach("open"), in.InspectionHead); !v.Open {
		v.Checklist = checklist.Checklist{Head: checklist.Head{Title: v.Checklist.Title}}
		return v, nil
	}
	v.Thing, v.May = in, mayInspection(r, actor, in.InspectionHead)
	v.May.RecordFindings = s.takesUp(ctx, actor)(in.InspectionHead)
	return v, nil
}

// Inspections lists inspections in reach, the latest planned day first.
func (s *Inspections) Inspections(ctx context.Context, actor policy.Actor, q InspectionQuery) ([]Row[InspectionHead, InspectionMay], error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	q.Reach = r.Reach(seenBy(q))
	ins, err := s.store.Inspections(ctx, q)
	if err != nil {
		return nil, err
	}
	names, err := s.store.Names(ctx, IDsOf(ins, func(in InspectionHead) []string { return []string{in.UnitID, in.OfficeID} }))
	if err != nil {
		return nil, err
	}
	cs, err := s.store.Campaigns(ctx, IDsOf(ins, func(in InspectionHead) []string { return []string{in.CampaignID} }))
	if err != nil {
		return nil, err
	}
	takesUp := s.takesUp(ctx, actor)
	rows := make([]Row[InspectionHead, InspectionMay], len(ins))
	for i, in := range ins {
		v := Row[InspectionHead, InspectionMay]{Thing: in.outline(), Names: names, Campaign: cs[in.CampaignID].Title}
		if v.Open = readsInspection(r.Reach("open"), in); v.Open {
			v.Thing, v.May = in, mayInspection(r, actor, in)
			v.May.RecordFindings = takesUp(in)
		}
		rows[i] = v
	}
	return rows, nil
}

// Opened reads one that is open to the caller. Whoever has its outline alone is
// refused.
func (s *Inspections) Opened(ctx context.Context, actor policy.Actor, inspectionID string) (InspectionView, error) {
	v, err := s.Inspection(ctx, actor, inspectionID)
	if err == nil && !v.Open {
		return InspectionView{}, fault.Denied(inspectionVerbs.Denied("open"))
	}
	return v, err
}

// Inspection reads one with its checklist, devices and answers, or its outline.
func (s *Inspections) Inspection(ctx context.Context, actor policy.Actor, inspectionID string) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	v, err := s.inspectionView(ctx, actor, r, inspectionID)
	if err == nil && !readsInspection(r.Reach("read"), v.Thing.InspectionHead) {
		return InspectionView{}, fault.Missing("inspection")
	}
	return v, err
}

// PlanInspection plans an inspection of a unit. With an id of the client's own
// it may be sent again: the same content answers the same.
func (s *Inspections) PlanInspection(ctx context.Context, actor policy.Actor, in InspectionInput) (InspectionView, error) {
	if err := fault.Check(in); err != nil {
		return InspectionView{}, err
	}
	var none InspectionView
	r := s.policy.Rights(ctx, actor, "inspection")
	u, err := s.store.Unit(ctx, in.UnitID)
	if err != nil {
		return none, err
	}
	t := target(u.ID, u.Path)
	if err := fault.Unless(r.Covers("plan", t), r.Covers("read", t), "unit", unitVerbs.Denied("plan an inspection")); err != nil {
		return none, err
	}
	if in.ID, err = clientID(in.ID); err != nil {
		return none, err
	}
	sum := hash(in)
	if old, err := s.store.Inspection(ctx, in.ID); err == nil {
		return s.again(ctx, actor, r, old, sum)
	} else if !fault.Is(err, fault.NotFound) {
		return none, err
	}
	if !u.Active {
		return none, fault.BadField("unit_id", "this unit is no longer active", in.UnitID)
	}
	c, err := s.lists.ToUse(ctx, actor, in.ChecklistID)
	if err != nil {
		return none, err
	}
	if _, err := s.campaignFor(ctx, in.CampaignID, u.Path); err != nil {
		return none, err
	}
	if in.Kind == "" {
		in.Kind = "planned"
	}
	if in.OfficeID, err = officeFor(r.Reach("plan"), t, in.OfficeID); err != nil {
		return none, err
	}
	i := begun(s.doer(actor), u, c.ID, in)
	i.ContentHash = sum
	if in.Registered {
		if len(in.Devices) > 0 {
			return none, fault.BadField("devices", "leave the devices out where those of the register are taken", nil)
		}
		if i.Devices, err = s.registered(ctx, r.Reach("read"), u.ID); err != nil {
			return none, err
		}
	}
	if err := validPlan(i); err != nil {
		return none, err
	}
	if i.Inspectors, err = s.inspectors(ctx, actor, in.InspectorIDs, i); err != nil {
		return none, err
	}
	return s.plan(ctx, actor, r, i)
}

// begun is an inspection of a unit as it is first planned.
func begun(by deed.Doer, u Unit, checklistID string, in InspectionInput) Inspection {
	if in.PlannedDay == "" {
		in.PlannedDay = clock.Day(by.Now)
	}
	return Inspection{InspectionHead: InspectionHead{
		ID: in.ID, CampaignID: in.CampaignID, ChecklistID: checklistID, Kind: in.Kind, UnitID: u.ID, UnitPath: u.Path, OfficeID: in.OfficeID,
		PlannedDay: in.PlannedDay, Note: in.Note, State: InspectionPlanned, CreatedBy: by.Actor.PersonID, Author: by.Actor.Name, CreatedAt: by.Now, Version: 1,
	}, Devices: in.Devices}
}

// plan stores an inspection that has just begun, with the checklist of its own
// where it has one, and shows it.
func (s *Inspections) plan(ctx context.Context, actor policy.Actor, r policy.Rights, i Inspection, own ...checklist.Checklist) (InspectionView, error) {
	err := s.do(ctx, deed.Doer{Actor: actor, Now: i.CreatedAt}, func(ctx context.Context, d deed.Deed[Tx]) error {
		if len(own) > 0 {
			if err := d.Tx.InsertChecklist(ctx, own[0]); err != nil {
				return err
			}
		}
		if err := d.Tx.InsertInspection(ctx, i); err != nil {
			return err
		}
		return d.Note(ctx, i.thing(), deed.Step{Action: "plan", Event: event.InspectionPlanned})
	})
	if fault.IsCode(err, "duplicate") { // the same phone, twice at once
		if old, rerr := s.store.Inspection(ctx, i.ID); rerr == nil {
			return s.again(ctx, actor, r, old, i.ContentHash)
		}
	}
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, i.ID)
}

// again answers a second planning under the same id.
func (s *Inspections) again(ctx context.Context, actor policy.Actor, r policy.Rights, old Inspection, sum string) (InspectionView, error) {
	if !readsInspection(r.Reach("read"), old.InspectionHead) {
		return InspectionView{}, taken("inspection", nil)
	}
	v, err := s.inspectionView(ctx, actor, r, old.ID)
	if err == nil && old.ContentHash != sum {
		return InspectionView{}, taken("inspection", v)
	}
	return v, err
}

func validPlan(in Inspection) error {
	if !slices.Contains(InspectionKinds, in.Kind) {
		return fault.BadField("kind", fault.Textf("expected one of %s", strings.Join(InspectionKinds, ", ")), in.Kind)
	}
	if wrong := fault.WrongDay(in.PlannedDay); wrong != "" {
		return fault.BadField("planned_day", wrong, in.PlannedDay)
	}
	seen := map[string]bool{}
	for i, d := range in.Devices {
		loc := fmt.Sprintf("devices[%d]", i)
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
func (s *Inspections) inspectors(ctx context.Context, actor policy.Actor, ids []string, in Inspection) ([]Inspector, error) {
	if in.Kind == SelfCheck {
		return s.ownInspectors(ctx, ids, in.UnitPath)
	}
	if len(ids) == 0 {
		return []Inspector{{PersonID: actor.PersonID, Name: actor.Name}}, nil
	}
	county, err := s.county(ctx, in.UnitPath)
	if err != nil {
		return nil, err
	}
	var out []Inspector
	for i, pid := range ids {
		loc := fmt.Sprintf("inspector_ids[%d]", i)
		if slices.ContainsFunc(out, func(x Inspector) bool { return x.PersonID == pid }) {
			continue
		}
		p, err := s.colleague(ctx, actor, loc, pid, county)
		if err != nil {
			return nil, err
		}
		if pid != actor.PersonID && p.UnitID == in.UnitID {
			return nil, fault.BadField(loc, "this person works at the inspected unit; nobody inspects their own unit", pid)
		}
		out = append(out, Inspector{PersonID: p.ID, Name: p.Name})
	}
	return out, nil
}

// county is the path of the county that a unit is in, which inspectors are
// called together from; its own where it is in none.
func (s *Inspections) county(ctx context.Context, path string) (string, error) {
	at := ""
	for _, x := range id.InPath(path) {
		at += x + "/"
		u, err := s.store.Unit(ctx, x)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return "", err
		}
		if u.Level == "county" {
			return at, nil
		}
	}
	return path, nil
}

// ownInspectors are people of the unit that checks itself; nobody has to be named.
func (s *Inspections) ownInspectors(ctx context.Context, ids []string, unitPath string) ([]Inspector, error) {
	var out []Inspector
	for i, pid := range ids {
		p, err := s.person(ctx, fmt.Sprintf("inspector_ids[%d]", i), pid, unitPath)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(out, func(x Inspector) bool { return x.PersonID == pid }) {
			out = append(out, Inspector{PersonID: p.ID, Name: p.Name})
		}
	}
	return out, nil
}

// carryOut stands for the right to conduct it; of a self-check, to check
// oneself.
const carryOut = "carry_out"

// openInspection reads an inspection that the actor may act on and that is at
// the wanted version.
func (s *Inspections) openInspection(ctx context.Context, r policy.Rights, on deed.Subject, p deed.Permission) (Inspection, error) {
	in, err := s.store.Inspection(ctx, on.ID)
	if err != nil {
		return in, err
	}
	t := in.target()
	may := in.conductedWith(r)
	if p.Right != carryOut {
		may = r.Covers(p.Right, t)
	}
	if err := fault.Unless(may, readsInspection(r.Reach("read"), in.InspectionHead), "inspection", inspectionVerbs.Denied(p.Verb)); err != nil {
		return in, err
	}
	return in, fault.Version(on.Version, in.Version)
}

// visit is a change to an inspection: what is stored beside it, and the step
// that is noted; without one nothing changes.
type visit struct {
	deed.Doer
	rights policy.Rights
	in     Inspection
	deed.Step
	writes []func(ctx context.Context, d deed.Deed[Tx]) error
}

// also stores something with the visit.
func (v *visit) also(w func(ctx context.Context, d deed.Deed[Tx]) error) {
	v.writes = append(v.writes, w)
}

// visit opens an inspection, lets change say what happens to it, and stores
// that in one transaction.
func (s *Inspections) visit(ctx context.Context, actor policy.Actor, on deed.Subject, p deed.Permission, change func(v *visit) error) (InspectionView, error) {
	r := s.policy.Rights(ctx, actor, "inspection")
	in, err := s.openInspection(ctx, r, on, p)
	if err != nil {
		return InspectionView{}, err
	}
	v := &visit{Doer: s.doer(actor), rights: r, in: in}
	if err := change(v); err != nil {
		return InspectionView{}, err
	}
	if v.Event == "" {
		return s.inspectionView(ctx, actor, r, in.ID)
	}
	v.From = in.State
	v.in.Version++
	err = s.do(ctx, v.Doer, func(ctx context.Context, d deed.Deed[Tx]) error {
		if err := d.Tx.UpdateInspection(ctx, v.in.InspectionHead, in.Version); err != nil {
			return err
		}
		for _, w := range v.writes {
			if err := w(ctx, d); err != nil {
				return err
			}
		}
		return d.Note(ctx, v.in.thing(), v.Step)
	})
	if err != nil {
		return InspectionView{}, err
	}
	return s.inspectionView(ctx, actor, r, in.ID)
}
