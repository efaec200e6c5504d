package directory

import (
	"context"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/text"
)

// Locking of accounts.
const (
	maxTries = 5 // wrong passwords in a row from one address
	// maxStrange is how many wrong passwords from addresses that the account was
	// never used from lock it for all of those.
	maxStrange = 20
	lockFor    = 15 * time.Minute
)

// Person is a named user with an account.
type Person struct {
	ID           string
	Account      string
	AccountKey   string // Account in lower case; unique
	Name         string
	Initials     string // of the pinyin of Name
	UnitID       string // where the person works
	UnitPath     string
	Title        string
	Phone        string // never leaves the directory
	Disabled     bool
	MustChange   bool // the password is an initial one
	PasswordHash string
	Failures     int64 // wrong passwords from addresses it was never used from
	FailedAt     *time.Time
	LockedUntil  *time.Time // for whoever failed too often, as it is shown
	ShutUntil    *time.Time // for all addresses it was never used from
	Version      int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// AccountKey is how account names are compared.
func AccountKey(account string) string { return strings.ToLower(text.Line(account)) }

func (p Person) target() policy.Target {
	return policy.Target{UnitID: p.UnitID, UnitPath: p.UnitPath, PersonID: p.ID}
}

// Locked tells whether the account takes no password now from somewhere.
func (p Person) Locked(now time.Time) bool { return pending(p.LockedUntil, now) }

func (p Person) event(grants []Grant) event.Person {
	e := event.Person{
		ID: p.ID, Name: p.Name, Account: p.Account, UnitID: p.UnitID, UnitPath: p.UnitPath, Title: p.Title,
		Disabled: p.Disabled, Grants: make([]event.Grant, len(grants)), Version: p.Version,
	}
	for i, g := range grants {
		e.Grants[i] = g.event()
	}
	return e
}

func personsChanged(now time.Time, ps []Person, grants map[string][]Grant, over ...event.HandedOver) event.Event {
	data := personsData(ps, grants)
	for i := range data.Persons {
		data.Persons[i].HandedOver = over
	}
	return event.New(id.New(), now, event.PersonsChanged, ps[0].ID, ps[0].Version, data).For(ps[0].UnitID, ps[0].UnitPath)
}

func personsData(ps []Person, grants map[string][]Grant) event.Persons {
	data := event.Persons{Persons: make([]event.Person, len(ps))}
	for i, p := range ps {
		data.Persons[i] = p.event(grants[p.ID])
	}
	return data
}

// PersonView is a person as one caller sees it.
type PersonView struct {
	Person
	UnitName string
	Grants   []GrantView // only where the caller may read grants
	May      PersonMay
}

// PersonMay is what the caller may do to a person now.
type PersonMay struct{ Update, Disable, Enable, ResetPassword, Unlock bool }

func (p Person) may(rights policy.Rights, actor policy.Actor, administrator bool, now time.Time) PersonMay {
	w := rights.Covers("write", p.target())
	return PersonMay{
		Update: w, Disable: w && !p.Disabled && p.ID != actor.PersonID, Enable: w && p.Disabled,
		ResetPassword: w && !p.Disabled && !administrator && p.ID != actor.PersonID, Unlock: w && p.Locked(now),
	}
}

// People lists the people of f that the actor may read.
func (s *Service) People(ctx context.Context, actor policy.Actor, f PersonFilter) ([]PersonView, error) {
	rights := s.policy.Rights(ctx, actor, "person")
	f.Reach = rights.Reach("read")
	if f.Under != "" {
		top, err := s.store.Unit(ctx, f.Under)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f.Under = top.Path
	}
	f.Query = strings.TrimSpace(f.Query)
	ps, err := s.store.People(ctx, f)
	if err != nil {
		return nil, err
	}
	ids, at := make([]string, len(ps)), make([]string, len(ps))
	for i, p := range ps {
		ids[i], at[i] = p.ID, p.UnitID
	}
	units, err := s.store.UnitNames(ctx, at)
	if err != nil {
		return nil, err
	}
	admins, err := s.administrators(ctx, rights, ids...)
	if err != nil {
		return nil, err
	}
	vs := make([]PersonView, len(ps))
	now := s.clock.Now()
	for i, p := range ps {
		vs[i] = PersonView{Person: p, UnitName: units[p.UnitID], May: p.may(rights, actor, admins[p.ID], now)}
	}
	return vs, nil
}

// Person returns one person, with the grants where the actor may read those.
func (s *Service) Person(ctx context.Context, actor policy.Actor, personID string) (PersonView, error) {
	if err := knownID("person", personID); err != nil {
		return PersonView{}, err
	}
	rights := s.policy.Rights(ctx, actor, "person")
	p, err := s.store.Person(ctx, personID)
	if err != nil {
		return PersonView{}, err
	}
	if err := fault.Unless(rights.Covers("read", p.target()), false, "person", ""); err != nil {
		return PersonView{}, err
	}
	v, err := s.personView(ctx, actor, rights, p)
	if err != nil {
		return v, err
	}
	grants := s.policy.Rights(ctx, actor, "grant")
	if !grants.Covers("read", p.target()) {
		return v, nil
	}
	gs, err := s.store.GrantsOf(ctx, []string{p.ID})
	if err != nil {
		return v, err
	}
	v.Grants, err = s.grantViews(ctx, actor, grants, gs[p.ID])
	return v, err
}

func (s *Service) personView(ctx context.Context, actor policy.Actor, rights policy.Rights, p Person) (PersonView, error) {
	units, err := s.store.UnitNames(ctx, []string{p.UnitID})
	if err != nil {
		return PersonView{}, err
	}
	admins, err := s.administrators(ctx, rights, p.ID)
	return PersonView{Person: p, UnitName: units[p.UnitID], May: p.may(rights, actor, admins[p.ID], s.clock.Now())}, err
}

// PersonInput is what makes a person.
type PersonInput struct {
	Account string `limit:"1..64"`
	Name    string `limit:"1..100"`
	UnitID  string `limit:"..64"`
	Title   string `limit:"..100"`
	Phone   string `limit:"..50"`
}

func (in *PersonInput) clean() error {
	lines(&in.Account, &in.Name, &in.Title, &in.Phone)
	if err := fault.Check(in); err != nil {
		return err
	}
	if !validAccount(in.Account) {
		return fault.BadField("account", "may hold letters, digits, . - _ and @ only", in.Account)
	}
	return nil
}

func validAccount(a string) bool {
	return a != "" && len(a) <= 64 && strings.IndexFunc(a, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(".-_@", r))
	}) < 0
}

