package directory

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/text"
)

// Life of a session.
const (
	idleFor     = 8 * time.Hour      // after the last use
	longestLife = 7 * 24 * time.Hour // after signing in
	maxSessions = 20                 // of one person; the oldest ends
	// sweepLate is how much later an idle session's row is swept away: other
	// replicas may not have stored yet that they saw it.
	sweepLate = 5 * time.Minute
)

// Why sessions end, as events tell it.
const (
	signedOut       = "signed_out"
	endedByOwner    = "ended"
	expired         = "expired"
	passwordChanged = "password_changed"
)

// Session is somebody being signed in.
type Session struct {
	ID        string
	TokenHash string // SHA-256 of the token in hex; the token is stored nowhere
	PersonID  string
	Address   string
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time // to about a minute
	ExpiresAt time.Time // at the latest
}

// Until is when the session ends unless it is used before.
func (s Session) Until() time.Time { return until(s.SeenAt, s.ExpiresAt) }

// Holder is a session with what of its person and their unit a request needs.
type Holder struct {
	SessionID  string
	SeenAt     time.Time
	ExpiresAt  time.Time
	PersonID   string
	Name       string
	Disabled   bool
	MustChange bool
	UnitID     string
	UnitPath   string
	UnitLevel  string
}

func until(seen, end time.Time) time.Time { return earlier(seen.Add(idleFor), end) }

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// newSecret is 256 random bits as text.
func newSecret() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// hashSecret is how secrets of newSecret are stored; they need no stretching.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func (s Session) ended(now time.Time, p Person, cause string) event.Event {
	return event.New(id.New(), now, event.SessionEnded, s.ID, 2,
		event.Session{SessionID: s.ID, PersonID: s.PersonID, Account: p.Account, Cause: cause, Address: s.Address}).For(p.UnitID, p.UnitPath)
}

// From says where a request came from.
type From struct{ Address, UserAgent string }

// SignedIn is what signing in gives.
type SignedIn struct {
	Token   string // known to nobody else
	Session Session
	Person  Person
}

func wrongPassword() error {
	return fault.New(fault.Unauthorized, "sign_in_failed", "The account or the password is wrong.")
}

// SignIn starts a session. Unknown accounts, disabled ones and wrong
// passwords answer alike, in the same time. Faults: sign_in_failed,
// account_locked, limited.
func (s *Service) SignIn(ctx context.Context, account, password string, from From) (SignedIn, error) {
	if err := fault.Check(SigningIn{account, password}); err != nil {
		return SignedIn{}, err
	}
	_, at, _, err := s.tried(ctx, account, from)
	if err != nil {
		return SignedIn{}, err
	}
	// The turn is kept until the outcome is stored: otherwise many guesses at
	// once would all be made before the first counts.
	done, err := s.turn(ctx, at)
	if err != nil {
		return SignedIn{}, err
	}
	defer done()
	// Others may have failed, or been locked, while this one waited.
	p, at, found, err := s.tried(ctx, account, from)
	if err != nil {
		return SignedIn{}, err
	}
	if err := refuse(p, at, s.clock.Now()); err != nil {
		return SignedIn{}, err
	}
	good := s.hasher.matches(p.PasswordHash, password)
	if !good || !found || p.Disabled {
		s.failures.note(at.Network)
		if found {
			err = s.noteFailure(ctx, p, from)
		} else {
			s.strangers.note(account, at.Network)
		}
		if err != nil {
			return SignedIn{}, err
		}
		return SignedIn{}, wrongPassword()
	}
	return s.startSession(ctx, p, from)
}

// tried is who somebody says to be, and what is known of them at the place.
func (s *Service) tried(ctx context.Context, account string, from From) (p Person, at Place, found bool, err error) {
	at.Network = network(from.Address)
	if p, found, err = s.store.PersonByAccount(ctx, account); err != nil {
		return p, at, found, err
	}
	if !found {
		p, at = s.strangers.of(account, at.Network)
		return p, at, false, nil
	}
	at, err = s.store.Place(ctx, p.ID, at.Network)
	return p, at, true, err
}

