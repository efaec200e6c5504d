package evidence

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// Source names the item of a sealed submission that another was taken over from.
type Source struct {
	SubmissionID  string
	RequirementID string
}

// Period is a range of local days, like 2026-09-19; both belong to it.
type Period struct{ From, To string }

// Overlaps tells whether the two have a day in common; an unknown period has none.
func (p Period) Overlaps(o Period) bool {
	return p.From != "" && o.From != "" && p.From <= o.To && o.From <= p.To
}

// Earlier is a submission of a unit that was handed in and stands, or one that
// something was taken over from, with what it was for.
type Earlier struct {
	Submission
	Title        string // of the task
	Campaign     string
	Requirements []event.Requirement
	Period       Period // of the campaign, or the day of the deadline
}

// Proposal is something the unit has given before that answers a requirement
// of an assignment.
type Proposal struct {
	RequirementID string
	Title         string // of that requirement
	From          Earlier
	Item          Item // of From
	Period        Period
	Files         map[string]File
	Examinations  map[string]Examination // by file id
}

// Limits of what is proposed.
const (
	// lookedThrough is how many of the unit's newest submissions are looked at.
	lookedThrough = 300
	// maxProposals is how many are shown for one requirement, the newest first.
	maxProposals = 5
)

// periodOf is what a requirement is about: its own days, or those of its campaign.
func periodOf(r event.Requirement, campaign Period) Period {
	if r.PeriodFrom != "" && r.PeriodTo != "" {
		return Period{r.PeriodFrom, r.PeriodTo}
	}
	return campaign
}

// Proposals lists what the unit of an assignment has already handed in, for
// another task, that answers a requirement of this one: the same thing for
// days in common. A register lives on, so its days do not matter. A figure is
// proposed from other campaigns only: a campaign adds up what its tasks give,
// and would count it twice.
func (s *Service) Proposals(ctx context.Context, a policy.Actor, assignmentID string) ([]Proposal, error) {
	rights := s.policy.Rights(ctx, a, "submission")
	t, err := s.target(ctx, Assignment, assignmentID)
	if err != nil {
		return nil, err
	}
	if !rights.Covers("read", t.Unit()) && !rights.Covers("write", t.Unit()) {
		return nil, fault.Missing("assignment")
	}
	return s.proposals(ctx, rights.Reach("read"), t)
}

// earlier finds submissions within reach, the newest first.
func (s *Service) earlier(ctx context.Context, reach policy.Reach, f EarlierFilter) ([]Earlier, error) {
	es, err := s.store.Earlier(ctx, f, lookedThrough)
	return slices.DeleteFunc(es, func(e Earlier) bool { return !reach.Covers(e.Unit()) }), err
}

func (s *Service) proposals(ctx context.Context, reach policy.Reach, t Target) ([]Proposal, error) {
	wanted := map[string][]event.Requirement{}
	for _, r := range t.Requirements {
		wanted[r.Sameness()] = append(wanted[r.Sameness()], r)
	}
	campaign, err := s.store.CampaignPeriod(ctx, t.CampaignID, t.DueAt)
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, reach, EarlierFilter{UnitID: t.UnitID, Standing: true, NotFor: t.ID})
	if err != nil {
		return nil, err
	}
	type pair struct {
		e   Earlier
		old event.Requirement
		now event.Requirement
	}
	var pairs []pair
	var ids []string
	for _, e := range earlier {
		for _, old := range e.Requirements {
			for _, now := range wanted[old.Sameness()] {
				if proposable(now, periodOf(now, campaign), t.CampaignID, old, e) {
					pairs = append(pairs, pair{e, old, now})
					ids = append(ids, e.ID)
				}
			}
		}
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	items, err := s.store.ItemsOf(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var all []Item
	for _, its := range items {
		all = append(all, its...)
	}
	files, err := s.store.Files(ctx, fileIDs(all))
	if err != nil {
		return nil, err
	}
	var out []Proposal
	count := map[string]int{}
	for _, p := range pairs {
		i := slices.IndexFunc(items[p.e.ID], func(it Item) bool { return it.RequirementID == p.old.ID })
		if i < 0 || count[p.now.ID] == maxProposals {
			continue
		}
		it := items[p.e.ID][i]
		// What this requirement would refuse is no help.
		if it.Check(p.now) != nil || it.CheckFiles(p.now, t.UnitID, files) != nil {
			continue
		}
		count[p.now.ID]++
		out = append(out, Proposal{RequirementID: p.now.ID, Title: p.now.Title, From: p.e, Item: it, Period: periodOf(p.old, p.e.Period), Files: files})
	}
	xs, err := s.store.Examinations(ctx, fileIDs(all))
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Examinations = xs
	}
	// In the order of the requirements; the newest first, as they were found.
	place := func(p Proposal) int {
		return slices.IndexFunc(t.Requirements, func(r event.Requirement) bool { return r.ID == p.RequirementID })
	}
	slices.SortStableFunc(out, func(x, y Proposal) int { return place(x) - place(y) })
	return out, nil
}

func proposable(now event.Requirement, days Period, campaignID string, old event.Requirement, e Earlier) bool {
	switch {
	case now.Kind == kinds.Pledge:
		// A promise is made for one occasion.
		return false
	case now.Kind == kinds.Number && e.CampaignID == campaignID:
		return false
	case now.Register != "":
		return true
	}
	return days.Overlaps(periodOf(old, e.Period))
}

