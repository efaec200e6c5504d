package rectification_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/xuri/excelize/v2"
)

const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// evidence stands for the evidence service on the bus of a world: the files it
// knows, and who asked for them.
type evidence struct {
	files       map[string]rpc.ShownFile // by id
	submissions map[string][]string      // file ids
	asked       []rpc.ShowFilesRequest
}

func (e *evidence) answer(_ context.Context, q rpc.ShowFilesRequest) (rpc.ShowFilesReply, error) {
	e.asked = append(e.asked, q)
	var a rpc.ShowFilesReply
	for _, f := range q.Files {
		if x, ok := e.files[f.ID]; ok {
			a.Files = append(a.Files, x)
		}
	}
	for _, s := range q.SubmissionIDs {
		if fs, ok := e.submissions[s]; ok {
			a.SubmissionIDs = append(a.SubmissionIDs, s)
			for _, f := range fs {
				a.Files = append(a.Files, e.files[f])
			}
		}
	}
	return a, nil
}

// add adds a file; a picture where it has a shade.
func (e *evidence) add(t testing.TB, name, requirement string, shade uint8) string {
	t.Helper()
	x := rpc.ShownFile{ID: id.New(), Name: name, Type: "application/pdf", RequirementID: requirement}
	if shade > 0 {
		img := image.NewRGBA(image.Rect(0, 0, 320, 240))
		for i := range img.Pix {
			img.Pix[i] = uint8(i/7) ^ shade
		}
		img.Set(1, 1, color.White)
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		x.Type, x.Thumbnail = "image/jpeg", b.Bytes()
	}
	e.files[x.ID] = x
	return x.ID
}

func withEvidence(t testing.TB, d *db.DB) (*world, *evidence) {
	t.Helper()
	e := &evidence{files: map[string]rpc.ShownFile{}, submissions: map[string][]string{}}
	b := bustest.Start(t)
	if err := bus.Respond(b, rpc.ShowFiles, e.answer); err != nil {
		t.Fatal(err)
	}
	return newWorldOn(t, d, b), e
}

// pictured records a finding with files.
func (w *world) pictured(by policy.Actor, unit, title string, files ...string) thing {
	w.t.Helper()
	var f thing
	w.as(by).Post("/api/v1/findings", obj{
		"unit_id": fixture.Unit(unit).ID, "title": title, "text": "=现场核查不符合要求", "place": "二楼机房", "category": "technical", "severity": "ordinary",
		"clause": "网络安全法 第二十一条", "deadline_days": 10, "file_ids": files,
	}).Is(201).Into(&f)
	return f
}

// node is an element of a part of a Word file.
type node struct {
	XMLName xml.Name
	Attrs   []xml.Attr `xml:",any,attr"`
	Text    string     `xml:",chardata"`
	Nodes   []node     `xml:",any"`
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all finds elements by name, at any depth.
func (n node) all(name string) []node {
	var out []node
	for _, c := range n.Nodes {
		if c.XMLName.Local == name {
			out = append(out, c)
		}
		out = append(out, c.all(name)...)
	}
	return out
}

func (n node) one(t testing.TB, name string) node {
	t.Helper()
	l := n.all(name)
	if len(l) != 1 {
		t.Fatalf("%d %s in %s, want 1", len(l), name, n.XMLName.Local)
	}
	return l[0]
}

func (n node) text() string {
	var b strings.Builder
	for _, x := range n.all("t") {
		b.WriteString(x.Text)
	}
	return b.String()
}

// wordFile is a Word file taken apart.
type wordFile struct {
	parts map[string][]byte
	body  node
}

func openWord(t testing.TB, raw []byte) wordFile {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	w := wordFile{parts: map[string][]byte{}}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if w.parts[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name, ".xml") || strings.HasSuffix(f.Name, ".rels") {
			var n node
			if err := xml.Unmarshal(w.parts[f.Name], &n); err != nil {
				t.Fatalf("%s is not XML: %v", f.Name, err)
			}
			if f.Name == "word/document.xml" {
				w.body = n.one(t, "body")
			}
		}
	}
	return w
}

// styled are the texts of the paragraphs of a style.
func (w wordFile) styled(style string) []string {
	var out []string
	for _, p := range w.body.all("p") {
		if s := p.all("pStyle"); len(s) > 0 && s[0].attr("val") == style {
			out = append(out, p.text())
		}
	}
	return out
}

