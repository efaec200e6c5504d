package rectification

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// PurposeLookBack marks a checklist that was built for one look-back; the keys
// of its items are the ids of the findings that are looked at again.
const PurposeLookBack = "look_back"

// LookBackInput plans a look-back. Its JSON is what is hashed to know a retry
// again.
type LookBackInput struct {
	ID           string `limit:"..36"`
	UnitID       string `limit:"1..64"`
	ClosedDays   int    `limit:"1..1000?"` // how long ago a finding may have been closed
	CampaignID   string `limit:"..64"`
	PlannedDay   string
	Note         string   `limit:"..2000"`
	InspectorIDs []string `limit:"..20" each:"1..64"`
	OfficeID     string   `json:",omitempty" limit:"..64"` // empty: the usual one
}

// PlanLookBack plans an inspection of a unit whose items are its findings, of those
// open to the caller, that are not closed, and those closed not long ago. What fails
// in it is linked to the finding it repeats.
func (s *Inspections) PlanLookBack(ctx context.Context, actor policy.Actor, in LookBackInput) (InspectionView, error) {
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
	if _, err := s.campaignFor(ctx, in.CampaignID, u.Path); err != nil {
		return none, err
	}
	by := s.doer(actor)
	fs, err := s.store.ToLookBack(ctx, u.ID, s.policy.Reach(ctx, actor, "finding", "open"), clock.AddDays(by.Now, -in.ClosedDays), checklist.MaxItems)
	if err != nil {
		return none, err
	}
	if len(fs) == 0 {
		return none, fault.New(fault.Invalid, "nothing_to_look_back", "The unit has no finding that is open or was closed in the last %d days; there is nothing to look back at.", in.ClosedDays)
	}
	if in.OfficeID, err = officeFor(r.Reach("plan"), t, in.OfficeID); err != nil {
		return none, err
	}
	c := lookBackList(by, u, in.OfficeID, fs)
	i := begun(by, u, c.ID, InspectionInput{ID: in.ID, CampaignID: in.CampaignID, Kind: LookBack, PlannedDay: in.PlannedDay, Note: in.Note, OfficeID: in.OfficeID})
	i.ContentHash = sum
	if err := validPlan(i); err != nil {
		return none, err
	}
	if i.Inspectors, err = s.inspectors(ctx, actor, in.InspectorIDs, i); err != nil {
		return none, err
	}
	// No event tells of the list: it is a part of this inspection.
	return s.plan(ctx, actor, r, i, c)
}

// lookBackList is the list of findings to look at again.
func lookBackList(by deed.Doer, u Unit, officeID string, fs []Finding) checklist.Checklist {
	c := checklist.Checklist{Head: checklist.Head{
		ID: id.New(), Number: 1, Title: u.Name + "回头看", UnitID: u.ID, UnitPath: u.Path, OfficeID: officeID, State: checklist.Published, Purpose: PurposeLookBack,
		ItemCount: len(fs), CreatedBy: by.Actor.PersonID, Author: by.Actor.Name, CreatedAt: by.Now, PublishedAt: &by.Now, Version: 1,
	}}
	c.Series = c.ID
	for _, f := range fs {
		it := checklist.Item{
			Key: f.ID, Group: "未销号问题", Title: f.Title, Clause: f.Clause, How: "对照原问题核查是否整改到位：" + f.Text, Type: checklist.PassFail,
			Category: f.Category, Severity: f.Severity, DeadlineDays: f.DeadlineDays, FailEvidence: checklist.EvidenceNote, FixEvidence: f.FixEvidence,
		}
		if f.State == FindingClosed {
			it.Group, it.How = "已销号问题", "对照原问题核查是否反弹："+f.Text
		}
		if it.DeadlineDays == 0 {
			it.DeadlineDays = 10
		}
		c.Items = append(c.Items, it)
	}
	return c
}

// linkLookBack links findings of a look-back to those they repeat: a relapse
// of what was closed, a duplicate of what is not.
func (s core) linkLookBack(ctx context.Context, c checklist.Checklist, found []Finding) error {
	if c.Purpose != PurposeLookBack || len(found) == 0 {
		return nil
	}
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = f.ItemKey
	}
	olds, err := s.store.Findings(ctx, ids)
	if err != nil {
		return err
	}
	for i := range found {
		for _, old := range olds {
			switch {
			case old.ID != found[i].ItemKey:
			case old.State == FindingClosed:
				found[i].RepeatsID = old.ID
			case old.DuplicateOf != "":
				found[i].DuplicateOf = old.DuplicateOf
			default:
				found[i].DuplicateOf = old.ID
			}
		}
	}
	return nil
}
