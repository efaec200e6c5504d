// Package paper writes documents as Word and Excel files.
//
// The layout is that of GB/T 9704-2012 (Layout key for official document of
// Party and government organs): A4, a type area of 156 × 225 mm with 37 mm
// above and 28 mm on the binding side, 22 lines of 28 characters, the title in
// 22 pt, everything else in 16 pt. Wide tables lie on pages that are turned,
// with the binding side at the top.
//
// Both formats walk the same paper, passage by passage and row by row, and are
// laid by the same measure: a text takes the room it needs, whatever its length,
// and none is cut. What is too long for a row of a table stands behind it, whole.
package paper

import (
	"fmt"

	"github.com/duban/duban/services/rectification/document"
)

// Writer implements document.Papers.
type Writer struct{}

var _ document.Papers = (*Writer)(nil)

func (Writer) WritePaper(p document.Paper, format string) ([]byte, error) {
	switch format {
	case document.Word:
		return word(lay(p))
	case document.Workbook:
		return workbook(lay(p))
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// Margins of a page in millimetres, from GB/T 9704-2012, 5.2: 37 above and 28
// on the binding side; below and outside is what the type area leaves.
const (
	pageWidth, pageHeight                 = 210.0, 297.0
	marginTop, marginLeft                 = 37.0, 28.0
	marginBottom, marginRight             = 35.0, 26.0
	typeWidth                             = pageWidth - marginLeft - marginRight
	turnedWidth                           = pageHeight - marginTop - marginBottom
	linesOfPage, charactersOfLine         = 22, 28
	millimetresOfInch, pointsOfInch       = 25.4, 72.0
	twipsOfInch, pixelsOfInch, emusOfInch = 1440.0, 96.0, 914400
	bodySize, titleSize, originSize       = 16.0, 22.0, 9.0
)

func twips(mm float64) int { return int(mm/millimetresOfInch*twipsOfInch + 0.5) }
