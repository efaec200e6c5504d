// Package policy answers who may do what. Casbin holds what a role at a level
// may do, where, and on whose things; which roles somebody holds at which units,
// and for which office, travels with the session; unit path and office are
// compared here.
//
// A check costs the same whatever the number of units and people. A list is
// decided once: Reach gives the part of the tree, and the query is bounded by
// it, so that lists and single checks can never disagree.
package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/duban/duban/api/words"
)

// The roles.
const (
	CampaignManager       = "campaign_manager"
	Coordinator           = "coordinator"
	Reporter              = "reporter"
	Leader                = "leader"
	Inspector             = "inspector"
	Viewer                = "viewer"
	SystemAdministrator   = "system_administrator"
	SecurityAdministrator = "security_administrator"
	Auditor               = "auditor"

	// person is the role everybody holds at their own unit.
	person = "person"
)

// Levels are the levels of units, from the top.
var Levels = words.Values("level")

// Roles lists the roles that can be granted, with the levels of units they
// can be granted at; "root" stands for the top of the tree, whatever its level.
var Roles = map[string][]string{
	CampaignManager: {"county", "town"}, Coordinator: {"town"}, Reporter: {"unit", "town"},
	Leader: Levels, Inspector: {"county", "town"}, Viewer: Levels,
	SystemAdministrator: {"root"}, SecurityAdministrator: {"root"}, Auditor: {"root"},
}

// Administrators are the three roles of which nobody holds two.
var Administrators = []string{SystemAdministrator, SecurityAdministrator, Auditor}

// Where a line of the policy reaches, seen from the unit of the grant.
const (
	Own      = "own"      // that unit only
	Below    = "below"    // what is below it, without itself
	Tree     = "tree"     // itself and what is below it
	Others   = "others"   // as Tree, without the actor's own units: nobody approves their own unit's work
	Targeted = "targeted" // what was issued to itself or to units below it, or published to it from above
	Self     = "self"     // the actor's own things
	Home     = "home"     // the actor's own unit
	Any      = "any"      // everything
)

// Whose things a line of the policy is about. What an office launches, and all
// that follows from it, is its own.
const (
	Anyone = "any"    // whoever launched it
	Office = "office" // launched by the office that the grant is held for
)

// Grant is a role held at a unit.
type Grant struct {
	Role     string
	UnitID   string
	UnitPath string // ids from the root, each followed by "/"
	Level    string // of the unit
	// OfficeID is the unit that the role is held for. Empty means the unit itself.
	OfficeID string
	// Took are the ids of what the office took over: the units that were merged
	// into it, and into those.
	Took []string
}

// ActsFor are the roles that are held for an office of the area; the others are
// held for the unit that they are held at.
var ActsFor = []string{CampaignManager, Inspector}

// Office is the id of the unit that the role is held for.
func (g Grant) Office() string { return cmp.Or(g.OfficeID, g.UnitID) }

// Actor is a signed-in person with what they were granted.
type Actor struct {
	PersonID  string
	Name      string
	SessionID string
	UnitID    string // the unit the person works at
	UnitPath  string
	UnitLevel string
	Grants    []Grant
}

// Workers are the roles that do the work of the unit they are held at.
var Workers = []string{Coordinator, Reporter, Leader}

// OwnUnits are the ids of the units whose work is the actor's own: where they
// work, and where they hold a role that does the unit's work.
func (a Actor) OwnUnits() []string {
	us := []string{a.UnitID}
	for _, g := range a.Grants {
		if slices.Contains(Workers, g.Role) && !slices.Contains(us, g.UnitID) {
			us = append(us, g.UnitID)
		}
	}
	return us
}

// Owns tells whether a unit is among OwnUnits.
func (a Actor) Owns(unitID string) bool {
	return unitID == a.UnitID || slices.ContainsFunc(a.Grants, func(g Grant) bool { return g.UnitID == unitID && slices.Contains(Workers, g.Role) })
}

// Target is what is to be acted on. Fields that make no sense for it stay empty.
type Target struct {
	UnitID   string
	UnitPath string
	PersonID string
	// Offices are the ids of the offices whose it is: of the one that launched it,
	// and of whoever handed it on. Empty for what no office launched.
	Offices []string
}

// Span is one part of the tree that is in reach.
type Span struct {
	Where string // one of the places above
	Whose string
	Path  string // of the grant's unit; empty for Self and Any
	Role  string
	// office is that which the role is held for, took what it took over.
	office string
	took   []string
}

