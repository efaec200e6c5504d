package evidence_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// offer sends a file; code is why it is not taken, empty when it is.
func (w *world) offer(a policy.Actor, name string, b []byte) (id, code, detail string) {
	w.t.Helper()
	p := w.announce(a, len(b), "filename", name)
	r := w.send(a, p, 0, b)
	body := strings.TrimSuffix(text(r), "<nil>")
	if r.StatusCode == 204 {
		if r.Header.Get("Duban-Sha256") != sum(b) {
			w.t.Errorf("%s: another hash", name)
		}
		return path.Base(p), "", ""
	}
	var x rest.Problem
	if err := json.Unmarshal([]byte(body), &x); err != nil || r.StatusCode >= 500 || x.Title == x.Code {
		w.t.Errorf("%s: %d %s", name, r.StatusCode, body)
	}
	return "", x.Code, string(x.Detail)
}

type fileNow struct {
	Name, Type, Preview string
	Cautions            []string
}

func (w *world) file(a policy.Actor, id string) (f fileNow) {
	w.t.Helper()
	w.srv.As(w.t, a).Get("/api/v1/files/" + id).Is(200).Into(&f)
	return f
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Case 05: a name that means another type of the same family is no lie. The bytes
// stay, and the name gets the right ending, everywhere it is told.
func TestCase05NamesOfOneFamily(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		photo, shot := toJPEG(t, scene(51, 40, 30), 80), toPNG(t, scene(52, 30, 30))
		families := map[string]map[string][]byte{
			"picture": {".jpg": photo, ".png": shot, ".gif": toGIF(t, 8, 8, 2), ".webp": webp(), ".heic": heic(64, 64)},
			"text":    {".docx": office(t, "word"), ".doc": compound("WordDocument")},
			"table":   {".xlsx": workbook(t), ".xls": compound("Workbook"), ".csv": []byte("单位,数量\n一村,2\n二村,3\n")},
			"slides":  {".pptx": office(t, "ppt"), ".ppt": compound("PowerPoint Document")},
			"film":    {".mp4": film("isom"), ".mov": film("qt  ")},
		}
		for family, is := range families {
			for ext, b := range is {
				for other := range is {
					for _, name := range []string{"x" + other, "X" + strings.ToUpper(other)} {
						id, code, detail := w.offer(fixture.Reporter, name, b)
						if code != "" {
							t.Errorf("%s: %s as %s: %s (%s)", family, ext, name, code, detail)
							continue
						}
						if got, want := w.file(fixture.Reporter, id).Name, name[:1]+ext; got != want && !(other == ext && got == name) {
							t.Errorf("%s as %s is kept as %s", ext, name, got)
						}
					}
				}
				for name, want := range map[string]string{"没有后缀": "没有后缀" + ext, "附件1.现场情况": "附件1.现场情况" + ext, "报告v1.2": "报告v1.2" + ext} {
					if id, code, _ := w.offer(fixture.Reporter, name, b); code != "" || w.file(fixture.Reporter, id).Name != want {
						t.Errorf("%s as %s: %s", ext, name, code)
					}
				}
			}
		}
		for name, want := range map[string]string{"png-as.jpg": "png-as.png", "webp-as.jpg": "webp-as.webp"} {
			b := sample(t, "case05/"+name)
			id, code, _ := w.offer(fixture.Reporter, name, b)
			if code != "" {
				t.Fatalf("%s: %s", name, code)
			}
			a := w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + id + "/content").Is(200)
			if !bytes.Equal(a.Raw, b) || !strings.Contains(a.Header.Get("Content-Disposition"), want) {
				t.Errorf("%s comes back as %s", name, a.Header.Get("Content-Disposition"))
			}
			if r := w.tus(fixture.Reporter, "HEAD", "/api/v1/uploads/"+id, nil, nil); !strings.Contains(r.Header.Get("Upload-Metadata"), strings.TrimPrefix(meta("filename", want), "filename ")) {
				t.Errorf("its upload is called %s", r.Header.Get("Upload-Metadata"))
			}
		}
	})
}

