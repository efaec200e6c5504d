package xlsx

import (
	"fmt"
	"strings"

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

// Write makes a workbook whose heading stays in sight. No text in it is taken
// for a formula, by whatever opens it or by whoever saves it as CSV; Unescape
// gives such a text back.
func Write(t Table) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", t.Sheet); err != nil {
		return nil, fmt.Errorf("name sheet: %w", err)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: t.Title, Creator: "Duban"}); err != nil {
		return nil, fmt.Errorf("title of workbook: %w", err)
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
	for n, r := range t.Rows {
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
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("write sheet: %w", err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return out.Bytes(), nil
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

const risky = "=+-@"

// Escape keeps a text from being taken for a formula by whatever opens the file,
// or by whoever saves it as CSV.
func Escape(s string) string {
	if s != "" && strings.ContainsRune(risky, rune(s[0])) {
		return "'" + s
	}
	return s
}

// Unescape is the text of a cell as it was before Write.
func Unescape(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune(risky, rune(s[1])) {
		return s[1:]
	}
	return s
}
