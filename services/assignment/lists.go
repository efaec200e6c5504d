package assignment

import (
	"context"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// Assignment returns an assignment in the caller's reach, with its task.
func (s *Service) Assignment(ctx context.Context, actor policy.Actor, assignmentID string) (Detail, error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	v, err := s.readable(ctx, r, assignmentID)
	if err != nil {
		return Detail{}, err
	}
	t, err := s.store.Task(ctx, v.TaskID)
	if err != nil {
		return Detail{}, err
	}
	d, err := s.one(ctx, r, actor.PersonID, s.clock.Now(), v)
	d.Task = &t
	return d, err
}

// opened is an assignment that is open to the caller. Whoever has its outline
// alone is refused.
func (s *Service) opened(ctx context.Context, r policy.Rights, assignmentID string) (View, error) {
	v, err := s.readable(ctx, r, assignmentID)
	if err == nil && !r.Covers("open", targetOf(v.Assignment)) {
		err = fault.Denied(outlineOnly)
	}
	return v, err
}

// readable is an assignment of which the caller sees the outline at least.
func (s *Service) readable(ctx context.Context, r policy.Rights, assignmentID string) (View, error) {
	v, err := s.store.View(ctx, assignmentID)
	if err == nil && !r.Covers("read", targetOf(v.Assignment)) {
		err = fault.Missing("assignment")
	}
	return v, err
}

// History lists what was done with an assignment, oldest first.
func (s *Service) History(ctx context.Context, actor policy.Actor, assignmentID, after string, limit int) ([]History, error) {
	v, err := s.opened(ctx, s.policy.Rights(ctx, actor, "assignment"), assignmentID)
	if err != nil {
		return nil, err
	}
	hs, err := s.store.History(ctx, v.ID, after, limit)
	if err != nil || after != "" || len(hs) > 0 && hs[0].Action == "issue" {
		return hs, err
	}
	// The fan-out of a campaign writes no row of history for each of a hundred
	// thousand assignments: what it would say stands in the campaign.
	first := History{ID: v.ID, AssignmentID: v.ID, At: v.IssuedAt, Action: "issue", ToState: Issued, ActorID: v.CampaignIssuer, ActorName: v.CampaignBy}
	return append([]History{first}, hs...), nil
}

// ListAssignments lists the assignments in the caller's reach. under, a unit
// id, keeps those of that unit and below, and must be in reach itself.
func (s *Service) ListAssignments(ctx context.Context, actor policy.Actor, q AssignmentQuery, under string) ([]Detail, error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	if err := s.bound(ctx, r, &q, under); err != nil {
		return nil, err
	}
	vs, err := s.store.Views(ctx, q)
	if err != nil {
		return nil, err
	}
	return s.details(ctx, r, actor.PersonID, q.Now, vs...)
}

func (s *Service) bound(ctx context.Context, r policy.Rights, q *AssignmentQuery, under string) error {
	q.Reach, q.Now = r.Reach("read"), clock.Second(s.clock.Now())
	if q.Attention != "" {
		q.Mine = r.Reach(attentionAction(q.Attention, r))
		q.Near, q.ReviewRoles = s.near(q.Now), s.reviewRoles
	}
	switch q.Counted {
	case "near":
		q.Near = s.near(q.Now)
	case "seriously_overdue":
		q.Serious = s.serious(q.Now)
	}
	if under == "" {
		return nil
	}
	us, err := s.store.Units(ctx, []string{under})
	if err != nil {
		return err
	}
	u, ok := us[under]
	if !ok || !q.Reach.Covers(policy.Target{UnitID: u.ID, UnitPath: u.Path}) {
		return fault.Missing("unit")
	}
	q.UnderPath = u.Path
	return nil
}

// attentionAction is the action whose reach bounds a selection of the
// workbench: who must do the work sees their own, who urges sees the others',
// and so does a leader, who gives instructions instead.
func attentionAction(a string, r policy.Rights) string {
	switch a {
	case ToReview:
		return "review"
	case DeclinesToDecide:
		return "decide_decline"
	case ToAcknowledge:
		return "acknowledge"
	}
	for _, action := range []string{"report_progress", "urge"} {
		if !r.Reach(action).Empty() {
			return action
		}
	}
	return "instruct"
}

// near gives, for each number of working days from 0 to 30, until when a
// deadline counts as near.
func (s *Service) near(now time.Time) []time.Time {
	out := make([]time.Time, 31)
	for n := range out {
		// Near is everything before the working day after the n-th one.
		next := s.cal.AddWorkdays(now, n+1)
		out[n] = next.AddDate(0, 0, -1)
	}
	return out
}

// serious gives, for each number of working days from 0 to 60, before when a
// deadline lies that was missed by more than so many.
func (s *Service) serious(now time.Time) []time.Time {
	out := make([]time.Time, 0, 61)
	for day := now.In(clock.Shanghai); len(out) < cap(out); day = day.AddDate(0, 0, -1) {
		if s.cal.Workday(day) {
			y, m, d := day.Date()
			out = append(out, time.Date(y, m, d, 0, 0, 0, 0, clock.Shanghai).UTC())
		}
	}
	return out
}

// Counts are the numbers of the workbench. Each is a list too: the selection
// of the same name in ListAssignments.
type Counts map[string]int

// CountAttention counts what waits for the caller, each number up to 10,000.
func (s *Service) CountAttention(ctx context.Context, actor policy.Actor) (Counts, error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	out := Counts{}
	near := s.near(s.clock.Now())
	for _, a := range []string{ToAcknowledge, DueSoon, Overdue, ToReturn, ToReview, DeclinesToDecide} {
		q := AssignmentQuery{Reach: r.Reach("read"), Mine: r.Reach(attentionAction(a, r)), Attention: a, Now: clock.Second(s.clock.Now()), Near: near, Person: actor.PersonID, ReviewRoles: s.reviewRoles}
		out[a] = 0
		if q.Mine.Empty() {
			continue
		}
		n, err := s.store.Count(ctx, q, 10_000)
		if err != nil {
			return nil, err
		}
		out[a] = n
	}
	mine := r.Reach("decide_extension")
	out[ExtensionRequests] = 0
	if !mine.Empty() {
		vs, err := s.store.Extensions(ctx, ExtensionQuery{Reach: r.Reach("open"), Mine: &mine, States: []string{Requested}, Limit: 10_000})
		if err != nil {
			return nil, err
		}
		out[ExtensionRequests] = len(vs)
	}
	return out, nil
}

// UnitNames resolves names for showing.
func (s *Service) UnitNames(ctx context.Context, ids []string) (map[string]string, error) {
	return s.store.UnitNames(ctx, ids)
}

// Calendar is the calendar deadlines are counted with.
func (s *Service) Calendar() *clock.Calendar { return s.cal }

// Check verifies what must always hold; see Store.Breaches.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	if repair {
		if err := s.EndMoot(ctx); err != nil {
			return nil, err
		}
	}
	return s.store.Breaches(ctx, repair)
}