// Bound tells that the span holds only what belongs to its offices.
func (s Span) Bound() bool { return s.Whose == Office }

// For tells whether the role is held for one of the offices.
func (s Span) For(offices ...string) bool {
	return slices.ContainsFunc(offices, func(o string) bool { return o != "" && (o == s.office || slices.Contains(s.took, o)) })
}

// Office is the id of the unit that the role is held for.
func (s Span) Office() string { return s.office }

// Offices are the ids of the office that the role is held for, and of those that
// it took over.
func (s Span) Offices() []string { return append([]string{s.office}, s.took...) }

// Reach is everything an actor may do one action on.
type Reach struct {
	Spans []Span
	actor *Actor
}

// OfficeFor is the office for which the actor acts on the target: the one wanted,
// of those for which they may; else, with none wanted, the one where they work, or
// the first. False where they may not for it.
func (r Reach) OfficeFor(t Target, wanted string) (string, bool) {
	office := ""
	for _, s := range r.Spans {
		if !r.covers(s, t) || wanted != "" && s.office != wanted {
			continue
		}
		if office == "" || s.office == r.actor.UnitID {
			office = s.office
		}
	}
	return office, office != ""
}

// Empty tells that nothing is in reach.
func (r Reach) Empty() bool { return len(r.Spans) == 0 }

// Covers tells whether the target is in reach. Targeted spans do not count:
// what was issued to whom only the service that issued it knows.
func (r Reach) Covers(t Target) bool {
	return slices.ContainsFunc(r.Spans, func(s Span) bool { return r.covers(s, t) })
}

// Anyones tells whether something of somebody's at the target could be in reach:
// whose it is is not asked. For the place itself; things there are looked at with
// Covers.
func (r Reach) Anyones(t Target) bool {
	return slices.ContainsFunc(r.Spans, func(s Span) bool { s.Whose = Anyone; return r.covers(s, t) })
}

// Whose lists the offices whose things at the target are in reach; nil where
// everybody's are, empty where nobody's.
func (r Reach) Whose(t Target) []string {
	of := []string{}
	for _, s := range r.Spans {
		bound := s.Bound()
		s.Whose = Anyone
		switch {
		case !r.covers(s, t):
		case !bound:
			return nil
		default:
			of = append(of, s.Offices()...)
		}
	}
	return of
}

// Some tells whether the target is in a part of the reach that which accepts.
func (r Reach) Some(t Target, which func(Span) bool) bool {
	return slices.ContainsFunc(r.Spans, func(s Span) bool { return r.covers(s, t) && which(s) })
}

func (r Reach) covers(s Span, t Target) bool {
	if s.Bound() && !s.For(t.Offices...) {
		return false
	}
	switch s.Where {
	case Any:
		return true
	case Self:
		return t.PersonID != "" && t.PersonID == r.actor.PersonID
	case Home:
		return t.UnitID != "" && t.UnitID == r.actor.UnitID
	case Own:
		return t.UnitPath == s.Path
	case Below:
		return len(t.UnitPath) > len(s.Path) && strings.HasPrefix(t.UnitPath, s.Path)
	case Tree:
		return strings.HasPrefix(t.UnitPath, s.Path)
	case Others:
		return strings.HasPrefix(t.UnitPath, s.Path) && !r.actor.Owns(t.UnitID)
	}
	return false
}

// FromAbove is the part of the reach that does not come from a grant at the
// unit itself: for what a unit is not to know of before its time.
func (r Reach) FromAbove() Reach {
	spans := make([]Span, 0, len(r.Spans))
	for _, s := range r.Spans {
		switch s.Where {
		case Own, Home:
			continue
		case Tree:
			s.Where = Below
		}
		spans = append(spans, s)
	}
	r.Spans = spans
	return r
}

// Paths lists the units the reach comes from, without repeats.
func (r Reach) Paths() []string {
	var ps []string
	for _, s := range r.Spans {
		if s.Path != "" && !slices.Contains(ps, s.Path) {
			ps = append(ps, s.Path)
		}
	}
	return ps
}

// ActorUnit is the unit that Home means.
func (r Reach) ActorUnit() string { return r.actor.UnitID }

// OwnUnits are the units that Others leaves out.
func (r Reach) OwnUnits() []string { return r.actor.OwnUnits() }

// ActorPerson is the person whose things Self means.
func (r Reach) ActorPerson() string { return r.actor.PersonID }
