package paper

import (
	"bytes"
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/duban/duban/services/internal/xlsx"
	"github.com/duban/duban/services/rectification"
	"github.com/xuri/excelize/v2"
)

const (
	sheetName  = "Sheet1"
	lineHeight = 15.0  // points of a line of a cell
	maxHeight  = 409.0 // points, the most that Excel takes for a row
	gap        = 4     // pixels around a picture
)

var border = []excelize.Border{
	{Type: "left", Style: 1, Color: "000000"}, {Type: "right", Style: 1, Color: "000000"},
	{Type: "top", Style: 1, Color: "000000"}, {Type: "bottom", Style: 1, Color: "000000"},
}

// book is a workbook that is being written.
type book struct {
	*excelize.File
	p      rectification.Paper
	widths []float64 // of the columns, in pixels
	row    int       // the last one written
	styles map[string]int
	err    error
}

// workbook writes a paper as an Excel file: one sheet that prints on A4, the
// pictures anchored in their cells.
func workbook(p rectification.Paper) ([]byte, error) {
	b := &book{File: excelize.NewFile(), p: p, styles: map[string]int{}}
	defer b.Close()
	b.try(b.SetDocProps(&excelize.DocProperties{
		Title: p.Name, Creator: p.Origin.Person, Description: p.Origin.State, Created: p.Origin.At.UTC().Format("2006-01-02T15:04:05Z"),
	}))
	b.page()
	b.columns()
	b.heading()
	head := b.row + 1
	b.table()
	b.foot()
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
	if b.p.Upright {
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

// columns sets widths so that the table is as wide on the screen as on paper.
func (b *book) columns() {
	width := turnedWidth
	if b.p.Upright {
		width = typeWidth
	}
	for i, mm := range shares(b.p.Columns, width) {
		pixels := mm / millimetresOfInch * pixelsOfInch
		b.widths = append(b.widths, pixels)
		name, err := excelize.ColumnNumberToName(i + 1)
		b.try(err)
		// A character of the default font is 7 pixels wide, with 5 between columns.
		b.try(b.SetColWidth(sheetName, name, name, math.Max(1, (pixels-5)/7)))
	}
}

// line writes a row whose one cell extends over the whole table.
func (b *book) line(text, style string, s excelize.Style, height float64) {
	b.row++
	first, last := b.cell(1, b.row), b.cell(len(b.p.Columns), b.row)
	b.try(b.MergeCell(sheetName, first, last))
	b.try(b.SetCellStr(sheetName, first, xlsx.Escape(text)))
	b.try(b.SetCellStyle(sheetName, first, last, b.style(style, s)))
	b.try(b.SetRowHeight(sheetName, b.row, height))
}

func (b *book) heading() {
	title := excelize.Style{
		Font: &excelize.Font{Family: xiaoBiao, Size: titleSize}, Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	}
	side := excelize.Style{
		Font: &excelize.Font{Family: fangSong, Size: 12}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	}
	b.line(b.p.Title, "title", title, 44)
	if l := b.p.Letter; l != nil {
		said := "发文机关：" + l.Office + "　　被送单位：" + l.To
		if l.Number != "" {
			said += "　　文号：" + l.Number
		}
		b.line(said+"　　日期："+signed(l.Day), "side", side, 24)
	}
}

func (b *book) table() {
	head := b.style("head", excelize.Style{
		Font: &excelize.Font{Family: heiTi, Size: cellSize}, Border: border,
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	body := b.style("body", excelize.Style{
		Font: &excelize.Font{Family: fangSong, Size: cellSize}, Border: border, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true},
	})
	b.row++
	for i, c := range b.p.Columns {
		b.try(b.SetCellStr(sheetName, b.cell(i+1, b.row), c.Title))
	}
	b.try(b.SetCellStyle(sheetName, b.cell(1, b.row), b.cell(len(b.p.Columns), b.row), head))
	b.try(b.SetRowHeight(sheetName, b.row, 34))
	first := b.row + 1
	heights := b.heights()
	for i, r := range b.p.Rows {
		b.row++
		b.try(b.SetRowHeight(sheetName, b.row, heights[i]))
		b.try(b.SetCellStyle(sheetName, b.cell(1, b.row), b.cell(len(b.p.Columns), b.row), body))
		for j, c := range r {
			if c.Rows < 0 {
				continue
			}
			at := b.cell(j+1, b.row)
			b.try(b.SetCellStr(sheetName, at, xlsx.Escape(c.Text)))
			if c.Rows > 1 {
				b.try(b.MergeCell(sheetName, at, b.cell(j+1, b.row+c.Rows-1)))
			}
		}
	}
	// Pictures come last: where they lie follows from the heights of the rows.
	for i, r := range b.p.Rows {
		for j, c := range r {
			b.pictures(j, first+i, c)
		}
	}
}

// heights are how high each row has to be for what is in it; a cell that
// extends over several rows divides what it needs among them.
func (b *book) heights() []float64 {
	hs := make([]float64, len(b.p.Rows))
	for i, r := range b.p.Rows {
		for j, c := range r {
			if c.Rows < 0 {
				continue
			}
			h := b.textHeight(j, c.Text) + float64(len(c.Pictures))*b.box(j)*pointsOfInch/pixelsOfInch + 6
			n := max(1, c.Rows)
			for k := i; k < min(i+n, len(hs)); k++ {
				hs[k] = math.Max(hs[k], h/float64(n))
			}
		}
	}
	for i := range hs {
		hs[i] = math.Min(maxHeight, math.Max(lineHeight, hs[i]))
	}
	return hs
}

// textHeight is how high a text is in a column, in points.
func (b *book) textHeight(column int, text string) float64 {
	if text == "" {
		return 0
	}
	perLine := math.Max(1, math.Floor((b.widths[column]-8)/(cellSize*pixelsOfInch/pointsOfInch)))
	n := 0.0
	for l := range strings.Lines(text) {
		n += math.Max(1, math.Ceil(characters(strings.TrimSpace(l))/perLine))
	}
	return n * lineHeight
}

// box is the height that a picture gets, in pixels.
func (b *book) box(column int) float64 { return math.Min(b.widths[column], 130) }

// pictures anchors the pictures of a cell in it, one below the other, below
// the place of its text.
func (b *book) pictures(column, row int, c rectification.PaperCell) {
	y := gap + int(b.textHeight(column, c.Text)*pixelsOfInch/pointsOfInch)
	if c.Text != "" && len(c.Pictures) > 0 {
		// The text stands at the top where pictures follow it.
		b.try(b.SetCellStyle(sheetName, b.cell(column+1, row), b.cell(column+1, row), b.topped()))
	}
	for _, x := range c.Pictures {
		cfg, _, err := image.DecodeConfig(bytes.NewReader(x.Thumbnail))
		if err != nil {
			b.try(fmt.Errorf("thumbnail of %s: %w", x.ID, err))
			return
		}
		scale := math.Min((b.widths[column]-2*gap)/float64(cfg.Width), (b.box(column)-gap)/float64(cfg.Height))
		b.try(b.AddPictureFromBytes(sheetName, b.cell(column+1, row), &excelize.Picture{
			Extension: ".jpeg", File: x.Thumbnail,
			Format: &excelize.GraphicOptions{AltText: x.Name, ScaleX: scale, ScaleY: scale, OffsetX: gap, OffsetY: y, Positioning: "twoCell"},
		}))
		y += int(b.box(column))
	}
}

func (b *book) topped() int {
	return b.style("topped", excelize.Style{
		Font: &excelize.Font{Family: fangSong, Size: cellSize}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
		Border: border,
	})
}

func (b *book) foot() {
	below := excelize.Style{Font: &excelize.Font{Family: fangSong, Size: 12}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}
	for _, l := range b.p.Below {
		b.line(l, "below", below, 26)
	}
	origin := excelize.Style{Font: &excelize.Font{Family: fangSong, Size: originSize}, Alignment: &excelize.Alignment{Vertical: "center", WrapText: true}}
	b.line(b.p.Origin.String(), "origin", origin, 18)
}
