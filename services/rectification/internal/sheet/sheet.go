// Package sheet reads tables and writes the workbooks of them; nothing that it
// writes is taken for a formula.
package sheet

import (
	"github.com/duban/duban/services/internal/tablefile"
	"github.com/duban/duban/services/internal/xlsx"
	"github.com/duban/duban/services/rectification/checklist"
)

// Tables implements checklist.Sheets.
type Tables struct{ tablefile.Reader }

var _ checklist.Sheets = (*Tables)(nil)

func (Tables) Write(t checklist.Table) ([]byte, error) {
	w := xlsx.Table{Title: t.Title, Sheet: t.Sheet, Rows: t.Rows}
	for _, c := range t.Columns {
		w.Columns = append(w.Columns, xlsx.Column{Title: c.Title, Width: c.Width})
	}
	return xlsx.Write(w)
}
