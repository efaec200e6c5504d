package tablefile

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
)

const (
	maxRow    = 1_048_576
	maxColumn = 16_384
	maxMerges = 50_000
	// maxFormatting is how much of a sheet may say nothing at a stretch.
	maxFormatting = 32 << 20
	// maxRowText is how much a row may say, in bytes.
	maxRowText = 1 << 20
)

// errEnough ends the reading of a sheet of which no more is wanted.
var errEnough = errors.New("enough")

// area is a range of merged cells, counted from 0.
type area struct {
	top, bottom, left, right int
	first                    table.Cell
}

// line is a row of a sheet: as wide as it has cells, at most MaxColumns.
type line struct {
	number int // from 1
	cells  []table.Cell
}

// sheet reads a worksheet.
type sheet struct {
	b      *book
	p      *painter
	part   sheetPart
	merges []*area // by top
}

// open finds the merged cells of a sheet, which stand behind its rows.
func (b *book) open(p *painter, part sheetPart) (*sheet, error) {
	sh := &sheet{b: b, p: p, part: part}
	err := b.part(part.part, b.left, func(s *scanner) error {
		if ok, err := s.to("sheetData"); err != nil || !ok {
			return err
		}
		if !s.empty {
			if err := s.over("sheetData>"); err != nil {
				return err
			}
		}
		for {
			ok, err := s.to("mergeCell")
			if err != nil || !ok {
				return err
			}
			if len(sh.merges) == maxMerges {
				return errTooMuch
			}
			if a, ok := areaOf(s.attr("ref")); ok {
				sh.merges = append(sh.merges, a)
			}
		}
	})
	slices.SortStableFunc(sh.merges, func(a, b *area) int { return a.top - b.top })
	return sh, err
}

