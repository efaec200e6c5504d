// Package sheet reads tables and writes the workbooks of them.
package sheet

import (
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/tablefile"
	"github.com/duban/duban/services/internal/xlsx"
)

// Tables implements evidence.Sheets.
type Tables struct{ tablefile.Reader }

var _ evidence.Sheets = (*Tables)(nil)

func (Tables) Write(t evidence.Sheet) ([]byte, error) {
	w := xlsx.Table{Title: t.Title, Sheet: t.Name, Rows: t.Rows}
	for _, c := range t.Columns {
		width := max(12, 2.2*float64(len([]rune(c.Title))))
		w.Columns = append(w.Columns, xlsx.Column{Title: c.Title, Width: width, Choices: c.Choices, Plain: c.Plain})
	}
	return xlsx.Write(w)
}
