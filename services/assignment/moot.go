package assignment

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// moot says why nobody can answer a request for a later deadline any more;
// empty while somebody can.
func moot(v View) fault.Text {
	switch {
	case v.State == Approved:
		return "It ended by itself: the assignment is complete."
	case v.State == Cancelled:
		return "It ended by itself: the assignment was taken back."
	case v.State == Declined:
		return "It ended by itself: the assignment was declined."
	case v.CampaignState != Issuing && v.CampaignState != Active:
		return "It ended by itself: the campaign is over."
	}
	return ""
}

// endRequests ends the request for a later deadline that hangs on an
// assignment, where nobody can answer it any more: with a line of its own in
// the history and an event. It returns the assignment after that.
func endRequests(ctx context.Context, tx Tx, now time.Time, v View, cause string) (Assignment, error) {
	why := moot(v)
	if why == "" {
		return v.Assignment, nil
	}
	xs, err := tx.Waiting(ctx, v.ID)
	if err != nil {
		return v.Assignment, err
	}
	for _, x := range xs {
		had := x.Version
		if x, err = x.Decide(Withdrawn, now); err != nil {
			return v.Assignment, err
		}
		x.Answer = string(why)
		if err := tx.UpdateExtension(ctx, x, had); err != nil {
			return v.Assignment, err
		}
		was := v.Assignment
		v.Version++
		if err := tx.UpdateAssignment(ctx, was, v.Assignment, nil); err != nil {
			return was, err
		}
		if err := tx.AddHistory(ctx, History{
			ID: id.New(), AssignmentID: v.ID, At: now, Action: WithdrawExtension, FromState: v.State, ToState: v.State, Text: string(why), RelatedID: x.ID,
		}); err != nil {
			return v.Assignment, err
		}
		ev := change(v, v.State)
		ev.Extension = x.wire()
		ev.Extension.Answer, ev.Extension.Ended = "", true
		e := event.New(id.New(), now, event.ExtensionWithdrawn, v.ID, v.Version, ev).For(v.UnitID, v.UnitPath)
		e.CausedBy = cause
		if err := tx.Emit(ctx, e); err != nil {
			return v.Assignment, err
		}
	}
	return v.Assignment, nil
}

// EndMoot ends the requests for a later deadline that nobody can answer: those
// of a campaign that was closed, and what an earlier version left behind. It
// may be repeated, and go on where it died.
func (s *Service) EndMoot(ctx context.Context) error {
	for after := ""; ; {
		vs, err := s.store.Moot(ctx, after, chunk)
		if err != nil || len(vs) == 0 {
			return err
		}
		now := s.clock.Now()
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			for _, v := range vs {
				// It may have changed since it was read.
				v, err := tx.View(ctx, v.ID)
				if err != nil {
					return err
				}
				if _, err := endRequests(ctx, tx, now, v, ""); err != nil {
					return fmt.Errorf("end the requests of assignment %s: %w", v.ID, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = vs[len(vs)-1].ID
	}
}
