package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	_ "image/jpeg" // thumbnails are JPEG
	"math"
	"strings"
	"time"

	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
)

// wordFile collects the body of a Word file and the pictures in it.
type wordFile struct {
	body     strings.Builder
	pictures [][]byte
	ids      map[string]int // file id → index of its picture
	drawings int
}

// word writes a paper as a Word file (ECMA-376, transitional).
func word(l *laid) ([]byte, error) {
	d := &wordFile{ids: map[string]int{}}
	if err := d.passages(l.above); err != nil {
		return nil, err
	}
	if err := d.table(l); err != nil {
		return nil, err
	}
	if err := d.passages(l.below); err != nil {
		return nil, err
	}
	return d.pack(l)
}

// passages writes what stands above or below the table. The letter has pages of
// its own; what is annexed begins on the next.
func (d *wordFile) passages(ps []document.Passage) error {
	said := map[document.Role]float64{}
	for _, p := range ps {
		said[p.Role] = ems(p.Text)
	}
	// The date stands four characters from the right edge, the name of the
	// office centred above it (7.3.5.1).
	name := 4 + (said[document.RoleDay]-said[document.RoleSigner])/2
	for _, p := range ps {
		f, ok := forms[p.Role]
		switch {
		case !ok:
			return fmt.Errorf("there is no form for %q", p.Role)
		case p.Role == document.RoleAnnexMark:
			d.section(false)
			d.paragraph(f.style, p.Text)
		case p.Role == document.RoleSigner:
			d.paragraph("BodyText", "")
			d.indented(f.style, max(0, name), p.Text)
		case p.Role == document.RoleDay:
			d.indented(f.style, 4+max(0, -name), p.Text)
		default:
			d.paragraph(f.style, p.Text)
		}
	}
	return nil
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}

// paragraph writes a paragraph; newlines are line breaks.
func (d *wordFile) paragraph(style, text string) {
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="%s"/></w:pPr>%s</w:p>`, style, run(text))
}

// indented writes a paragraph that ends some characters before the right edge.
func (d *wordFile) indented(style string, characters float64, text string) {
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="%s"/><w:ind w:right="%d" w:rightChars="%d"/></w:pPr>%s</w:p>`,
		style, int(characters*bodySize*20), int(characters*100), run(text))
}

func run(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for i, l := range strings.Split(strings.ReplaceAll(text, "\r", ""), "\n") {
		if i > 0 {
			b.WriteString(`<w:r><w:br/></w:r>`)
		}
		fmt.Fprintf(&b, `<w:r><w:t xml:space="preserve">%s</w:t></w:r>`, escaped(l))
	}
	return b.String()
}

// section ends a section within the document.
func (d *wordFile) section(turned bool) {
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="Break"/>%s</w:pPr></w:p>`, page(turned))
}

// page is the properties of a section: paper, margins and grid.
func page(turned bool) string {
	size := fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d"/>`, twips(pageWidth), twips(pageHeight))
	margins := [4]float64{marginTop, marginRight, marginBottom, marginLeft}
	if turned {
		size = fmt.Sprintf(`<w:pgSz w:w="%d" w:h="%d" w:orient="landscape"/>`, twips(pageHeight), twips(pageWidth))
		margins = [4]float64{marginLeft, marginTop, marginRight, marginBottom}
	}
	// The page number stands 7 mm below the type area (7.5).
	foot := margins[2] - 7 - 5
	grid := fmt.Sprintf(`<w:docGrid w:type="lines" w:linePitch="%d"/>`, linePitch())
	if turned {
		grid = `<w:docGrid/>`
	}
	return fmt.Sprintf(`<w:sectPr><w:footerReference w:type="even" r:id="rIdFooterEven"/><w:footerReference w:type="default" r:id="rIdFooterOdd"/><w:type w:val="nextPage"/>%s`+
		`<w:pgMar w:top="%d" w:right="%d" w:bottom="%d" w:left="%d" w:header="851" w:footer="%d" w:gutter="0"/>%s</w:sectPr>`,
		size, twips(margins[0]), twips(margins[1]), twips(margins[2]), twips(margins[3]), twips(foot), grid)
}

// linePitch is the height of a line in twentieths of a point: 22 of them fill
// the type area, rounded down so that all 22 fit.
func linePitch() int {
	height := pageHeight - marginTop - marginBottom
	return int(height / millimetresOfInch * twipsOfInch / linesOfPage)
}

// charSpace is what is added to each character of 16 pt for 28 of them to fill
// a line, in twentieths of a point, rounded down so that all 28 fit. It belongs
// to the characters and not to a grid of the page: LibreOffice gives a
// character that is wider than a cell of the grid two cells.
func charSpace() int {
	width := typeWidth / millimetresOfInch * pointsOfInch / charactersOfLine
	return int(math.Floor((width - bodySize) * 20))
}

