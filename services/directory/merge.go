package directory

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// MergeUnit puts the units below a unit and the people who work in it into
// another of its level, and takes it out of use with that one as its successor.
// What it was asked for and has handed in stays its own: roles stay where they
// were given, so that its people finish it. Nobody leaves anything by that: whoever
// moves with their unit stays responsible for its open work and hands nothing over,
// and so does its contact. Faults: unit_root, unit_inactive,
// unit_level, unit_cycle, import_running.
func (s *Service) MergeUnit(ctx context.Context, actor policy.Actor, unitID string, m Merging, want int64) (UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	lines(&m.Reason)
	if err := fault.Check(m); err != nil {
		return UnitView{}, err
	}
	return s.editUnit(ctx, actor, errand{unitID, want, "merge", m.Reason}, exclusive, func(ctx context.Context, d deed, u *Unit) error {
		into, err := lockedUnit(ctx, d, rights, errand{id: m.IntoID, action: "merge units into"})
		if err != nil {
			return err
		}
		if err := u.canMerge(into); err != nil {
			return err
		}
		if err := s.moveChildren(ctx, d, rights, *u, into); err != nil {
			return err
		}
		if err := s.movePeople(ctx, d, *u, into); err != nil {
			return err
		}
		u.Active, u.SuccessorID = false, into.ID
		return nil
	})
}

// canMerge tells why u cannot be merged into another unit, or nil.
func (u Unit) canMerge(into Unit) error {
	switch {
	case u.Root():
		return fault.New(fault.Conflict, "unit_root", "%s stands at the top and cannot be merged into another.", u.Name)
	case !u.Active:
		return fault.New(fault.Conflict, "unit_inactive", "%s is deactivated; it cannot be merged any more.", u.Name)
	case !into.Active:
		return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated; nothing can be merged into it.", into.Name)
	case u.Contains(into):
		return fault.New(fault.Conflict, "unit_cycle", "%s stands below %s; a unit cannot be merged into itself or what is below it.", into.Name, u.Name)
	case u.Level != into.Level:
		return fault.New(fault.Invalid, "unit_level", "Only units of one level are merged: %s is of level %s, %s of level %s.", u.Name, fault.Word("level", u.Level), into.Name, fault.Word("level", into.Level))
	}
	return nil
}

// moveChildren puts every active unit right below u below another.
func (s *Service) moveChildren(ctx context.Context, d deed, rights policy.Rights, u, to Unit) error {
	active := true
	for {
		// Those that were moved are not below u any more.
		us, err := d.Units(ctx, UnitFilter{Reach: rights.Reach("write"), ParentID: u.ID, Active: &active, Limit: batch})
		if err != nil || len(us) == 0 {
			return err
		}
		for _, child := range us {
			if err := to.adopt(child.Level); err != nil {
				return err
			}
			if err := s.move(ctx, d, &child, to); err != nil {
				return err
			}
		}
	}
}

// movePeople has everybody who works in u, and may sign in, work in another unit.
func (s *Service) movePeople(ctx context.Context, d deed, u, to Unit) error {
	disabled := false
	rights := s.policy.Rights(ctx, d.actor, "person")
	for {
		ps, err := d.People(ctx, PersonFilter{Reach: rights.Reach("write"), UnitID: u.ID, Disabled: &disabled, Limit: batch})
		if err != nil {
			return err
		}
		if len(ps) == 0 {
			break
		}
		for _, p := range ps {
			// Read again, locked: a sign-in may be changing the same row.
			p, err := d.LockPerson(ctx, p.ID)
			if err != nil {
				return err
			}
			if err := s.employ(ctx, d, p, to); err != nil {
				return err
			}
		}
	}
	left, err := d.Workforce(ctx, u.ID)
	if err == nil && left > 0 {
		err = fault.Denied("You may not move the people of this unit.")
	}
	return err
}

// employ has a person work in a unit; over is what they leave behind.
func (s *Service) employ(ctx context.Context, d deed, p Person, u Unit, over ...event.HandedOver) error {
	p.UnitID, p.UnitPath = u.ID, u.Path
	return s.savePerson(ctx, d, &p, over...)
}

// UnitSplit says what becomes a unit of its own.
type UnitSplit struct {
	Code      string   `limit:"1..64"`
	Name      string   `limit:"1..200"`
	ChildIDs  []string `limit:"..1000" each:"1..64"`
	PersonIDs []string `limit:"..1000" each:"1..64"`
	Reason    string   `limit:"..1000"`
	// HandOver says who of those that stay has what hung on the people who go:
	// the work stays with the unit that is split.
	HandOver []HandOver `limit:"..20"`
}

// SplitUnit makes a new unit beside one, of the same level, kind and lines,
// and puts some of the units below it and of its people into it. Returns the
// new one. Faults: unit_root, unit_inactive, code_taken, import_running.
func (s *Service) SplitUnit(ctx context.Context, actor policy.Actor, unitID string, in UnitSplit, want int64) (UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	lines(&in.Code, &in.Name, &in.Reason)
	if err := fault.Check(in); err != nil {
		return UnitView{}, err
	}
	var err error
	if in.HandOver, err = s.leaving(ctx, actor, in.PersonIDs, in.HandOver); err != nil {
		return UnitView{}, err
	}
	var part Unit
	err = s.change(ctx, func(ctx context.Context, tx Tx) error {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		u, err := lockedUnit(ctx, tx, rights, errand{id: unitID, want: want, action: "split"})
		if err != nil {
			return err
		}
		if u.Root() {
			return fault.New(fault.Conflict, "unit_root", "%s stands at the top and cannot be split.", u.Name)
		}
		if !u.Active {
			return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated.", u.Name)
		}
		parent, err := tx.Unit(ctx, u.ParentID)
		if err != nil {
			return err
		}
		n := UnitInput{ParentID: u.ParentID, Code: in.Code, Name: in.Name, Level: u.Level, Kind: u.Kind, Sectors: u.Sectors}
		if err := n.clean(); err != nil {
			return err
		}
		d := deed{tx, actor, in.Reason}
		if part, err = s.addUnit(ctx, d, n, parent); err != nil {
			return err
		}
		for _, c := range in.ChildIDs {
			child, err := lockedUnit(ctx, tx, rights, errand{id: c, action: "move"})
			if fault.Is(err, fault.NotFound) || err == nil && child.ParentID != u.ID {
				return fault.BadField("child_ids", "expected units right below the one that is split", c)
			}
			if err != nil {
				return err
			}
			if err := s.move(ctx, d, &child, part); err != nil {
				return err
			}
		}
		return s.splitPeople(ctx, d, in, u, part)
	})
	if err != nil {
		return UnitView{}, err
	}
	return s.view(ctx, rights, part)
}

// splitPeople has the people who go with a split work in the part.
func (s *Service) splitPeople(ctx context.Context, d deed, in UnitSplit, u, part Unit) error {
	rights := s.policy.Rights(ctx, d.actor, "person")
	for _, id := range in.PersonIDs {
		p, err := lockedPerson(ctx, d, rights, errand{id: id, action: "change"})
		if fault.Is(err, fault.NotFound) || err == nil && p.UnitID != u.ID {
			return fault.BadField("person_ids", "expected people who work in the unit that is split", id)
		}
		if err != nil {
			return err
		}
		e := edited{Person: &p}
		if err := s.handOver(ctx, d, &e, in.HandOver); err != nil {
			return err
		}
		if err := s.employ(ctx, d, p, part, e.over...); err != nil {
			return err
		}
	}
	return nil
}
