package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/rectification/checklist"
)

// The states of a finding.
const (
	FindingOpen       = "open"
	FindingRectifying = "rectifying"
	FindingClosed     = "closed"
	FindingDismissed  = "dismissed"
)

// What can be done to a finding.
const (
	FindingOrder   = "order"
	FindingClose   = "close"
	FindingDismiss = "dismiss"
	FindingReopen  = "reopen"
	FindingRelease = "release" // its order was withdrawn
)

var findingMachine = map[string]map[string]string{
	FindingOpen:       {FindingOrder: FindingRectifying, FindingDismiss: FindingDismissed},
	FindingRectifying: {FindingClose: FindingClosed, FindingRelease: FindingOpen},
	FindingClosed:     {FindingReopen: FindingOpen},
	FindingDismissed:  {},
}

// NextFinding is the state of a finding after action; a fault when its state
// does not allow that.
func NextFinding(state, action string) (string, error) {
	to, ok := findingMachine[state][action]
	if !ok {
		return "", findingVerbs.WrongState(action, state)
	}
	return to, nil
}

// Where findings come from.
const (
	SourceInspection = "inspection"
	SourceReview     = "review" // of a unit's submission
	SourceReport     = "report" // somebody told of it
	SourceOther      = "other"
)

// FindingHead is a finding without its files.
type FindingHead struct {
	ID              string
	ContentHash     string
	CampaignID      string
	InspectionID    string
	ChecklistSeries string
	ItemKey         string
	ItemTitle       string // as the checklist called it
	DeviceID        string
	Device          string // label
	RectificationID string // the order it is under, or was closed by
	UnitID          string // where it was found
	UnitPath        string
	OfficeID        string // for which it was recorded
	// ResponsibleUnitID and ResponsibleUnitPath: the unit that has to rectify it
	// now, where its order was transferred to another one; else empty.
	ResponsibleUnitID   string
	ResponsibleUnitPath string
	Title               string
	Text                string
	Place               string
	Category            string
	Severity            string
	Clause              string
	DeadlineDays        int // working days
	State               string
	RepeatsID           string // the earlier one that it is a relapse of
	DuplicateOf         string // the earlier one that it records again
	Source              string // inspection, review, report, other
	SourceID            string
	FixEvidence         string // what proves that it was fixed: none, note, file
	FoundBy             string
	Finder              string
	FoundAt             time.Time
	DismissedBy         string
	DismissReason       string
	ClosedAt            *time.Time
	// While closed: the report it was closed by was made by its deadline in
	// force, and by the one it was ordered with.
	OnTime         *bool
	OnTimeOriginal *bool
	Version        int64
}

func (f FindingHead) target() policy.Target { return target(f.UnitID, f.UnitPath, f.OfficeID) }

// Finding is something that is not as it should be.
type Finding struct {
	FindingHead
	FileIDs []string
}

// outline is what other offices of the area see of a finding: that there is one,
// where, whose, from which inspection and campaign, under which order, since when,
// in which state, and whether it was closed in time. What is wrong, how bad it is,
// what shows it, what it repeats and who found it is open to its office and its units.
func (f Finding) outline() Finding {
	return Finding{FindingHead: FindingHead{
		ID: f.ID, CampaignID: f.CampaignID, InspectionID: f.InspectionID, RectificationID: f.RectificationID,
		UnitID: f.UnitID, UnitPath: f.UnitPath, OfficeID: f.OfficeID,
		ResponsibleUnitID: f.ResponsibleUnitID, ResponsibleUnitPath: f.ResponsibleUnitPath,
		State: f.State, FoundAt: f.FoundAt, OnTime: f.OnTime, OnTimeOriginal: f.OnTimeOriginal, Version: f.Version,
	}}
}

// Worst is the highest severity among findings.
func Worst(fs []Finding) string {
	w := 0
	for _, f := range fs {
		w = max(w, slices.Index(checklist.Severities, f.Severity))
	}
	return checklist.Severities[w]
}

// FindingStore lists findings.
type FindingStore interface {
	ListFindings(ctx context.Context, q FindingQuery) ([]Finding, error)
	// FindingTerms are the terms of findings that are under an order, or were
	// closed by it; others are absent.
	FindingTerms(ctx context.Context, findingIDs []string) (map[string]Term, error)
	// ToLookBack are the findings in reach that are, or were, for a unit to rectify:
	// those not closed, then those closed since, each the first found first; no
	// duplicates.
	ToLookBack(ctx context.Context, unitID string, reach policy.Reach, since time.Time, limit int) ([]Finding, error)
	// Earlier are the findings of the same unit before f, from other visits and
	// not dismissed, the latest first.
	Earlier(ctx context.Context, f Finding, reach policy.Reach, limit int) ([]Finding, error)
}

// FindingTx writes findings.
type FindingTx interface {
	InsertFindings(ctx context.Context, fs []Finding) error
	// FindingsOf are findings of campaigns after an id, by id.
	FindingsOf(ctx context.Context, campaignIDs []string, after string, limit int) ([]Finding, error)
	// UpdateFinding leaves the units as they are, but that one under no order
	// is with the unit where it was found.
	UpdateFinding(ctx context.Context, f FindingHead, was int64) error
}

