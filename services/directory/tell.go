package directory

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

// TellUnits makes the event that tells the units with the next ids after one
// again, and returns the last id; empty when there are no more.
func (s *Service) TellUnits(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	us, err := tx.UnitsAfter(ctx, after, batch)
	if err != nil || len(us) == 0 {
		return nil, "", err
	}
	last := us[len(us)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.UnitsTold, last.ID, last.Version, unitsData(us))}, last.ID, nil
}

// TellPeople does the same with people and all that they were granted.
func (s *Service) TellPeople(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	ps, err := tx.PeopleAfter(ctx, after, batch)
	if err != nil || len(ps) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(ps))
	for i, p := range ps {
		ids[i] = p.ID
	}
	grants, err := tx.GrantsOf(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	last := ps[len(ps)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.PersonsTold, last.ID, last.Version, personsData(ps, grants))}, last.ID, nil
}
