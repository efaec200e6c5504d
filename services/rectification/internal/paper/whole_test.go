package paper_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
	"github.com/duban/duban/services/rectification/internal/paper"
	"github.com/xuri/excelize/v2"
)

// unsaid are the fields that a paper is made by and does not say.
var unsaid = []string{"Paper.Upright", "Cell.Rows", "Shown.ID", "Shown.SubmissionID", "Shown.RequirementID", "Shown.Type"}

// filler gives every field of a paper a text of its own, of some characters.
type filler struct {
	size  int
	texts []string
}

func (f *filler) text() string {
	n := len(f.texts) + 1
	head, tail := fmt.Sprintf("始%d，", n), fmt.Sprintf("终%d。", n)
	body := strings.Repeat("经现场检查，终端未设开机口令、未装Antivirus软件；", f.size/20+1)
	out := head + string([]rune(body)[:max(0, f.size-len([]rune(head+tail)))]) + tail
	f.texts = append(f.texts, out)
	return out
}

// fill walks the model, so that no field that is added to it is forgotten.
func (f *filler) fill(t *testing.T, v reflect.Value, path string) {
	t.Helper()
	if slices.Contains(unsaid, path) {
		return
	}
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 12, len(f.texts)%27+1, 3, 0, 0, 0, time.UTC)))
		f.texts = append(f.texts, v.Interface().(time.Time).Format("2006年1月2日"))
		return
	case []byte:
		var b bytes.Buffer
		if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 320, 240)), nil); err != nil {
			t.Fatal(err)
		}
		v.SetBytes(b.Bytes())
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(t, v.Elem(), path)
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(t, v.Field(i), v.Type().Name()+"."+v.Type().Field(i).Name)
		}
	case reflect.Slice:
		n := 2
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			f.fill(t, v.Index(i), path)
		}
	default:
		t.Fatalf("%s is a %s: the test does not know how to fill it", path, v.Kind())
	}
}

// Case 47, case 48: whatever a paper says, of whatever length, is in both
// formats, whole, and has the room it needs.
func TestCase48BothFormatsSayAll(t *testing.T) {
	t.Parallel()
	for _, letter := range []bool{true, false} {
		for _, size := range []int{20, 600, 4000} {
			t.Run(fmt.Sprintf("letter %t, %d characters", letter, size), func(t *testing.T) {
				t.Parallel()
				f := &filler{size: size}
				var p document.Paper
				f.fill(t, reflect.ValueOf(&p).Elem(), "Paper")
				// The names of columns are the program's own, and short.
				f.texts = slices.DeleteFunc(f.texts, func(s string) bool { return slices.Contains(p.Columns, s) })
				p.Columns = []string{"序号", "存在的问题"}
				if !letter {
					f.texts = slices.DeleteFunc(f.texts, func(s string) bool {
						l := p.Letter
						return slices.Contains(append(l.Text, l.Office, l.Number, l.To, l.Signer, l.CopyTo, p.Caption), s) || s == l.Day.Format("2006年1月2日")
					})
					p.Letter, p.Caption = nil, ""
				}
				doc, book := write(t, p, document.Word), write(t, p, document.Workbook)
				words, cells := textOf(t, doc), held(t, book)
				for _, s := range append(f.texts, p.Columns...) {
					if !strings.Contains(words, s) {
						t.Errorf("Word lacks %.12s…", s)
					}
					if !strings.Contains(cells, s) {
						t.Errorf("Excel lacks %.12s…", s)
					}
				}
			})
		}
	}
}

// More than Excel takes for a cell is there as well.
func TestCase47NoTextIsTooLong(t *testing.T) {
	t.Parallel()
	f := &filler{size: 40_000}
	p := document.Paper{Title: "整改通知书", Caption: "整改问题清单", Letter: &document.Letter{Text: []string{f.text()}}, Columns: []string{"序号", "整改措施", "备注"}}
	for i := range 3 {
		p.Rows = append(p.Rows, []document.Cell{{Text: fmt.Sprint(i + 1)}, {Text: f.text(), Rows: -i}, {Text: "=" + strings.Repeat("-", 3000*i)}})
	}
	p.Rows[0][1].Rows, p.Rows[2][1].Rows = 3, -1
	words, cells := textOf(t, write(t, p, document.Word)), held(t, write(t, p, document.Workbook))
	for i, s := range f.texts[:2] {
		if !strings.Contains(words, s) || !strings.Contains(cells, s) {
			t.Errorf("text %d is not whole", i+1)
		}
	}
}

