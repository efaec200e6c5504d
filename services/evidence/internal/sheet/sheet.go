// Package sheet reads and writes the workbooks of tables.
package sheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/xlsx"
)

const maxUnzipped = 64 << 20

// Workbooks implements evidence.Sheets.
type Workbooks struct{}

// Read implements evidence.Sheets.
func (Workbooks) Read(data []byte, row func(number int, cells []string, days evidence.Days) error) error {
	_, err := xlsx.Rows(data, maxUnzipped, func(b xlsx.Book, number int, cells []string) error {
		for i, c := range cells {
			cells[i] = xlsx.Unescape(strings.TrimSpace(c))
		}
		return row(number, cells, b.Day)
	})
	if bad, ok := errors.AsType[*xlsx.Broken](err); ok {
		where := "body"
		if bad.Row > 0 {
			where = fmt.Sprintf("row %d", bad.Row)
		}
		return fault.New(fault.Invalid, "sheet_unreadable", "The file cannot be read; nothing was taken in.").WithField(where, bad.Why, nil)
	}
	return err
}

// Write implements evidence.Sheets.
func (Workbooks) Write(t evidence.Sheet) ([]byte, error) {
	w := xlsx.Table{Title: t.Title, Sheet: t.Name, Rows: t.Rows}
	for _, c := range t.Columns {
		width := max(12, 2.2*float64(len([]rune(c.Title))))
		w.Columns = append(w.Columns, xlsx.Column{Title: c.Title, Width: width, Choices: c.Choices, Plain: c.Plain})
	}
	return xlsx.Write(w)
}
