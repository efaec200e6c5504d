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

// Grant is a role that a person holds at a unit.
type Grant struct {
	ID        string
	PersonID  string
	Role      string
	UnitID    string
	UnitPath  string
	Level     string // of the unit
	GivenBy   string // person
	CreatedAt time.Time
	// OfficeID is the unit that it is held for; it is fixed when the role is given.
	OfficeID string
}

func (g Grant) event() event.Grant {
	return event.Grant{ID: g.ID, PersonID: g.PersonID, Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level, OfficeID: g.OfficeID}
}

func (g Grant) target() policy.Target { return policy.Target{UnitID: g.UnitID, UnitPath: g.UnitPath} }

// newGrant is a role held for the office that usually goes with it: where p
// works, if p is to act for an area and works in it, else u itself.
func newGrant(p Person, role string, u Unit, by string, now time.Time) Grant {
	g := Grant{ID: id.New(), PersonID: p.ID, Role: role, UnitID: u.ID, UnitPath: u.Path, Level: u.Level, GivenBy: by, CreatedAt: now, OfficeID: u.ID}
	if slices.Contains(policy.ActsFor, role) && strings.HasPrefix(p.UnitPath, u.Path) {
		g.OfficeID = p.UnitID
	}
	return g
}

// heldFor has g be held for another office than the usual one; an empty id leaves
// it. units has that office, if there is such a unit.
func (g *Grant) heldFor(officeID string, units map[string]Unit) error {
	office, known := units[officeID]
	switch {
	case officeID == "" || officeID == g.OfficeID:
		return nil
	case !slices.Contains(policy.ActsFor, g.Role):
		return fault.BadField("office_id", fault.Textf("the role %s is held for the unit itself", fault.Word("role", g.Role)), officeID)
	case !known || !strings.HasPrefix(office.Path, g.UnitPath):
		return fault.BadField("office_id", "expected the unit that the role is held at, or one below it", officeID)
	case !office.Active:
		return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated.", office.Name)
	}
	g.OfficeID = office.ID
	return nil
}

// same tells that two grants are of the same role, at the same unit, for the same
// office.
func (g Grant) same(o Grant) bool {
	return g.Role == o.Role && g.UnitID == o.UnitID && g.OfficeID == o.OfficeID
}

// Grantable tells why role cannot be held at u, or nil.
func Grantable(role string, u Unit) error {
	levels, known := policy.Roles[role]
	switch {
	case !known:
		return fault.BadField("role", "there is no such role", role)
	case !u.Active:
		return fault.New(fault.Conflict, "unit_inactive", "The unit %s is deactivated.", u.Name)
	case slices.Contains(levels, "root") && u.Root(), slices.Contains(levels, u.Level):
		return nil
	case slices.Contains(levels, "root"):
		return fault.New(fault.Invalid, "role_level", "The role %s is held at the top of the tree only.", fault.Word("role", role))
	}
	return fault.New(fault.Invalid, "role_level", "The role %s cannot be held at %s, which is of level %s; it is for %s.", fault.Word("role", role), u.Name, fault.Word("level", u.Level), fault.WordsOf("level", levels))
}

// Compatible tells why somebody with the grants held cannot have role as
// well, or nil: nobody holds two of the administrator roles, and who holds
// one has no part in the business.
func Compatible(held []Grant, role string) error {
	admin := slices.Contains(policy.Administrators, role)
	for _, g := range held {
		other := slices.Contains(policy.Administrators, g.Role)
		if other != admin || admin && g.Role != role {
			return fault.New(fault.Conflict, "role_conflict",
				"The person holds the role %s, which cannot be combined with %s: an administrator holds one administrator role and no other.", fault.Word("role", g.Role), fault.Word("role", role))
		}
	}
	return nil
}

// replaceable refuses to take away the last administrator of a kind: nobody
// could ever mend that.
func replaceable(ctx context.Context, r Reader, g Grant) error {
	if !slices.Contains(policy.Administrators, g.Role) {
		return nil
	}
	n, err := r.Holders(ctx, g.Role)
	if err != nil {
		return err
	}
	if n <= 1 {
		return fault.New(fault.Conflict, "last_administrator", "This is the last %s; make another one first.", fault.Word("role", g.Role))
	}
	return nil
}

// GrantView is a grant with the names people know.
type GrantView struct {
	Grant
	PersonName string
	Account    string
	UnitName   string
	OfficeName string
	// WorksAt names the unit where the person works now, where the role does the
	// work of a unit that they do not belong to.
	WorksAt   string
	MayRevoke bool
}

// elsewhere tells that p does the work of a unit that they do not belong to: they
// have moved, and kept the role. Offices act for areas that nobody works at.
func (g Grant) elsewhere(p Person) bool {
	return slices.Contains(policy.Workers, g.Role) && !strings.HasPrefix(p.UnitPath, g.UnitPath)
}

