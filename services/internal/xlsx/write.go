// Package xlsx writes workbooks.
package xlsx

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/duban/duban/services/internal/table"
	"github.com/xuri/excelize/v2"
)

// Table is a workbook of one sheet that is to be written.
type Table struct {
	Title   string // of the workbook
	Sheet   string
	Columns []Column
	Rows    [][]any // texts, numbers, or nothing
}

// Column is a column of a table.
type Column struct {
	Title string
	Width float64 // in characters
	// Choices are what a cell may hold; whoever fills the sheet in picks one.
	Choices []string
	// Plain keeps what is typed from being turned into a number or a date.
	Plain bool
}

// fillable is how many rows below the heading are prepared for typing into.
const fillable = 1000

// MaxRows is how many rows a sheet holds below its heading.
const MaxRows = 1_048_575

// ErrTooLong is a table with more than MaxRows rows.
var ErrTooLong = errors.New("more rows than a sheet holds")

// Workbook is a workbook that was made. Close it.
type Workbook struct{ f *excelize.File }

// WriteTo implements io.WriterTo.
func (w *Workbook) WriteTo(to io.Writer) (int64, error) { return w.f.WriteTo(to) }

// Close forgets it, with what lies on the disk of a long one.
func (w *Workbook) Close() error { return w.f.Close() }

// Write makes a workbook of t and its rows, as Make does.
func Write(t Table) ([]byte, error) {
	w, err := Make(t, func(yield func([]any, error) bool) {
		for _, r := range t.Rows {
			if !yield(r, nil) {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	defer w.Close()
	out, err := w.f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return out.Bytes(), nil
}

// Make makes a workbook of t, whose heading stays in sight, with rows in place
// of its own; what is long goes to the disk as it comes. No text in it is taken
// for a formula, by whatever opens it or by whoever saves it as CSV;
// table.Unescape gives such a text back. An error of rows is returned as it is.
func Make(t Table, rows iter.Seq2[[]any, error]) (made *Workbook, err error) {
	f := excelize.NewFile()
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if err := f.SetSheetName("Sheet1", t.Sheet); err != nil {
		return nil, fmt.Errorf("name sheet: %w", err)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: t.Title, Creator: "Duban"}); err != nil {
		return nil, fmt.Errorf("title of workbook: %w", err)
	}
	if err := page(f, t.Sheet); err != nil {
		return nil, fmt.Errorf("page of sheet: %w", err)
	}
	style := func(s excelize.Style) int {
		id, e := f.NewStyle(&s)
		if e != nil {
			panic("xlsx: " + e.Error()) // a mistake above, found by every test
		}
		return id
	}
	head := style(excelize.Style{
		Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}, Border: border,
	})
	body := style(excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}, Border: border})
	plain := style(excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}, Border: border, NumFmt: 49})
	w, err := f.NewStreamWriter(t.Sheet)
	if err != nil {
		return nil, fmt.Errorf("write sheet: %w", err)
	}
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if err := w.SetColWidth(i+1, i+1, c.Width); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Title, err)
		}
		if c.Plain {
			if err := w.SetColStyle(i+1, i+1, plain); err != nil {
				return nil, fmt.Errorf("column %s: %w", c.Title, err)
			}
		}
		if err := choices(f, t.Sheet, i+1, c.Choices); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Title, err)
		}
		cells[i] = excelize.Cell{StyleID: head, Value: c.Title}
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, fmt.Errorf("freeze the heading: %w", err)
	}
	if err := w.SetRow("A1", cells); err != nil {
		return nil, fmt.Errorf("heading: %w", err)
	}
	n := 0
	for r, err := range rows {
		if err != nil {
			return nil, err
		}
		if n == MaxRows {
			return nil, ErrTooLong
		}
		for i, v := range r {
			if s, ok := v.(string); ok {
				v = Escape(s)
			}
			st := body
			if t.Columns[i].Plain {
				st = plain
			}
			cells[i] = excelize.Cell{StyleID: st, Value: v}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", n+2), cells[:len(r)]); err != nil {
			return nil, fmt.Errorf("row %d: %w", n+2, err)
		}
		n++
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("write sheet: %w", err)
	}
	return &Workbook{f}, nil
}

// page has a sheet printed on A4 that is turned, as wide as a page, with its
// heading on every one.
func page(f *excelize.File, sheet string) error {
	a4, turned, wide, tall, fit := 9, "landscape", 1, 0, true
	return errors.Join(
		f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &a4, Orientation: &turned, FitToWidth: &wide, FitToHeight: &tall}),
		f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + strings.ReplaceAll(sheet, "'", "''") + "'!$1:$1", Scope: sheet}))
}

func choices(f *excelize.File, sheet string, column int, of []string) error {
	if len(of) == 0 {
		return nil
	}
	name, err := excelize.ColumnNumberToName(column)
	if err != nil {
		return err
	}
	v := excelize.NewDataValidation(true)
	v.Sqref = fmt.Sprintf("%s2:%s%d", name, name, fillable+1)
	if err := v.SetDropList(of); err != nil {
		return err
	}
	return f.AddDataValidation(sheet, v)
}

var border = []excelize.Border{
	{Type: "left", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"},
	{Type: "top", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"},
}

// Escape keeps a text from being taken for a formula by whatever opens the file,
// or by whoever saves it as CSV; table.Unescape gives it back.
func Escape(s string) string {
	if table.Formula(s) {
		return "'" + s
	}
	return s
}
