package paper

import (
	"bytes"
	"fmt"
	"image"
	"math"

	"github.com/duban/duban/services/internal/xlsx"
	"github.com/duban/duban/services/rectification/document"
	"github.com/xuri/excelize/v2"
)

const (
	sheetName = "Sheet1"
	// part is how high a row is, in points, that has a text above or below the
	// table; it goes on in the next. Excel ends pages between rows only.
	part = 160
	// digit is how many pixels a unit of the widths of columns has: a digit of the
	// font that workbooks have when they name no other.
	digit = 7.0
)

var border = []excelize.Border{
	{Type: "left", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"},
	{Type: "top", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"},
}

// book is a workbook that is being written.
type book struct {
	*excelize.File
	*laid
	row    int // the last one written
	styles map[string]int
	err    error
}

// workbook writes a paper as an Excel file: one sheet that prints on A4, the
// pictures anchored in their cells.
func workbook(l *laid) ([]byte, error) {
	b := &book{File: excelize.NewFile(), laid: l, styles: map[string]int{}}
	defer b.Close()
	b.try(b.SetDocProps(&excelize.DocProperties{
		Title: l.name, Creator: l.origin.Person, Description: l.origin.State, Created: l.origin.At.UTC().Format("2006-01-02T15:04:05Z"),
	}))
	b.page()
	for i, mm := range l.widths {
		name, err := excelize.ColumnNumberToName(i + 1)
		b.try(err)
		b.try(b.SetColWidth(sheetName, name, name, pixels(mm)/digit))
	}
	for _, p := range l.above {
		b.passage(p)
	}
	head := b.row + 1
	b.table()
	for _, p := range l.below {
		b.passage(p)
	}
	b.try(b.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("%s!$%d:$%d", sheetName, head, head), Scope: sheetName,
	}))
	if b.err != nil {
		return nil, fmt.Errorf("write workbook: %w", b.err)
	}
	out, err := b.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write workbook: %w", err)
	}
	return out.Bytes(), nil
}

func pixels(mm float64) float64 { return mm / millimetresOfInch * pixelsOfInch }

// try keeps the first error.
func (b *book) try(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *book) cell(column, row int) string {
	name, err := excelize.CoordinatesToCellName(column, row)
	b.try(err)
	return name
}

// style makes a style once.
func (b *book) style(name string, s excelize.Style) int {
	if n, ok := b.styles[name]; ok {
		return n
	}
	n, err := b.NewStyle(&s)
	b.try(err)
	b.styles[name] = n
	return n
}

// page sets paper, margins and print width, as for the turned pages of Word.
func (b *book) page() {
	orientation, margins := "landscape", [4]float64{marginLeft, marginTop, marginRight, marginBottom}
	if b.upright {
		orientation, margins = "portrait", [4]float64{marginTop, marginRight, marginBottom, marginLeft}
	}
	a4, wide, tall, fit := 9, 1, 0, true
	b.try(b.SetSheetProps(sheetName, &excelize.SheetPropsOptions{FitToPage: &fit}))
	b.try(b.SetPageLayout(sheetName, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &tall}))
	for i := range margins {
		margins[i] /= millimetresOfInch
	}
	b.try(b.SetPageMargins(sheetName, &excelize.PageLayoutMarginsOptions{Top: &margins[0], Right: &margins[1], Bottom: &margins[2], Left: &margins[3]}))
	b.try(b.SetHeaderFooter(sheetName, &excelize.HeaderFooterOptions{
		DifferentOddEven: true, OddFooter: "&R&14— &P —", EvenFooter: "&L&14— &P —",
	}))
}

