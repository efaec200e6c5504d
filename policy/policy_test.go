package policy_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/duban/duban/api/words"
	"github.com/duban/duban/policy"
)

func engine(t testing.TB) *policy.Engine {
	t.Helper()
	e, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// at makes a grant at a unit with the given path.
func at(role, level, unit, path string) policy.Grant {
	return policy.Grant{Role: role, Level: level, UnitID: unit, UnitPath: path}
}

func TestReaches(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ctx := context.Background()
	inspector := policy.Actor{PersonID: "p", UnitID: "o", UnitPath: "r/c/o/", UnitLevel: "unit", Grants: []policy.Grant{at(policy.Inspector, "county", "c", "r/c/")}}
	for _, c := range []struct {
		action, unit, path string
		want               bool
	}{
		{"order", "v", "r/c/t3/v/", true},
		{"order", "c", "r/c/", true},
		{"order", "o", "r/c/o/", false}, // never for the own unit
		{"read", "o", "r/c/o/", true},
		{"order", "x", "r/c2/t/x/", false},
		{"order", "r", "r/", false},
		{"approve_everything", "v", "r/c/t3/v/", false},
		{"order", "", "", false},
	} {
		if got := e.Can(ctx, inspector, "rectification", c.action, policy.Target{UnitID: c.unit, UnitPath: c.path, Offices: []string{"c"}}); got != c.want {
			t.Errorf("inspector %s at %s: %v, want %v", c.action, c.path, got, c.want)
		}
	}
	// Whoever reports for a unit does its work, wherever they sit.
	inspector.Grants = append(inspector.Grants, at(policy.Reporter, "unit", "v", "r/c/t3/v/"))
	for unit, want := range map[string]bool{"v": false, "w": true, "o": false, "c": true} {
		path := map[string]string{"v": "r/c/t3/v/", "w": "r/c/t3/w/", "o": "r/c/o/", "c": "r/c/"}[unit]
		if got := e.Can(ctx, inspector, "rectification", "verify", policy.Target{UnitID: unit, UnitPath: path, Offices: []string{"c"}}); got != want {
			t.Errorf("an inspector who reports for v verifies at %s: %v, want %v", path, got, want)
		}
	}
	t3 := policy.Actor{PersonID: "p", UnitID: "t3", UnitPath: "r/c/t3/", UnitLevel: "town", Grants: []policy.Grant{at(policy.Coordinator, "town", "t3", "r/c/t3/")}}
	if e.Can(ctx, t3, "assignment", "read", policy.Target{UnitID: "t30", UnitPath: "r/c/t30/"}) {
		t.Error("r/c/t3/ reaches r/c/t30/")
	}
}

func TestNothingIsReachedWithoutAScope(t *testing.T) {
	t.Parallel()
	e := engine(t)
	for _, a := range []policy.Actor{
		{},
		{PersonID: "p"},
		{PersonID: "p", Grants: []policy.Grant{at(policy.Leader, "county", "c", "")}},
		{PersonID: "p", Grants: []policy.Grant{at(policy.Leader, "county", "c", "r/c")}},
		{PersonID: "p", Grants: []policy.Grant{at("no_such_role", "county", "c", "r/c/")}},
		{PersonID: "p", Grants: []policy.Grant{at(policy.Inspector, "unit", "c", "r/c/")}}, // not a level for inspectors
	} {
		if r := e.Reach(context.Background(), a, "rectification", "read"); !r.Empty() {
			t.Errorf("%+v reaches %+v", a, r.Spans)
		}
	}
}

// The three administrators see no business data, and no business role touches
// accounts, grants or the audit trail: no one person can do a thing and hide it.
func TestAdministratorsAndBusinessAreApart(t *testing.T) {
	t.Parallel()
	business := []string{"campaign", "assignment", "submission", "file", "rollup", "inspection", "finding", "rectification", "checklist"}
	for _, r := range engine(t).Rules() {
		admin := slices.Contains(policy.Administrators, r.Role)
		if admin && slices.Contains(business, r.Resource) {
			t.Errorf("%s may %s a %s", r.Role, r.Action, r.Resource)
		}
		if !admin && (r.Resource == "grant" || r.Resource == "audit" || r.Resource == "system" || r.Where == policy.Any) {
			t.Errorf("%s may %s a %s with reach %s", r.Role, r.Action, r.Resource, r.Where)
		}
		if !admin && (r.Resource == "unit" || r.Resource == "person") && r.Action != "read" {
			t.Errorf("%s may %s a %s", r.Role, r.Action, r.Resource)
		}
	}
}

func TestRightsAgreeWithReach(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ctx := context.Background()
	for _, rule := range e.Rules() {
		level := rule.Level
		if level == "*" {
			level = "county"
		}
		a := policy.Actor{PersonID: "p", UnitID: "h", UnitPath: "r/h/", UnitLevel: "unit", Grants: []policy.Grant{at(rule.Role, level, "c", "r/c/")}}
		got := e.Rights(ctx, a, rule.Resource).Reach(rule.Action)
		want := e.Reach(ctx, a, rule.Resource, rule.Action)
		if !reflect.DeepEqual(got.Spans, want.Spans) {
			t.Errorf("%+v: rights %v, reach %v", rule, got.Spans, want.Spans)
		}
	}
}

// The roles that people can be given are those that have words.
func TestEveryRoleCanBeGranted(t *testing.T) {
	t.Parallel()
	if got, want := slices.Sorted(maps.Keys(policy.Roles)), slices.Sorted(slices.Values(words.Values("role"))); !slices.Equal(got, want) {
		t.Errorf("%v can be granted, and the enumeration is %v", got, want)
	}
}

func TestHeldAgreesWithReach(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ctx := context.Background()
	for role, levels := range policy.Roles {
		level := levels[0]
		if level == "root" {
			level = "county"
		}
		a := policy.Actor{PersonID: "p", UnitID: "u", UnitPath: "r/c/u/", UnitLevel: "unit", Grants: []policy.Grant{at(role, level, "c", "r/c/")}}
		held := e.Held(ctx, a)
		for _, r := range e.Rules() {
			if want := !e.Reach(ctx, a, r.Resource, r.Action).Empty(); slices.Contains(held, r.Resource+"."+r.Action) != want {
				t.Errorf("%s %s %s: held %v, want %v", role, r.Resource, r.Action, !want, want)
			}
		}
	}
	if held := e.Held(ctx, policy.Actor{}); len(held) != 0 {
		t.Errorf("nobody holds %v", held)
	}
}

func TestOneDecisionIsCounted(t *testing.T) {
	t.Parallel()
	e := engine(t)
	ctx, n := policy.WithCounter(context.Background())
	a := policy.Actor{PersonID: "p", UnitID: "c", UnitPath: "r/c/", UnitLevel: "county", Grants: []policy.Grant{at(policy.Leader, "county", "c", "r/c/")}}
	e.Rights(ctx, a, "assignment")
	e.Can(ctx, a, "assignment", "read", policy.Target{})
	if n.Load() != 2 {
		t.Errorf("%d decisions counted, want 2", n.Load())
	}
}

func BenchmarkCan(b *testing.B) {
	for _, units := range []int{1_000, 1_000_000} {
		for _, mode := range []string{"cached", "uncached"} {
			b.Run(fmt.Sprintf("units=%d/%s", units, mode), func(b *testing.B) {
				e := engine(b)
				ctx := context.Background()
				paths := make([]policy.Target, units)
				for i := range paths {
					paths[i] = policy.Target{UnitID: fmt.Sprint(i), UnitPath: fmt.Sprintf("r/c/%d/%d/", i%97, i), Offices: []string{"c"}}
				}
				a := policy.Actor{PersonID: "p", UnitID: "o", UnitPath: "r/c/o/", UnitLevel: "unit", Grants: []policy.Grant{at(policy.Inspector, "county", "c", "r/c/")}}
				b.ResetTimer()
				for i := range b.N {
					if mode == "uncached" {
						e.Forget()
					}
					if !e.Can(ctx, a, "rectification", "verify", paths[i%units]) {
						b.Fatal("not allowed")
					}
				}
			})
		}
	}
}

// Whatever a role may do to a thing that has an outline, the thing is open to it:
// nobody decides about what they see the outline of.
func TestRightsUnfoldByOpen(t *testing.T) {
	t.Parallel()
	rules := engine(t).Rules()
	// How far each place reaches, seen from the unit of the grant.
	within := map[string][]string{policy.Own: {policy.Own}, policy.Below: {policy.Below, policy.Others}, policy.Others: {policy.Below, policy.Others}, policy.Tree: {policy.Own, policy.Below, policy.Others, policy.Tree}}
	opened := map[string]bool{}
	for _, r := range rules {
		opened[r.Resource] = opened[r.Resource] || r.Action == "open"
	}
	if !opened["assignment"] {
		t.Fatal("nothing is opened")
	}
	for _, r := range rules {
		if !opened[r.Resource] || slices.Contains([]string{"read", "open", "create", "plan", "record", "self_check"}, r.Action) {
			continue
		}
		if !slices.ContainsFunc(rules, func(o policy.Rule) bool {
			return o.Role == r.Role && o.Level == r.Level && o.Resource == r.Resource && o.Action == "open" &&
				slices.Contains(within[o.Where], r.Where) && (o.Whose == policy.Anyone || r.Whose == policy.Office)
		}) {
			t.Errorf("%+v: it is not open to them", r)
		}
	}
}