// columns are the headings of the table.
func (w wordFile) columns(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, c := range w.body.one(t, "tbl").all("tr")[0].all("tc") {
		out = append(out, c.text())
	}
	return out
}

// save writes a document where DUBAN_PAPERS says, to be looked at.
func save(t testing.TB, name string, raw []byte) {
	t.Helper()
	if dir := os.Getenv("DUBAN_PAPERS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// document downloads one and says how it is named.
func (w *world) document(a policy.Actor, path, format string) *resttest.Answer {
	w.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	got := w.as(a).Get(path + sep + "format=" + format).Is(200)
	want := docx
	if format == "xlsx" {
		want = xlsx
	}
	if got.Header.Get("Content-Type") != want || !strings.Contains(got.Header.Get("Content-Disposition"), "."+format) {
		w.t.Fatalf("%s: headers %v", path, got.Header)
	}
	save(w.t, strings.NewReplacer("/", "_", "?", "_", "=", "_", "&", "_").Replace(strings.TrimPrefix(path, "/api/v1/"))+"."+format, got.Raw)
	return got
}

var orderColumns = []string{
	"序号", "被检查单位", "具体地点", "隐患类别", "存在的问题", "图片", "整改措施", "整改期限", "整改责任人", "整改资金", "复查时间", "完成情况", "复查人", "备注",
}

// orderWithPictures is an order of two findings with two pictures and a file, planned.
func (w *world) orderWithPictures(e *evidence) thing {
	w.t.Helper()
	a, b, gone := e.add(w.t, "机房.jpg", "", 90), e.add(w.t, "线路.jpg", "", 30), e.add(w.t, "他人.jpg", "", 10)
	r := w.order(fixture.Inspector,
		w.pictured(fixture.Inspector, "V11", "未安装杀毒软件", a, b, e.add(w.t, "说明.pdf", "", 0), gone),
		w.pictured(fixture.Inspector, "V11", "内外网未隔离"))
	delete(e.files, gone) // as it is for somebody who may not see it
	w.do(fixture.Reporter, r, "acknowledge", nil).Is(200)
	w.do(fixture.Reporter, r, "plan", obj{"funds": "2000元", "measures": []obj{
		{"text": "安装杀毒软件", "person_name": "王会计", "due_on": "2026-09-18"}, {"text": "断开外网", "person_name": "李敏", "due_on": "2026-09-17"},
	}}).Is(200)
	return r
}

// An order on paper names the village with its town where another has the same
// name.
func TestOrderTellsVillagesOfOneNameApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, _ := withEvidence(t, d)
		fixture.Rename(t, d, "V21", "V11")
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		f := openWord(t, w.document(fixture.Inspector, "/api/v1/rectifications/"+r.ID+"/order", "docx").Raw)
		if text := f.body.text(); !strings.Contains(text, "东一村（东镇）：") || strings.Contains(text, "西镇") {
			t.Error(text)
		}
		if got := string(w.as(fixture.Inspector).Get("/api/v1/rectifications/" + r.ID).Is(200).Raw); !strings.Contains(got, `"unit_name":"东一村（东镇）"`) {
			t.Error(got)
		}
	})
}