// person makes the person with a fresh initial password, which is told to
// whoever asked for the account, once.
func (in PersonInput) person(u Unit, now time.Time) (Person, string) {
	password := newInitialPassword()
	return Person{
		ID: id.New(), Account: in.Account, AccountKey: AccountKey(in.Account), Name: in.Name, Initials: initials(in.Name),
		UnitID: u.ID, UnitPath: u.Path, Title: in.Title, Phone: in.Phone, MustChange: true, PasswordHash: hashInitial(password),
		Version: 1, CreatedAt: now, UpdatedAt: now,
	}, password
}

// CreatePerson makes a person and returns the initial password, which is
// stored nowhere and must be changed at the first sign-in. Faults:
// account_taken, unit_inactive, import_running.
func (s *Service) CreatePerson(ctx context.Context, actor policy.Actor, in PersonInput) (PersonView, string, error) {
	rights := s.policy.Rights(ctx, actor, "person")
	if err := in.clean(); err != nil {
		return PersonView{}, "", err
	}
	var p Person
	var password string
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		u, err := workplace(ctx, tx, rights, in.UnitID)
		if err != nil {
			return err
		}
		if _, taken, err := tx.PersonByAccount(ctx, in.Account); err != nil {
			return err
		} else if taken {
			return fault.New(fault.Conflict, "account_taken", "The account %s exists already.", in.Account)
		}
		now := s.clock.Now()
		p, password = in.person(u, now)
		if err := tx.InsertPeople(ctx, []Person{p}); err != nil {
			return err
		}
		return tx.Emit(ctx, personsChanged(now, []Person{p}, nil).By(actor.PersonID, actor.Name))
	})
	if err != nil {
		return PersonView{}, "", err
	}
	v, err := s.personView(ctx, actor, rights, p)
	return v, password, err
}

