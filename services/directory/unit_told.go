package directory

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

func (u Unit) event() event.Unit {
	return event.Unit{
		ID: u.ID, ParentID: u.ParentID, Path: u.Path, Level: u.Level, Kind: u.Kind, Sectors: u.Sectors, Code: u.Code, Name: u.Name,
		Active: u.Active, Classes: u.Classes, Staff: u.Staff, Residents: u.Residents,
		Longitude: u.Longitude, Latitude: u.Latitude, ContactID: u.ContactID, SuccessorID: u.SuccessorID, Version: u.Version,
		SharesName: &u.SharesName,
	}
}

// unitsChanged is the event about up to 500 units; subject and version are
// those of the first.
func unitsChanged(now time.Time, us ...Unit) event.Event {
	return event.New(id.New(), now, event.UnitsChanged, us[0].ID, us[0].Version, unitsData(us)).For(us[0].ID, us[0].Path)
}

func unitsData(us []Unit) event.Units {
	data := event.Units{Units: make([]event.Unit, len(us))}
	for i, u := range us {
		data.Units[i] = u.event()
	}
	return data
}

// named is the first step of what may change a name: whether others have it is
// decided by one at a time.
func named(ctx context.Context, tx Tx) error {
	_, err := tx.Lock(ctx)
	return err
}

// renamed notes, before u is stored, who shares a name now and who no longer
// does, and returns the others of whom that has changed.
func renamed(ctx context.Context, tx Tx, was string, u *Unit, now time.Time) ([]Unit, error) {
	if u.Name == was {
		return nil, nil
	}
	us := []Unit{*u}
	namesakes, err := tx.ShareNames(ctx, us, now)
	if err != nil {
		return nil, err
	}
	u.SharesName = us[0].SharesName
	alone, err := tx.LeaveName(ctx, was, u.ID, now)
	return append(namesakes, alone...), err
}
