package directory

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// batch is how many things one event carries at most.
const batch = 500

// MoveUnit puts a unit, with everything below it, under another parent. All
// paths follow at once, so that who holds a role above it reaches it at the
// next request. Faults: unit_cycle, unit_level, unit_inactive, unit_root,
// import_running.
func (s *Service) MoveUnit(ctx context.Context, actor policy.Actor, unitID string, to Moving, want int64) (UnitView, error) {
	rights := s.policy.Rights(ctx, actor, "unit")
	lines(&to.Reason)
	if err := fault.Check(to); err != nil {
		return UnitView{}, err
	}
	if err := knownID("unit", to.ParentID); err != nil {
		return UnitView{}, err
	}
	var u Unit
	err := s.change(ctx, func(ctx context.Context, tx Tx) (err error) {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		if u, err = lockedUnit(ctx, tx, rights, errand{id: unitID, want: want, action: "move"}); err != nil {
			return err
		}
		parent, err := lockedUnit(ctx, tx, rights, errand{id: to.ParentID, action: "move units to"})
		if err != nil {
			return err
		}
		if err := u.canMove(parent); err != nil {
			return err
		}
		return s.move(ctx, deed{tx, actor, to.Reason}, &u, parent)
	})
	if err != nil {
		return UnitView{}, err
	}
	return s.view(ctx, rights, u)
}

// canMove tells why u cannot go below parent, or nil.
func (u Unit) canMove(parent Unit) error {
	switch {
	case u.Root():
		return fault.New(fault.Conflict, "unit_root", "%s stands at the top and cannot be moved.", u.Name)
	case !u.Active:
		return fault.New(fault.Conflict, "unit_inactive", "%s is deactivated; activate it before moving it.", u.Name)
	case u.Contains(parent):
		return fault.New(fault.Conflict, "unit_cycle", "%s stands below %s; a unit cannot be moved below itself.", parent.Name, u.Name)
	case u.ParentID == parent.ID:
		return fault.New(fault.Conflict, "unit_there", "%s stands below %s already.", u.Name, parent.Name)
	}
	return parent.adopt(u.Level)
}

// move puts u, with everything below it, below parent and tells about it.
func (s *Service) move(ctx context.Context, d deed, u *Unit, parent Unit) error {
	now := s.clock.Now()
	m := event.Move{UnitID: u.ID, OldParentID: u.ParentID, NewParentID: parent.ID, OldPath: u.Path, NewPath: parent.Path + u.ID + "/"}
	u.ParentID, u.Path = parent.ID, m.NewPath
	u.Version++
	u.UpdatedAt = now
	if err := d.MovePaths(ctx, m.OldPath, m.NewPath, now); err != nil {
		return err
	}
	if err := d.UpdateUnit(ctx, *u); err != nil {
		return err
	}
	moved := event.New(id.New(), now, event.UnitMoved, u.ID, u.Version, m).For(u.ID, u.Path).By(d.actor.PersonID, d.actor.Name).Because(d.reason)
	if err := d.Emit(ctx, moved, unitsChanged(now, *u).By(d.actor.PersonID, d.actor.Name)); err != nil {
		return err
	}
	for after := ""; ; {
		us, err := d.Below(ctx, u.Path, after, batch)
		if err != nil || len(us) == 0 {
			return err
		}
		if deepest(us) > maxDepth {
			return fault.New(fault.Invalid, "unit_depth", "The tree would get deeper than %d.", maxDepth)
		}
		if err := d.Emit(ctx, unitsChanged(now, us...).By(d.actor.PersonID, d.actor.Name)); err != nil {
			return err
		}
		after = us[len(us)-1].Path
	}
}

func deepest(us []Unit) int {
	n := 0
	for _, u := range us {
		n = max(n, u.depth())
	}
	return n
}

// DeactivateUnit takes a unit out of use; it stays in the history. Faults:
// unit_not_empty while active units stand below it or enabled people work in it.
func (s *Service) DeactivateUnit(ctx context.Context, actor policy.Actor, unitID, reason string, want int64) (UnitView, error) {
	lines(&reason)
	if err := fault.Check(Reason{reason}); err != nil {
		return UnitView{}, err
	}
	return s.editUnit(ctx, actor, errand{unitID, want, "deactivate", reason}, exclusive, func(ctx context.Context, d deed, u *Unit) error {
		if !u.Active {
			return fault.New(fault.Conflict, "wrong_state", "The unit is deactivated already.")
		}
		children, err := d.ChildCounts(ctx, []string{u.ID})
		if err != nil {
			return err
		}
		people, err := d.Workforce(ctx, u.ID)
		if err != nil {
			return err
		}
		if children[u.ID] > 0 || people > 0 {
			return fault.New(fault.Conflict, "unit_not_empty", "%s still has %d active units below it and %d people. Move or deactivate them first.",
				u.Name, children[u.ID], people)
		}
		u.Active = false
		return nil
	})
}

// ActivateUnit brings a deactivated unit back. Fault: unit_inactive while its
// parent is deactivated.
func (s *Service) ActivateUnit(ctx context.Context, actor policy.Actor, unitID string, want int64) (UnitView, error) {
	return s.editUnit(ctx, actor, errand{id: unitID, want: want, action: "activate"}, exclusive, func(ctx context.Context, d deed, u *Unit) error {
		if u.Active {
			return fault.New(fault.Conflict, "wrong_state", "The unit is in use already.")
		}
		if !u.Root() {
			parent, err := d.Unit(ctx, u.ParentID)
			if err != nil {
				return err
			}
			if err := parent.adopt(u.Level); err != nil {
				return err
			}
		}
		u.Active, u.SuccessorID = true, ""
		return nil
	})
}
