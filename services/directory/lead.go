package directory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// LeadOffice says which unit leads a line in an area.
type LeadOffice struct {
	UnitID    string // the area
	Sector    string
	OfficeID  string // empty where none leads it any more
	Version   int64
	UpdatedAt time.Time
}

func (l LeadOffice) event(area Unit) event.LeadOffice {
	return event.LeadOffice{UnitID: l.UnitID, UnitPath: area.Path, Sector: l.Sector, OfficeID: l.OfficeID, Version: l.Version}
}

// LeadOfficeView is a lead office with its name.
type LeadOfficeView struct {
	LeadOffice
	OfficeName string
}

// LeadOffices lists which unit leads which line in an area that the actor may
// read, and whether they may change that.
func (s *Service) LeadOffices(ctx context.Context, actor policy.Actor, unitID string) (vs []LeadOfficeView, may bool, err error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	u, err := s.visibleUnit(ctx, s.store, rights, unitID)
	if err != nil {
		return nil, false, err
	}
	ls, err := s.store.LeadOffices(ctx, u.ID)
	if err != nil {
		return nil, false, err
	}
	ls = slices.DeleteFunc(ls, func(l LeadOffice) bool { return l.OfficeID == "" })
	ids := make([]string, len(ls))
	for i, l := range ls {
		ids[i] = l.OfficeID
	}
	names, err := s.store.UnitNames(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	vs = make([]LeadOfficeView, len(ls))
	for i, l := range ls {
		vs[i] = LeadOfficeView{l, names[l.OfficeID]}
	}
	return vs, rights.Covers("write", u.target()), nil
}

// LeadInput names who leads a line; nobody when it is empty.
type LeadInput struct {
	OfficeID string `limit:"..64"`
}

// SetLeadOffice says who leads a line in an area: an active unit that is the area
// or stands below it.
func (s *Service) SetLeadOffice(ctx context.Context, actor policy.Actor, unitID, sector string, in LeadInput) error {
	rights := s.policy.Rights(ctx, actor, "unit")
	if err := fault.Check(in); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		area, err := lockedUnit(ctx, tx, rights, errand{id: unitID, action: "change"})
		if err != nil {
			return err
		}
		if area.Level == "unit" {
			return fault.New(fault.Invalid, "unit_level", "Lines are led in a province, city, county or town; %s is of level %s.", area.Name, fault.Word("level", area.Level))
		}
		ls, err := tx.LeadOffices(ctx, area.ID)
		if err != nil {
			return err
		}
		l := LeadOffice{UnitID: area.ID, Sector: sector}
		if i := slices.IndexFunc(ls, func(l LeadOffice) bool { return l.Sector == sector }); i >= 0 {
			l = ls[i]
		}
		if in.OfficeID == l.OfficeID {
			return nil
		}
		if in.OfficeID != "" {
			if err := leads(ctx, tx, area, sector, in.OfficeID); err != nil {
				return err
			}
		}
		l.OfficeID, l.UpdatedAt = in.OfficeID, s.clock.Now()
		l.Version++
		if err := tx.PutLeadOffice(ctx, l); err != nil {
			return err
		}
		data := event.LeadOffices{LeadOffices: []event.LeadOffice{l.event(area)}}
		e := event.New(id.New(), l.UpdatedAt, event.LeadOfficesChanged, area.ID+"/"+sector, l.Version, data)
		return tx.Emit(ctx, e.For(area.ID, area.Path).By(actor.PersonID, actor.Name))
	})
}

// leads refuses an office that cannot lead a line in an area.
func leads(ctx context.Context, r Reader, area Unit, sector, officeID string) error {
	b, err := codeBook(ctx, r)
	if err != nil {
		return err
	}
	if err := b.given(SectorList, "sector", []string{sector}, nil); err != nil {
		return err
	}
	if !id.Valid(officeID) {
		return fault.BadField("office_id", "expected an active unit of the area", officeID)
	}
	office, err := r.Unit(ctx, officeID)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && (!office.Active || !area.Contains(office)):
		return fault.BadField("office_id", "expected an active unit of the area", officeID)
	}
	return err
}

// TellCodes tells all values of the code lists again, see TellUnits.
func (s *Service) TellCodes(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	cs, err := tx.Codes(ctx)
	if err != nil {
		return nil, "", err
	}
	slices.SortFunc(cs, func(a, b Code) int { return strings.Compare(a.ID, b.ID) })
	cs = slices.DeleteFunc(cs, func(c Code) bool { return c.ID <= after })
	if len(cs) == 0 {
		return nil, "", nil
	}
	cs = cs[:min(len(cs), batch)]
	last := cs[len(cs)-1]
	return []event.Event{event.New(id.New(), s.clock.Now(), event.CodesTold, last.ID, last.Version, codesData(cs))}, last.ID, nil
}

// TellLeadOffices does the same with lead offices; its places are the ids of areas
// and lines with a slash between.
func (s *Service) TellLeadOffices(ctx context.Context, tx Tx, after string) ([]event.Event, string, error) {
	unitID, sector, _ := strings.Cut(after, "/")
	ls, err := tx.LeadOfficesAfter(ctx, unitID, sector, batch)
	if err != nil || len(ls) == 0 {
		return nil, "", err
	}
	ids := make([]string, len(ls))
	for i, l := range ls {
		ids[i] = l.UnitID
	}
	areas, err := tx.UnitsByID(ctx, ids)
	if err != nil {
		return nil, "", err
	}
	var data event.LeadOffices
	for _, l := range ls {
		data.LeadOffices = append(data.LeadOffices, l.event(areas[l.UnitID]))
	}
	last := ls[len(ls)-1]
	place := last.UnitID + "/" + last.Sector
	return []event.Event{event.New(id.New(), s.clock.Now(), event.LeadOfficesTold, place, last.Version, data)}, place, nil
}
