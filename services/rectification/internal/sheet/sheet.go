// Package sheet reads and writes XLSX workbooks. Nothing in a file can make it
// use unbounded memory, and nothing it writes is taken for a formula.
package sheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/xlsx"
	"github.com/duban/duban/services/rectification"
	"github.com/xuri/excelize/v2"
)

const maxUnzipped = 64 << 20

// Workbooks implements rectification.Sheets.
type Workbooks struct{}

// Read implements rectification.Sheets.
func (Workbooks) Read(data []byte, row func(number int, cells []string) error) (title string, err error) {
	title, err = xlsx.Rows(data, maxUnzipped, func(number int, cells []string) error {
		for i, c := range cells {
			cells[i] = unescape(strings.TrimSpace(c))
		}
		return row(number, cells)
	})
	if bad, ok := errors.AsType[*xlsx.Broken](err); ok {
		where := "body"
		if bad.Row > 0 {
			where = fmt.Sprintf("row %d", bad.Row)
		}
		return "", fault.New(fault.Invalid, "sheet_unreadable", "The file cannot be read; nothing was imported.").WithField(where, bad.Why, nil)
	}
	return title, err
}

// Write implements rectification.Sheets.
func (Workbooks) Write(t rectification.Table) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", t.Sheet); err != nil {
		return nil, fmt.Errorf("name sheet: %w", err)
	}
	if err := f.SetDocProps(&excelize.DocProperties{Title: t.Title, Creator: "Duban"}); err != nil {
		return nil, fmt.Errorf("title of workbook: %w", err)
	}
	head, err := f.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true}, Border: border,
	})
	if err != nil {
		return nil, fmt.Errorf("style: %w", err)
	}
	body, err := f.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}, Border: border})
	if err != nil {
		return nil, fmt.Errorf("style: %w", err)
	}
	w, err := f.NewStreamWriter(t.Sheet)
	if err != nil {
		return nil, fmt.Errorf("write sheet: %w", err)
	}
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		if err := w.SetColWidth(i+1, i+1, c.Width); err != nil {
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
			cells[i] = excelize.Cell{StyleID: body, Value: v}
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

var border = []excelize.Border{
	{Type: "left", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"},
	{Type: "top", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"},
}

// Escape keeps a text from being taken for a formula by whatever opens the
// file, or by whoever saves it as CSV.
func Escape(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func unescape(s string) string {
	if len(s) > 1 && s[0] == '\'' && strings.ContainsRune("=+-@", rune(s[1])) {
		return s[1:]
	}
	return s
}