// Case 47: a text of every length has a row that holds it, and Case 49: with the
// columns that offices use, 600 characters take no more than a page, in a column
// that the empty ones gave way to.
func TestCase49WidthsFollowTheContents(t *testing.T) {
	t.Parallel()
	finding, err := os.ReadFile(filepath.Join("testdata", "finding-598.txt"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.TrimSpace(string(finding))
	columns := []string{"序号", "被检查单位", "具体地点", "隐患类别", "存在的问题", "图片", "整改措施", "整改期限", "整改责任人", "整改资金", "复查时间", "完成情况", "复查人", "备注"}
	row := func(n, problem string) []document.Cell {
		var out []document.Cell
		for _, s := range []string{n, "东一村", "二楼机房", "技术防护", problem, "", "", "2026-12-14", "", "", "", "待签收", "", ""} {
			out = append(out, document.Cell{Text: s})
		}
		return out
	}
	p := document.Paper{Title: "问题整改台账", Columns: columns}
	whole := []rune(strings.Repeat(text, 7))
	for i, n := range []int{1, 20, 140, 598, 599, 600, 1000, 3999} {
		p.Rows = append(p.Rows, row(fmt.Sprint(i+1), string(whole[:n])))
	}
	book := write(t, p, document.Workbook)
	held(t, book)
	widths := map[string]float64{}
	total := 0.0
	for i, c := range columns {
		name, _ := excelize.ColumnNumberToName(i + 1)
		w, err := book.GetColWidth("Sheet1", name)
		if err != nil {
			t.Fatal(err)
		}
		widths[c], total = w, total+w
	}
	if widths["存在的问题"] < total/3 || widths["整改资金"] > total/20 || widths["整改措施"] > total/20 {
		t.Errorf("widths %v of %f", widths, total)
	}
	// A column of days holds one in a line, one of numbers three.
	if widths["整改期限"]*7 < 10*9*96/72*0.5 {
		t.Errorf("a day does not fit into %f", widths["整改期限"])
	}
	rows, err := book.GetRows("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 { // up to 600 characters
		if got := rows[i+2][4]; got != string(whole[:[]int{1, 20, 140, 598, 599, 600}[i]]) {
			t.Errorf("row %d: %d characters do not stand in their cell", i+1, len([]rune(got)))
		}
	}
	doc := write(t, p, document.Word)
	for _, tr := range allOf(part(t, doc, "word/document.xml"), "tr")[1:7] {
		if len(allOf(tr, "cantSplit")) == 0 && len([]rune(plain(tr))) < 200 {
			t.Errorf("a short row may be split")
		}
	}
}

// Cells over several rows, pictures and lists of many rows hold what is in them.
func TestCase47RowsHoldWhatIsInThem(t *testing.T) {
	t.Parallel()
	f := &filler{size: 300}
	var x rectification.Shown
	f.fill(t, reflect.ValueOf(&x).Elem(), "Shown")
	x.ID = "a"
	p := document.Paper{Title: "检查原始记录", Upright: true, Columns: []string{"序号", "检查项目", "检查内容", "检查结果", "检查情况", "图片"}}
	for i := range 30 {
		cells := []document.Cell{{Text: fmt.Sprint(i + 1)}, {Text: "网络", Rows: -1}, {Text: "", Rows: -1}, {Text: "不符合"}, {Text: strings.Repeat("未安装杀毒软件\n", i)}, {}}
		if i%3 == 0 {
			cells[1], cells[2] = document.Cell{Text: "网络", Rows: 3}, document.Cell{Text: strings.Repeat("内外网分离，", i*4), Rows: 3}
		}
		for range i % 5 {
			cells[5].Pictures = append(cells[5].Pictures, x)
		}
		if i%2 == 0 {
			cells[5].Text = "附件：说明.pdf\n另有3个附件未列出"
		}
		p.Rows = append(p.Rows, cells)
	}
	book := write(t, p, document.Workbook)
	held(t, book)
	write(t, p, document.Word)
	// Every picture lies in the row that it is anchored in.
	anchors := allOf(part(t, book, "xl/drawings/drawing1.xml"), "oneCellAnchor")
	if len(anchors) != 60 {
		t.Errorf("%d pictures are anchored by where they begin, want 60", len(anchors))
	}
	for _, a := range anchors {
		number := func(n node) int {
			v, err := strconv.Atoi(strings.TrimSpace(n.Text))
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		row := number(allOf(a, "row")[0])
		high := 0
		for _, x := range allOf(a, "ext")[0].Attrs {
			if x.Name.Local == "cy" {
				high = number(node{Text: x.Value})
			}
		}
		height, err := book.GetRowHeight("Sheet1", row+1)
		if ends := number(allOf(a, "rowOff")[0]) + high; err != nil || high == 0 || float64(ends) > height*12700 {
			t.Errorf("a picture in row %d ends at %d of %.0f: %v", row+1, ends, height*12700, err)
		}
	}
}

type opened struct {
	*excelize.File
	raw []byte
}

func write(t *testing.T, p document.Paper, format string) opened {
	t.Helper()
	raw, err := paper.Writer{}.WritePaper(p, format)
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("DUBAN_PAPERS"); dir != "" {
		name := strings.NewReplacer("/", " ", ",", "").Replace(t.Name()) + "." + format
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := opened{raw: raw}
	if format == document.Workbook {
		if o.File, err = excelize.OpenReader(bytes.NewReader(raw)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { o.Close() })
	}
	return o
}

// node is an element of a part of a Word file.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Nodes   []node     `xml:",any"`
}

func allOf(n node, name string) []node {
	var out []node
	for _, c := range n.Nodes {
		if c.XMLName.Local == name {
			out = append(out, c)
		}
		out = append(out, allOf(c, name)...)
	}
	return out
}

// plain is all that stands in an element, alternative texts of pictures too.
func plain(n node) string {
	var b strings.Builder
	for _, a := range n.Attrs {
		if a.Name.Local == "descr" {
			b.WriteString(a.Value)
		}
	}
	if n.XMLName.Local == "t" || n.XMLName.Local == "title" || n.XMLName.Local == "creator" || n.XMLName.Local == "description" {
		b.WriteString(n.Text)
	}
	for _, c := range n.Nodes {
		b.WriteString(plain(c))
	}
	return b.String()
}

func part(t *testing.T, o opened, name string) node {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(o.raw), int64(len(o.raw)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	var n node
	if err := xml.Unmarshal(raw, &n); err != nil {
		t.Fatalf("%s is not XML: %v", name, err)
	}
	return n
}

func textOf(t *testing.T, o opened) string {
	t.Helper()
	return plain(part(t, o, "word/document.xml")) + plain(part(t, o, "docProps/core.xml"))
}

// held asks of every cell of a workbook whether its rows hold its text, and of
// every row whether Excel takes it and a page holds it. It returns all texts,
// those that go on in the next row in one.
//
// What a text needs is worked out here for itself: characters of a line by the
// width of the columns, as Excel has them, lines of a third more than the
// characters; a mark that may not begin a line takes a character along.
func held(t *testing.T, o opened) string {
	t.Helper()
	const sheet = "Sheet1"
	rows, err := o.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	spans := map[string][2]int{} // of the first cell: columns, rows
	merged, err := o.GetMergeCells(sheet)
	if err != nil {
		t.Fatal(err)
	}
	hidden := map[string]bool{}
	for _, m := range merged {
		c1, r1, _ := excelize.CellNameToCoordinates(m.GetStartAxis())
		c2, r2, _ := excelize.CellNameToCoordinates(m.GetEndAxis())
		spans[m.GetStartAxis()] = [2]int{c2 - c1 + 1, r2 - r1 + 1}
		for r := r1; r <= r2; r++ {
			for c := c1; c <= c2; c++ {
				if name, _ := excelize.CoordinatesToCellName(c, r); name != m.GetStartAxis() {
					hidden[name] = true
				}
			}
		}
	}
	layout, err := o.GetPageLayout(sheet)
	if err != nil {
		t.Fatal(err)
	}
	page := (297.0 - 72) / 25.4 * 72
	if *layout.Orientation == "landscape" {
		page = (210.0 - 54) / 25.4 * 72
	}
	names, titles := o.GetDefinedName(), 0
	for _, n := range names {
		if n.Name == "_xlnm.Print_Titles" {
			fmt.Sscanf(n.RefersTo[strings.Index(n.RefersTo, "$"):], "$%d", &titles)
		}
	}
	head, err := o.GetRowHeight(sheet, titles)
	if err != nil || titles == 0 {
		t.Fatalf("no titles that repeat: %v", err)
	}
	var all strings.Builder
	pictured, err := o.GetPictureCells(sheet)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		height, err := o.GetRowHeight(sheet, i+1)
		if err != nil {
			t.Fatal(err)
		}
		if height > 409 || i+1 > titles && height+head > page {
			t.Errorf("row %d is %.0f points high, a page %.0f with titles of %.0f", i+1, height, page, head)
		}
		for j, text := range rows[i] {
			name, _ := excelize.CoordinatesToCellName(j+1, i+1)
			if hidden[name] || text == "" {
				continue
			}
			width := 0.0
			for k := range max(1, spans[name][0]) {
				column, _ := excelize.ColumnNumberToName(j + 1 + k)
				w, err := o.GetColWidth(sheet, column)
				if err != nil {
					t.Fatal(err)
				}
				width += w * 7
			}
			id, err := o.GetCellStyle(sheet, name)
			if err != nil {
				t.Fatal(err)
			}
			style, err := o.GetStyle(id)
			if err != nil {
				t.Fatal(err)
			}
			need := needed(text, style.Font.Size, width-5-float64(style.Alignment.Indent)*9)
			var pictures []excelize.Picture
			if slices.Contains(pictured, name) {
				if pictures, err = o.GetPictures(sheet, name); err != nil {
					t.Fatal(err)
				}
			}
			for _, x := range pictures {
				cfg, _, err := image.DecodeConfig(bytes.NewReader(x.File))
				if err != nil {
					t.Fatal(err)
				}
				need += float64(cfg.Height) * x.Format.ScaleY * 0.75
				all.WriteString(x.Format.AltText)
			}
			if need > height {
				t.Errorf("%s has %.0f points and needs %.0f for %d characters in %.0f pixels", name, height, need, len([]rune(text)), width)
			}
			if style.Alignment.Vertical == "center" && need > 8*style.Font.Size*1.35 && spans[name][0] <= 1 {
				t.Errorf("%s is long and set in the middle", name)
			}
			all.WriteString(text)
		}
	}
	props, err := o.GetDocProps()
	if err != nil {
		t.Fatal(err)
	}
	return all.String() + props.Title + props.Creator + props.Description
}

func needed(text string, size, pixels float64) float64 {
	em := size * 96 / 72
	lines := 0.0
	for l := range strings.Lines(text) {
		n, marks := 0.0, 0.0
		for _, r := range strings.TrimSpace(l) {
			switch {
			case strings.ContainsRune("，。；、：）", r):
				n, marks = n+1, marks+1
			case r < 0x80:
				n += 0.55
			default:
				n++
			}
		}
		perLine := math.Max(1, math.Floor(pixels/em))
		full := math.Ceil(n / perLine)
		// About one line in as many as marks are dense loses a character.
		lost := math.Floor(full * math.Min(1, marks/math.Max(1, n)))
		lines += math.Max(1, math.Ceil((n+lost)/perLine))
	}
	return lines * size * 1.33
}