// registers are the items a new draft begins with: the unit's registers as they
// stand, to be brought up to date.
func (s *Service) registers(ctx context.Context, reach policy.Reach, t Target) ([]Item, error) {
	if t.Kind != Assignment || !slices.ContainsFunc(t.Requirements, func(r event.Requirement) bool { return r.Register != "" }) {
		return nil, nil
	}
	ps, err := s.proposals(ctx, reach, t)
	if err != nil {
		return nil, err
	}
	var out []Item
	for _, p := range ps {
		r, err := t.Requirement(p.RequirementID)
		if err != nil || r.Register == "" || slices.ContainsFunc(out, func(it Item) bool { return it.RequirementID == r.ID }) {
			continue
		}
		it := p.Item
		it.From = &Source{SubmissionID: p.From.ID, RequirementID: it.RequirementID}
		it.RequirementID = r.ID
		out = append(out, it)
	}
	return out, nil
}

// Taking says which item is to be taken over for which requirement.
type Taking struct {
	RequirementID string
	From          Source
}

// TakeOver answers requirements of a draft with what the unit has handed in
// before, in place of what was given for them: all of them or none. Only what
// Proposals lists can be taken over.
func (s *Service) TakeOver(ctx context.Context, a policy.Actor, submissionID string, takings []Taking, want int64) (View, error) {
	named := make([]TakenItem, len(takings))
	for i, k := range takings {
		named[i] = TakenItem{k.RequirementID, k.From.SubmissionID, k.From.RequirementID}
	}
	if err := fault.Check(Takings{named}); err != nil {
		return View{}, err
	}
	var items []Item
	reach := s.policy.Reach(ctx, a, "submission", "read")
	find := func(ctx context.Context, sub Submission) error {
		t, err := s.target(ctx, sub.Target, sub.TargetID)
		if err != nil {
			return err
		}
		var ps []Proposal
		if t.Kind == Assignment {
			if ps, err = s.proposals(ctx, reach, t); err != nil {
				return err
			}
		}
		f := fault.New(fault.Invalid, "not_proposed", "Only what the unit has already handed in for the same days can be taken over; see errors.")
		for i, k := range takings {
			j := slices.IndexFunc(ps, func(p Proposal) bool {
				return p.RequirementID == k.RequirementID && p.From.ID == k.From.SubmissionID && p.Item.RequirementID == k.From.RequirementID
			})
			switch {
			case j < 0:
				_ = f.WithField(fmt.Sprintf("items[%d]", i), "it is not among the proposals of the assignment", nil)
			case slices.ContainsFunc(takings[:i], func(x Taking) bool { return x.RequirementID == k.RequirementID }):
				_ = f.WithField(fmt.Sprintf("items[%d].requirement_id", i), "the requirement is named twice", k.RequirementID)
			default:
				it := ps[j].Item
				it.RequirementID, it.From = k.RequirementID, &k.From
				it.UpdatedBy, it.UpdatedAt = a.PersonID, s.clock.Now()
				items = append(items, it)
			}
		}
		if len(f.Fields) > 0 {
			return f
		}
		return nil
	}
	return s.change(ctx, a, errand{submissionID, want, "change"}, find, func(ctx context.Context, tx Tx, sub *Submission) error {
		for _, it := range items {
			if err := s.roomFor(ctx, tx, sub.ID, it); err != nil {
				return err
			}
			if err := tx.PutItem(ctx, sub.ID, it); err != nil {
				return err
			}
		}
		return nil
	})
}

// sources finds the submissions that items were taken over from.
func (s *Service) sources(ctx context.Context, items []Item) (map[string]Earlier, error) {
	var ids []string
	for _, it := range items {
		if it.From != nil {
			ids = append(ids, it.From.SubmissionID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	es, err := s.store.Earlier(ctx, EarlierFilter{IDs: ids}, len(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[string]Earlier, len(es))
	for _, e := range es {
		out[e.ID] = e
	}
	return out, nil
}

// assessSources warns of what was taken over from a submission that does not
// stand any more.
func (c *Completeness) assessSources(reqs []event.Requirement, items []Item, from map[string]Earlier) {
	for _, it := range items {
		if it.From == nil {
			continue
		}
		e := from[it.From.SubmissionID]
		i := slices.IndexFunc(reqs, func(r event.Requirement) bool { return r.ID == it.RequirementID })
		if i >= 0 && e.State != Sealed && e.State != Accepted {
			c.Warnings = append(c.Warnings, Gap{RequirementID: it.RequirementID, Title: reqs[i].Title, Code: "source_returned",
				Message: fault.Textf("%q was taken over from a submission that has been returned or recalled since.", reqs[i].Title)})
		}
	}
}

// EarlierFilter selects submissions for assignments.
type EarlierFilter struct {
	UnitID   string
	Standing bool     // sealed or accepted
	NotFor   string   // not those of this assignment
	IDs      []string // only these
}

// dueDay is a period of the day of a deadline, for campaigns whose days are
// not known.
func dueDay(t time.Time) Period {
	d := clock.Day(t)
	return Period{d, d}
}

// CampaignDays is what is about when: the days of the campaign, as far as they
// are known.
func CampaignDays(startsOn, endsOn string, begun *time.Time, due time.Time) Period {
	p := Period{startsOn, endsOn}
	if p.From == "" && begun != nil {
		p = Period{clock.Day(*begun), clock.Day(due)}
	}
	if p.From == "" || p.To < p.From {
		return dueDay(due)
	}
	return p
}
