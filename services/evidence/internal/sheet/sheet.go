// Package sheet reads and writes the workbooks of tables.
package sheet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/xlsx"
	"github.com/xuri/excelize/v2"
)

const maxUnzipped = 64 << 20

// Workbooks implements evidence.Sheets.
type Workbooks struct{}

// Read implements evidence.Sheets.
func (Workbooks) Read(data []byte, row func(number int, cells []string) error) error {
	_, err := xlsx.Rows(data, maxUnzipped, func(number int, cells []string) error {
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
		return fault.New(fault.Invalid, "sheet_unreadable", "The file cannot be read; nothing was taken in.").WithField(where, bad.Why, nil)
	}
	return err
}

// Day implements evidence.Sheets: a cell formatted as a date holds the number
// of days since the end of 1899.
func (Workbooks) Day(cell string) (time.Time, bool) {
	n, err := strconv.ParseFloat(cell, 64)
	// From 1900 to 2200; a smaller number is a count that got into the wrong column.
	if err != nil || n < 367 || n > 110_000 {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(n, false)
	return t, err == nil
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
