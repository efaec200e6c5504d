package evidence

import (
	"context"
	"errors"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// ErrNotYet is returned for an event that builds on something this service
// has not got yet; the event should come again.
var ErrNotYet = errors.New("the submission is not here yet")

// TakeIssued keeps assignments with their task as targets.
func (s *Service) TakeIssued(ctx context.Context, tx Tx, x event.Issued) error {
	if err := tx.PutTask(ctx, x.CampaignID, x.Campaign, x.Task); err != nil {
		return err
	}
	ts := make([]Target, len(x.Assignments))
	for i, a := range x.Assignments {
		ts[i] = fromAssignment(a, x.Task.Title)
	}
	return s.putTargets(ctx, tx, ts)
}

// TakeToldAssignments does the same with those that are told again.
func (s *Service) TakeToldAssignments(ctx context.Context, tx Tx, as event.Assignments) error {
	for _, x := range as.Issued {
		if err := s.TakeIssued(ctx, tx, x); err != nil {
			return err
		}
	}
	return nil
}

func fromAssignment(a event.Assignment, title string) Target {
	return Target{
		Kind: Assignment, ID: a.ID, CampaignID: a.CampaignID, TaskID: a.TaskID, ParentID: a.ParentID, Title: title, UnitID: a.UnitID, UnitPath: a.UnitPath,
		Offices: Offices{a.OfficeID, a.IssuerOfficeID},
		State:   a.State, OpenChildren: int64(a.OpenChildren), DueAt: a.DueAt, Version: a.Version,
	}
}

// putTargets stores targets under the paths their units have now, which an
// event of some time ago may not know.
func (s *Service) putTargets(ctx context.Context, tx Tx, ts []Target) error {
	if len(ts) == 0 {
		return nil
	}
	ids := make([]string, len(ts))
	for i, t := range ts {
		ids[i] = t.UnitID
	}
	us, err := tx.Units(ctx, ids)
	if err != nil {
		return err
	}
	for i, t := range ts {
		if u, ok := us[t.UnitID]; ok {
			ts[i].UnitPath = u.Path
		}
	}
	return tx.PutTargets(ctx, ts)
}

// outcomes says what becomes of the sealed submission when something happens
// to its target.
var outcomes = map[event.Type]Action{
	event.AssignmentApproved:          Accept,
	event.AssignmentReturned:          Return,
	event.AssignmentRecalled:          Recall,
	event.AssignmentSubmissionRefused: Return,
	event.AssignmentCancelled:         Return,

	event.RectificationClosed:        Accept,
	event.RectificationRejected:      Return,
	event.RectificationReportRefused: Return,
	event.RectificationWithdrawn:     Return,
	event.RectificationTransferred:   Return,
}

// idle are the events after which a target takes a submission as it did before,
// from the same unit, for the same office, by the same day: nothing that is kept of it is another.
var idle = map[event.Type]bool{
	event.AssignmentAcknowledged: true, event.AssignmentReviewStarted: true, event.AssignmentLevelApproved: true,
	event.AssignmentProgressReported: true, event.AssignmentUrged: true, event.AssignmentInstructed: true, event.AssignmentResponsibleChanged: true,
	event.ExtensionRequested: true, event.ExtensionRefused: true, event.ExtensionWithdrawn: true,

	event.RectificationAcknowledged: true, event.RectificationMeasureDone: true, event.RectificationMeasureProgressed: true,
	event.RectificationPlanApproved: true, event.RectificationPlanReturned: true, event.RectificationSignedOff: true,
	event.RectificationExtensionAsked: true, event.RectificationExtensionDenied: true, event.RectificationExtensionEnded: true,
	event.RectificationHandedOver: true,
}

// Idle tells whether an event of this type changes nothing here.
func Idle(t event.Type) bool { return idle[t] }

// KeepAssignments keeps assignments as they are now, in the order of what
// happened to them.
func (s *Service) KeepAssignments(ctx context.Context, tx Tx, cs []event.AssignmentChange) error {
	last := map[string]int{} // a statement cannot store one row twice
	var ts []Target
	for _, c := range cs {
		t := fromAssignment(c.Assignment, c.Task)
		if i, ok := last[t.ID]; !ok {
			last[t.ID] = len(ts)
			ts = append(ts, t)
		} else if t.Version > ts[i].Version {
			ts[i] = t
		}
	}
	return s.putTargets(ctx, tx, ts)
}

// Decides tells whether an event of this type decides a submission, or ends a draft.
func Decides(t event.Type) bool { _, ok := outcomes[t]; return ok || endsTarget[t] }

// TakeAssignment keeps an assignment as it is now and decides its submission.
func (s *Service) TakeAssignment(ctx context.Context, tx Tx, e event.Event, c event.AssignmentChange) error {
	if err := s.KeepAssignments(ctx, tx, []event.AssignmentChange{c}); err != nil {
		return err
	}
	about := c.SubmissionID
	if about == "" {
		about = c.Assignment.SubmissionID
	}
	if err := s.endDraftOf(ctx, tx, e, Assignment, c.Assignment.ID); err != nil {
		return err
	}
	return s.decide(ctx, tx, e, answer{Assignment, c.Assignment.ID, about})
}

// TakeRectification keeps a rectification as it is now and decides its submission.
func (s *Service) TakeRectification(ctx context.Context, tx Tx, e event.Event, c event.RectificationChange) error {
	r := c.Rectification
	if err := s.putTargets(ctx, tx, []Target{fromRectification(r)}); err != nil {
		return err
	}
	if e.Type == event.RectificationTransferred {
		if err := s.dropForeignDraft(ctx, tx, e, r); err != nil {
			return err
		}
	}
	about := c.SubmissionID
	if about == "" {
		about = r.SubmissionID
	}
	if err := s.endDraftOf(ctx, tx, e, Rectification, r.ID); err != nil {
		return err
	}
	return s.decide(ctx, tx, e, answer{Rectification, r.ID, about})
}

func fromRectification(r event.Rectification) Target {
	title := r.Title
	if r.Number != "" {
		title = r.Number + " " + title
	}
	return Target{
		Kind: Rectification, ID: r.ID, CampaignID: r.CampaignID, Title: title, UnitID: r.UnitID, UnitPath: r.UnitPath, Offices: Offices{OfficeID: r.OfficeID},
		State: r.State, DueAt: r.DueAt, Version: r.Version,
	}
}

// dropForeignDraft discards the draft of the unit an order was transferred
// from, so that the unit really responsible can begin its own.
func (s *Service) dropForeignDraft(ctx context.Context, tx Tx, e event.Event, r event.Rectification) error {
	all, err := tx.Versions(ctx, Rectification, r.ID)
	if err != nil {
		return err
	}
	for _, sub := range all {
		if sub.State != Draft || sub.UnitID == r.UnitID {
			continue
		}
		sub.Version++
		sub.UpdatedAt = s.clock.Now()
		if err := s.discard(ctx, tx, &sub, func(d event.Event) event.Event { return because(d, e) }); err != nil {
			return err
		}
		return set(ctx, tx, sub)
	}
	return nil
}

// because ties an event to the one it follows from.
func because(d, cause event.Event) event.Event {
	d = d.By(cause.ActorID, cause.ActorName).Because(cause.Reason)
	d.CausedBy, d.RequestID = cause.ID, cause.RequestID
	return d
}

// answer is what an event is about: what was answered, and by which submission
// where it names one.
type answer struct {
	kind                   Kind
	targetID, submissionID string
}

// decide ends the sealed submission that an event is about. Events may come
// in any order and more than once: the first outcome of a submission stands.
func (s *Service) decide(ctx context.Context, tx Tx, e event.Event, to answer) error {
	action, ok := outcomes[e.Type]
	if !ok {
		return nil
	}
	sub, err := s.concerned(ctx, tx, e, to)
	if err != nil || sub.State != Sealed {
		return err
	}
	if sub.State, err = Next(sub.State, action); err != nil {
		return err
	}
	body, _, err := tx.Manifest(ctx, sub.ID)
	if err != nil {
		return err
	}
	m, err := parse(body)
	if err != nil {
		return err
	}
	items, err := tx.Items(ctx, sub.ID)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	sub.DecidedAt, sub.UpdatedAt, sub.Reason = &now, now, e.Reason
	sub.Version++
	if err := set(ctx, tx, sub); err != nil {
		return err
	}
	return tx.Tell(ctx, because(event.New(id.New(), now, told[sub.State], sub.ID, sub.Version, sub.Data(m.requirements(), items)).
		For(sub.UnitID, sub.UnitPath), e))
}

// concerned finds the submission an event is about: the one it names, else
// the sealed one of the target. The zero Submission means there is none.
func (s *Service) concerned(ctx context.Context, tx Tx, e event.Event, to answer) (Submission, error) {
	if to.submissionID != "" {
		sub, err := tx.Submission(ctx, to.submissionID)
		switch {
		case fault.Is(err, fault.NotFound):
			return sub, ErrNotYet
		case err != nil:
			return sub, err
		case sub.Target != to.kind || sub.TargetID != to.targetID:
			return Submission{}, nil
		case sub.State == Sealed:
			return sub, nil
		}
	}
	// A refusal speaks of a submission the target never took in, so the one
	// the target names, if any, is an earlier one. What ends a target ends
	// whatever is sealed for it.
	switch e.Type {
	case event.AssignmentSubmissionRefused, event.RectificationReportRefused,
		event.AssignmentCancelled, event.RectificationWithdrawn, event.RectificationTransferred:
	default:
		if to.submissionID != "" {
			return Submission{}, nil
		}
	}
	all, err := tx.Versions(ctx, to.kind, to.targetID)
	if err != nil {
		return Submission{}, err
	}
	i := slices.IndexFunc(all, func(x Submission) bool {
		return x.State == Sealed && !x.SealedAt.After(e.Time)
	})
	if i < 0 {
		return Submission{}, nil
	}
	return all[i], nil
}
