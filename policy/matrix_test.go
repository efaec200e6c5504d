package policy_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/policy/policytest"
)

// person is the role everybody holds where they work.
const person = "person"

// The tree the matrix is checked in: two counties of a city, with two towns in
// the first one, units below them, and an office of the first county.
var paths = map[string]string{
	"province": "p/", "city": "p/r/", "county": "p/r/c/", "office": "p/r/c/o/", "town": "p/r/c/t/", "sibling town": "p/r/c/t2/",
	"unit": "p/r/c/t/v/", "sibling unit": "p/r/c/t/v2/", "below unit": "p/r/c/t/v/x/", "town office": "p/r/c/t/o/",
	"other county": "p/r/d/", "other town": "p/r/d/t3/", "other unit": "p/r/d/t3/v3/", "city office": "p/r/o/", "province office": "p/o/",
	"unit office": "p/r/c/t/v/o/", "above": "top/", // above a province there is nothing
}

// cells gives, for a level of grants, the unit at each relation.
var cells = map[string]map[string]string{
	"province": {policytest.Child: "county", policytest.Home: "province office"},
	"city":     {policytest.Child: "town", policytest.Parent: "province", policytest.Home: "city office"},
	"county":   {policytest.Child: "unit", policytest.Parent: "city", policytest.Sibling: "other county", policytest.Other: "other unit", policytest.Home: "office"},
	"town":     {policytest.Child: "unit", policytest.Parent: "county", policytest.Sibling: "sibling town", policytest.Other: "other town", policytest.Home: "town office"},
	"unit":     {policytest.Child: "below unit", policytest.Parent: "town", policytest.Sibling: "sibling unit", policytest.Other: "other unit", policytest.Home: "unit office"},
}

func target(unit, office string) policy.Target {
	return policy.Target{UnitID: unit, UnitPath: paths[unit], Offices: []string{office}}
}

// Every role at every level it can be held at, on every kind of thing, at
// every relation, is allowed exactly what the matrix says.
func TestMatrix(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ctx := context.Background()
	files, err := policytest.Read("testdata")
	if err != nil {
		t.Fatal(err)
	}
	roles := maps.Clone(policy.Roles)
	roles[person] = policy.Levels
	n := 0
	for _, f := range files {
		for resource, actions := range f.Cells {
			for action, want := range actions {
				for role := range want {
					if roles[role] == nil {
						t.Errorf("%s %s: there is no role %q", resource, action, role)
					}
				}
				for role, levels := range roles {
					if slices.Equal(levels, []string{"root"}) {
						levels = policy.Levels[:3]
					}
					for _, level := range levels {
						for _, office := range []bool{false, true} {
							if role == person && office {
								continue // a person without roles works at one unit
							}
							n += check(ctx, t, e, want, resource, action, role, level, office)
						}
					}
				}
			}
		}
	}
	t.Logf("%d cells", n)
}

// check tries one role at a level, held by somebody who works at the unit of
// the grant or in an office below it.
func check(ctx context.Context, t *testing.T, e *policy.Engine, want policytest.Cells, resource, action, role, level string, office bool) int {
	home, at := level, policytest.Own
	if office {
		home, at = cells[level][policytest.Home], policytest.Office
	}
	a := policy.Actor{PersonID: "me", UnitID: home, UnitPath: paths[home], UnitLevel: level}
	if office {
		a.UnitLevel = "unit"
	}
	mine := "nobody's"
	if role != person {
		g := policy.Grant{Role: role, UnitID: level, UnitPath: paths[level], Level: level}
		if slices.Contains(policy.ActsFor, role) {
			g.OfficeID = home
		}
		a.Grants, mine = []policy.Grant{g}, g.Office()
	}
	units := maps.Clone(cells[level])
	delete(units, policytest.Home)
	units[at] = level
	if office {
		units[policytest.Home] = home
	}
	reach := e.Reach(ctx, a, resource, action)
	n := 0
	say := func(relation string, got, want bool) {
		n++
		if got != want {
			t.Errorf("%s at %s %s (%s works at %s): %s %s, got %v, the matrix says %v", role, level, relation, role, home, resource, action, got, want)
		}
	}
	for relation, unit := range units {
		allowed := slices.Contains(want[role], relation)
		// What everybody may at the unit where they work comes on top.
		if relation == policytest.Own || relation == policytest.Home {
			allowed = allowed || slices.Contains(want[person], policytest.Own)
		}
		say(relation, reach.Covers(target(unit, mine)), allowed)
		everybodys := (relation == policytest.Own || relation == policytest.Home) && slices.Contains(want[person], policytest.Own)
		allowed = allowed && (everybodys || !slices.Contains(want[role], policytest.Mine))
		say(relation+" of another office", reach.Covers(target(unit, "another office")), allowed)
	}
	targeted := slices.ContainsFunc(reach.Spans, func(s policy.Span) bool { return s.Where == policy.Targeted })
	say(policytest.Targeted, targeted, slices.Contains(want[role], policytest.Targeted))
	self := slices.Contains(want[role], policytest.Self) || slices.Contains(want[person], policytest.Self)
	say(policytest.Self, reach.Covers(policy.Target{PersonID: "me"}), self || reach.Covers(policy.Target{}))
	say("another's", reach.Covers(policy.Target{PersonID: "you"}), reach.Covers(policy.Target{}))
	return n
}

// Nothing in the policy is without a line in the matrix.
func TestPolicyIsInTheMatrix(t *testing.T) {
	t.Parallel()
	files, err := policytest.Read("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range engine(t).Rules() {
		if !slices.ContainsFunc(files, func(f *policytest.File) bool { return f.Cells[r.Resource][r.Action][r.Role] != nil }) {
			t.Errorf("%+v: the matrix does not say so", r)
		}
	}
}