// Grants lists the grants of f that the actor may read.
func (s *Service) Grants(ctx context.Context, actor policy.Actor, f GrantFilter) ([]GrantView, error) {
	rights := s.policy.Rights(ctx, actor, "grant")
	f.Reach = rights.Reach("read")
	gs, err := s.store.Grants(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.grantViews(ctx, actor, rights, gs)
}

func (s *Service) grantViews(ctx context.Context, actor policy.Actor, rights policy.Rights, gs []Grant) ([]GrantView, error) {
	var people, units []string
	for _, g := range gs {
		people, units = append(people, g.PersonID), append(units, g.UnitID, g.OfficeID)
	}
	ps, err := s.store.PeopleByID(ctx, people)
	if err != nil {
		return nil, err
	}
	for _, p := range ps {
		units = append(units, p.UnitID)
	}
	us, err := s.store.UnitNames(ctx, units)
	if err != nil {
		return nil, err
	}
	vs := make([]GrantView, len(gs))
	for i, g := range gs {
		p := ps[g.PersonID]
		vs[i] = GrantView{
			Grant: g, PersonName: p.Name, Account: p.Account, UnitName: us[g.UnitID], OfficeName: us[g.OfficeID],
			MayRevoke: rights.Covers("write", g.target()) && g.PersonID != actor.PersonID,
		}
		if g.elsewhere(p) {
			vs[i].WorksAt = us[p.UnitID]
		}
	}
	return vs, nil
}

// GiveGrant gives a person a role at a unit. Faults: role_level,
// role_conflict, initial_password, grant_exists, grant_self, unit_inactive,
// import_running. The office must lie in the area that the role is held at.
func (s *Service) GiveGrant(ctx context.Context, actor policy.Actor, in GrantInput) (GrantView, error) {
	rights := s.policy.Rights(ctx, actor, "grant")
	lines(&in.Reason)
	if err := fault.Check(in); err != nil {
		return GrantView{}, err
	}
	for what, x := range map[fault.Text]string{"person": in.PersonID, "unit": in.UnitID} {
		if err := knownID(what, x); err != nil {
			return GrantView{}, err
		}
	}
	var g Grant
	err := s.change(ctx, func(ctx context.Context, tx Tx) error {
		if err := exclusive(ctx, tx); err != nil {
			return err
		}
		u, err := tx.LockUnit(ctx, in.UnitID)
		if err != nil {
			return err
		}
		if err := fault.Unless(rights.Covers("write", u.target()), rights.Covers("read", u.target()), "unit", unitVerbs.Denied("grant roles at")); err != nil {
			return err
		}
		p, err := tx.LockPerson(ctx, in.PersonID)
		if err != nil {
			return err
		}
		if p.ID == actor.PersonID {
			return fault.New(fault.Conflict, "grant_self", "Nobody grants to themselves; ask another security administrator.")
		}
		held, err := tx.GrantsOf(ctx, []string{p.ID})
		if err != nil {
			return err
		}
		if err := Grantable(in.Role, u); err != nil {
			return err
		}
		if err := Compatible(held[p.ID], in.Role); err != nil {
			return err
		}
		if p.MustChange && slices.Contains(policy.Administrators, in.Role) {
			// Whoever made the account knows the password, and is an administrator too.
			return fault.New(fault.Conflict, "initial_password", "%s still has the initial password, which the system administrator knows. Let them sign in and set their own first.", p.Name)
		}
		now := s.clock.Now()
		g = newGrant(p, in.Role, u, actor.PersonID, now)
		offices, err := tx.UnitsByID(ctx, []string{in.OfficeID})
		if err != nil {
			return err
		}
		if err := g.heldFor(in.OfficeID, offices); err != nil {
			return err
		}
		if slices.ContainsFunc(held[p.ID], g.same) {
			return fault.New(fault.Conflict, "grant_exists", "%s holds the role %s at %s already.", p.Name, fault.Word("role", in.Role), u.Name)
		}
		if err := tx.InsertGrants(ctx, []Grant{g}); err != nil {
			return err
		}
		given := event.New(id.New(), now, event.GrantGiven, g.ID, 1, g.event()).For(u.ID, u.Path).By(actor.PersonID, actor.Name).Because(in.Reason)
		if err := tx.Emit(ctx, given); err != nil {
			return err
		}
		return s.savePerson(ctx, deed{tx, actor, in.Reason}, &p)
	})
	if err != nil {
		return GrantView{}, err
	}
	vs, err := s.grantViews(ctx, actor, rights, []Grant{g})
	if err != nil {
		return GrantView{}, err
	}
	return vs[0], nil
}

// WithdrawGrant takes a role away; it is refused at the very next request.
// Faults: grant_self, last_administrator.
func (s *Service) WithdrawGrant(ctx context.Context, actor policy.Actor, grantID, reason string) error {
	if err := knownID("grant", grantID); err != nil {
		return err
	}
	rights := s.policy.Rights(ctx, actor, "grant")
	lines(&reason)
	if err := fault.Check(Reason{reason}); err != nil {
		return err
	}
	return s.change(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Lock(ctx); err != nil {
			return err
		}
		g, err := tx.Grant(ctx, grantID)
		if err != nil {
			return err
		}
		if err := fault.Unless(rights.Covers("write", g.target()), rights.Covers("read", g.target()), "grant", "You may see this role, but not withdraw it."); err != nil {
			return err
		}
		p, err := tx.LockPerson(ctx, g.PersonID)
		if err != nil {
			return err
		}
		if p.ID == actor.PersonID {
			return fault.New(fault.Conflict, "grant_self", "Nobody withdraws their own roles; ask another security administrator.")
		}
		if !p.Disabled {
			if err := replaceable(ctx, tx, g); err != nil {
				return err
			}
		}
		if err := tx.DeleteGrant(ctx, g.ID); err != nil {
			return err
		}
		now := s.clock.Now()
		gone := event.New(id.New(), now, event.GrantWithdrawn, g.ID, 2, g.event()).For(g.UnitID, g.UnitPath).By(actor.PersonID, actor.Name).Because(reason)
		if err := tx.Emit(ctx, gone); err != nil {
			return err
		}
		return s.savePerson(ctx, deed{tx, actor, reason}, &p)
	})
}

// Policy lists the rules of who may do what. The caller must be allowed to
// read the policy.
func (s *Service) Policy(ctx context.Context, actor policy.Actor) ([]policy.Rule, error) {
	if s.policy.Reach(ctx, actor, "policy", "read").Empty() {
		return nil, fault.Denied("Only security administrators read the policy.")
	}
	return s.policy.Rules(), nil
}