// over reads on until after the tag that ends so; what lies between is not
// looked at.
func (s *scanner) over(end string) error {
	for {
		b, err := s.r.ReadSlice('>')
		switch {
		case err == nil:
			if bytes.HasSuffix(b, []byte(end)) && bytes.Contains(b[max(0, len(b)-len(end)-20):], []byte("</")) {
				s.depth--
				return nil
			}
		case errors.Is(err, io.EOF):
			return errDamaged
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func areaOf(ref string) (*area, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return nil, false
	}
	c1, r1, ok1 := place(from)
	c2, r2, ok2 := place(to)
	if !ok1 || !ok2 || c2 < c1 || r2 < r1 || c1 >= table.MaxColumns {
		return nil, false
	}
	return &area{top: r1, bottom: r2, left: c1, right: min(c2, table.MaxColumns-1)}, true
}

// place is where a reference such as B2 points to, counted from 0.
func place(ref string) (column, row int, ok bool) {
	i := 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	n := 0
	for _, c := range []byte(ref[i:]) {
		if c < '0' || c > '9' || n > maxRow {
			return 0, 0, false
		}
		n = n*10 + int(c-'0')
	}
	return column - 1, n - 1, column >= 1 && column <= maxColumn && n >= 1 && n <= maxRow
}

// rows gives the rows that hold something, with merged cells filled in, until
// each ends it.
func (sh *sheet) rows(each func(line) error) error {
	for _, a := range sh.merges {
		a.first = table.Cell{}
	}
	next, open := 0, []*area(nil)
	return sh.b.part(sh.part.part, sh.b.left, func(s *scanner) error {
		ok, err := s.to("sheetData")
		if err != nil {
			return err
		}
		if !ok {
			return errDamaged
		}
		l := line{cells: make([]table.Cell, 0, table.MaxColumns)}
		quiet := s.read
		for {
			k, err := s.next()
			if err != nil {
				return err
			}
			switch {
			case k == ended, k == closed && string(s.name) == "sheetData":
				return nil
			case k == opened && string(s.name) == "row":
			default:
				continue
			}
			if err := sh.row(s, &l); err != nil {
				return err
			}
			said := slices.ContainsFunc(l.cells, func(c table.Cell) bool { return !c.Empty() })
			for next < len(sh.merges) && sh.merges[next].top < l.number {
				open = append(open, sh.merges[next])
				next++
			}
			open = slices.DeleteFunc(open, func(a *area) bool { return a.bottom < l.number-1 })
			if len(open) > table.MaxColumns {
				return errDamaged // they lie over each other
			}
			fill(&l, open, said)
			if !said {
				if s.read-quiet > maxFormatting {
					return &table.Unreadable{Row: l.number, Why: "the sheet has too many empty but formatted rows and columns; delete them, save the file and send it again"}
				}
				continue
			}
			quiet = s.read
			if err := each(l); err != nil {
				return err
			}
		}
	})
}

// fill gives the cells that are merged the value of their first.
func fill(l *line, open []*area, said bool) {
	for _, a := range open {
		if a.top == l.number-1 && a.left < len(l.cells) {
			a.first = l.cells[a.left]
		}
		if !said || a.first.Kind == table.Blank {
			continue
		}
		for i := a.left; i <= a.right; i++ {
			if i == a.left && a.top == l.number-1 {
				continue
			}
			for len(l.cells) <= i {
				l.cells = append(l.cells, table.Cell{})
			}
			l.cells[i] = a.first
			l.cells[i].Copied = true
		}
	}
}

// row reads the cells of a row.
func (sh *sheet) row(s *scanner, l *line) error {
	l.cells = l.cells[:0]
	n, last := l.number+1, -1
	if r := s.attr("r"); r != "" {
		var err error
		if n, err = strconv.Atoi(r); err != nil || n <= l.number || n > maxRow {
			return errDamaged
		}
	}
	l.number = n
	size := 0
	for {
		k, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case k == ended:
			return errDamaged
		case k == closed && string(s.name) == "row":
			return nil
		case k == opened && string(s.name) == "c":
		default:
			continue
		}
		at := last + 1
		if ref := s.attr("r"); ref != "" {
			c, r, ok := place(ref)
			if !ok || r != n-1 || c <= last {
				return errDamaged
			}
			at = c
		}
		if last = at; at >= maxColumn {
			return errDamaged
		}
		cell, err := sh.cell(s)
		if err != nil {
			return err
		}
		if cell.Empty() {
			continue
		}
		if at >= table.MaxColumns {
			return &table.Unreadable{Row: n, Why: table.Where(sh.part.name, table.Name(at)+strconv.Itoa(n), fault.Textf("a row has at most %d columns; remove what stands further to the right", table.MaxColumns))}
		}
		if size += len(cell.Shown); size > maxRowText {
			return &table.Unreadable{Row: n, Why: "the row holds too much text; split it"}
		}
		for len(l.cells) <= at {
			l.cells = append(l.cells, table.Cell{})
		}
		l.cells[at] = cell
	}
}

// cell reads a cell, whose tag has been read.
func (sh *sheet) cell(s *scanner) (table.Cell, error) {
	typ := s.attr("t")
	style := -1
	if v := s.attr("s"); v != "" {
		style, _ = strconv.Atoi(v)
	}
	var value texts
	formula, result, inside, phonetic := false, false, false, 0
	for {
		k, err := s.next()
		if err != nil {
			return table.Cell{}, err
		}
		if k == ended {
			return table.Cell{}, errDamaged
		}
		if k == text {
			if inside && phonetic == 0 {
				value.add(s)
			}
			continue
		}
		switch string(s.name) {
		case "c":
			if k == closed {
				return sh.valueOf(typ, style, &value, formula && !result)
			}
		case "f":
			formula = true
		case "v":
			inside = k == opened
			result = true
		case "t":
			inside = k == opened
		case "rPh":
			if phonetic++; k == closed {
				phonetic -= 2
			}
		}
	}
}

func (sh *sheet) valueOf(typ string, style int, value *texts, unsaved bool) (table.Cell, error) {
	if unsaved {
		return table.Cell{Kind: table.Unsaved, Shown: "="}, nil
	}
	if value.huge {
		return table.Cell{Kind: table.Huge}, nil
	}
	raw, ok := value.String()
	if !ok {
		return table.Cell{}, errDamaged
	}
	switch typ {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(raw))
		if strings.TrimSpace(raw) == "" {
			return table.Cell{}, nil
		}
		t, terr := sh.b.shareds()
		if terr != nil {
			return table.Cell{}, terr
		}
		s, kind, found := t.get(n)
		if err != nil || !found {
			return table.Cell{}, errDamaged
		}
		return table.Cell{Kind: kind, Shown: s}, nil
	case "str", "inlineStr":
		if tooLong(raw) {
			return table.Cell{Kind: table.Huge}, nil
		}
		return table.Cell{Kind: table.Text, Shown: raw}, nil
	}
	if raw = strings.TrimSpace(raw); raw == "" {
		return table.Cell{}, nil
	}
	if len(raw) > 100 {
		return table.Cell{}, errDamaged
	}
	switch typ {
	case "b":
		if yes(raw) {
			return table.Cell{Kind: table.Truth, Shown: "TRUE", Value: 1}, nil
		}
		return table.Cell{Kind: table.Truth, Shown: "FALSE"}, nil
	case "e":
		return table.Cell{Kind: table.Error, Shown: raw}, nil
	case "d":
		day, rest, _ := strings.Cut(raw, "T")
		if isDay(day) {
			return table.Cell{Kind: table.Moment, Day: day, Shown: strings.TrimSuffix(day+" "+rest, " ")}, nil
		}
		return table.Cell{Kind: table.Text, Shown: raw}, nil
	}
	return sh.b.number(sh.p, raw, style), nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
