package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
)

// FindingView is a finding as somebody sees it. Deadline and light are those
// of the order it is under, or was closed by; without one there are none.
type FindingView struct {
	Row[Finding, *FindingMay]
	Due FindingDue
}

// Term is what the light of a finding under an order follows from.
type Term struct {
	FindingDue
	State      State      // of the order
	ReportedAt *time.Time // of the report that stands
	FixedAt    *time.Time // of the report of which the last rejection found it fixed
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

func mayFinding(r policy.Rights, orders bool, actor policy.Actor, f FindingHead) *FindingMay {
	t := target(f.UnitID, f.UnitPath)
	open := f.State == FindingOpen
	return &FindingMay{
		Dismiss: open && f.FoundBy != actor.PersonID && r.Covers("dismiss", t),
		Link:    f.State != FindingDismissed && r.Covers("record", t),
		Order:   open && orders,
	}
}

func (s *Service) findingRows(ctx context.Context, actor policy.Actor, r policy.Rights, fs []Finding) ([]FindingView, error) {
	names, err := s.store.Names(ctx, IDsOf(fs, func(f Finding) []string { return []string{f.UnitID, f.ResponsibleUnitID} }))
	if err != nil {
		return nil, err
	}
	cs, err := s.store.Campaigns(ctx, IDsOf(fs, func(f Finding) []string { return []string{f.CampaignID} }))
	if err != nil {
		return nil, err
	}
	order := s.policy.Reach(ctx, actor, "rectification", "order")
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
		rows[i] = FindingView{Row: Row[Finding, *FindingMay]{Thing: f, Names: names, Campaign: camp.Title,
			May: mayFinding(r, order.Covers(target(f.UnitID, f.UnitPath)), actor, f.FindingHead)}}
		if t, ok := terms[f.ID]; ok {
			rows[i].Due, rows[i].Light = t.FindingDue, t.light(s.cal, now, camp.thresholds())
		}
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
