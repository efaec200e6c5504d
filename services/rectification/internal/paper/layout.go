package paper

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/duban/duban/services/rectification/document"
)

// What a table is set in.
const (
	manyColumns = 8    // tables with more have the smaller characters
	cellSize    = 10.5 // points
	smallSize   = 9.0
	// leading is how high a line is to its characters, with the highest of the
	// fonts that a reader may have.
	leading = 1.45

	padding    = 2.2  // millimetres that a cell leaves free beside its text
	setTighter = 0.97 // of a cell is filled: a printer may set wider than a screen
	tallest    = 400  // points of a row; Excel takes none above 409
	rowPadding = 6    // points of a row besides its text
	headLines  = 5    // at most, of the title of a column
	longWord   = 12   // em of a word that is kept whole
	narrowest  = 3    // em of a column with texts, where one has as much
	boxWidth   = 27.0 // millimetres of the place of a picture, which is square
	gap        = 1.0  // millimetres around a picture
)

// laid is a paper as both formats set it: all that it says in its order, and how
// wide and high its parts are.
type laid struct {
	name    string
	origin  document.Origin
	upright bool
	above   []document.Passage
	below   []document.Passage

	size   float64   // points of the characters of the table
	titles []string  // of the columns
	widths []float64 // of the columns, in millimetres
	head   float64   // height of the titles, in points
	rows   []row
}

// row is a row of the table.
type row struct {
	cells  []cell
	height float64 // points
	long   bool    // it has more lines than are set in the middle
}

type cell struct {
	document.Cell
	lines int
	note  int // the text behind the table that it names; 0 for none
}

// named is what a cell says whose text stands behind the table, with the first
// line of it where that is short.
func (c *cell) named(n int) string {
	said := fmt.Sprintf("（全文见表后附文%d）", n)
	lead, rest, _ := strings.Cut(c.Text, "\n")
	if c.note > 0 || rest == "" || len(c.Pictures) > 0 || ems(lead) > leadEm {
		return said
	}
	return lead + "\n" + said
}

// width is that of the table and of all that stands around it, in millimetres.
func (l *laid) width() float64 {
	if l.upright {
		return typeWidth
	}
	return turnedWidth
}

// lineHeight is that of the table, in points.
func (l *laid) lineHeight() float64 { return l.size * leading }

// room is how many em stand side by side in a width of millimetres.
func room(mm, size float64) float64 {
	return max(1, (mm-padding)*setTighter/(size/pointsOfInch*millimetresOfInch))
}

// widthFor is the width in millimetres that some em need.
func widthFor(em, size float64) float64 {
	return em*size/pointsOfInch*millimetresOfInch/setTighter + padding
}

// lay sets a paper. What is too long for a row stands behind the table, whole,
// and its cell names it.
func lay(p document.Paper) *laid {
	l := &laid{name: p.Name, origin: p.Origin, upright: p.Upright, above: p.Above(), titles: p.Columns, size: cellSize}
	if len(p.Columns) > manyColumns {
		l.size = smallSize
	}
	for _, r := range p.Rows {
		cells := make([]cell, len(r))
		for i, c := range r {
			cells[i].Cell = c
		}
		l.rows = append(l.rows, row{cells: cells})
	}
	var notes []document.Passage
	for again := true; again; {
		l.divide()
		l.measure()
		again = l.noted(&notes)
	}
	l.heights()
	l.below = slices.Concat(p.Below(), notes, p.Ending())
	return l
}

// measure counts the lines of the titles and of every cell.
func (l *laid) measure() {
	most := 1
	for i, t := range l.titles {
		most = max(most, lines(t, room(l.widths[i], l.size)))
	}
	l.head = float64(most)*l.lineHeight() + rowPadding
	for _, r := range l.rows {
		for i := range r.cells {
			r.cells[i].lines = lines(r.cells[i].Text, room(l.widths[i], l.size))
		}
	}
}

// tall is how high a row can be: a page holds it below the titles.
func (l *laid) tall() float64 {
	page := pageHeight - marginTop - marginBottom
	if !l.upright {
		page = pageWidth - marginLeft - marginRight
	}
	return min(tallest, page/millimetresOfInch*pointsOfInch-l.head-2*rowPadding)
}

// cellHeight is how high a cell is, in points.
func (l *laid) cellHeight(c cell) float64 {
	return float64(c.lines)*l.lineHeight() + float64(len(c.Pictures))*boxWidth/millimetresOfInch*pointsOfInch + rowPadding
}

