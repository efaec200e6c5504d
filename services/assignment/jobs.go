package assignment

import (
	"context"
	"errors"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// chunk is how many units one transaction of background work takes at most:
// other writers wait no longer than for one of them.
const chunk = 500

// WorkJobs ends what nobody can answer any more, and works every running job that no other process holds, to its end.
func (s *Service) WorkJobs(ctx context.Context) error {
	var errs []error
	if s.moot.Swap(false) {
		if err := s.EndMoot(ctx); err != nil {
			s.moot.Store(true)
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, s.store.WorkJobs(ctx, s.clock, s.work))...)
}

func (s *Service) work(ctx context.Context, j Job) error {
	switch j.Kind {
	case "issue":
		return s.issueAll(ctx, j)
	case "cancel":
		return s.each(ctx, j, func(ctx context.Context, after string) ([]View, error) {
			return s.live(ctx, j.CampaignID, after)
		}, s.cancelOne)
	case "urge":
		return s.each(ctx, j, func(ctx context.Context, after string) ([]View, error) {
			q := s.late(j.CampaignID, j.Args.Which, after)
			q.ByID, q.Limit = true, chunk
			q.Reach = policy.Reach{}
			q.UrgeJob = &j.Args
			return s.store.Views(ctx, q)
		}, s.urgeOne)
	}
	return nil
}

func (s *Service) live(ctx context.Context, campaignID, after string) ([]View, error) {
	var vs []View
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		vs, err = tx.LiveAssignments(ctx, campaignID, after, chunk)
		return err
	})
	return vs, err
}

// each takes a job's assignments in ascending id, a chunk a transaction with
// the cursor, until there are no more.
func (s *Service) each(ctx context.Context, j Job, next func(context.Context, string) ([]View, error), one func(context.Context, Tx, Job, View, time.Time) (bool, error)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		vs, err := next(ctx, j.Position)
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if len(vs) == 0 {
			err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.FinishJob(ctx, j.ID, now) })
			if err == nil {
				j.State = "done"
				s.progress(j)
			}
			return err
		}
		to := vs[len(vs)-1].ID
		n := int64(0)
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			n = 0
			for _, v := range vs {
				// It may have changed since it was read.
				v, err := tx.View(ctx, v.ID)
				if err != nil {
					return err
				}
				did, err := one(ctx, tx, j, v, now)
				if err != nil {
					return err
				}
				if did {
					n++
				}
			}
			return tx.Advance(ctx, j.ID, j.Position, to, n)
		})
		if err != nil {
			return err
		}
		j.Position = to
		j.Done += n
		s.progress(j)
	}
}

func (s *Service) cancelOne(ctx context.Context, tx Tx, j Job, v View, now time.Time) (bool, error) {
	if !v.State.Live() {
		return false, nil
	}
	st := &step{now: now, actor: jobActor(j), was: v.Assignment, v: v, typ: event.AssignmentCancelled, reason: j.Reason}
	st.hist = History{Action: Cancel, Text: j.Reason}
	var err error
	if st.v.Assignment, err = v.Apply(Cancel, now); err != nil {
		return false, err
	}
	return true, s.write(ctx, tx, st)
}

func (s *Service) urgeOne(ctx context.Context, tx Tx, j Job, v View, now time.Time) (bool, error) {
	if !v.CampaignState.Open() || !v.Allows(Urge) || !cool(v.Assignment, now) {
		return false, nil
	}
	st := &step{now: now, actor: jobActor(j), was: v.Assignment, v: v, typ: event.AssignmentUrged, campaign: takenIn(Urge)}
	st.hist = History{Action: Urge, Text: j.Reason, Formal: j.Args.Formal}
	st.v.Version++
	st.v.UrgedAt = &now
	return true, s.write(ctx, tx, st)
}

func urgeParts(r policy.Reach) []UrgePart {
	var ps []UrgePart
	for _, s := range r.Spans {
		p := UrgePart{Path: s.Path}
		if s.Bound() {
			p.Offices = s.Offices()
		}
		ps = append(ps, p)
	}
	return ps
}

func jobActor(j Job) policy.Actor {
	return policy.Actor{PersonID: j.ActorID, Name: j.ActorName, UnitID: j.ActorUnit}
}

// UrgePreview tells whom an urging of a whole campaign would reach.
type UrgePreview struct {
	Count int
	// Unreached are left out of Count because nobody would be told.
	Unreached int
	// Cooling were urged less than 24 hours ago and are left out of Count.
	Cooling int
	First   []View
	// Job is set once it runs.
	Job *Job
}

// late selects what an urging of a whole campaign is about.
func (s *Service) late(campaignID, which, after string) AssignmentQuery {
	now := s.clock.Now()
	q := AssignmentQuery{CampaignID: campaignID, AfterID: after, Now: clock.Second(now), States: []State{Issued, Acknowledged, Returned}}
	switch which {
	case NotAcknowledged:
		q.States = []State{Issued}
	case Overdue:
		q.Overdue = true
	}
	cooled := now.Add(-coolDown)
	q.UrgedBefore, q.Reachable = &cooled, true
	return q
}

// maxCount bounds what is counted for a person to read.
const maxCount = 100_000

// UrgeCampaign urges every late unit of a campaign that was not urged in the
// last 24 hours, in the background; a preview only tells which.
func (s *Service) UrgeCampaign(ctx context.Context, actor policy.Actor, campaignID string, u CampaignUrging) (UrgePreview, error) {
	if err := fault.Check(u); err != nil {
		return UrgePreview{}, err
	}
	c, _, err := s.campaignFor(ctx, actor, campaignID, "urge", "urge")
	if err != nil {
		return UrgePreview{}, err
	}
	if c.State != Active {
		return UrgePreview{}, campaignVerbs.WrongState("urge", string(c.State))
	}
	reach := s.policy.Reach(ctx, actor, "assignment", "urge")
	q := s.late(campaignID, u.Which, "")
	q.Reach, q.ByID, q.Limit = reach, true, 20
	var p UrgePreview
	if p.First, err = s.store.Views(ctx, q); err != nil {
		return p, err
	}
	if p.Count, err = s.store.Count(ctx, q, maxCount); err != nil {
		return p, err
	}
	all := q
	all.Reachable = false
	n, err := s.store.Count(ctx, all, maxCount)
	if err != nil {
		return p, err
	}
	p.Unreached = n - p.Count
	all.UrgedBefore = nil
	if n, err = s.store.Count(ctx, all, maxCount); err != nil {
		return p, err
	}
	p.Cooling = n - p.Count - p.Unreached
	if !u.Preview && p.Count == 0 && p.Unreached > 0 {
		return p, fault.New(fault.Conflict, "nobody_to_urge", "Nobody would be told: the %d units that are late have no responsible person, and nobody reports for them. Give them responsible people first.", p.Unreached)
	}
	if u.Preview || p.Count == 0 {
		return p, nil
	}
	j := s.job(campaignID, "urge", actor, u.Text, s.clock.Now())
	j.Total = int64(p.Count)
	j.Args = JobArgs{Which: u.Which, Formal: u.Formal, Parts: urgeParts(reach), Exclude: actor.OwnUnits()}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.InsertJob(ctx, j) })
	if fault.IsCode(err, "duplicate") {
		err = fault.New(fault.Conflict, "urging", "Another urging of this campaign runs right now; try again in a moment.")
	}
	if err != nil {
		return p, err
	}
	p.Job = &j
	return p, nil
}