// workplace is a unit that the actor may put people into.
func workplace(ctx context.Context, tx Tx, rights policy.Rights, unitID string) (Unit, error) {
	if err := knownID("unit", unitID); err != nil {
		return Unit{}, err
	}
	u, err := tx.LockUnit(ctx, unitID)
	if err != nil {
		return u, err
	}
	if err := fault.Unless(rights.Covers("write", u.target()), rights.Covers("read", u.target()), "unit", unitVerbs.Denied("add people to")); err != nil {
		return u, err
	}
	if !u.Active {
		return u, fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated.", u.Name)
	}
	return u, nil
}

// edited is a person on the way through a change, with who has what hung on them.
type edited struct {
	*Person
	over []event.HandedOver
}

// PersonPatch changes what is not nil.
type PersonPatch struct {
	Name   *string `limit:"1..100"`
	UnitID *string `limit:"..64"`
	Title  *string `limit:"..100"`
	Phone  *string `limit:"..50"`
	// HandOver says who has what hung on the person, where they move.
	HandOver []HandOver `limit:"..20"`
}

// UpdatePerson changes a person; grants stay where they were given. Faults, where
// they move: holdings_left, holdings_unknown.
func (s *Service) UpdatePerson(ctx context.Context, actor policy.Actor, personID string, want int64, patch PersonPatch) (PersonView, error) {
	lines(patch.Name, patch.Title, patch.Phone)
	if err := fault.Check(patch); err != nil {
		return PersonView{}, err
	}
	over := patch.HandOver
	if patch.UnitID != nil {
		p, err := s.store.Person(ctx, personID)
		if err == nil && p.UnitID != *patch.UnitID {
			over, err = s.leaving(ctx, actor, []string{personID}, over)
		}
		if err != nil {
			return PersonView{}, err
		}
	}
	return s.editPerson(ctx, actor, errand{id: personID, want: want, action: "change"}, func(ctx context.Context, d deed, rights policy.Rights, p *edited) error {
		set(&p.Name, patch.Name)
		set(&p.Title, patch.Title)
		set(&p.Phone, patch.Phone)
		p.Initials = initials(p.Name)
		if patch.UnitID == nil || *patch.UnitID == p.UnitID {
			return nil
		}
		if err := s.handOver(ctx, d, p, over); err != nil {
			return err
		}
		u, err := workplace(ctx, d, rights, *patch.UnitID)
		p.UnitID, p.UnitPath = u.ID, u.Path
		return err
	})
}

// DisablePerson ends all sessions and lets nobody sign in to the account.
// What hangs on the person goes to whom in.HandOver names. Faults: wrong_state,
// self_disable, last_administrator, holdings_left, holdings_unknown.
func (s *Service) DisablePerson(ctx context.Context, actor policy.Actor, personID string, in Disabling, want int64) (PersonView, error) {
	if err := fault.Check(in); err != nil {
		return PersonView{}, err
	}
	if err := knownID("person", personID); err != nil {
		return PersonView{}, err
	}
	over, err := s.leaving(ctx, actor, []string{personID}, in.HandOver)
	if err != nil {
		return PersonView{}, err
	}
	return s.editPerson(ctx, actor, errand{personID, want, "disable", in.Reason}, func(ctx context.Context, d deed, _ policy.Rights, p *edited) error {
		if p.Disabled {
			return fault.New(fault.Conflict, "wrong_state", "The account is disabled already.")
		}
		if p.ID == actor.PersonID {
			return fault.New(fault.Conflict, "self_disable", "Nobody disables their own account; ask another administrator.")
		}
		gs, err := d.GrantsOf(ctx, []string{p.ID})
		if err != nil {
			return err
		}
		for _, g := range gs[p.ID] {
			if err := replaceable(ctx, d, g); err != nil {
				return err
			}
		}
		if err := s.handOver(ctx, d, p, over); err != nil {
			return err
		}
		p.Disabled = true
		_, err = s.endAll(ctx, d, *p.Person, "", "disabled")
		return err
	})
}