// Case 15: whoever sends what is not taken hears what to send, in words that lead
// there; and across families the advice to rename is right.
func TestCase15AdviceThatWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	kind := func(kind string, more ...entry) []byte {
		return archive(t, append([]entry{{name: "mimetype", body: []byte(kind), how: func(h *zip.FileHeader) { h.Method = zip.Store }}}, more...)...)
	}
	const document, table, slides, picture, film1, sound, packed, program = "save it as DOCX or PDF", "save it as XLSX or PDF", "save it as PPTX or PDF", "Save it as JPEG or PNG", "Convert it to MP4", "MP3 or M4A", "Unpack it", "Programs and scripts"
	odt := sample(t, "case15/plain.odt")
	for name, f := range map[string]struct {
		b    []byte
		says string
	}{
		"plain.odt": {odt, document}, "odt.zip": {odt, document}, "odt.docx": {odt, document}, "odt": {odt, document},
		"a.ods": {kind("application/vnd.oasis.opendocument.spreadsheet"), table}, "a.odp": {kind("application/vnd.oasis.opendocument.presentation"), slides},
		"a.epub": {kind("application/epub+zip"), document}, "a.pages": {archive(t, entry{name: "Index/Document.iwa", body: []byte("x")}), document},
		"a.jar": {archive(t, entry{name: "META-INF/MANIFEST.MF", body: []byte("Main-Class: A")}), program}, "a.apk": {archive(t, entry{name: "AndroidManifest.xml", body: []byte("x")}), program},
		"a.rtf": {[]byte(`{\rtf1\ansi hello}`), document}, "rtf.doc": {[]byte(`{\rtf1\ansi hello}`), document},
		"html.doc": {[]byte("<html><head><title>x</title></head><body><p>x</p></body></html>"), document}, "html.xls": {[]byte("<html><body><table><tr><td>1</td></tr></table></body></html>"), table},
		"xml.xls": {[]byte(`<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>`), table},
		"xml.doc": {[]byte(`<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="x"></w:wordDocument>`), document},
		"a.tif":   {append([]byte("II*\x00\x08\x00\x00\x00"), make([]byte, 64)...), picture}, "tif.jpg": {append([]byte("MM\x00*\x00\x00\x00\x08"), make([]byte, 64)...), picture},
		"a.bmp":  {append([]byte("BM\x46\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00"), make([]byte, 64)...), picture},
		"a.avif": {bytes.Join([][]byte{box("ftyp", []byte("avif\x00\x00\x00\x00mif1avif")), box("meta", make([]byte, 4)), box("mdat", []byte("x"))}, nil), picture},
		"a.wps":  {compound("CONTENTS"), document}, "a.et": {compound("CONTENTS"), table}, "a.dps": {compound("CONTENTS"), slides}, "a.doc": {compound("CONTENTS"), document},
		"a.dotx": {archive(t, entry{name: "[Content_Types].xml", body: []byte(`<Types xmlns="x"><Override ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"/></Types>`), how: stored}), document},
		"a.rar":  {[]byte("Rar!\x1a\x07\x01\x00" + strings.Repeat("\x00", 40)), packed}, "a.7z": {[]byte("7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("\x00", 40)), packed},
		"a.wav": {[]byte("RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00" + strings.Repeat("\x00", 40)), sound}, "a.amr": {[]byte("#!AMR\n\x3c" + strings.Repeat("\x00", 40)), sound},
		"a.avi": {[]byte("RIFF\x24\x00\x00\x00AVI LIST" + strings.Repeat("\x00", 40)), film1}, "a.exe": {[]byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff" + strings.Repeat("\x00", 60)), program},
	} {
		if _, code, detail := w.offer(fixture.Reporter, name, f.b); code != "file_type_refused" || !strings.Contains(detail, f.says) {
			t.Errorf("%s: %s (%s), want %q", name, code, detail, f.says)
		}
	}
	// To do what is advised works.
	photo := toJPEG(t, scene(53, 40, 30), 80)
	for name, b := range map[string][]byte{"a.pdf": photo, "a.xlsx": office(t, "word"), "b.jpg": pdf(3), "a.mp3": film("isom"), "c.zip": photo, "a.tmp": photo} {
		_, code, detail := w.offer(fixture.Reporter, name, b)
		if code != "file_type_mismatch" && name != "a.tmp" || code == "" {
			t.Errorf("%s: %s", name, code)
			continue
		}
		_, end, _ := strings.Cut(detail, "the ending .")
		end = strings.FieldsFunc(end, func(r rune) bool { return r == ',' || r == '.' })[0]
		if _, code, detail := w.offer(fixture.Reporter, "a."+end, b); code != "" {
			t.Errorf("%s called .%s as was advised: %s (%s)", name, end, code, detail)
		}
	}
}

func stored(h *zip.FileHeader) { h.Method = zip.Store }

// Case 25: what a computer would run is found where it hides, and what people
// hand in every day is taken without a word.
func TestCase25ActiveContent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	found := func(name string, b []byte, want ...string) {
		t.Helper()
		id, code, detail := w.offer(fixture.Reporter, name, b)
		if code == "" {
			code = strings.Join(w.file(fixture.Reporter, id).Cautions, ",")
		}
		if !slices.Contains(want, code) {
			t.Errorf("%s: %q (%s), want %q", name, code, detail, want)
		}
	}
	const active = "file_active"
	es, err := os.ReadDir("testdata/case25")
	if err != nil || len(es) < 13 {
		t.Fatal(err)
	}
	for _, e := range es {
		found(e.Name(), sample(t, "case25/"+e.Name()), active, "objects")
	}
	for _, ext := range strings.Fields(".iso .pif .msc .chm .one .slk .xll .iqy .wsh .ws .gadget .library-ms .settingcontent-ms .cpl .vhd .appref-ms .hta .EXE .exe. .scr\u200b .lnk .zip .rar .7z .img .jse .theme .xyz") {
		found("a.zip", archive(t, entry{name: "附件/a" + ext, body: []byte("x")}), active)
	}
	for _, name := range []string{"a.txt:b.exe", "nul", "a/CON .txt", "a\nb.txt", "Desktop.INI", "a/.../b.txt", "com1.pdf", "..\\x.txt", "\\\\host\\x.txt"} {
		found("a.zip", archive(t, entry{name: name, body: []byte("x")}), active)
	}
	found("a.zip", archive(t, entry{name: "dev", how: func(h *zip.FileHeader) { h.SetMode(fs.ModeDevice | 0o600) }}), active)
	second := "\x75\x70\x0e\x00\x01\x00\x00\x00\x00evil.exe\x00"
	found("a.zip", archive(t, entry{name: "a.txt", body: []byte("x"), how: func(h *zip.FileHeader) { h.Extra = []byte(second) }}), active)
	twice := archive(t, entry{name: "a.txt", body: []byte("x")})
	copy(twice[bytes.Index(twice, []byte("a.txt")):], "a.exe")
	found("a.zip", twice, "file_mixed")
	// Everyday archives.
	photo := toJPEG(t, scene(54, 40, 30), 80)
	found("a.zip", archive(t, entry{name: "照片/"}, entry{name: "照片/1.JPG", body: photo}, entry{name: "附件1.现场情况", body: []byte("x")}, entry{name: "__MACOSX/._1.JPG", body: []byte("x")},
		entry{name: ".DS_Store", body: []byte("x")}, entry{name: "Thumbs.db", body: []byte("x")}, entry{name: "说明.txt", body: []byte("x")}, entry{name: "a.docx", body: office(t, "word")},
		entry{name: "扫描.tif", body: []byte("x")}, entry{name: "\xd5\xd5\xc6\xac\\1.jpg", body: photo, how: func(h *zip.FileHeader) { h.NonUTF8 = true }}), "")

	// Old documents, whatever the case of their names.
	for _, name := range []string{"_VBA_PROJECT_CUR", "_vba_project_cur", "_Vba_Project", "vba", "MACROS"} {
		found("a.xls", compound("WORKBOOK", name), active)
		found("a.doc", compound("worddocument", name), active)
	}
	found("a.xls", compound("Workbook", "MBD00012AB3"), "objects")
	for ext, b := range map[string][]byte{".doc": compound("WordDocument", "1Table", "ObjectPool", "\x01CompObj"), ".xls": compound("Workbook", "\x05SummaryInformation"), ".ppt": compound("PowerPoint Document", "Pictures")} {
		found("a"+ext, b, "")
	}

	// Documents that take from elsewhere.
	related := func(kind, target, mode string) []byte {
		return office(t, "word", entry{name: "word/_rels/document.xml.rels", body: fmt.Appendf(nil, `<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s" Target="%s" %s/></Relationships>`, kind, target, mode)})
	}
	const external = `TargetMode="External"`
	for _, to := range []string{"http://evil.example/x.dotm", `\\host\share\x.dotm`, "file://host/x.dotm", "//host/x.dotm", "file:////host/x.dotm", "HTTPS://evil.example/x", "mhtml:http://evil.example/x!x-usc:y", "ftp://x/y"} {
		found("a.docx", related("attachedTemplate", to, external), active)
		found("a.docx", related("oleObject", to, external), active)
		found("a.docx", related("image", to, external), "links")
		found("a.docx", related("hyperlink", to, external), "")
	}
	found("a.docx", related("attachedTemplate", `file:///C:\Users\a\Templates\b.dotm`, external), "links")
	found("a.docx", related("oleObject", "embeddings/oleObject1.bin", ""), "objects")
	found("a.docx", related("package", "embeddings/Microsoft_Excel_Sheet1.xlsx", ""), "")
	found("a.docx", related("package", "embeddings/a.xlsm", ""), active)
	field := func(body string) []byte {
		return archive(t, entry{name: "[Content_Types].xml", body: []byte(`<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)},
			entry{name: "word/document.xml", body: []byte("<w:document xmlns:w='x'>" + body + "</w:document>")})
	}
	found("a.docx", field(`<w:instrText>DD</w:instrText><w:instrText>EAUTO c:\\cmd</w:instrText>`), active)
	found("a.docx", field(`<w:fldChar w:fldCharType="begin"/><w:instrText> d&#68;e "x"</w:instrText><w:fldChar w:fldCharType="end"/>`), active)
	found("a.docx", field(`<w:fldChar w:fldCharType="begin"/><w:instrText> PAGE </w:instrText><w:fldChar w:fldCharType="end"/><w:t>DDE</w:t>`), "")
	found("a.xlsx", office(t, "xl", entry{name: "xl/externalLinks/externalLink1.xml", body: []byte(`<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>`)}), active)
	found("a.xlsx", office(t, "xl", entry{name: "xl/macrosheets/sheet1.xml", body: []byte(`<x/>`)}), active)

	// Tables that are text.
	for _, cell := range []string{"=cmd|'/c calc'!A0", "a,=cmd|' /C calc'!A1\n", "a\n\"@SUM(1+1)*cmd|'/c calc'!A0\"", "+cmd|/c!A0", "=MSEXCEL|'\\..\\cmd.exe'!'/c'"} {
		found("a.csv", []byte("单位,数量\n"+cell+"\n"), active)
	}
	for _, cell := range []string{"-1|2", "- 一项 | 另一项！", "=1+1", "a|b", "- a | b! c", "@张三|李四"} {
		found("a.csv", []byte("单位,数量\n"+cell+",1\n"), "")
	}

	// PDF, as a program reads it.
	for _, body := range []string{
		"9 0 obj << /S /JavaScript /JS (x) >> endobj", "9 0 obj <</S/J#61vaScrip#74/JS(x)>> endobj", "9 0 obj\n<< /S /#4caunch /F (cmd.exe) >>\nendobj",
		"9 0 obj << /Type /Catalog /OpenAction << /S /URI /URI (http://x/) >> >> endobj", "9 0 obj << /Open#41ction 10 0 R >> endobj 10 0 obj << /Next 11 0 R /S /GoTo >> endobj 11 0 obj << /S /URI >> endobj",
		"9 0 obj << /AA << /O << /S /SubmitForm /F (http://x/) >> >> >> endobj", "9 0 obj << /AA 10 0 R >> endobj 10 0 obj << /O << /S /URI >> >> endobj", "9 0 obj << /AcroForm << /XFA [(a) 1 0 R] >> >> endobj",
		"9 0 obj << /Type /Filespec /UF <FEFF0061002E006500780065> /F (a.txt) /EF << /F 1 0 R >> >> endobj", "9 0 obj << /F (a.zip) /EF << /F 1 0 R >> >> endobj",
		"9 0 obj << /OpenAction [1 0 R /Fit] /OpenAction << /S /URI >> >> endobj", "9 0 obj << /N 1 /N 1 /First 4 >> stream\n1 0 <</S/JavaScript>>\nendstream endobj",
		"9 0 obj << /N 1 /First 4 /Filter /JBIG2Decode >> stream\nx\nendstream endobj", "9 0 obj << /Subtype /RichMedia >> endobj",
		"9 0 obj << /Type /ObjStm /N 1 /First 4 /Length 99 /Filter [/ASCIIHexDecode] >> stream\n31 30 20 30 <3c3c2f532f4c61756e63683e3e>\nendstream endobj",
	} {
		found("a.pdf", pdfWith(body, ""), active)
	}
	for _, body := range []string{
		"9 0 obj << /OpenAction [1 0 R /FitH null] >> endobj", "9 0 obj << /OpenAction << /S /GoTo /D [1 0 R /Fit] >> >> endobj", "9 0 obj << /Subtype /Link /A << /S /URI /URI (http://gov.cn/) >> >> endobj",
		"9 0 obj << /F (发票.xml) /EF << /F 1 0 R >> >> endobj", "9 0 obj << /AcroForm << /Fields [] /XFA [] >> >> endobj", "9 0 obj << /OpenAction 10 0 R >> endobj 10 0 obj << /S /GoTo /D (x) >> endobj 11 0 obj << /S /URI >> endobj",
	} {
		found("a.pdf", pdfWith(body, ""), "")
	}
}

// Case 04: a PDF that opens without asking is taken, with a word when it is not
// to be printed or copied; one that asks is refused.
func TestCase04OpensWithoutAsking(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	id, code, detail := w.offer(fixture.Reporter, "a.pdf", sample(t, "case04/enc-empty-user.pdf"))
	if code != "" {
		t.Fatalf("%s %s", code, detail)
	}
	w.examine()
	if f := w.file(fixture.Reporter, id); len(f.Cautions) != 0 || f.Preview == "pending" {
		t.Errorf("%+v", f)
	}
	if _, code, _ = w.offer(fixture.Reporter, "b.pdf", sample(t, "case04/enc-user.pdf")); code != "file_encrypted" {
		t.Errorf("%q", code)
	}
}
