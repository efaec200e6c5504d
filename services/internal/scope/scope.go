// Package scope bounds queries by what the caller may reach. It is the only
// place that turns a policy.Reach into SQL, so that a list shows exactly what
// single checks allow.
package scope

import (
	"strings"

	"github.com/duban/duban/policy"
	"github.com/uptrace/bun"
)

// Columns names where a query finds the things a reach looks at, as SQL
// column expressions; an empty one has no such thing.
type Columns struct {
	UnitID   string
	UnitPath string
	PersonID string
	// Targeted is the condition for the Targeted reach of one grant: it gets
	// the path of the grant's unit as lower bound and the end of its subtree
	// as upper bound, in this order, as often as Bounds says.
	Targeted string
	Bounds   int // pairs of ? in Targeted; 0 means 1
}

// Where adds the bound to q: things that lie in reach by any of the columns,
// where a thing is at more than one unit. A reach of nothing selects nothing.
func Where(q *bun.SelectQuery, r policy.Reach, at ...Columns) *bun.SelectQuery {
	conds := make([]string, 0, len(r.Spans)*len(at))
	var args []any
	add := func(cond string, a ...any) {
		conds = append(conds, cond)
		args = append(args, a...)
	}
	for _, c := range at {
		if c.each(r, add) {
			return q
		}
	}
	if len(conds) == 0 {
		return q.Where("1 = 0")
	}
	return q.Where("("+strings.Join(conds, " OR ")+")", args...)
}

// each adds a condition for every part of the reach; true when it is everything.
func (c Columns) each(r policy.Reach, add func(cond string, a ...any)) bool {
	for _, s := range r.Spans {
		switch s.Mode {
		case policy.Any:
			return true
		case policy.Self:
			if c.PersonID != "" {
				add(c.PersonID+" = ?", r.ActorPerson())
			}
		case policy.Home:
			if c.UnitID != "" {
				add(c.UnitID+" = ?", r.ActorUnit())
			}
		case policy.Own:
			add(c.UnitPath+" = ?", s.Path)
		case policy.Below:
			add("("+c.UnitPath+" > ? AND "+c.UnitPath+" < ?)", s.Path, End(s.Path))
		case policy.Tree:
			add("("+c.UnitPath+" >= ? AND "+c.UnitPath+" < ?)", s.Path, End(s.Path))
		case policy.Others:
			add("("+c.UnitPath+" >= ? AND "+c.UnitPath+" < ? AND "+c.UnitID+" NOT IN (?))", s.Path, End(s.Path), bun.List(r.OwnUnits()))
		case policy.Targeted:
			if c.Targeted != "" {
				n := max(1, c.Bounds)
				a := make([]any, 0, 2*n)
				for range n {
					a = append(a, s.Path, End(s.Path))
				}
				add("("+c.Targeted+")", a...)
			}
		}
	}
	return false
}

// End is the smallest text greater than every path below path: paths end in
// "/", and "0" follows "/" in every byte-wise collation.
func End(path string) string { return strings.TrimSuffix(path, "/") + "0" }
