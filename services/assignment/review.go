package assignment

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// ReviewPath lists who reviews a submission, the nearest first and the issuer
// last: the issuer alone, or each town and county between the unit and it.
// Where the unit has moved away from the issuer, the nearest unit above both
// stands in for it. units holds what the copy of the tree knows of the ids in
// unitPath.
func ReviewPath(review, unitPath string, issuer Unit, units map[string]Unit) []Unit {
	ids := id.InPath(unitPath)
	above := ids[:len(ids)-1]
	if !strings.HasPrefix(unitPath, issuer.Path) {
		for _, uid := range slices.Backward(above) {
			if u, ok := units[uid]; ok && strings.HasPrefix(issuer.Path, u.Path) {
				return []Unit{u}
			}
		}
	}
	var path []Unit
	if review == Levels && strings.HasPrefix(unitPath, issuer.Path) {
		for _, uid := range slices.Backward(above) {
			u, ok := units[uid]
			if uid == issuer.ID || !ok {
				break
			}
			if u.Level == "town" || u.Level == "county" {
				path = append(path, u)
			}
		}
	}
	return append(path, issuer)
}

// reviewers looks the review path of an assignment up in the copy of the tree.
func reviewers(ctx context.Context, v View, lookup func(context.Context, []string) (map[string]Unit, error)) ([]Unit, error) {
	ids := append(id.InPath(v.UnitPath), v.IssuerID)
	us, err := lookup(ctx, ids)
	if err != nil {
		return nil, err
	}
	issuer, ok := us[v.IssuerID]
	if !ok {
		issuer = Unit{ID: v.IssuerID, Path: v.IssuerPath}
	}
	return ReviewPath(v.TaskReview, v.UnitPath, issuer, us), nil
}

func (a *Assignment) reviewedBy(u Unit) {
	a.ReviewLevel, a.ReviewerID, a.ReviewerPath = u.Level, u.ID, u.Path
}

// notOwn refuses whoever handed the submission in; that nobody reviews their
// own unit's work the policy sees to.
func notOwn(st *step) error {
	if st.was.HandedInBy(st.actor.PersonID) {
		return fault.New(fault.Forbidden, "own_submission", "You handed this submission in yourself; somebody else must review it.")
	}
	return nil
}

// BeginReview notes that a reviewer has opened the submission, which can no
// longer be recalled. Beginning again changes nothing. standIn, here as in
// Approval and GivingBack, says why the issuer reviews in the place of a level that
// has nobody; see standIns.
func (s *Service) BeginReview(ctx context.Context, actor policy.Actor, assignmentID string, want int64, standIn string) (Detail, error) {
	if err := fault.Check(StandIn{standIn}); err != nil {
		return Detail{}, err
	}
	d, err := s.act(ctx, actor, errand{assignmentID, want, BeginReview}, func(st *step) error {
		if err := notOwn(st); err != nil {
			return err
		}
		if st.was.ReviewStartedBy != "" {
			return errBegun
		}
		if err := stand(st, standIn); err != nil {
			return err
		}
		st.v.ReviewStartedBy = actor.PersonID
		st.typ, st.ev.SubmissionID, st.hist.RelatedID = event.AssignmentReviewStarted, st.was.SubmissionID, st.was.SubmissionID
		st.hist.Level = st.was.ReviewLevel
		return nil
	})
	if err == errBegun { //nolint:errorlint // our own, never wrapped
		v, err := s.store.View(ctx, assignmentID)
		if err != nil {
			return d, err
		}
		return s.one(ctx, s.policy.Rights(ctx, actor, "assignment"), actor.PersonID, s.clock.Now(), v)
	}
	return d, err
}

var errBegun = fault.New(fault.Conflict, "review_started", "The review has begun already.")

// Approve approves the submission: the next level reviews it now, or, after
// the last one, the assignment is complete.
func (s *Service) Approve(ctx context.Context, actor policy.Actor, assignmentID string, want int64, ok Approval) (Detail, error) {
	if err := fault.Check(ok); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Approve}, func(st *step) error {
		if err := notOwn(st); err != nil {
			return err
		}
		if err := stand(st, ok.StandIn); err != nil {
			return err
		}
		st.hist.Text, st.hist.Level, st.hist.RelatedID = ok.Comment, st.was.ReviewLevel, st.was.SubmissionID
		st.ev.SubmissionID = st.was.SubmissionID
		path, err := reviewers(ctx, st.v, s.store.Units)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(path, func(u Unit) bool { return u.ID == st.was.ReviewerID })
		// Whoever has reviewed at a level that is gone since hands on to the issuer.
		if i < 0 && st.was.ReviewerID != st.was.IssuerID {
			i = len(path) - 2
		}
		if i >= 0 && i < len(path)-1 {
			if st.v.Assignment, err = st.was.Apply(ApproveLevel, st.now); err != nil {
				return err
			}
			st.v.ReviewStartedBy = ""
			st.v.reviewedBy(path[i+1])
			st.hist.Action, st.typ = ApproveLevel, event.AssignmentLevelApproved
			return nil
		}
		st.typ = event.AssignmentApproved
		return nil
	})
}

// Return gives the submission back with the reason; the work is kept.
func (s *Service) Return(ctx context.Context, actor policy.Actor, assignmentID string, want int64, g GivingBack) (Detail, error) {
	p := &problems{}
	p.take(fault.Check(g))
	if len(g.Reasons) == 0 && strings.TrimSpace(g.Text) == "" {
		p.add("text", "expected the reason: choose from the list or write it", nil)
	}
	if err := p.err(); err != nil {
		return Detail{}, err
	}
	why := strings.Join(g.Reasons, "；")
	if why != "" && g.Text != "" {
		why += "。"
	}
	why += g.Text
	return s.act(ctx, actor, errand{assignmentID, want, Return}, func(st *step) error {
		if err := notOwn(st); err != nil {
			return err
		}
		if err := stand(st, g.StandIn); err != nil {
			return err
		}
		st.typ, st.reason, st.hist.Text = event.AssignmentReturned, why, why
		st.hist.Level, st.hist.RelatedID, st.ev.SubmissionID = st.was.ReviewLevel, st.was.SubmissionID, st.was.SubmissionID
		return nil
	})
}