// An order in Word is an official letter in the layout of GB/T 9704-2012, with
// its 14 columns and pictures on turned pages.
func TestOrderAsWord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		r := w.orderWithPictures(e)
		f := openWord(t, w.document(fixture.Inspector, "/api/v1/rectifications/"+r.ID+"/order", "docx").Raw)

		// Page 1: A4, 37 and 28 mm, a type area of 156 × 225 mm, 22 lines of 28 characters.
		sections := f.body.all("sectPr")
		if len(sections) != 2 {
			t.Fatalf("%d sections, want the letter and the table", len(sections))
		}
		number := func(n node, element, attr string) int {
			v, err := strconv.Atoi(n.one(t, element).attr(attr))
			if err != nil {
				t.Fatalf("%s %s: %v", element, attr, err)
			}
			return v
		}
		mm := func(twips int) float64 { return float64(twips) / 1440 * 25.4 }
		near := func(what string, got, want float64) {
			t.Helper()
			if got < want-0.1 || got > want+0.1 {
				t.Errorf("%s is %.2f mm, want %g", what, got, want)
			}
		}
		letter, annex := sections[0], sections[1]
		for attr, want := range map[string]float64{"top": 37, "bottom": 35, "left": 28, "right": 26} {
			near("margin "+attr, mm(number(letter, "pgMar", attr)), want)
		}
		for attr, want := range map[string]float64{"top": 28, "bottom": 26, "left": 35, "right": 37} {
			near("turned margin "+attr, mm(number(annex, "pgMar", attr)), want)
		}
		near("width", mm(number(letter, "pgSz", "w")), 210)
		near("height", mm(number(letter, "pgSz", "h")), 297)
		near("turned width", mm(number(annex, "pgSz", "w")), 297)
		if annex.one(t, "pgSz").attr("orient") != "landscape" {
			t.Error("the table does not lie on a turned page")
		}
		pitch := number(letter, "docGrid", "linePitch")
		if n := 225 / mm(pitch); n < 22 || n >= 23 {
			t.Errorf("%.2f lines on a page, want 22", n)
		}
		// Styles: sizes in half points, exact line pitch.
		var styles node
		if err := xml.Unmarshal(f.parts["word/styles.xml"], &styles); err != nil {
			t.Fatal(err)
		}
		for style, size := range map[string]string{"Title": "44", "BodyText": "32", "To": "32", "Signature": "32", "Number": "32"} {
			i := slices.IndexFunc(styles.Nodes, func(n node) bool { return n.attr("styleId") == style })
			if i < 0 {
				t.Fatalf("no style %s", style)
			}
			s := styles.Nodes[i]
			if got := s.one(t, "sz").attr("val"); got != size {
				t.Errorf("%s has size %s, want %s", style, got, size)
			}
			lines := s.one(t, "pPr").one(t, "spacing")
			if lines.attr("lineRule") != "exact" {
				t.Errorf("the lines of %s are not exact", style)
			}
			if style != "BodyText" {
				continue
			}
			if lines.attr("line") != strconv.Itoa(pitch) || s.one(t, "ind").attr("firstLineChars") != "200" {
				t.Error("the body text is not on the grid, or not indented by two characters")
			}
			space := float64(number(s.one(t, "rPr"), "spacing", "val")) / 20
			if n := 156 / 25.4 * 72 / (16 + space); n < 28 || n >= 29 {
				t.Errorf("%.2f characters in a line, want 28", n)
			}
		}
		// What the letter says.
		for style, want := range map[string]string{
			"Office": "平县网信办", "Number": "整改〔2026〕1号", "Title": "关于限期整改的通知", "To": "东一村：", "Annex": "附件：整改问题清单",
		} {
			if got := f.styled(style); len(got) != 1 || got[0] != want {
				t.Errorf("%s says %q, want %q", style, got, want)
			}
		}
		if got := f.styled("Signature"); len(got) != 2 || got[0] != "平县网信办" || got[1] != "2026年9月14日" {
			t.Errorf("signed %q", got)
		}
		if got := strings.Join(f.styled("Origin"), ""); !strings.Contains(got, fixture.Inspector.Name) || !strings.Contains(got, "整改中，第3版") {
			t.Errorf("it says of itself: %q", got)
		}
		// The table.
		if got := f.columns(t); !slices.Equal(got, orderColumns) {
			t.Errorf("columns %q", got)
		}
		rows := f.body.one(t, "tbl").all("tr")
		if len(rows) != 3 || rows[0].all("tblHeader") == nil {
			t.Fatalf("%d rows", len(rows))
		}
		if p := rows[1].all("tc")[5]; len(p.all("drawing")) != 2 || !strings.Contains(p.text(), "说明.pdf") || !strings.Contains(p.text(), "另有1个附件") {
			t.Errorf("pictures: %d, %q", len(p.all("drawing")), p.text())
		}
		if n := len(rows[2].all("drawing")); n != 0 {
			t.Errorf("%d pictures in the second row", n)
		}
		for _, b := range f.body.all("blip") {
			if target := f.relation(t, b.attr("embed")); !bytes.HasPrefix(f.parts["word/"+target], []byte("\xff\xd8")) {
				t.Errorf("%s is no JPEG", target)
			}
		}
		if m := rows[1].all("tc")[6]; m.text() != "1．安装杀毒软件2．断开外网" || m.one(t, "vMerge").attr("val") != "restart" {
			t.Errorf("measures %q", m.text())
		}
		for _, q := range e.asked[len(e.asked)-1:] {
			if q.Asker.PersonID != fixture.Inspector.PersonID || len(q.Asker.Grants) == 0 || q.Files[0].GivenBy != fixture.Inspector.PersonID {
				t.Errorf("asked as %+v", q.Asker)
			}
		}
		w.as(fixture.Stranger).Get("/api/v1/rectifications/"+r.ID+"/order").Problem(404, "not_found")
		w.as(fixture.Inspector).Get("/api/v1/rectifications/"+r.ID+"/order?format=pdf").Problem(422, "invalid")
	})
}

