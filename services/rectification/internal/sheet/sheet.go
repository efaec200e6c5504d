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
)

const maxUnzipped = 64 << 20

// Workbooks implements rectification.Sheets.
type Workbooks struct{}

// Read implements rectification.Sheets.
func (Workbooks) Read(data []byte, row func(number int, cells []string) error) (title string, err error) {
	b, err := xlsx.Rows(data, maxUnzipped, func(_ xlsx.Book, number int, cells []string) error {
		for i, c := range cells {
			cells[i] = xlsx.Unescape(strings.TrimSpace(c))
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
	return b.Title, err
}

// Write implements rectification.Sheets.
func (Workbooks) Write(t rectification.Table) ([]byte, error) {
	w := xlsx.Table{Title: t.Title, Sheet: t.Sheet, Rows: t.Rows}
	for _, c := range t.Columns {
		w.Columns = append(w.Columns, xlsx.Column{Title: c.Title, Width: c.Width})
	}
	return xlsx.Write(w)
}
