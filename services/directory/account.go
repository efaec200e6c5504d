package directory

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Me is what people see of themselves.
type Me struct {
	Person Person
	Unit   Unit
	Grants []GrantView
	Held   []string // what the roles let them do at all, see policy.Engine.Held
}

// Me returns the actor's own person, unit and roles; the roles take effect
// once the initial password has been changed.
func (s *Service) Me(ctx context.Context, actor policy.Actor) (Me, error) {
	p, err := s.store.Person(ctx, actor.PersonID)
	if err != nil {
		return Me{}, err
	}
	u, err := s.store.Unit(ctx, p.UnitID)
	if err != nil {
		return Me{}, err
	}
	gs, err := s.store.GrantsOf(ctx, []string{p.ID})
	if err != nil {
		return Me{}, err
	}
	vs, err := s.grantViews(ctx, actor, policy.Rights{}, gs[p.ID])
	return Me{Person: p, Unit: u, Grants: vs, Held: s.policy.Held(ctx, actor)}, err
}

// ChangePassword sets the actor's own password and ends their other sessions.
// Faults: wrong_password, password_weak, password_unchanged, account_locked,
// limited.
func (s *Service) ChangePassword(ctx context.Context, actor policy.Actor, current, next string, from From) error {
	if err := fault.Check(PasswordChange{current, next}); err != nil {
		return err
	}
	at, err := s.store.Place(ctx, actor.PersonID, network(from.Address))
	if err != nil {
		return err
	}
	done, err := s.turn(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	p, err := s.store.Person(ctx, actor.PersonID)
	if err != nil {
		return err
	}
	if at, err = s.store.Place(ctx, p.ID, at.Network); err != nil {
		return err
	}
	if err := refuse(p, at, s.clock.Now()); err != nil {
		return err
	}
	if err := checkPassword(next, p.Account); err != nil {
		return err
	}
	if !s.hasher.matches(p.PasswordHash, current) {
		s.failures.note(at.Network)
		if err := s.noteFailure(ctx, p, from); err != nil {
			return err
		}
		return fault.New(fault.Invalid, "wrong_password", "The current password is wrong.").WithField("current", "is wrong", nil)
	}
	if next == current {
		return fault.New(fault.Invalid, "password_unchanged", "The new password is the current one.").WithField("new", "must differ from the current one", nil)
	}
	hash := s.hasher.hash(next)
	return s.change(ctx, func(ctx context.Context, tx Tx) error {
		fresh, err := tx.LockPerson(ctx, p.ID)
		if err != nil {
			return err
		}
		if fresh.PasswordHash != p.PasswordHash {
			return fault.Meanwhile()
		}
		fresh.PasswordHash, fresh.MustChange = hash, false
		return s.savePassword(ctx, deed{Tx: tx, actor: actor}, &fresh, actor.SessionID, "changed")
	})
}

// ResetPassword gives somebody a fresh initial password, returned once, and
// ends their sessions. Not that of an administrator: whoever could, would hold
// two of the three roles; see RecoverAdministrator. Faults: self_reset,
// administrator_reset, wrong_state.
func (s *Service) ResetPassword(ctx context.Context, actor policy.Actor, personID string) (PersonView, string, error) {
	rights := s.policy.Rights(ctx, actor, "person")
	var p Person
	password := newInitialPassword()
	hash := hashInitial(password)
	err := s.change(ctx, func(ctx context.Context, tx Tx) (err error) {
		if p, err = lockedPerson(ctx, tx, rights, errand{id: personID, action: "reset the password of"}); err != nil {
			return err
		}
		if p.ID == actor.PersonID {
			return fault.New(fault.Conflict, "self_reset", "Change your own password with POST /api/v1/me/password.")
		}
		gs, err := tx.GrantsOf(ctx, []string{p.ID})
		if err != nil {
			return err
		}
		if administers(gs[p.ID]) {
			return fault.New(fault.Conflict, "administrator_reset",
				"%s is an administrator, whose password no other one resets. Whoever runs the server does: duban reset-administrator %s.", p.Name, p.Account)
		}
		if p.Disabled {
			return fault.New(fault.Conflict, "wrong_state", "The account is disabled; set its password after it is enabled again.")
		}
		p.PasswordHash, p.MustChange = hash, true
		if err := unlock(ctx, tx, &p); err != nil {
			return err
		}
		return s.savePassword(ctx, deed{Tx: tx, actor: actor}, &p, "", "reset")
	})
	if err != nil {
		return PersonView{}, "", err
	}
	v, err := s.personView(ctx, actor, rights, p)
	return v, password, err
}

// savePassword stores p with its new password, ends its sessions but one, and
// tells about it.
func (s *Service) savePassword(ctx context.Context, d deed, p *Person, but, cause string) error {
	now := s.clock.Now()
	p.Version++
	p.UpdatedAt = now
	if err := d.UpdatePerson(ctx, *p); err != nil {
		return err
	}
	changed := event.New(id.New(), now, event.PasswordChanged, p.ID, p.Version,
		event.Session{PersonID: p.ID, Account: p.Account, Cause: cause}).For(p.UnitID, p.UnitPath).By(d.actor.PersonID, d.actor.Name)
	if err := d.Emit(ctx, changed); err != nil {
		return err
	}
	_, err := s.endAll(ctx, d, *p, but, passwordChanged)
	return err
}