// noted moves the texts of one column that are too long for a row behind the
// table, of the one with the longest, and tells whether there was any: the others
// may have room then. The same text stands there once.
func (l *laid) noted(notes *[]document.Passage) bool {
	at, most := -1, l.tall()
	for _, r := range l.rows {
		for j, c := range r.cells {
			if h := l.cellHeight(c); c.Rows >= 0 && h > most && (c.note == 0 || c.Text != c.named(c.note)) {
				at, most = j, h
			}
		}
	}
	if at < 0 {
		return false
	}
	known := map[string]int{}
	for _, r := range l.rows {
		c := &r.cells[at]
		switch {
		case c.Rows < 0 || l.cellHeight(*c) <= l.tall():
		case c.note > 0:
			c.Text = c.named(c.note)
		default:
			n := known[c.Text]
			if n == 0 {
				n = len(*notes)/2 + 1
				known[c.Text] = n
				*notes = append(*notes,
					document.Passage{Role: document.RoleNote, Text: fmt.Sprintf("附文%d　%s（%s%s）", n, l.titles[at], l.titles[0], r.cells[0].Text)},
					document.Passage{Role: document.RoleNoteText, Text: c.Text})
			}
			c.Text = c.named(n)
			c.note = n
		}
	}
	return true
}

// leadEm is how long the first line of a text may be that stays in its cell when
// the text stands behind the table.
const leadEm = 210

// heights are how high each row has to be for what is in it. A cell that extends
// over several rows finds room in the first: no page ends within its text.
func (l *laid) heights() {
	for i := range l.rows {
		r := &l.rows[i]
		most := 0
		for _, c := range r.cells {
			if c.Rows < 0 {
				continue
			}
			r.height = max(r.height, l.cellHeight(c))
			most = max(most, c.lines)
		}
		r.height = max(r.height, l.lineHeight()+rowPadding)
		r.long = most > middleLines
	}
}

// middleLines is how many lines a row has at most whose cells are set in the
// middle; a longer text is read from the top.
const middleLines = 6

// divide divides the width among the columns by what stands in them: each has
// what its longest word and its title need, the rest goes where it saves the
// most lines. A column that is empty gives way.
func (l *laid) divide() {
	total := l.width()
	widths := make([]float64, len(l.titles))
	long := make([][][]float64, len(l.titles)) // of every cell, its lines in em
	sum := 0.0
	for j, t := range l.titles {
		widths[j] = l.least(j, t)
		sum += widths[j]
		for _, r := range l.rows {
			if c := r.cells[j]; c.Rows >= 0 && c.Text != "" {
				var of []float64
				for s := range strings.Lines(c.Text) {
					of = append(of, ems(s))
				}
				long[j] = append(long[j], of)
			}
		}
	}
	if sum > total {
		for j := range widths {
			widths[j] *= total / sum
		}
	}
	saved := make([]float64, len(widths))
	for j := range widths {
		saved[j] = l.saves(long[j], widths[j])
	}
	for left := total - sum; left >= widen; left -= widen {
		best := 0
		for j := range saved {
			if saved[j] > saved[best] {
				best = j
			}
		}
		if saved[best] < worthwhile {
			break
		}
		widths[best] += widen
		saved[best] = l.saves(long[best], widths[best])
	}
	// What is left is divided among all.
	sum = 0
	for _, w := range widths {
		sum += w
	}
	for j := range widths {
		widths[j] *= total / sum
	}
	l.widths = widths
}

const (
	widen      = 1.0  // millimetres that a column is widened by at a time
	worthwhile = 0.01 // what widening saves at least
)

// saves is what widening a column saves: lines, those of long cells more.
func (l *laid) saves(cells [][]float64, width float64) float64 {
	now, then := room(width, l.size), room(width+widen, l.size)
	saved := 0.0
	for _, c := range cells {
		a, b := 0.0, 0.0
		for _, e := range c {
			a += max(1, e/now)
			b += max(1, e/then)
		}
		saved += a*a - b*b
	}
	return saved
}

// least is the least width of a column.
func (l *laid) least(j int, title string) float64 {
	need := math.Ceil(ems(title) / headLines)
	pictures := false
	for _, r := range l.rows {
		c := r.cells[j]
		pictures = pictures || len(c.Pictures) > 0
		for line := range strings.Lines(c.Text) {
			need = max(need, min(narrowest, ems(line)))
			for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r >= 0x2e80 || r == ' ' || r == '\n' }) {
				need = max(need, min(longWord, ems(word)))
			}
		}
	}
	w := widthFor(need+0.1, l.size)
	if pictures {
		w = max(w, boxWidth+padding)
	}
	return w
}
