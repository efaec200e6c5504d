package assignment

import (
	"context"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Left is what is unfinished when a campaign is to be closed or archived.
type Left event.CampaignLeft

// by is what ending a campaign in this way leaves behind for good: closing
// all of it but the reviews, which go on, archiving those as well.
func (l Left) by(action string) bool {
	switch action {
	case "close":
		return l != Left{}
	case "archive":
		return l.InReview > 0
	}
	return false
}

func (l Left) wire() *event.CampaignLeft {
	if l == (Left{}) {
		return nil
	}
	return new(event.CampaignLeft(l))
}

// Ending is what the office says when it ends a campaign.
type Ending struct {
	Action string // close, archive or cancel
	Reason string `limit:"..2000"` // needed to cancel, and to leave something unfinished
	// LeaveOpen states that the office knows that something is unfinished.
	LeaveOpen bool
}

// EndCampaign closes, archives or cancels a campaign. Cancelling takes back
// what is still open, in the background. Closing and archiving leave
// everything in its state: with work unfinished they are refused with
// work_open and the counts, unless the office states that it is to stay so.
func (s *Service) EndCampaign(ctx context.Context, actor policy.Actor, campaignID string, want int64, how Ending) (CampaignDetail, error) {
	action, err := how.Action, fault.Check(how)
	if err == nil && action == "cancel" {
		err = fault.Check(Reason{how.Reason})
	}
	if err != nil {
		return CampaignDetail{}, err
	}
	c, r, err := s.campaignFor(ctx, actor, campaignID, action, action)
	if err != nil {
		return CampaignDetail{}, err
	}
	if err := fault.Version(want, c.Version); err != nil {
		return CampaignDetail{}, err
	}
	had, was, now := c.Version, c.State, s.clock.Now()
	if c.State, err = c.State.Next(action); err != nil {
		return CampaignDetail{}, err
	}
	c.Version++
	var left Left
	if action != "cancel" {
		// Counted before the transaction: other writers do not wait for it.
		if left, err = s.store.Left(ctx, c.ID); err != nil {
			return CampaignDetail{}, err
		}
		if err := knowingly(left, action, how); err != nil {
			return CampaignDetail{}, err
		}
	}
	if action != "archive" {
		c.EndedAt = &now
	}
	names, err := s.store.UnitNames(ctx, []string{c.UnitID, c.OfficeID})
	if err != nil {
		return CampaignDetail{}, err
	}
	data := c.Wire(nil)
	data.Left = left.wire()
	t := map[string]event.Type{"close": event.CampaignClosed, "archive": event.CampaignArchived, "cancel": event.CampaignCancelled}[action]
	issued := was == Active && action == "cancel"
	if was == Active { // what waits for an answer ends with the campaign
		s.moot.Store(true)
	}
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := tx.UpdateCampaign(ctx, c, had); err != nil {
			return err
		}
		if issued {
			if err := tx.InsertJob(ctx, s.job(c.ID, "cancel", actor, how.Reason, now)); err != nil {
				return err
			}
		}
		return tx.Emit(ctx, event.New(newID(), now, t, c.ID, c.Version, data).
			By(actor.PersonID, actor.Name).For(c.UnitID, c.UnitPath).Because(how.Reason))
	})
	if err != nil {
		return CampaignDetail{}, err
	}
	return s.campaignDetail(c, names, r), nil
}

// knowingly refuses to leave something unfinished without a word.
func knowingly(left Left, action string, how Ending) error {
	switch {
	case !left.by(action):
		return nil
	case !how.LeaveOpen:
		return fault.New(fault.Conflict, "work_open",
			"Unfinished: %d submissions wait for a review, %d assignments are open, %d declines and %d extension requests are undecided. "+
				"To do it all the same, say so with leave_open and give the reason.",
			left.InReview, left.Open, left.Declined, left.ExtensionRequests).WithCurrent(left)
	case strings.TrimSpace(how.Reason) == "":
		return fault.BadField("reason", "expected the reason why it is left unfinished", nil)
	}
	return nil
}
