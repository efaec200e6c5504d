package paper

import (
	"fmt"
	"strings"
)

const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

	contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/><Default Extension="jpeg" ContentType="image/jpeg"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/>` +
		`<Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/settings.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.settings+xml"/>` +
		`<Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/word/footer2.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/>` +
		`<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`

	packageRelations = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`

	documentRelations = xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="rIdStyles" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rIdSettings" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/settings" Target="settings.xml"/>` +
		`<Relationship Id="rIdFonts" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/>` +
		`<Relationship Id="rIdFooterOdd" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/>` +
		`<Relationship Id="rIdFooterEven" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer2.xml"/>%s</Relationships>`

	coreProperties = xmlHead + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>%s</dc:title><dc:creator>%s</dc:creator><dc:description>%s</dc:description><dcterms:created xsi:type="dcterms:W3CDTF">%s</dcterms:created></cp:coreProperties>`

	documentHead = xmlHead + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" ` +
		`xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" ` +
		`xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><w:body>`

	settings = xmlHead + `<w:settings xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
		`<w:evenAndOddHeaders/><w:drawingGridHorizontalSpacing w:val="160"/><w:characterSpacingControl w:val="compressPunctuation"/>` +
		`<w:compat><w:balanceSingleByteDoubleByteWidth/><w:useFELayout/>` +
		`<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat></w:settings>`

	// The page number between dashes, in 14 pt, on the outer side (7.5).
	footer = xmlHead + `<w:ftr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:pPr><w:pStyle w:val="Footer"/><w:ind %[2]s/><w:jc w:val="%[1]s"/></w:pPr>` +
		`<w:r><w:t xml:space="preserve">— </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>` +
		`<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`
)

// The fonts that the standard names, each with one that is there when it is not.
const (
	fangSong = "仿宋_GB2312"
	xiaoBiao = "方正小标宋简体"
	heiTi    = "黑体"
	songTi   = "宋体"
)

var fonts = xmlHead + `<w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">` +
	font(fangSong, "仿宋") + font(xiaoBiao, "宋体") + font(heiTi, "SimHei") + font(songTi, "SimSun") + `</w:fonts>`

func font(name, other string) string {
	return fmt.Sprintf(`<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="variable"/></w:font>`, name, other)
}

// style is a paragraph style. A line of 0 has the height of what is in it.
type style struct {
	id, name, font string
	size           float64 // points
	line           int     // twentieths of a point
	before, after  int     // twentieths of a point
	align, indent  string
	extra          string // borders, before spacing
	run            string // of the characters, before the size
}

func (s style) xml() string {
	spacing := fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d" w:line="%d" w:lineRule="exact"/>`, s.before, s.after, s.line)
	if s.line == 0 {
		spacing = fmt.Sprintf(`<w:spacing w:before="%d" w:after="%d" w:line="240" w:lineRule="auto"/>`, s.before, s.after)
	}
	based := ` w:default="1"`
	if s.id != "Normal" {
		based = ` w:customStyle="1"`
	}
	return fmt.Sprintf(`<w:style w:type="paragraph"%s w:styleId="%s"><w:name w:val="%s"/><w:qFormat/><w:pPr>%s%s%s<w:jc w:val="%s"/></w:pPr>`+
		`<w:rPr><w:rFonts w:ascii="%[8]s" w:hAnsi="%[8]s" w:eastAsia="%[8]s" w:cs="Times New Roman"/>%[9]s<w:sz w:val="%[10]d"/><w:szCs w:val="%[10]d"/></w:rPr></w:style>`,
		based, s.id, s.name, s.extra, spacing, s.indent, s.align, s.font, s.run, int(s.size*2))
}

// tableLine is how high a line of a table is, in twentieths of a point.
func tableLine(size float64) int { return int(size * 4 / 3 * 20) }

// styles are those of official documents: body text in 16 pt on the grid, the
// title in 22 pt, the letterhead and the line below the number in red; the table
// in the size that it is laid in.
func styles(size float64) string {
	pitch := linePitch()
	two := `<w:ind w:firstLine="640" w:firstLineChars="200"/>`
	none := `<w:snapToGrid w:val="0"/>`
	red := `<w:color w:val="FF0000"/>`
	tight := fmt.Sprintf(`<w:spacing w:val="%d"/>`, charSpace())
	line := func(side, color string, size, space int) string {
		return fmt.Sprintf(`<w:pBdr><w:%s w:val="single" w:sz="%d" w:space="%d" w:color="%s"/></w:pBdr>`, side, size, space, color)
	}
	all := []style{
		{id: "Normal", name: "Normal", font: fangSong, size: bodySize, line: pitch, align: "both", run: tight},
		{id: "Office", name: "发文机关标志", font: xiaoBiao, size: 36, line: 2 * pitch, after: 2 * pitch, align: "center", run: red},
		{id: "Number", name: "发文字号", font: fangSong, size: bodySize, line: pitch, align: "center", extra: line("bottom", "FF0000", 12, 11)},
		{id: "Title", name: "公文标题", font: xiaoBiao, size: titleSize, line: pitch + 40, before: 2 * pitch, after: pitch, align: "center"},
		{id: "To", name: "主送机关", font: fangSong, size: bodySize, line: pitch, align: "left", run: tight},
		{id: "BodyText", name: "公文正文", font: fangSong, size: bodySize, line: pitch, align: "both", indent: two, run: tight},
		{id: "Annex", name: "附件说明", font: fangSong, size: bodySize, line: pitch, before: pitch, align: "both", indent: two, run: tight},
		{id: "Signature", name: "署名和日期", font: fangSong, size: bodySize, line: pitch, align: "right", run: tight},
		{id: "CopyTo", name: "版记", font: fangSong, size: 14, line: pitch, before: pitch, align: "left", extra: line("top", "000000", 8, 1)},
		{id: "Break", name: "分节", font: fangSong, size: 1, line: 20, align: "left"},
		{id: "AnnexMark", name: "附件标识", font: heiTi, size: bodySize, line: pitch, align: "left", extra: none},
		{id: "Heading", name: "表格标题", font: xiaoBiao, size: titleSize, line: pitch + 40, after: 120, align: "center", extra: none},
		{id: "Head", name: "表头", font: heiTi, size: size, line: tableLine(size), align: "center", extra: none},
		{id: "Cell", name: "表格内容", font: fangSong, size: size, line: tableLine(size), align: "left", extra: none},
		// A line of exact height would cut the picture off.
		{id: "Picture", name: "表格图片", font: fangSong, size: cellSize, before: 20, after: 20, align: "center", extra: none},
		{id: "Note", name: "附文标题", font: heiTi, size: 12, line: 480, before: 60, align: "left", extra: none},
		{id: "NoteText", name: "附文", font: fangSong, size: cellSize, line: tableLine(cellSize), align: "left", extra: none},
		{id: "Below", name: "表后说明", font: fangSong, size: 12, line: 480, before: 60, align: "left", extra: none},
		{id: "Origin", name: "导出说明", font: fangSong, size: originSize, line: 260, before: 120, align: "left", extra: none},
		{id: "Footer", name: "页码", font: songTi, size: 14, line: pitch, align: "right", extra: none},
	}
	var b strings.Builder
	b.WriteString(xmlHead + `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>`)
	for _, s := range all {
		b.WriteString(s.xml())
	}
	b.WriteString(`<w:style w:type="table" w:customStyle="1" w:styleId="Grid"><w:name w:val="公文表格"/><w:tblPr><w:tblBorders>`)
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(&b, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="000000"/>`, side)
	}
	b.WriteString(`</w:tblBorders><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>`)
	return b.String()
}
