package directory

import (
	"context"
	"net/netip"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Place is an account seen from an address: what was tried from there, and
// whether it was ever used from there. Wrong passwords lock it first: whoever
// guesses locks out themselves.
type Place struct {
	PersonID    string
	Network     string     // see network
	UsedAt      *time.Time // signed in from there last
	Failures    int64      // wrong passwords in a row
	FailedAt    *time.Time
	LockedUntil *time.Time
}

// network is what of an address is counted: all of an IPv4 address, and of an
// IPv6 address the 64 bits that a line is given, for it has the others to
// choose from.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() {
		return address
	}
	p, _ := a.Prefix(64)
	return p.String()
}

func pending(until *time.Time, now time.Time) bool { return until != nil && now.Before(*until) }

// refuse tells that an account takes no password at a place now.
func refuse(p Person, at Place, now time.Time) error {
	until := at.LockedUntil
	if !pending(until, now) && at.UsedAt == nil {
		until = p.ShutUntil
	}
	if !pending(until, now) {
		return nil
	}
	left := until.Sub(now)
	return fault.New(fault.Limited, "account_locked", "The account is locked after too many wrong passwords. Try again in %d minutes, or ask the system administrator.",
		int(left.Minutes())+1).After(left)
}

// failed counts a wrong password at a place and tells whether it locks
// anything.
func failed(p *Person, at *Place, now time.Time) bool {
	locks := count(&at.Failures, &at.FailedAt, &at.LockedUntil, maxTries, now)
	if at.UsedAt == nil && count(&p.Failures, &p.FailedAt, &p.ShutUntil, maxStrange, now) {
		locks = true
	}
	if locks {
		until := now.Add(lockFor)
		p.LockedUntil = &until
	}
	return locks
}

// count adds a failure; the one that makes most locks. Those that lie further
// back than a lock lasts are forgotten.
func count(failures *int64, last, until **time.Time, most int64, now time.Time) bool {
	if *last != nil && now.Sub(**last) >= lockFor {
		*failures = 0
	}
	*failures++
	*last = &now
	if *failures < most {
		return false
	}
	end := now.Add(lockFor)
	*until, *failures = &end, 0
	return true
}

// unlock forgets the wrong passwords for an account; p is to be stored.
func unlock(ctx context.Context, tx Tx, p *Person) error {
	p.Failures, p.FailedAt, p.LockedUntil, p.ShutUntil = 0, nil, nil, nil
	return tx.UnlockPlaces(ctx, p.ID)
}

// open tells that the password of an account may be tried from somewhere.
func open(p Person, at Place, now time.Time) bool { return refuse(p, at, now) == nil }

// noteFailure counts a wrong password, and tells of it.
func (s *Service) noteFailure(ctx context.Context, p Person, from From) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.LockPerson(ctx, p.ID)
		if err != nil {
			return err
		}
		at, err := tx.Place(ctx, p.ID, network(from.Address))
		if err != nil {
			return err
		}
		now := s.clock.Now()
		if !open(p, at, now) {
			return nil // others have locked it meanwhile
		}
		locks := failed(&p, &at, now)
		if err := tx.PutPlace(ctx, at); err != nil {
			return err
		}
		if err := tx.UpdatePerson(ctx, p); err != nil {
			return err
		}
		t := event.SignInFailed
		if locks {
			t = event.AccountLocked
		}
		return tx.Emit(ctx, event.New(id.New(), now, t, p.ID, p.Version,
			event.Session{PersonID: p.ID, Account: p.Account, Address: from.Address}).For(p.UnitID, p.UnitPath))
	})
}

// noteUse remembers that an account was used from somewhere.
func noteUse(ctx context.Context, tx Tx, at Place, now time.Time) error {
	return tx.PutPlace(ctx, Place{PersonID: at.PersonID, Network: at.Network, UsedAt: &now})
}