// table writes the table. Its titles stand on every page; a row that does not
// fill a good part of a page is kept together.
func (d *wordFile) table(l *laid) error {
	fmt.Fprintf(&d.body, `<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="%d" w:type="dxa"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`, twips(l.width()))
	for _, w := range l.widths {
		fmt.Fprintf(&d.body, `<w:gridCol w:w="%d"/>`, twips(w))
	}
	d.body.WriteString(`</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for i, t := range l.titles {
		d.openCell(l.widths[i], "", "center")
		d.paragraph("Head", t)
		d.body.WriteString(`</w:tc>`)
	}
	d.body.WriteString(`</w:tr>`)
	for _, r := range l.rows {
		d.body.WriteString(`<w:tr>`)
		if r.height <= l.tall()*together {
			d.body.WriteString(`<w:trPr><w:cantSplit/></w:trPr>`)
		}
		vertical := "center"
		if r.long {
			vertical = "top"
		}
		for i, c := range r.cells {
			if err := d.cell(l.widths[i], vertical, c); err != nil {
				return err
			}
		}
		d.body.WriteString(`</w:tr>`)
	}
	d.body.WriteString(`</w:tbl>`)
	return nil
}

// together is the part of a page up to which a row is kept on one.
const together = 0.75

func (d *wordFile) openCell(width float64, merge, vertical string) {
	fmt.Fprintf(&d.body, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/>%s<w:vAlign w:val="%s"/></w:tcPr>`, twips(width), merge, vertical)
}

func (d *wordFile) cell(width float64, vertical string, c cell) error {
	switch {
	case c.Rows < 0:
		d.openCell(width, `<w:vMerge/>`, vertical)
		d.paragraph("Cell", "")
	case c.Rows > 1:
		d.openCell(width, `<w:vMerge w:val="restart"/>`, "top")
	default:
		d.openCell(width, "", vertical)
	}
	for _, x := range c.Pictures {
		if err := d.picture(min(width-cellPadding, boxWidth), x); err != nil {
			return err
		}
	}
	if c.Rows >= 0 && (c.Text != "" || len(c.Pictures) == 0) {
		d.paragraph("Cell", c.Text)
	}
	d.body.WriteString(`</w:tc>`)
	return nil
}

// cellPadding is what a cell leaves free on both sides together, in millimetres.
const cellPadding = 2.0

// picture writes a picture in a paragraph of its own, as wide as width allows
// and no higher than wide.
func (d *wordFile) picture(width float64, x rectification.Shown) error {
	cfg, _, err := image.DecodeConfig(bytes.NewReader(x.Thumbnail))
	if err != nil {
		return fmt.Errorf("thumbnail of %s: %w", x.ID, err)
	}
	w, h := width, width*float64(cfg.Height)/float64(cfg.Width)
	if h > width {
		w, h = w*width/h, width
	}
	n, ok := d.ids[x.ID]
	if !ok {
		n = len(d.pictures)
		d.ids[x.ID], d.pictures = n, append(d.pictures, x.Thumbnail)
	}
	d.drawings++
	emu := func(mm float64) int { return int(mm / millimetresOfInch * emusOfInch) }
	name := escaped(x.Name)
	fmt.Fprintf(&d.body, `<w:p><w:pPr><w:pStyle w:val="Picture"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">`+
		`<wp:extent cx="%[1]d" cy="%[2]d"/><wp:docPr id="%[3]d" name="picture%[3]d" descr="%[4]s"/>`+
		`<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>`+
		`<pic:nvPicPr><pic:cNvPr id="%[3]d" name="picture%[3]d"/><pic:cNvPicPr/></pic:nvPicPr>`+
		`<pic:blipFill><a:blip r:embed="rIdPicture%[5]d"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>`+
		`<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="%[1]d" cy="%[2]d"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr>`+
		`</pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>`, emu(w), emu(h), d.drawings, name, n+1)
	return nil
}

// pack puts the parts together.
func (d *wordFile) pack(l *laid) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	var relations strings.Builder
	for i := range d.pictures {
		fmt.Fprintf(&relations, `<Relationship Id="rIdPicture%[1]d" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/picture%[1]d.jpeg"/>`, i+1)
	}
	parts := []struct{ name, content string }{
		{"[Content_Types].xml", contentTypes},
		{"_rels/.rels", packageRelations},
		{"docProps/core.xml", fmt.Sprintf(coreProperties, escaped(l.name), escaped(l.origin.Person), escaped(l.origin.State), l.origin.At.UTC().Format(time.RFC3339))},
		{"word/document.xml", documentHead + d.body.String() + page(!l.upright) + `</w:body></w:document>`},
		{"word/_rels/document.xml.rels", fmt.Sprintf(documentRelations, relations.String())},
		{"word/styles.xml", styles(l.size)},
		{"word/settings.xml", settings},
		{"word/fontTable.xml", fonts},
		{"word/footer1.xml", fmt.Sprintf(footer, "right", `w:right="320" w:rightChars="100"`)},
		{"word/footer2.xml", fmt.Sprintf(footer, "left", `w:left="320" w:leftChars="100"`)},
	}
	for _, x := range parts {
		w, err := z.Create(x.name)
		if err == nil {
			_, err = w.Write([]byte(x.content))
		}
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", x.name, err)
		}
	}
	for i, b := range d.pictures {
		w, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("word/media/picture%d.jpeg", i+1), Method: zip.Store})
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			return nil, fmt.Errorf("write picture: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("close the file: %w", err)
	}
	return out.Bytes(), nil
}
