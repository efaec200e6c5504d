package rectification

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// FindingInput records a finding: from an answer of an inspection, where what
// is empty is taken from the item, or directly.
type FindingInput struct {
	ID           string   `limit:"..36"`
	InspectionID string   `limit:"..64"`
	ItemKey      string   `limit:"..60"`
	DeviceID     string   `limit:"..64"`
	UnitID       string   `limit:"..64"`
	CampaignID   string   `limit:"..64"`
	Title        string   `limit:"..200"`
	Text         string   `limit:"..4000"`
	Place        string   `limit:"..200"`
	Category     string   `words:"category" limit:"?"`
	Severity     string   `words:"severity" limit:"?"`
	Clause       string   `limit:"..300"`
	DeadlineDays int      `limit:"1..250?"`
	RepeatsID    string   `limit:"..64"`
	FileIDs      []string `limit:"..20" each:"1..64"`
	// Source and SourceID: what a finding without an inspection comes from.
	Source   string `json:",omitempty" words:"source" limit:"?"`
	SourceID string `json:",omitempty" limit:"..36"`
	OfficeID string `json:",omitempty" limit:"..64"` // empty: the usual one
}

// finding is the one of a failed answer.
func (in Inspection) finding(by deed.Doer, c checklist.Checklist, it checklist.Item, a Answer) Finding {
	dev, _ := in.Device(a.DeviceID)
	title := it.Title
	if dev.Label != "" {
		title = dev.Label + "：" + it.Title
	}
	text := a.Note
	if a.Value != "" {
		text = strings.TrimSpace(a.Value + it.Measure + " " + text)
	}
	return Finding{FindingHead: FindingHead{
		ID: id.New(), CampaignID: in.CampaignID, InspectionID: in.ID, ChecklistSeries: c.Series, ItemKey: it.Key, ItemTitle: it.Title,
		DeviceID: a.DeviceID, Device: dev.Label, UnitID: in.UnitID, UnitPath: in.UnitPath, OfficeID: in.OfficeID, Title: title, Text: text,
		Category: it.Category, Severity: it.Severity, Clause: it.Clause, DeadlineDays: it.DeadlineDays,
		Source: SourceInspection, SourceID: in.ID, FixEvidence: it.FixEvidence,
		State: FindingOpen, FoundBy: by.Actor.PersonID, Finder: by.Actor.Name, FoundAt: by.Now, Version: 1,
	}, FileIDs: a.FileIDs}
}

func insertFindings(ctx context.Context, d deed.Deed[Tx], fs []Finding) error {
	if len(fs) == 0 {
		return nil
	}
	if err := d.Tx.InsertFindings(ctx, fs); err != nil {
		return err
	}
	for _, f := range fs {
		if err := d.Note(ctx, f.thing(f.FileIDs...), deed.Step{Action: "record", Event: event.FindingOpened}); err != nil {
			return err
		}
	}
	return nil
}

// turnFinding takes a finding through one transition.
func turnFinding(ctx context.Context, d deed.Deed[Tx], f *FindingHead, x deed.Step) error {
	x.From = f.State
	to, err := NextFinding(x.From, x.Action)
	if err != nil {
		return err
	}
	was := f.Version
	f.State, f.Version = to, was+1
	if f.RectificationID == "" {
		f.ResponsibleUnitID, f.ResponsibleUnitPath = "", ""
	}
	f.ClosedAt = nil
	if to == FindingClosed {
		f.ClosedAt = &d.Now
	} else {
		f.OnTime, f.OnTimeOriginal = nil, nil
	}
	if err := d.Tx.UpdateFinding(ctx, *f, was); err != nil {
		return err
	}
	return d.Note(ctx, f.thing(), x)
}

