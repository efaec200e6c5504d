package evidence

import (
	"context"
	"fmt"

	"github.com/duban/duban/api/event"
)

// draftChunk is how many drafts are discarded in one transaction.
const draftChunk = 100

// over are the states of targets that nothing is handed in for ever again.
var over = map[Kind][]string{
	Assignment:    {"approved", "cancelled"},
	Rectification: {"closed", "withdrawn"},
}

// EndedDrafts selects drafts that can never be handed in.
type EndedDrafts struct {
	Over       map[Kind][]string
	CampaignID string // only those of this one
	After      string // id
}

// EndDrafts discards the drafts of what has ended, in which nothing can be
// handed in any more: what was filled in stays readable. It may be repeated,
// and go on where it died. It returns how many there were.
func (s *Service) EndDrafts(ctx context.Context) (int, error) {
	n := 0
	for after := ""; ; {
		subs, err := s.store.EndedDrafts(ctx, EndedDrafts{Over: over, After: after}, draftChunk)
		if err != nil || len(subs) == 0 {
			return n, err
		}
		after = subs[len(subs)-1].ID
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			return s.endDrafts(ctx, tx, subs, event.Event{})
		})
		if err != nil {
			return n, err
		}
		n += len(subs)
	}
}

// endDrafts discards those of the drafts that are still drafts.
func (s *Service) endDrafts(ctx context.Context, tx Tx, subs []Submission, cause event.Event) error {
	for _, x := range subs {
		sub, err := tx.Submission(ctx, x.ID)
		if err != nil {
			return err
		}
		if sub.State != Draft {
			continue
		}
		sub.Version++
		sub.UpdatedAt, sub.Reason = s.clock.Now(), cause.Reason
		if err := s.discard(ctx, tx, &sub, func(d event.Event) event.Event { return because(d, cause) }); err != nil {
			return err
		}
		if err := set(ctx, tx, sub); err != nil {
			return fmt.Errorf("end draft %s: %w", sub.ID, err)
		}
	}
	return nil
}

// endsTarget are the events after which nothing is handed in for a target.
var endsTarget = map[event.Type]bool{
	event.AssignmentApproved: true, event.AssignmentCancelled: true, event.AssignmentReassigned: true,
	event.RectificationClosed: true, event.RectificationWithdrawn: true,
}

// endDraftOf discards the draft of a target that an event has ended.
func (s *Service) endDraftOf(ctx context.Context, tx Tx, e event.Event, kind Kind, targetID string) error {
	if !endsTarget[e.Type] {
		return nil
	}
	all, err := tx.Versions(ctx, kind, targetID)
	if err != nil {
		return err
	}
	return s.endDrafts(ctx, tx, all, e)
}