func (w wordFile) relation(t testing.TB, id string) string {
	t.Helper()
	var n node
	if err := xml.Unmarshal(w.parts["word/_rels/document.xml.rels"], &n); err != nil {
		t.Fatal(err)
	}
	for _, r := range n.Nodes {
		if r.attr("Id") == id {
			return r.attr("Target")
		}
	}
	t.Fatalf("nothing is related as %q", id)
	return ""
}

// The same order in Excel: 14 columns, pictures anchored in their cells,
// nothing that could be taken for a formula.
func TestOrderAsWorkbook(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		r := w.orderWithPictures(e)
		f, err := excelize.OpenReader(bytes.NewReader(w.document(fixture.Reporter, "/api/v1/rectifications/"+r.ID+"/order", "xlsx").Raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows("Sheet1")
		if err != nil {
			t.Fatal(err)
		}
		top := slices.IndexFunc(rows, func(r []string) bool { return slices.Equal(r, orderColumns) })
		if top < 0 {
			t.Fatalf("no columns: %q", rows)
		}
		at := func(column string, row int) string { return fmt.Sprint(column, top+row+1) }
		var letter []string
		for _, r := range rows[:top] {
			letter = append(letter, strings.Join(r, ""))
		}
		for i, want := range []string{"平县网信办", "整改〔2026〕1号", "关于限期整改的通知", "东一村：", "　　经检查，你单位存在2个问题（见附件），现要求限期整改。",
			"　　请于2026年9月28日（含）前完成整改，并报送整改情况。", "　　附件：整改问题清单", "平县网信办", "2026年9月14日", "附件", "整改问题清单"} {
			if i >= len(letter) || letter[i] != want {
				t.Errorf("the letter says %q, want %q next", letter, want)
				break
			}
		}
		if rows[top+1][1] != "东一村" || rows[top+1][3] != "技术防护" || rows[top+1][9] != "2000元" || !strings.Contains(rows[top+1][4], "第二十一条") {
			t.Errorf("first row %q", rows[top+1])
		}
		ps, err := f.GetPictures("Sheet1", at("F", 1))
		if err != nil || len(ps) != 2 {
			t.Errorf("%d pictures in F1: %v", len(ps), err)
		}
		cells, err := f.GetPictureCells("Sheet1")
		if err != nil || len(cells) != 1 && !slices.Equal(cells, []string{at("F", 1), at("F", 1)}) {
			t.Errorf("pictures in %v: %v", cells, err)
		}
		if l, err := f.GetPageLayout("Sheet1"); err != nil || *l.Orientation != "landscape" || *l.Size != 9 || *l.FitToWidth != 1 {
			t.Errorf("page %+v, %v", l, err)
		}
		merged, err := f.GetMergeCells("Sheet1")
		if err != nil || !slices.ContainsFunc(merged, func(m excelize.MergeCell) bool { return m.GetStartAxis() == at("G", 1) && m.GetEndAxis() == at("G", 2) }) {
			t.Errorf("the measures of the whole order are not one cell: %v", err)
		}
		for i := range rows {
			for j := range rows[i] {
				name, _ := excelize.CoordinatesToCellName(j+1, i+1)
				if formula, _ := f.GetCellFormula("Sheet1", name); formula != "" {
					t.Errorf("%s is a formula: %s", name, formula)
				}
			}
		}
	})
}