// Findings lists findings in reach, latest first; see reads.
func (s *Service) Findings(ctx context.Context, actor policy.Actor, q FindingQuery) ([]FindingView, error) {
	r := s.policy.Rights(ctx, actor, "finding")
	q.Reach = r.Reach(seenBy(q))
	fs, err := s.store.ListFindings(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.findingRows(ctx, actor, r, fs)
}

// selects is a query that may ask for more than an outline says.
type selects interface{ beyondOutline() bool }

// seenBy is the action by whose reach a list is bounded: who selects by what is not
// open to them would learn it from what is listed.
func seenBy(q selects) string {
	if q.beyondOutline() {
		return "open"
	}
	return "read"
}

// reads tells whether a finding lies in a reach, of read or of open: where it
// was found, or with the unit that has to rectify it now. Lists are bounded by
// the same two.
func reads(r policy.Reach, f FindingHead) bool {
	return r.Covers(f.target()) ||
		f.ResponsibleUnitID != "" && r.Covers(target(f.ResponsibleUnitID, f.ResponsibleUnitPath, f.OfficeID))
}

// readFinding reads a finding of which the caller sees the outline at least.
func (s *Service) readFinding(ctx context.Context, r policy.Rights, findingID string) (Finding, error) {
	f, err := s.store.Finding(ctx, findingID)
	if err == nil && !reads(r.Reach("read"), f.FindingHead) {
		return Finding{}, fault.Missing("finding")
	}
	return f, err
}

// openedFinding reads a finding that is open to the caller. Whoever has its outline
// alone is refused.
func (s *Service) openedFinding(ctx context.Context, r policy.Rights, findingID string) (Finding, error) {
	f, err := s.readFinding(ctx, r, findingID)
	if err == nil && !reads(r.Reach("open"), f.FindingHead) {
		return Finding{}, fault.Denied(findingVerbs.Denied("open"))
	}
	return f, err
}

// refused tells that a thing is out of reach, or not open.
func refused(err error) bool { return fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) }

// Finding reads one, or its outline.
func (s *Service) Finding(ctx context.Context, actor policy.Actor, findingID string) (FindingView, error) {
	r := s.policy.Rights(ctx, actor, "finding")
	f, err := s.readFinding(ctx, r, findingID)
	if err != nil {
		return FindingView{}, err
	}
	return s.findingRow(ctx, actor, r, f)
}