// FindingQuery selects findings, latest first. Its units and sector are those
// of the unit where a finding was found or of the one that has to rectify it;
// with Counted of the one that it counts at.
type FindingQuery struct {
	Reach                                         policy.Reach
	UnitID, UnderID, Category, Severity, Campaign string
	States                                        []string
	InspectionID, DeviceID                        string
	Clause, ChecklistSeries, ItemKey              string
	Sector                                        string    // of the unit
	FoundFrom, FoundBefore                        time.Time // zero for no bound
	Relapse                                       *bool
	Distinct                                      bool   // neither dismissed nor recording an earlier one again
	Counted                                       string // one of the numbers of the roll-ups
	AfterAt                                       time.Time
	AfterID                                       string
	Limit                                         int
}

// beyondOutline tells that it selects by what the outline does not say: whether a
// finding records an earlier one again (Distinct) is said by what it is about.
func (q FindingQuery) beyondOutline() bool {
	return q.Distinct || q.Counted == "relapses" || q.Category != "" || q.Severity != "" || q.DeviceID != "" || q.Clause != "" || q.ChecklistSeries != "" || q.ItemKey != "" || q.Relapse != nil
}

// FindingView is a finding as somebody sees it. Deadline and light are those
// of the order it is under, or was closed by; without one there are none.
// OrderOpen tells whether that order is open to them: it may have been transferred
// to a unit out of their reach.
type FindingView struct {
	Row[Finding, *FindingMay]
	Due       FindingDue
	OrderOpen bool
}

// Term is what the light of a finding under an order follows from.
type Term struct {
	FindingDue
	State      State      // of the order
	ReportedAt *time.Time // of the report that stands
	FixedAt    *time.Time // of the report of which the last rejection found it fixed
	// Whose the order is.
	OrderUnitID, OrderUnitPath, OrderOfficeID string
}

// light is the light of the finding at a time: what was found fixed burns no
// longer, though the others in its order were rejected.
func (t Term) light(cal *clock.Calendar, now time.Time, th clock.Thresholds) clock.Light {
	if t.State == Withdrawn {
		return clock.Green
	}
	done := t.ReportedAt
	if t.State.Unit() {
		done = t.FixedAt
	}
	return cal.LightOf(now, t.DueAt, done, th)
}

// term is what the light of a finding of the case follows from.
func (c Case) term(findingID string) Term {
	t := Term{FindingDue: c.due(findingID), State: c.State, ReportedAt: c.ReportedAt}
	if len(c.Verifications) == 0 {
		return t
	}
	last := c.Verifications[len(c.Verifications)-1]
	if last.Decision != DecideReject || !slices.ContainsFunc(last.Results, func(r Result) bool { return r.FindingID == findingID && r.Result == ResultFixed }) {
		return t
	}
	for _, r := range c.Reports {
		if r.ID == last.ReportID {
			t.FixedAt = &r.At
		}
	}
	return t
}

// mayFinding is what the actor may do to a finding that is open to them.
func mayFinding(r policy.Rights, orders bool, actor policy.Actor, f FindingHead) *FindingMay {
	t := f.target()
	open := f.State == FindingOpen
	return &FindingMay{
		Dismiss: open && f.FoundBy != actor.PersonID && r.Covers("dismiss", t),
		Link:    f.State != FindingDismissed && r.Covers("dismiss", t),
		Order:   open && orders,
	}
}

func (s *Service) findingRows(ctx context.Context, actor policy.Actor, r policy.Rights, fs []Finding) ([]FindingView, error) {
	names, err := s.store.Names(ctx, IDsOf(fs, func(f Finding) []string { return []string{f.UnitID, f.ResponsibleUnitID, f.OfficeID} }))
	if err != nil {
		return nil, err
	}
	cs, err := s.store.Campaigns(ctx, IDsOf(fs, func(f Finding) []string { return []string{f.CampaignID} }))
	if err != nil {
		return nil, err
	}
	orders := s.policy.Rights(ctx, actor, "rectification")
	terms, err := s.store.FindingTerms(ctx, IDsOf(fs, func(f Finding) []string {
		if f.RectificationID == "" {
			return nil
		}
		return []string{f.ID}
	}))
	if err != nil {
		return nil, err
	}
	now := s.clock.Now()
	rows := make([]FindingView, len(fs))
	for i, f := range fs {
		camp := cs[f.CampaignID]
		v := FindingView{Row: Row[Finding, *FindingMay]{Thing: f.outline(), Names: names, Campaign: camp.Title, May: &FindingMay{}}}
		if v.Open = reads(r.Reach("open"), f.FindingHead); v.Open {
			v.Thing, v.May = f, mayFinding(r, orders.Covers("order", f.target()), actor, f.FindingHead)
		}
		if t, ok := terms[f.ID]; ok {
			v.Due, v.Light = t.FindingDue, t.light(s.cal, now, camp.thresholds())
			v.OrderOpen = orders.Covers("open", target(t.OrderUnitID, t.OrderUnitPath, t.OrderOfficeID))
		}
		rows[i] = v
	}
	return rows, nil
}

func (s *Service) findingRow(ctx context.Context, actor policy.Actor, r policy.Rights, f Finding) (FindingView, error) {
	rows, err := s.findingRows(ctx, actor, r, []Finding{f})
	if err != nil {
		return FindingView{}, err
	}
	return rows[0], nil
}