// turn waits until a password may be checked; done gives the turn back. A
// place where the account was used before has its own small limit of wrong
// passwords, and is asked for no other.
func (s *Service) turn(ctx context.Context, at Place) (done func(), err error) {
	free := func() error {
		if at.UsedAt == nil && !s.failures.allow(at.Network) {
			return fault.New(fault.Limited, "limited", "Too many failed attempts from your address. Wait a minute.").After(time.Minute)
		}
		return nil
	}
	if err := free(); err != nil {
		return nil, err
	}
	who := at.Network
	if at.UsedAt != nil {
		who = "" // bounded with all others only
	}
	if done, err = s.hasher.slot(ctx, who); err != nil {
		return nil, err
	}
	if err := free(); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

func (s *Service) startSession(ctx context.Context, p Person, from From) (SignedIn, error) {
	in := SignedIn{Token: newSecret(), Person: p}
	crowded := false
	address := text.Line(truncate(from.Address, 100))
	agent := text.Line(truncate(from.UserAgent, 200))
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		now := s.clock.Now()
		fresh, err := tx.LockPerson(ctx, p.ID)
		if err != nil {
			return err
		}
		if fresh.PasswordHash != p.PasswordHash || fresh.Disabled {
			return wrongPassword() // changed while it was checked
		}
		at, err := tx.Place(ctx, p.ID, network(from.Address))
		if err != nil {
			return err
		}
		if err := refuse(fresh, at, now); err != nil {
			return err
		}
		if err := noteUse(ctx, tx, at, now); err != nil {
			return err
		}
		in.Session = Session{
			ID: id.New(), TokenHash: hashSecret(in.Token), PersonID: p.ID, Address: address, UserAgent: agent,
			CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(longestLife),
		}
		if err := tx.InsertSession(ctx, in.Session); err != nil {
			return err
		}
		started := event.New(id.New(), now, event.SessionStarted, in.Session.ID, 1,
			event.Session{SessionID: in.Session.ID, PersonID: p.ID, Account: p.Account, Address: address}).
			For(fresh.UnitID, fresh.UnitPath).By(p.ID, p.Name)
		if err := tx.Emit(ctx, started); err != nil {
			return err
		}
		all, err := tx.Sessions(ctx, p.ID)
		if err != nil || len(all) <= maxSessions {
			return err
		}
		crowded = true
		return s.endThese(ctx, deed{Tx: tx, actor: policy.Actor{PersonID: p.ID, Name: p.Name}}, fresh, all[:len(all)-maxSessions], endedByOwner)
	})
	if crowded {
		s.resolved.forget()
	}
	return in, err
}

func truncate(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// Sessions lists the actor's own sessions, oldest first.
func (s *Service) Sessions(ctx context.Context, actor policy.Actor) ([]Session, error) {
	all, err := s.store.Sessions(ctx, actor.PersonID)
	now := s.clock.Now()
	return slices.DeleteFunc(all, func(x Session) bool { return !now.Before(x.Until()) }), err
}

// SignOut ends the session the request came with.
func (s *Service) SignOut(ctx context.Context, actor policy.Actor) error {
	return s.endOwn(ctx, actor, signedOut, func(x Session) bool { return x.ID == actor.SessionID })
}

// EndSession ends one of the actor's own sessions.
func (s *Service) EndSession(ctx context.Context, actor policy.Actor, sessionID string) error {
	return s.endOwn(ctx, actor, endedByOwner, func(x Session) bool { return x.ID == sessionID })
}

// EndOtherSessions ends all sessions of the actor but the one the request came with.
func (s *Service) EndOtherSessions(ctx context.Context, actor policy.Actor) error {
	err := s.endOwn(ctx, actor, endedByOwner, func(x Session) bool { return x.ID != actor.SessionID })
	if fault.Is(err, fault.NotFound) {
		return nil // there are no others
	}
	return err
}

func (s *Service) endOwn(ctx context.Context, actor policy.Actor, cause string, which func(Session) bool) error {
	return s.change(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.LockPerson(ctx, actor.PersonID)
		if err != nil {
			return err
		}
		all, err := tx.Sessions(ctx, p.ID)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(x Session) bool { return !which(x) })
		if len(all) == 0 {
			return fault.Missing("session")
		}
		return s.endThese(ctx, deed{Tx: tx, actor: actor}, p, all, cause)
	})
}

// endAll ends the sessions of p but the one named; it tells how many.
func (s *Service) endAll(ctx context.Context, d deed, p Person, but, cause string) (int, error) {
	all, err := d.Sessions(ctx, p.ID)
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(x Session) bool { return x.ID == but })
	return len(all), s.endThese(ctx, d, p, all, cause)
}

// endThese ends sessions of p and tells about each, and by which cause.
func (s *Service) endThese(ctx context.Context, d deed, p Person, all []Session, cause string) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]string, len(all))
	for i, x := range all {
		ids[i] = x.ID
	}
	gone, err := d.EndSessions(ctx, ids)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	var evs []event.Event
	for _, x := range all {
		if gone[x.ID] {
			evs = append(evs, x.ended(now, p, cause).By(d.actor.PersonID, d.actor.Name))
		}
	}
	return d.Emit(ctx, evs...)
}

// expireSessions ends what nobody used for too long, or what is too old.
func (s *Service) expireSessions(ctx context.Context) error {
	for {
		now := s.clock.Now()
		all, err := s.store.Expired(ctx, now.Add(-idleFor-sweepLate), now, batch)
		if err != nil || len(all) == 0 {
			return err
		}
		people := map[string][]Session{}
		var ids []string
		for _, x := range all {
			if people[x.PersonID] == nil {
				ids = append(ids, x.PersonID)
			}
			people[x.PersonID] = append(people[x.PersonID], x)
		}
		err = s.change(ctx, func(ctx context.Context, tx Tx) error {
			ps, err := tx.PeopleByID(ctx, ids)
			if err != nil {
				return err
			}
			for _, pid := range ids {
				if err := s.endThese(ctx, deed{Tx: tx}, ps[pid], people[pid], expired); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(all) < batch {
			return err
		}
	}
}
