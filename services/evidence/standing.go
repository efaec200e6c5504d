package evidence

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
)

// Offer is a submission that is about to be sealed, as its target's owner is
// asked about it.
type Offer struct {
	UnitID         string
	ChildrenReason string
	FixedOnSpot    bool
}

// Standing is how the owner of a target stands to its submissions.
type Standing struct {
	// Refused is the code of the reason why the offer would not be taken in.
	Refused string
	// Decided is what was decided last, about SubmissionID where that is known;
	// its event may not be here yet.
	Decided      event.Event
	SubmissionID string
}

// refused is the fault for an offer that the owner would not take in; nil where
// it would. What has no words of its own is told by the state.
func (st Standing) refused(t Target) error {
	switch st.Refused {
	case "":
		return nil
	case "plan_needed":
		return fault.New(fault.Conflict, "plan_needed", "The order asks for a plan; give it first.")
	case "spot_needs_plan":
		return fault.New(fault.Conflict, "spot_needs_plan", "The order asks for a plan; it cannot be reported as fixed on the spot.")
	case "plan_not_approved":
		return fault.New(fault.Conflict, "plan_not_approved", "The office has not approved the plan; wait for its decision, or give a new plan where it was returned.")
	case "sign_off_needed":
		return fault.New(fault.Conflict, "sign_off_needed", "A leader of the unit has to sign it off before it is handed in.")
	case "other_unit":
		return fault.New(fault.Conflict, "other_unit", "It is with another unit now.")
	case "campaign_closed":
		t.Ended = true
	}
	return closed(t)
}

// consult asks the owner of a target how it is now, and takes in what has not
// been heard of yet: its event may be a moment behind the person who was told.
// Where the owner does not answer, the copy has to do.
func (s *Service) consult(ctx context.Context, t Target, o *Offer) (Target, Standing, error) {
	fresh, st, err := s.refreshed(ctx, t.Kind, t.ID, o)
	if fault.Is(err, fault.Unavailable) || fault.Is(err, fault.NotFound) {
		return t, Standing{}, nil
	}
	return fresh, st, err
}

// refreshed asks the owner of a target and keeps the answer.
func (s *Service) refreshed(ctx context.Context, kind Kind, targetID string, o *Offer) (Target, Standing, error) {
	// Whoever gives up meanwhile has asked all the same.
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	take, st, ok, err := s.ask(own, kind, targetID, o)
	if err != nil {
		return Target{}, st, err
	}
	if !ok {
		return Target{}, st, fault.Missing(kind.word())
	}
	err = s.store.Aside(own, func(ctx context.Context, tx Tx) error {
		if err := take(ctx, tx); err != nil || st.Decided.ID == "" {
			return err
		}
		return s.decide(ctx, tx, st.Decided, answer{kind, targetID, st.SubmissionID})
	})
	if err != nil {
		return Target{}, st, err
	}
	t, ok, err := s.store.Target(ctx, kind, targetID)
	if err == nil && !ok {
		err = fault.Missing(kind.word())
	}
	return t, st, err
}

// ask asks the owner of a target; the answer is what keeps it, in a transaction.
func (s *Service) ask(ctx context.Context, kind Kind, targetID string, o *Offer) (func(context.Context, Tx) error, Standing, bool, error) {
	if kind == Rectification {
		r, st, ok, err := s.owners.Rectification(ctx, targetID, o)
		return func(ctx context.Context, tx Tx) error {
			return s.putTargets(ctx, tx, []Target{fromRectification(r)})
		}, st, ok, err
	}
	issued, st, ok, err := s.owners.Assignment(ctx, targetID, o)
	return func(ctx context.Context, tx Tx) error { return s.TakeIssued(ctx, tx, issued) }, st, ok, err
}