// EnablePerson lets a disabled person sign in again.
func (s *Service) EnablePerson(ctx context.Context, actor policy.Actor, personID string, want int64) (PersonView, error) {
	return s.editPerson(ctx, actor, errand{id: personID, want: want, action: "enable"}, func(ctx context.Context, d deed, _ policy.Rights, p *edited) error {
		if !p.Disabled {
			return fault.New(fault.Conflict, "wrong_state", "The account is enabled already.")
		}
		u, err := d.Unit(ctx, p.UnitID)
		if err != nil {
			return err
		}
		if !u.Active {
			return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated; put the person into another one first.", u.Name)
		}
		p.Disabled = false
		return unlock(ctx, d, p.Person)
	})
}

// UnlockPerson lets an account take passwords again before its lock ends.
func (s *Service) UnlockPerson(ctx context.Context, actor policy.Actor, personID string, want int64) (PersonView, error) {
	return s.editPerson(ctx, actor, errand{id: personID, want: want, action: "unlock"}, func(ctx context.Context, d deed, _ policy.Rights, p *edited) error {
		if !p.Locked(s.clock.Now()) {
			return fault.New(fault.Conflict, "wrong_state", "The account is not locked; there is nothing to unlock.")
		}
		return unlock(ctx, d, p.Person)
	})
}

// editPerson changes one person and tells about it.
func (s *Service) editPerson(ctx context.Context, actor policy.Actor, e errand,
	edit func(context.Context, deed, policy.Rights, *edited) error) (PersonView, error) {
	rights := s.policy.Rights(ctx, actor, "person")
	lines(&e.reason)
	if err := fault.Check(Reason{e.reason}); err != nil {
		return PersonView{}, err
	}
	var p Person
	err := s.change(ctx, func(ctx context.Context, tx Tx) (err error) {
		if p, err = lockedPerson(ctx, tx, rights, e); err != nil {
			return err
		}
		d, x := deed{tx, actor, e.reason}, edited{Person: &p}
		if err := edit(ctx, d, rights, &x); err != nil {
			return err
		}
		return s.savePerson(ctx, d, &p, x.over...)
	})
	if err != nil {
		return PersonView{}, err
	}
	return s.personView(ctx, actor, rights, p)
}

// savePerson stores the next version of p and tells about it, and over, who has
// what hung on them.
func (s *Service) savePerson(ctx context.Context, d deed, p *Person, over ...event.HandedOver) error {
	now := s.clock.Now()
	p.Version++
	p.UpdatedAt = now
	if err := d.UpdatePerson(ctx, *p); err != nil {
		return err
	}
	gs, err := d.GrantsOf(ctx, []string{p.ID})
	if err != nil {
		return err
	}
	return d.Emit(ctx, personsChanged(now, []Person{*p}, gs, over...).By(d.actor.PersonID, d.actor.Name).Because(d.reason))
}

// lockedPerson is the person, for a change that the actor may make.
func lockedPerson(ctx context.Context, tx Tx, rights policy.Rights, e errand) (Person, error) {
	if err := knownID("person", e.id); err != nil {
		return Person{}, err
	}
	// The state first: everything locks in this order.
	if _, err := tx.Lock(ctx); err != nil {
		return Person{}, err
	}
	p, err := tx.LockPerson(ctx, e.id)
	if err != nil {
		return p, err
	}
	if err := fault.Unless(rights.Covers("write", p.target()), rights.Covers("read", p.target()), "person", personVerbs.Denied(e.action)); err != nil {
		return p, err
	}
	return p, fault.Version(e.want, p.Version)
}
