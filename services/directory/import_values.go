package directory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// UnknownValue is what a file says that no code list knows.
type UnknownValue struct {
	Column string
	Value  string
	Rows   int // how many have it
	First  int // the first of them
	// Nearest is what may be meant; without a code where nothing is like it.
	Nearest Code
}

// splitSectors are the lines that a cell names, written with some mark between.
func splitSectors(cell string) []string {
	return strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune("、,，;；|/\\\n", r) })
}

// values puts the codes of the lists in place of what the lines call them, and
// collects what no list knows: one problem for each such value. A unit keeps a
// closed value that it has; no other gets it.
func (p *unitsPlan) values(b CodeBook) {
	unknown := map[listed]*UnknownValue{}
	code := func(l *unitLine, list, column, written string, has []string) string {
		written = strings.TrimSpace(written)
		if written == "" {
			return ""
		}
		c, ok := b.find(list, written)
		if ok && (c.Open || slices.Contains(has, c.Code)) {
			return c.Code
		}
		u := unknown[listed{column, written}]
		if u == nil {
			u = &UnknownValue{Column: column, Value: written, First: l.row}
			u.Nearest, _ = b.nearest(list, written)
			unknown[listed{column, written}] = u
		}
		u.Rows++
		return ""
	}
	for i := range p.lines {
		l := &p.lines[i]
		var had Unit
		if u, ok := p.existing.find(l.code); ok {
			had = u
		}
		l.kind = code(l, KindList, "kind", l.kind, []string{had.Kind})
		sectors := make([]string, len(l.sectors))
		for j, s := range l.sectors {
			sectors[j] = code(l, SectorList, "sectors", s, had.Sectors)
		}
		l.sectors = inOrder(sectors)
	}
	p.unknown = slices.SortedFunc(maps.Values(unknown), func(x, y *UnknownValue) int {
		return cmp.Or(cmp.Compare(x.First, y.First), strings.Compare(x.Column, y.Column), strings.Compare(x.Value, y.Value))
	})
	for _, u := range p.unknown {
		if u.Nearest.Code != "" {
			p.problems.add(u.First, u.Column, u.Value, "the code list does not know it (%d rows); did you mean %s (%s)?", u.Rows, u.Nearest.Chinese, u.Nearest.Code)
		} else {
			p.problems.add(u.First, u.Column, u.Value, "the code list does not know it (%d rows); add it to the list first, or choose another", u.Rows)
		}
	}
}
