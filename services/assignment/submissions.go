package assignment

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// TakeSubmission takes effect of a submission that evidence sealed: the
// assignment is submitted, or, when it cannot be, the refusal is recorded and
// told. A version older than one already seen is passed over.
func (s *Service) TakeSubmission(ctx context.Context, tx Tx, e event.Event, sub event.Submission) error {
	v, err := tx.View(ctx, sub.TargetID)
	if err != nil {
		return err
	}
	if sub.Number <= v.SubmissionNumber {
		return nil
	}
	now := s.clock.Now()
	st := &step{
		now: now, v: v, was: v.Assignment, cause: e.ID, reason: sub.Note,
		actor:    policy.Actor{PersonID: e.ActorID, Name: e.ActorName, UnitID: sub.UnitID},
		campaign: takenIn(Submit),
	}
	if inTime(v, sub) {
		st.campaign = append(st.campaign, Closed, Archived)
	}
	st.hist = History{Action: Submit, Text: sub.Note, RelatedID: sub.ID}
	st.ev.SubmissionID = sub.ID
	why := refusal(v, sub)
	if why == nil {
		st.v.Assignment, err = v.Apply(Submit, now)
		if err != nil {
			why = fault.As(err)
		}
	}
	if why != nil {
		st.v.Assignment = v.Assignment
		st.v.Version++
		st.hist.Action, st.hist.Text, st.reason = refuseSubmission, string(why.Detail), why.Detail.String()
		st.typ, st.ev.Text = event.AssignmentSubmissionRefused, why.Code
		return s.writeRefusal(ctx, tx, st)
	}
	path, err := reviewers(ctx, st.v, tx.Units)
	if err != nil {
		return err
	}
	st.typ = event.AssignmentSubmitted
	st.v.reviewedBy(path[0])
	st.v.SubmissionID, st.v.SubmissionNumber, st.v.SubmittedBy = sub.ID, sub.Number, sub.SealedBy
	if st.v.SubmittedBy == "" {
		st.v.SubmittedBy = e.ActorID
	}
	// What counts is when the unit handed it in, not when word of it came.
	if sub.SealedAt != nil {
		at, second := sub.SealedAt.UTC(), clock.Second(*sub.SealedAt)
		st.v.SubmittedAt = &second
		if st.was.AckAt == nil {
			st.v.AckAt = &at
		}
	}
	if sub.ChildrenReason != "" {
		st.hist.Text = sub.ChildrenReason
		if sub.Note != "" {
			st.hist.Text = sub.Note + "\n" + sub.ChildrenReason
		}
		st.reason = sub.ChildrenReason
	}
	return s.write(ctx, tx, st)
}

// inTime tells that a submission was sealed before its campaign was closed,
// though word of it came after: it was handed in, and is reviewed like the
// others, unless the campaign has been archived meanwhile.
func inTime(v View, sub event.Submission) bool {
	return (v.CampaignState == Closed || v.CampaignState == Archived) && v.CampaignEndedAt != nil && sub.SealedAt != nil && sub.SealedAt.Before(*v.CampaignEndedAt)
}

func refusal(v View, sub event.Submission) *fault.Error {
	if err := openCampaign(v, Submit); err != nil && !inTime(v, sub) {
		return fault.As(err)
	}
	if sub.UnitID != "" && sub.UnitID != v.UnitID {
		return fault.New(fault.Conflict, "other_unit", "The submission is not of the unit the assignment was given to.")
	}
	if v.OpenChildren > 0 && sub.ChildrenReason == "" && v.Allows(Submit) {
		return fault.New(fault.Conflict, "children_open",
			"%d delegated assignments are not approved yet; wait for them, or say why not.", v.OpenChildren)
	}
	return nil
}

// writeRefusal stores nothing of the assignment but its version, so that the
// event about it is not taken for an old one. The campaign may be closed.
func (s *Service) writeRefusal(ctx context.Context, tx Tx, st *step) error {
	if err := tx.Touch(ctx, st.v.ID, st.was.Version); err != nil {
		return err
	}
	h := st.hist
	h.ID, h.AssignmentID, h.At, h.FromState, h.ToState = newID(), st.v.ID, st.now, st.was.State, st.v.State
	h.ActorID, h.ActorName, h.ActorUnitID = st.actor.PersonID, st.actor.Name, st.actor.UnitID
	if err := tx.AddHistory(ctx, h); err != nil {
		return err
	}
	return tx.Emit(ctx, st.event())
}

// Refuses is the code of the reason why a submission that is about to be sealed
// would be refused; empty where it would be taken in.
func (s *Service) Refuses(ctx context.Context, assignmentID string, sub event.Submission) (string, error) {
	v, err := s.store.View(ctx, assignmentID)
	if err != nil {
		return "", err
	}
	why := refusal(v, sub)
	if why == nil {
		if _, err = v.Apply(Submit, s.clock.Now()); err != nil {
			why = fault.As(err)
		}
	}
	return why.Reason(), nil
}

// decisions are the actions that decide about a submission, with their events.
var decisions = map[Action]event.Type{
	Approve: event.AssignmentApproved, Return: event.AssignmentReturned, Recall: event.AssignmentRecalled,
	refuseSubmission: event.AssignmentSubmissionRefused,
}

// refuseSubmission is the action of a refusal in the history.
const refuseSubmission Action = "refuse_submission"

// LastDecision is what was decided last about a submission of an assignment,
// with its event; false where nothing was.
func (s *Service) LastDecision(ctx context.Context, assignmentID string) (History, event.Type, bool, error) {
	acts := make([]Action, 0, len(decisions))
	for a := range decisions {
		acts = append(acts, a)
	}
	h, ok, err := s.store.Latest(ctx, assignmentID, acts)
	return h, decisions[h.Action], ok, err
}

// Issued tells of one assignment in the form of the event that issued it.
func (s *Service) Issued(ctx context.Context, assignmentID string) (event.Issued, error) {
	v, err := s.store.View(ctx, assignmentID)
	if err != nil {
		return event.Issued{}, err
	}
	t, err := s.store.Task(ctx, v.TaskID)
	if err != nil {
		return event.Issued{}, err
	}
	is := v.issued(t)
	is.Assignments = []event.Assignment{v.Wire()}
	return is, nil
}
