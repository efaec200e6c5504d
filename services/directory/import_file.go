package directory

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/text"
)

// column is a column of an import, by its names in both languages and what
// people call it, too.
type column struct {
	name, chinese string
	required      bool
	limit         int // characters
	also          []string
}

func tableColumns(columns []column) []table.Column {
	cs := make([]table.Column, len(columns))
	for i, c := range columns {
		cs[i] = table.Column{Name: c.name, Title: c.chinese, Also: c.also, Required: c.required}
	}
	return cs
}

// place is where the columns of a file stand, to name the cell that is wrong.
type place struct {
	sheet   string
	letters map[string]string // by column
}

func (p place) say(row int, column string, why fault.Text) fault.Text {
	if l := p.letters[column]; l != "" {
		return table.Where(p.sheet, l+strconv.Itoa(row), why)
	}
	return why
}

// lineOf is one line of a file.
type lineOf struct {
	row     int
	cells   []table.Cell
	columns []column
	ps      *problems
}

// list is a kind of file that is taken in: its columns, and the most lines.
type list struct {
	columns []column
	most    int64
}

// readLines reads a file whose headings name columns in any order. What is
// wrong with headings goes to ps.
func (s *Service) readLines(ctx context.Context, up Upload, l list, ps *problems, each func(lineOf)) (present map[string]bool, n int64, err error) {
	columns, limit := l.columns, l.most
	in := table.Input{Who: up.PersonID, Type: up.ContentType, Body: up.Body, Columns: tableColumns(columns), Rows: int(limit)}
	book, err := s.tables(ctx, in, func(r table.Row) error {
		if n++; n > limit {
			return fault.New(fault.Invalid, "import_too_long", "The file has more than %d lines; split it.", limit)
		}
		if ps.place.letters == nil {
			ps.place = placeOf(r, columns)
		}
		if r.Stray != nil {
			ps.add(r.Number, "", r.Stray.Shown, r.StrayText())
		}
		each(lineOf{row: r.Number, cells: r.Cells, columns: columns, ps: ps})
		return nil
	})
	var headless *table.Headless
	var broken *table.Unreadable
	switch {
	case errors.As(err, &headless):
		for _, p := range headless.Problems {
			if k := table.Key(p.Column); k == "角色" || k == "roles" || k == "role" {
				p.Why = "roles are given by a security administrator; send them to POST /api/v1/imports/grants"
			}
			ps.add(p.Row, p.Column, "", p.Why)
		}
		return map[string]bool{}, n, nil
	case errors.As(err, &broken):
		return nil, n, unreadable(broken)
	case err != nil:
		return nil, n, err
	}
	present = map[string]bool{}
	for i, c := range columns {
		present[c.name] = book.Has[i]
	}
	return present, n, nil
}

func placeOf(r table.Row, columns []column) place {
	p := place{sheet: r.Sheet, letters: map[string]string{}}
	for i, c := range columns {
		p.letters[c.name] = strings.TrimRight(r.Cells[i].At, "0123456789")
	}
	return p
}

func unreadable(u *table.Unreadable) error {
	if u.Unsupported {
		return fault.New(fault.Unsupported, "import_type", u.Why)
	}
	return fault.New(fault.Invalid, "import_file", "The file cannot be read; nothing was imported.").WithField(u.Place(), u.Why, nil)
}

func (l lineOf) cell(name string) (table.Cell, column) {
	for i, c := range l.columns {
		if c.name == name {
			return l.cells[i], c
		}
	}
	return table.Cell{}, column{}
}

// text is what a cell shows; what is wrong with it is a problem.
func (l lineOf) text(name string) string {
	cell, c := l.cell(name)
	v, why := cell.Text()
	v = text.Line(v)
	switch {
	case why != "":
		l.ps.add(l.row, name, text.Line(cell.Shown), why)
	case len(v) > c.limit && len([]rune(v)) > c.limit:
		l.ps.add(l.row, name, v, "is longer than %d characters", c.limit)
	}
	return v
}

// count is the whole number in a cell that counts something.
func (l lineOf) count(name string) int64 {
	cell, _ := l.cell(name)
	n, why := cell.Whole()
	switch {
	case why != "":
		l.ps.add(l.row, name, cell.Shown, why)
	case n < 0 || n > 1_000_000_000:
		l.ps.add(l.row, name, cell.Shown, "expected a whole number that is not negative")
	default:
		return n
	}
	return 0
}

// degrees is a coordinate up to most; 0 where there is none.
func (l lineOf) degrees(name string, most float64) float64 {
	cell, _ := l.cell(name)
	x, why := cell.Number()
	switch {
	case why != "":
		l.ps.add(l.row, name, cell.Shown, why)
	case x < -most || x > most:
		l.ps.add(l.row, name, cell.Shown, "expected degrees from -%v to %v", most, most)
	default:
		return x
	}
	return 0
}

// CodeKey is what codes have in common that differ in case only: they are one.
func CodeKey(code string) string { return strings.ToLower(code) }

// codes finds units by their code, in whatever case it is written.
type codes struct {
	exact map[string]Unit
	keys  map[string][]string // exact codes by key
}

func newCodes(exact map[string]Unit) codes {
	c := codes{exact: exact, keys: map[string][]string{}}
	for code := range exact {
		k := CodeKey(code)
		c.keys[k] = append(c.keys[k], code)
	}
	return c
}

func (c codes) find(code string) (Unit, bool) {
	if u, ok := c.exact[code]; ok {
		return u, true
	}
	// Of several that older versions have let in, none is meant.
	if like := c.keys[CodeKey(code)]; len(like) == 1 {
		return c.exact[like[0]], true
	}
	return Unit{}, false
}