// passage writes a text across the whole table, in as many rows as it needs.
func (b *book) passage(p document.Passage) {
	f, ok := forms[p.Role]
	if !ok {
		b.try(fmt.Errorf("there is no form for %q", p.Role))
		return
	}
	s := excelize.Style{
		Font:      &excelize.Font{Family: f.font, Size: f.size, Color: f.color},
		Alignment: &excelize.Alignment{Horizontal: f.align, Vertical: "center", WrapText: true, Indent: f.indent},
	}
	if f.rule != "" {
		s.Border = []excelize.Border{{Type: f.rule, Style: 2, Color: f.color}}
	}
	width := room(b.width(), f.size) - float64(2*f.indent)
	texts := pieces(f.lead+p.Text, width, int(part/(f.size*leading)))
	if len(texts) > 1 {
		s.Alignment.Vertical = "top"
	}
	for i, text := range texts {
		space := 0.0
		if i == len(texts)-1 {
			space = f.space
		}
		b.row++
		first, last := b.cell(1, b.row), b.cell(len(b.widths), b.row)
		if len(b.widths) > 1 {
			b.try(b.MergeCell(sheetName, first, last))
		}
		b.try(b.SetCellStr(sheetName, first, xlsx.Escape(text)))
		b.try(b.SetCellStyle(sheetName, first, last, b.style(string(p.Role)+s.Alignment.Vertical, s)))
		b.try(b.SetRowHeight(sheetName, b.row, float64(max(1, lines(text, width)))*f.size*leading+space))
	}
}

// body is the style of the cells of the table: a long row is read from the top.
func (b *book) body(vertical string) int {
	return b.style("body "+vertical, excelize.Style{
		Font: &excelize.Font{Family: fangSong, Size: b.size}, Border: border, Alignment: &excelize.Alignment{Vertical: vertical, WrapText: true},
	})
}

func (b *book) table() {
	head := b.style("head", excelize.Style{
		Font: &excelize.Font{Family: heiTi, Size: b.size}, Border: border,
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	b.row++
	for i, t := range b.titles {
		b.try(b.SetCellStr(sheetName, b.cell(i+1, b.row), t))
	}
	b.try(b.SetCellStyle(sheetName, b.cell(1, b.row), b.cell(len(b.titles), b.row), head))
	b.try(b.SetRowHeight(sheetName, b.row, b.head))
	first := b.row + 1
	for _, r := range b.rows {
		b.row++
		b.try(b.SetRowHeight(sheetName, b.row, r.height))
		for j, c := range r.cells {
			at := b.cell(j+1, b.row)
			vertical := "center"
			if r.long || c.Rows != 0 || len(c.Pictures) > 0 {
				vertical = "top" // of several rows the first has the text
			}
			b.try(b.SetCellStyle(sheetName, at, at, b.body(vertical)))
			if c.Rows >= 0 {
				b.try(b.SetCellStr(sheetName, at, xlsx.Escape(c.Text)))
			}
			if c.Rows > 1 {
				b.try(b.MergeCell(sheetName, at, b.cell(j+1, b.row+c.Rows-1)))
			}
		}
	}
	// Pictures come last: where they lie follows from the heights of the rows.
	for i, r := range b.rows {
		for j, c := range r.cells {
			b.pictures(j, first+i, c)
		}
	}
}

// pictures anchors the pictures of a cell in it, one below the other, below its
// text, by where they begin: where they end excelize would work out from rows
// that it takes for lower than they are.
func (b *book) pictures(column, row int, c cell) {
	box, free := pixels(min(b.widths[column], boxWidth)), pixels(gap)
	y := free + float64(c.lines)*b.lineHeight()*pixelsOfInch/pointsOfInch
	for _, x := range c.Pictures {
		cfg, _, err := image.DecodeConfig(bytes.NewReader(x.Thumbnail))
		if err != nil {
			b.try(fmt.Errorf("thumbnail of %s: %w", x.ID, err))
			return
		}
		scale := math.Min((box-2*free)/float64(cfg.Width), (box-free)/float64(cfg.Height))
		b.try(b.AddPictureFromBytes(sheetName, b.cell(column+1, row), &excelize.Picture{
			Extension: ".jpeg", File: x.Thumbnail,
			Format: &excelize.GraphicOptions{AltText: x.Name, ScaleX: scale, ScaleY: scale, OffsetX: int(free), OffsetY: int(y), Positioning: "oneCell"},
		}))
		y += box
	}
}
