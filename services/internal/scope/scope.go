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
	// Offices are the columns that name an office whose the thing is.
	Offices []string
	// OfficeAmong says the same of a thing that several offices have: the condition
	// that one of those in the list ?0 is among them.
	OfficeAmong string
	// Targeted is the condition for the Targeted reach of one grant: it gets
	// the path of the grant's unit as lower bound and the end of its subtree
	// as upper bound, in this order.
	Targeted string
}

// Where adds the bound to q: things that lie in reach by any of the columns,
// where a thing is at more than one unit. A reach of nothing selects nothing.
func Where(q *bun.SelectQuery, r policy.Reach, at ...Columns) *bun.SelectQuery {
	return Some(q, r, nil, at...)
}

// Some adds the bound to q as [Where] does, and keeps of each part of the reach
// what the condition says that which gives for it: policy.Reach.Some in SQL.
func Some(q *bun.SelectQuery, r policy.Reach, which func(policy.Span) Condition, at ...Columns) *bun.SelectQuery {
	conds := make([]string, 0, len(r.Spans)*len(at))
	var args []any
	for _, s := range r.Spans {
		and := Condition{}
		if which != nil {
			and = which(s)
		}
		for _, c := range at {
			x := c.within(r, s)
			switch {
			case x.SQL == "":
				continue
			case and.SQL == "" && x.SQL == everything:
				return q
			case and.SQL != "":
				x = Condition{"(" + x.SQL + " AND " + and.SQL + ")", append(x.Args, and.Args...)}
			}
			conds = append(conds, x.SQL)
			args = append(args, x.Args...)
		}
	}
	if len(conds) == 0 {
		return q.Where("1 = 0")
	}
	return q.Where("("+strings.Join(conds, " OR ")+")", args...)
}

// Condition is one in SQL, with the values of its parameters.
type Condition struct {
	SQL  string
	Args []any
}

const everything = "1 = 1"

// within is the condition that a thing lies in one part of a reach; empty where
// nothing does.
func (c Columns) within(r policy.Reach, s policy.Span) Condition {
	var x Condition
	set := func(cond string, args ...any) { x = Condition{cond, args} }
	switch s.Where {
	case policy.Any:
		set(everything)
	case policy.Self:
		if c.PersonID != "" {
			set(c.PersonID+" = ?", r.ActorPerson())
		}
	case policy.Home:
		if c.UnitID != "" {
			set(c.UnitID+" = ?", r.ActorUnit())
		}
	case policy.Own:
		set(c.UnitPath+" = ?", s.Path)
	case policy.Below:
		set("("+c.UnitPath+" > ? AND "+c.UnitPath+" < ?)", s.Path, End(s.Path))
	case policy.Tree:
		set("("+c.UnitPath+" >= ? AND "+c.UnitPath+" < ?)", s.Path, End(s.Path))
	case policy.Others:
		set("("+c.UnitPath+" >= ? AND "+c.UnitPath+" < ? AND "+c.UnitID+" NOT IN (?))", s.Path, End(s.Path), bun.List(r.OwnUnits()))
	case policy.Targeted:
		if c.Targeted != "" {
			set("("+c.Targeted+")", s.Path, End(s.Path))
		}
	}
	if x.SQL == "" || !s.Bound() {
		return x
	}
	var of []string
	for _, column := range c.Offices {
		of = append(of, column+" IN (?)")
		x.Args = append(x.Args, bun.List(s.Offices()))
	}
	if c.OfficeAmong != "" {
		n := strings.Count(c.OfficeAmong, "?0")
		of = append(of, strings.ReplaceAll(c.OfficeAmong, "?0", "?"))
		for range n {
			x.Args = append(x.Args, bun.List(s.Offices()))
		}
	}
	if len(of) == 0 {
		return Condition{}
	}
	x.SQL = "(" + x.SQL + " AND (" + strings.Join(of, " OR ") + "))"
	return x
}

// End is the smallest text greater than every path below path: paths end in
// "/", and "0" follows "/" in every byte-wise collation.
func End(path string) string { return strings.TrimSuffix(path, "/") + "0" }
