package tablefile

import (
	"errors"
	"strconv"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

// headWithin is among how many rows that are not empty the headings are looked
// for: titles and notes stand above.
const headWithin = 20

// grid is a sheet, or a text split in one way; it can be read again.
type grid interface {
	name() string
	rows(each func(line) error) error
}

// headed is a grid with the row that names its columns.
type headed struct {
	grid  grid
	at    int // the number of that row; 0 where the grid is empty
	heads []string
	found table.Found
	// filled tells that there is a record below the headings.
	filled bool
}

// strange tells whether it has columns that are not looked for, as a list of
// words to choose from may.
func (x *headed) strange() bool { return len(x.found.Unknown) > 0 }

// headOf looks for the row that names most columns, all compulsory ones at best.
func headOf(h *table.Headings, g grid) (best headed, err error) {
	best.grid = g
	n := 0
	err = g.rows(func(l line) error {
		if n++; n > headWithin {
			if best.found.Full && !best.filled && best.found.Record(l.cells) {
				best.filled = true
			}
			return errEnough
		}
		heads := headsOf(l.cells)
		f := h.Find(heads)
		if best.at == 0 || f.Full && !best.found.Full || f.Full == best.found.Full && f.Known > best.found.Known {
			best = headed{grid: g, at: l.number, heads: heads, found: f}
			return nil
		}
		if best.found.Full && !best.found.Same(best.heads, l.cells) && best.found.Record(l.cells) {
			best.filled = true
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return best, err
}

// headsOf are the headings of a row; what is merged sideways is one.
func headsOf(cells []table.Cell) []string {
	heads := make([]string, len(cells))
	for i, c := range cells {
		if c.Kind != table.Text && c.Kind != table.Number || c.Copied && i > 0 && cells[i-1].Shown == c.Shown {
			continue
		}
		heads[i] = c.Shown
	}
	return heads
}

// explains are the names of sheets that explain how to fill in another.
var explains = []string{"示例", "样例", "例子", "填写说明", "填表说明", "说明", "example", "sample", "instruction"}

func explaining(name string) bool {
	k := table.Key(name)
	for _, w := range explains {
		if strings.Contains(k, w) {
			return true
		}
	}
	return false
}

// choose finds the one grid that holds the table.
func choose(h *table.Headings, grids []grid) (headed, error) {
	var all []headed
	for _, g := range grids {
		x, err := headOf(h, g)
		if err != nil {
			return headed{}, err
		}
		all = append(all, x)
	}
	var best *headed
	better := func(a, b *headed) bool {
		switch {
		case b == nil, a.found.Full != b.found.Full:
			return b == nil || a.found.Full
		case a.found.Full && a.filled != b.filled:
			return a.filled
		case explaining(a.grid.name()) != explaining(b.grid.name()):
			return !explaining(a.grid.name())
		case a.found.Full && a.strange() != b.strange():
			return b.strange()
		case (a.at > 0) != (b.at > 0):
			return a.at > 0
		}
		return a.found.Known > b.found.Known
	}
	for i := range all {
		if better(&all[i], best) {
			best = &all[i]
		}
	}
	if best == nil {
		return headed{}, &table.Unreadable{Why: "it has no sheet that is not hidden"}
	}
	for i := range all {
		x := &all[i]
		same := x.found.Full && x.filled && best.filled && x.found.Known == best.found.Known && x.strange() == best.strange()
		if x != best && same && !explaining(x.grid.name()) {
			return headed{}, &table.Unreadable{Why: fault.Textf("the sheets %q and %q both hold such a table; keep one of them, or hide the other", best.grid.name(), x.grid.name())}
		}
	}
	return *best, nil
}

// sink takes what is read.
type sink interface {
	book(table.Book) error
	row(table.Row) error
}

// take gives the records of a table to a sink.
func take(h *table.Headings, x headed, most int, title string, to sink) error {
	name := x.grid.name()
	if x.at == 0 {
		return &table.Headless{Problems: []table.Problem{{Row: 1, Why: "the file is empty; the first line must name the columns"}}}
	}
	if ps := h.Problems(x.found, name, x.at, x.heads); len(ps) > 0 {
		return &table.Headless{Problems: ps}
	}
	book := table.Book{Title: title, Sheet: name, Head: x.at, Has: make([]bool, len(x.found.At))}
	for i, at := range x.found.At {
		book.Has[i] = at >= 0
	}
	if err := to.book(book); err != nil {
		return err
	}
	n := 0
	err := x.grid.rows(func(l line) error {
		if l.number <= x.at || x.found.Same(x.heads, l.cells) || !x.found.Record(l.cells) {
			return nil
		}
		if n++; n > most+1 {
			return errEnough
		}
		return to.row(x.record(name, l))
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// record is a row of a table by its columns.
func (x headed) record(sheet string, l line) table.Row {
	r := table.Row{Number: l.number, Sheet: sheet, Cells: make([]table.Cell, len(x.found.At))}
	row := strconv.Itoa(l.number)
	for i, at := range x.found.At {
		if at < 0 {
			continue
		}
		if at < len(l.cells) {
			r.Cells[i] = l.cells[at]
		}
		r.Cells[i].At = table.Name(at) + row
	}
	for i, c := range l.cells {
		if c.Empty() || c.Copied || i < len(x.heads) && strings.TrimSpace(x.heads[i]) != "" {
			continue
		}
		c.At = table.Name(i) + row
		c.Shown = table.Clip(c.Shown)
		r.Stray = &c
		break
	}
	return r
}
