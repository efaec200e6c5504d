package assignment

import (
	"context"

	"github.com/duban/duban/api/event"
)

// tellChunk is how many things one event tells again; see event.AssignmentsTold.
const tellChunk = 200

// TellCampaigns makes the event that tells the campaigns with the next ids after
// one again, with their tasks once they are issued, and returns the last id; empty when there are no more.
func (s *Service) TellCampaigns(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	cs, err := tx.CampaignsAfter(ctx, after, tellChunk)
	if err != nil || len(cs) == 0 {
		return nil, "", err
	}
	data := event.Campaigns{}
	for _, c := range cs {
		var ts []Task
		if c.State != Draft { // nobody else hears of those of a draft
			if ts, err = tx.Tasks(ctx, c.ID); err != nil {
				return nil, "", err
			}
		}
		data.Campaigns = append(data.Campaigns, c.Wire(ts))
	}
	last := cs[len(cs)-1]
	return []event.Event{event.New(newID(), s.clock.Now(), event.CampaignsTold, last.ID, last.Version, data)}, last.ID, nil
}

// TellAssignments does the same with assignments, those of a task that follow one
// another together.
func (s *Service) TellAssignments(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	vs, err := tx.ViewsAfter(ctx, after, tellChunk)
	if err != nil || len(vs) == 0 {
		return nil, "", err
	}
	data := event.Assignments{}
	for i, v := range vs {
		if i == 0 || v.TaskID != vs[i-1].TaskID || v.IssuerID != vs[i-1].IssuerID || v.IssuerOfficeID != vs[i-1].IssuerOfficeID {
			t, err := tx.Task(ctx, v.TaskID)
			if err != nil {
				return nil, "", err
			}
			data.Issued = append(data.Issued, v.issued(t))
		}
		is := &data.Issued[len(data.Issued)-1]
		is.Assignments = append(is.Assignments, v.Wire())
	}
	last := vs[len(vs)-1]
	return []event.Event{event.New(newID(), s.clock.Now(), event.AssignmentsTold, last.ID, last.Version, data)}, last.ID, nil
}

// issued is what assignments of a task, as v is one, are told with.
func (v View) issued(t Task) event.Issued {
	return event.Issued{
		CampaignID: v.CampaignID, Campaign: v.CampaignTitle, IssuerID: v.IssuerID, IssuerPath: v.IssuerPath, OfficeID: v.OfficeID, IssuerOfficeID: v.IssuerOfficeID,
		NearDays: v.NearDays, OverdueDays: v.OverdueDays, Task: t.Wire(),
	}
}
