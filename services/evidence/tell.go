package evidence

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

// tellChunk is how many things one event tells again; see event.SubmissionsTold.
const tellChunk = 200

// TellSubmissions makes the event that tells the submissions with the next ids
// after one again that were sealed, and returns the last id; empty when there are
// no more.
func (s *Service) TellSubmissions(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	subs, err := tx.SealedAfter(ctx, after, tellChunk)
	if err != nil || len(subs) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(subs))
	for i, sub := range subs {
		ids[i] = sub.ID
	}
	items, err := tx.ItemsOf(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	data := event.Submissions{}
	for _, sub := range subs {
		body, _, err := tx.Manifest(ctx, sub.ID)
		if err != nil {
			return nil, "", err
		}
		m, err := parse(body)
		if err != nil {
			return nil, "", err
		}
		data.Submissions = append(data.Submissions, sub.Data(m.requirements(), items[sub.ID]))
	}
	last := subs[len(subs)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.SubmissionsTold, last.ID, last.Version, data)}, last.ID, nil
}

// TakeToldCampaigns keeps what is known of campaigns that are told again.
func (s *Service) TakeToldCampaigns(ctx context.Context, tx Tx, cs event.Campaigns) error {
	for _, c := range cs.Campaigns {
		if c.State == "draft" {
			continue
		}
		if err := s.CampaignKnown(ctx, tx, c); err != nil {
			return err
		}
		if c.State == "issuing" || c.State == "active" {
			continue
		}
		if err := tx.EndCampaign(ctx, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// KeepRectifications keeps rectifications as they are now.
func (s *Service) KeepRectifications(ctx context.Context, tx Tx, rs event.Rectifications) error {
	ts := make([]Target, len(rs.Rectifications))
	for i, r := range rs.Rectifications {
		ts[i] = fromRectification(r)
	}
	return s.putTargets(ctx, tx, ts)
}
