// Package table holds what a table from outside is: columns that are found by
// what people call them, and cells that are read as they are shown. Package
// tablefile reads files into it; the rules of the services read values from it.
package table

import (
	"context"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// The media types of files with tables.
const (
	CSV  = "text/csv" // with a charset, or without
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// Types are the media types under which a table is taken. Under the last two,
// which browsers say of CSV where Excel is installed and of what they do not
// know, its content tells what it is.
var Types = []string{CSV, XLSX, "application/vnd.ms-excel", "application/octet-stream"}

// Limits of what a table may hold.
const (
	// MaxText is how many characters a cell holds, as in Excel.
	MaxText = 32_767
	// MaxColumns is how far to the right something may stand.
	MaxColumns = 100
	// MaxDigits is how many digits of a number a workbook keeps.
	MaxDigits = 15
)

// Column is a column that is looked for.
type Column struct {
	Name     string   // for programs
	Title    string   // what templates call it
	Also     []string // what people call it, too
	Required bool
}

// Input is a file with a table, and what is looked for in it.
type Input struct {
	Who     string // the person whose file it is
	Type    string // its media type, one of Types, with parameters; where it is empty, its content tells
	Body    Body
	Columns []Column
	// Rows is how many records are taken; one more is handed over, so that the
	// reader of it can refuse in its own words.
	Rows int
}

// Body is the content of a file, as *bytes.Reader has it.
type Body interface {
	io.ReaderAt
	Size() int64
}

// Read reads a table: it calls row with each record, whose cells stand in the
// order of the columns that were asked for. Sheets that are hidden are passed
// over; rows and columns that are hidden are taken: those are hidden for the
// eye, by a filter for example. Errors: *Unreadable, *Headless, faults
// of kind Limited or Unavailable while too many files are being read, and what
// row ends in.
type Read func(ctx context.Context, in Input, row func(Row) error) (Book, error)

// Book is what is known of a file beside its records.
type Book struct {
	Title string // the workbook's own
	Sheet string // where the table was found; empty in CSV
	Head  int    // the row of its headings
	Has   []bool // by column: whether it is there
}

// Kind says what a cell holds.
type Kind byte

// Kinds of cells.
const (
	Blank   Kind = iota
	Text         // what was typed
	Number       // shown as a number
	Moment       // shown as a day, with or without a time
	Clock        // shown as a time of day
	Truth        // TRUE or FALSE
	Error        // an error of a formula, as #N/A
	Unsaved      // a formula whose result is not in the file
	Long         // a number of which digits are lost
	Huge         // a text longer than MaxText
)

// Cell is a cell as it is shown.
type Cell struct {
	Kind  Kind
	Shown string  // as people see it, space around it included; at most MaxText characters
	Value float64 // of Number, Moment, Clock and Truth
	Day   string  // of Moment, and of a Number that would be a day of 2000 to 2100: as 2026-09-19
	At    string  // as B2
	// Copied tells that it lies in merged cells and has the value of their first.
	Copied bool
}

// Row is a record.
type Row struct {
	Number int // as people count
	Sheet  string
	Cells  []Cell // by column
	Stray  *Cell  // something that stands below no heading
}

// Unreadable says why a file cannot be read.
type Unreadable struct {
	Row int // 0 where it is about no row
	Why fault.Text
	// Unsupported tells that it is not of a type that is read at all.
	Unsupported bool
}

// Error implements error.
func (u *Unreadable) Error() string { return fmt.Sprintf("row %d: %s", u.Row, u.Why) }

// Place is where in the request the trouble is, as a fault.Field names it.
func (u *Unreadable) Place() string {
	if u.Row > 0 {
		return fmt.Sprintf("row %d", u.Row)
	}
	return "body"
}

// Headless is a file in which the columns were not found.
type Headless struct{ Problems []Problem }

// Error implements error.
func (h *Headless) Error() string { return fmt.Sprintf("%d columns are wrong", len(h.Problems)) }

// Problem is what is wrong with a heading.
type Problem struct {
	Row    int
	Column string // the column that is missing, by its name, or what stands there
	Title  string // the same by its title
	Why    fault.Text
}

// Where puts the place of a cell before what is wrong with it.
func Where(sheet, at string, why fault.Text) fault.Text {
	switch {
	case at == "":
		return why
	case sheet == "":
		return fault.Textf("cell %s: %s", at, why)
	}
	return fault.Textf("sheet %q, cell %s: %s", sheet, at, why)
}

// Wrong says what is wrong with a cell of the row, and where it stands.
func (r Row) Wrong(column int, why fault.Text) fault.Text {
	return Where(r.Sheet, r.Cells[column].At, why)
}

// NoHeading is what is said of a value below no heading.
const NoHeading fault.Text = "the value stands below no heading; give its column a heading or remove it"

// StrayText is what to say of Stray.
func (r Row) StrayText() fault.Text { return Where(r.Sheet, r.Stray.At, NoHeading) }

// Name is how a column, counted from 0, is called in a sheet.
func Name(column int) string {
	var b []byte
	for column++; column > 0; column = (column - 1) / 26 {
		b = append(b, byte('A'+(column-1)%26))
	}
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// Empty tells whether nothing is seen in the cell.
func (c Cell) Empty() bool {
	if c.Kind != Text {
		return c.Kind == Blank
	}
	s := strings.TrimSpace(c.Shown)
	if s == "" {
		return true
	}
	// Most texts begin with something that is seen.
	if r, _ := utf8.DecodeRuneInString(s); r > ' ' && r < 0x7f || unicode.Is(unicode.Han, r) {
		return false
	}
	return text.Plain(s) == ""
}

// Formula tells whether a text would be taken for a formula by whatever opens
// the file that it is written to as it is, or by whoever saves that as CSV.
func Formula(s string) bool { return s != "" && strings.ContainsRune("=+-@", rune(s[0])) }

// Unescape is a text as it was before the ' in front of it that keeps it from
// being a formula.
func Unescape(s string) string {
	if len(s) > 1 && s[0] == '\'' && Formula(s[1:]) {
		return s[1:]
	}
	return s
}