// RecordFinding records a finding. With an id of the client's own it may be
// sent again: the same content answers the same.
func (s *Service) RecordFinding(ctx context.Context, actor policy.Actor, in FindingInput) (FindingView, error) {
	if err := fault.Check(in); err != nil {
		return FindingView{}, err
	}
	var none FindingView
	r := s.policy.Rights(ctx, actor, "finding")
	var err error
	if in.ID, err = clientID(in.ID); err != nil {
		return none, err
	}
	sum := hash(in)
	if old, err := s.store.Finding(ctx, in.ID); err == nil {
		return s.findingAgain(ctx, actor, r, old, sum)
	} else if !fault.Is(err, fault.NotFound) {
		return none, err
	}
	by := s.doer(actor)
	f := Finding{FindingHead: FindingHead{
		ID: in.ID, CampaignID: in.CampaignID, State: FindingOpen, FoundBy: by.Actor.PersonID, Finder: by.Actor.Name, FoundAt: by.Now, Version: 1,
	}, FileIDs: in.FileIDs}
	gone := false
	if in.InspectionID != "" {
		if f, err = s.findingOfInspection(ctx, by, r, in); err != nil {
			return none, err
		}
	} else {
		u, err := s.store.Unit(ctx, in.UnitID)
		if err != nil {
			return none, err
		}
		f.UnitID, f.UnitPath, gone = u.ID, u.Path, !u.Active
	}
	if err := f.from(in.Source, in.SourceID); err != nil {
		return none, err
	}
	t := target(f.UnitID, f.UnitPath)
	if err := fault.Unless(r.Covers("record", t), r.Covers("read", t), "unit", unitVerbs.Denied("record findings")); err != nil {
		return none, err
	}
	if f.OfficeID == "" {
		if f.OfficeID, err = officeFor(r.Reach("record"), t, in.OfficeID); err != nil {
			return none, err
		}
	}
	if gone {
		return none, fault.BadField("unit_id", "this unit is no longer active", in.UnitID)
	}
	f.ID, f.ContentHash = in.ID, sum
	over := func(dst *string, v string) {
		if v != "" {
			*dst = v
		}
	}
	over(&f.Title, strings.TrimSpace(in.Title))
	over(&f.Text, in.Text)
	over(&f.Place, in.Place)
	over(&f.Category, in.Category)
	over(&f.Severity, in.Severity)
	over(&f.Clause, in.Clause)
	if in.DeadlineDays > 0 {
		f.DeadlineDays = in.DeadlineDays
	}
	if err := validFinding(f); err != nil {
		return none, err
	}
	if _, err := s.campaignFor(ctx, f.CampaignID, f.UnitPath); err != nil {
		return none, err
	}
	if in.RepeatsID != "" {
		old, err := s.openedFinding(ctx, r, in.RepeatsID)
		if err != nil || old.UnitID != f.UnitID {
			if err != nil && !refused(err) {
				return none, err
			}
			return none, fault.BadField("repeats_id", "there is no such earlier finding of this unit", in.RepeatsID)
		}
		f.RepeatsID = old.ID
	}
	if err := s.attachable(ctx, actor, in.FileIDs, func(string) string { return "file_ids" }); err != nil {
		return none, err
	}
	if f.Source != SourceInspection && f.SourceID != "" {
		if err := s.reviewable(ctx, actor, f.SourceID); err != nil {
			return none, err
		}
	}
	err = s.do(ctx, by, func(ctx context.Context, d deed.Deed[Tx]) error {
		if f.InspectionID != "" && f.ItemKey != "" {
			if old, err := d.Tx.FindingOfAnswer(ctx, f.InspectionID, f.ItemKey, f.DeviceID); err == nil {
				return fault.New(fault.Conflict, "finding_exists", "A finding was recorded for this answer already: %s.", old.ID).
					WithCurrent(FindingView{Row: Row[Finding, *FindingMay]{Thing: old, Open: true}})
			} else if !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return insertFindings(ctx, d, []Finding{f})
	})
	if fault.IsCode(err, "duplicate") {
		if old, rerr := s.store.Finding(ctx, in.ID); rerr == nil {
			return s.findingAgain(ctx, actor, r, old, sum)
		}
	}
	if err != nil {
		return none, err
	}
	return s.findingRow(ctx, actor, r, f)
}

const anothers fault.Text = "The inspection is another office's; only that office records findings from it."

func (s *Service) findingAgain(ctx context.Context, actor policy.Actor, r policy.Rights, old Finding, sum string) (FindingView, error) {
	if !reads(r.Reach("read"), old.FindingHead) {
		return FindingView{}, taken("finding", nil)
	}
	v, err := s.findingRow(ctx, actor, r, old)
	if err == nil && old.ContentHash != sum {
		return FindingView{}, taken("finding", v)
	}
	return v, err
}

// findingOfInspection starts a finding from what an inspection says. It may be
// recorded before the inspection is sent: phones send in any order.
func (s *Service) findingOfInspection(ctx context.Context, by deed.Doer, r policy.Rights, in FindingInput) (Finding, error) {
	i, err := s.store.Inspection(ctx, in.InspectionID)
	if err != nil {
		return Finding{}, err
	}
	if !readsInspection(r.Reach("read"), i.InspectionHead) {
		return Finding{}, fault.Missing("inspection")
	}
	// Before anything is said about its answers.
	switch {
	case !r.Covers("record", target(i.UnitID, i.UnitPath)):
		return Finding{}, fault.Denied(unitVerbs.Denied("record findings"))
	case !r.Covers("take_up", i.target()):
		return Finding{}, fault.Denied(anothers)
	}
	if i.State == InspectionCancelled {
		return Finding{}, inspectionVerbs.WrongState("record findings from", i.State)
	}
	if in.UnitID != "" && in.UnitID != i.UnitID {
		return Finding{}, fault.BadField("unit_id", "the inspection is of another unit; leave unit_id out", in.UnitID)
	}
	c, err := s.store.Checklist(ctx, i.ChecklistID)
	if err != nil {
		return Finding{}, err
	}
	if in.ItemKey == "" {
		return Finding{FindingHead: FindingHead{
			CampaignID: i.CampaignID, InspectionID: i.ID, ChecklistSeries: c.Series, UnitID: i.UnitID, UnitPath: i.UnitPath, OfficeID: i.OfficeID,
			Source: SourceInspection, SourceID: i.ID,
			State: FindingOpen, FoundBy: by.Actor.PersonID, Finder: by.Actor.Name, FoundAt: by.Now, Version: 1,
		}, FileIDs: in.FileIDs}, nil
	}
	it, ok := c.Item(in.ItemKey)
	if !ok {
		return Finding{}, fault.BadField("item_key", "this version of the checklist has no such item", in.ItemKey)
	}
	a, ok := i.Answer(in.ItemKey, in.DeviceID)
	if !ok || a.Result != checklist.Fail {
		return Finding{}, fault.BadField("item_key", "this item was not answered as failed for this device", in.ItemKey)
	}
	if len(in.FileIDs) > 0 {
		a.FileIDs = in.FileIDs
	}
	if in.Text != "" {
		a.Note = in.Text
	}
	if msg := it.Lacks(a.Note, a.FileIDs); msg != "" {
		return Finding{}, fault.BadField("file_ids", msg, nil)
	}
	f := []Finding{i.finding(by, c, it, a)}
	return f[0], s.linkLookBack(ctx, c, f)
}

// from says what the finding comes from. The thing it names belongs to another
// service, which is asked for it; see reviewable.
func (f *Finding) from(source, sourceID string) error {
	switch {
	case f.Source == SourceInspection:
		if source != "" && source != SourceInspection {
			return fault.BadField("source", "it comes from the inspection; leave source out", source)
		}
		return nil
	case source == "":
		source = SourceOther
	case source == SourceInspection:
		return fault.BadField("inspection_id", "name the inspection it comes from", nil)
	}
	if source == SourceReview && sourceID == "" {
		return fault.BadField("source_id", "name the submission that was reviewed", nil)
	}
	if sourceID != "" && !id.Valid(sourceID) {
		return fault.BadField("source_id", "expected an id", sourceID)
	}
	f.Source, f.SourceID = source, sourceID
	return nil
}

func validFinding(f Finding) error {
	if err := needText("title", f.Title); err != nil {
		return err
	}
	if !slices.Contains(checklist.Categories, f.Category) {
		return fault.BadField("category", fault.Textf("expected one of %s", strings.Join(checklist.Categories, ", ")), f.Category)
	}
	if !slices.Contains(checklist.Severities, f.Severity) {
		return fault.BadField("severity", fault.Textf("expected one of %s", strings.Join(checklist.Severities, ", ")), f.Severity)
	}
	if f.DeadlineDays < 0 || f.DeadlineDays > 250 {
		return fault.BadField("deadline_days", "expected 1 to 250 working days", f.DeadlineDays)
	}
	for _, x := range f.FileIDs {
		if !id.Valid(x) {
			return fault.BadField("file_ids", "expected ids of uploaded files", x)
		}
	}
	return nil
}

// openFinding reads a finding that the actor may act on and that is at the
// wanted version.
func (s *Service) openFinding(ctx context.Context, r policy.Rights, on deed.Subject, p deed.Permission) (Finding, error) {
	f, err := s.readFinding(ctx, r, on.ID)
	if err != nil {
		return f, err
	}
	if !r.Covers(p.Right, f.target()) {
		return f, fault.Denied(findingVerbs.Denied(p.Verb))
	}
	return f, fault.Version(on.Version, f.Version)
}

// DismissFinding dismisses an open finding; not by whoever recorded it.
func (s *Service) DismissFinding(ctx context.Context, actor policy.Actor, on deed.Subject, in Reason) (FindingView, error) {
	if err := fault.Check(in); err != nil {
		return FindingView{}, err
	}
	r := s.policy.Rights(ctx, actor, "finding")
	f, err := s.openFinding(ctx, r, on, deed.Permission{Right: "dismiss", Verb: FindingDismiss})
	if err != nil {
		return FindingView{}, err
	}
	if f.FoundBy == actor.PersonID {
		return FindingView{}, fault.New(fault.Forbidden, "own_finding", "You recorded this finding yourself; only another inspector may dismiss it.")
	}
	f.DismissedBy, f.DismissReason = actor.PersonID, in.Reason
	var gone FindingHead
	err = s.do(ctx, s.doer(actor), func(ctx context.Context, d deed.Deed[Tx]) error {
		gone = f.FindingHead // the transaction may run again
		return turnFinding(ctx, d, &gone, deed.Step{Action: FindingDismiss, Event: event.FindingDismissed, Reason: in.Reason})
	})
	if err != nil {
		return FindingView{}, err
	}
	f.FindingHead = gone
	return s.findingRow(ctx, actor, r, f)
}
