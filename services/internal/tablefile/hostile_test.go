package tablefile_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/tablefile"
)

// part is a part of a workbook: head, unit so many times, and tail.
type part struct {
	name, head, unit string
	n                int
	tail             string
}

// Parts of a small workbook that others take the place of.
var plainParts = []part{
	{name: "_rels/.rels", head: `<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{name: "xl/_rels/workbook.xml.rels", head: `<Relationships><Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>` +
		`<Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>`},
	{name: "xl/workbook.xml", head: `<workbook><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{name: "xl/worksheets/sheet1.xml", head: head, tail: foot},
}

const (
	head = `<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c><c r="B1" t="inlineStr"><is><t>name</t></is></c></row>`
	foot = `</sheetData></worksheet>`
)

// workbook packs parts, and those of a small workbook that are not among them.
func workbook(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	seen := map[string]bool{}
	for _, p := range append(parts[:len(parts):len(parts)], plainParts...) {
		if seen[p.name] && len(p.unit)+len(p.tail) == 0 || seen[p.name] && p.tail == foot && p.unit == "" {
			continue
		}
		seen[p.name] = true
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, p.head)
		piece := strings.Repeat(p.unit, max(1, min(p.n, 1<<16/max(1, len(p.unit)))))
		for left := p.n * len(p.unit); left > 0; {
			n := min(left, len(piece))
			_, _ = io.WriteString(w, piece[:n])
			left -= n
		}
		_, _ = io.WriteString(w, p.tail)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sheet1(unit string, n int) part {
	return part{"xl/worksheets/sheet1.xml", head, unit, n, foot}
}

func texts(unit string, n int) part {
	return part{"xl/sharedStrings.xml", "<sst>", unit, n, "</sst>"}
}

// rowsFrom are rows from 2 on, each with cells.
func rowsFrom(n int, cells func(row int) string) part {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<row r="%d">%s</row>`, i+2, cells(i+2))
	}
	return part{"xl/worksheets/sheet1.xml", head + b.String(), "", 0, foot + " "}
}

func pointing(columns int) func(int) string {
	return func(row int) string {
		var b strings.Builder
		for c := range columns {
			fmt.Fprintf(&b, `<c r="%s%d" t="s"><v>0</v></c>`, table.Name(c), row)
		}
		return b.String()
	}
}

// endless is a text that is long without taking memory.
type endless struct {
	head, unit string
	size       int64
}

func (e endless) Size() int64 { return e.size }

func (e endless) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		if at >= e.size {
			return i, io.EOF
		}
		if at < int64(len(e.head)) {
			p[i] = e.head[at]
		} else {
			p[i] = e.unit[(at-int64(len(e.head)))%int64(len(e.unit))]
		}
		at++
	}
	return len(p), nil
}

var columns = []table.Column{{Name: "code", Title: "编码", Required: true}, {Name: "name", Title: "名称"}}

func case18(t testing.TB, name string) table.Body {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(raw)
}

// hostile are files that were made to take memory or time, or to break a reader.
func hostile(t testing.TB) map[string]table.Body {
	x := func(parts ...part) table.Body { return bytes.NewReader(workbook(t, parts...)) }
	zipped := func(n int, name func(int) string) table.Body {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := range n {
			_, _ = z.CreateRaw(&zip.FileHeader{Name: name(i)})
		}
		_ = z.Close()
		return bytes.NewReader(b.Bytes())
	}
	good := workbook(t, texts("<si><t>a</t></si>", 3), rowsFrom(3, pointing(2)))
	const book, styles, rels = "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"
	long := strings.Repeat("字", table.MaxText)
	return map[string]table.Body{
		"amplify (case 18)":            case18(t, "ss_amplify.xlsx"),
		"3M empty texts (case 18)":     case18(t, "ss_3M_empty.xlsx"),
		"16M short texts (case 18)":    case18(t, "ss_16M_short.xlsx"),
		"one text of 15 MiB":           x(texts("<si><t>"+strings.Repeat("x", 15<<20)+"</t></si>", 1), rowsFrom(2000, pointing(100))),
		"empty texts, pointed to":      x(texts("<si/>", 3_100_000), rowsFrom(2, pointing(2))),
		"1.6M texts":                   x(texts("<si><t>a</t></si>", 1_600_000), rowsFrom(2, pointing(2))),
		"texts of 75 MiB":              x(texts("<si><t>"+strings.Repeat("a", 30_000)+"</t></si>", 2_500), rowsFrom(2, pointing(2))),
		"escaped underscores":          x(texts("<si><t>"+strings.Repeat("_x005F_", 1<<20/7)+"</t></si>", 1), rowsFrom(2, pointing(2))),
		"escaped underscores inline":   x(sheet1(`<row r="2"><c r="A2" t="inlineStr"><is><t>`+strings.Repeat("_x005F_", 15<<20/7)+`</t></is></c></row>`, 1)),
		"escaped underscores that fit": x(texts("<si><t>"+strings.Repeat("_x005F_", 32_000)+"</t></si>", 40), rowsFrom(1000, pointing(2))),
		"styles":                       x(part{styles, "<styleSheet><cellXfs>", "<xf/>", 3_100_000, "</cellXfs></styleSheet>"}),
		"formats":                      x(part{styles, "<styleSheet><numFmts>", `<numFmt numFmtId="200" formatCode="0"/><numFmt numFmtId="201" formatCode="` + strings.Repeat("0", 300) + `"/>`, 50_000, "</numFmts></styleSheet>"}),
		"names":                        x(part{book, "<workbook><definedNames>", "<definedName/>", 1_000_000, "</definedNames></workbook>"}),
		"sheets":                       x(part{book, "<workbook><sheets>", `<sheet name="S" r:id="rId1"/>`, 100_000, "</sheets></workbook>"}),
		"relations":                    x(part{rels, "<Relationships>", `<Relationship Id="r"/>`, 1_000_000, "</Relationships>"}),
		"merged cells":                 x(part{"xl/worksheets/sheet1.xml", head + "</sheetData><mergeCells>", `<mergeCell ref="A1:B2"/>`, 1_000_000, "</mergeCells></worksheet>"}),
		"merged cells over another":    x(part{"xl/worksheets/sheet1.xml", head + `<row r="5"><c r="A5"><v>1</v></c></row></sheetData><mergeCells>`, `<mergeCell ref="A1:CV1048576"/>`, 40_000, "</mergeCells></worksheet>"}),
		"empty rows":                   x(sheet1("<row/>", 1_048_570)),
		"too many rows":                x(sheet1("<row/>", 1_100_000)),
		"rows that are formatted":      x(sheet1(`<row><c s="1"/><c s="1"/><c s="1"/><c s="1"/></row>`, 700_000)),
		"blanks":                       x(sheet1(" ", 70<<20)),
		"a comment":                    x(sheet1("<!--"+strings.Repeat("-", 20<<20)+" -->", 1)),
		"many comments":                x(sheet1("<!-- -->", 2<<20)),
		"a long tag":                   x(sheet1(`<row a="`+strings.Repeat("x", 10<<20)+`"/>`, 1)),
		"many attributes":              x(sheet1(`<row `+strings.Repeat(`a="1" `, 2<<20)+`/>`, 1)),
		"a tag without an end":         x(sheet1("<"+strings.Repeat("a", 10<<20), 1)),
		"deep nesting":                 x(sheet1("<a>", 1_000_000)),
		"a document type":              x(part{book, `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><workbook>&b;`, "", 0, "</workbook> "}),
		"a CDATA section":              x(sheet1(`<row r="2"><c r="A2" t="inlineStr"><is><t><![CDATA[`+strings.Repeat("y", 10<<20)+`]]></t></is></c></row>`, 1)),
		"an instruction":               x(sheet1("<?"+strings.Repeat("y", 10<<20)+"?>", 1)),
		"rows out of order":            x(sheet1(`<row r="9"><c r="A9"><v>1</v></c></row><row r="3"/>`, 1)),
		"a row far below":              x(sheet1(`<row r="99999999999"><c><v>1</v></c></row>`, 1)),
		"a cell of another row":        x(sheet1(`<row r="2"><c r="A7"><v>1</v></c></row>`, 1)),
		"a cell too far to the right":  x(sheet1(`<row r="2"><c r="XFE2"><v>1</v></c></row>`, 1)),
		"a row of 16,384 cells":        x(sheet1(`<row r="2">`+strings.Repeat(`<c t="inlineStr"><is><t>a</t></is></c>`, 16_384)+`</row>`, 1)),
		"a text that is not there":     x(texts("<si/>", 1), sheet1(`<row r="2"><c r="A2" t="s"><v>7</v></c></row>`, 1)),
		"a negative text":              x(texts("<si/>", 1), sheet1(`<row r="2"><c r="A2" t="s"><v>-1</v></c></row>`, 1)),
		"bytes that are no text":       x(sheet1("<row r=\"2\"><c r=\"A2\" t=\"str\"><v>\xff\xfe</v></c></row>", 1)),
		"a long number":                x(sheet1(`<row r="2"><c r="A2"><v>`+strings.Repeat("9", 100_000)+`</v></c></row>`, 1)),
		"pages of long cells":          x(texts("<si><t>"+long+"</t></si>", 1), rowsFrom(1000, pointing(10))),
		"UTF-16 within":                x(part{book, "\xff\xfe<\x00w\x00", "", 0, " "}),
		"phonetic signs":               x(texts("<si><rPh><rPh></si>", 10), rowsFrom(2, pointing(2))),
		"entries":                      zipped(100_000, func(i int) string { return fmt.Sprint(i) }),
		"entries of one name":          zipped(3, func(int) string { return "xl/workbook.xml" }),
		"no entries":                   zipped(0, nil),
		"half a workbook":              bytes.NewReader(good[:len(good)/2]),
		"a workbook with other bytes":  bytes.NewReader(bytes.Replace(good, []byte("sheet1"), []byte("sheet2"), 1)),
		"an old workbook":              bytes.NewReader(append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...)),
		"a beginning":                  bytes.NewReader([]byte("PK\x03\x04")),
		"nothing":                      bytes.NewReader(nil),
	}
}

// hostileTexts are the same as CSV.
func hostileTexts() map[string]table.Body {
	const h = "code,name\n"
	return map[string]table.Body{
		"10 MiB of commas (case 18)":              endless{h, ",", 10 << 20},
		"60 MiB after a quotation mark (case 18)": endless{h + `"`, "a", 60 << 20},
		"8 MiB in a line":                         endless{h, "a", 8 << 20},
		"8 MiB of quotation marks":                endless{h, `"`, 8 << 20},
		"8 MiB of empty lines":                    endless{h, "\n", 8 << 20},
		"lines within quotation marks":            endless{h + `"`, "a\n", 8 << 20},
		"empty fields":                            endless{h, `"",`, 6 << 20},
		"zeros":                                   endless{h, "\x00", 1 << 20},
		"UTF-16 without an end of line":           endless{"\xff\xfe", "a\x00", 6 << 20},
		"UTF-16 cut in the middle":                endless{"\xff\xfec\x00o\x00d\x00e\x00\n\x00", "\x00\xd8", 101},
		"GB18030 of four bytes":                   endless{h, "\x81\x30\x81\x30", 4 << 20},
		"bytes that are no text":                  endless{h, "\xff", 1 << 20},
		"a separator and no more":                 endless{"sep=", ";", 5},
		"headings without an end":                 endless{"", "code,", 6 << 20},
		"a byte order mark":                       endless{"\xef\xbb\xbf", " ", 3},
	}
}

// read reads a file whose records are counted.
func read(ctx context.Context, r tablefile.Reader, kind string, body table.Body) (n int, err error) {
	in := table.Input{Who: "p", Type: kind, Body: body, Columns: columns, Rows: 1000}
	_, err = r.Read(ctx, in, func(x table.Row) error {
		if n++; n > 1000 {
			return fault.New(fault.Invalid, "too_long", "It is too long.")
		}
		return nil
	})
	return n, err
}

func spent() (cpu time.Duration, mebibytes int64) {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss >> 10
}

// Case 18: whatever comes as a table is taken or refused, in little time and
// memory of the child and of the server.
func TestCase18HostileTables(t *testing.T) {
	r := tablefile.New()
	try := func(name, kind string, body table.Body) {
		before, _ := spent()
		start := time.Now()
		_, err := read(t.Context(), r, kind, body)
		wall := time.Since(start)
		cpu, _ := spent()
		cpu -= before
		t.Logf("%-45s %6d ms %6d ms of the child: %v", name, wall.Milliseconds(), cpu.Milliseconds(), err)
		var u *table.Unreadable
		var h *table.Headless
		if err != nil && !errors.As(err, &u) && !errors.As(err, &h) && fault.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
		if f := fault.As(err); f != nil && f.Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		// The processor's time, since how fast a clock runs on a loaded machine says nothing.
		if cpu > 2*time.Second*slowness {
			t.Errorf("%s took %v", name, cpu)
		}
	}
	var m runtime.MemStats
	files := hostile(t)
	runtime.GC()
	runtime.ReadMemStats(&m)
	had := m.Sys
	for name, body := range files {
		if slowness > 1 && !strings.Contains(name, "case 18") {
			continue // the race detector has nothing to find in a process of one goroutine
		}
		try(name, table.XLSX, body)
	}
	for name, body := range hostileTexts() {
		if slowness > 1 && !strings.Contains(name, "case 18") {
			continue
		}
		start := time.Now()
		try(name, table.CSV, body)
		if d := time.Since(start); d > 20*time.Second*slowness {
			t.Errorf("%s took %v", name, d)
		}
	}
	runtime.ReadMemStats(&m)
	if grown := int64(m.Sys-had) >> 20; grown > 64 {
		t.Errorf("the server has grown by %d MiB", grown)
	}
	if _, most := spent(); most > 256 && slowness == 1 {
		t.Errorf("a child took %d MiB", most)
	} else {
		t.Logf("the largest child took %d MiB; the server grew by %d MiB; %d files", most, (m.Sys-had)>>20, len(files)+len(hostileTexts()))
	}
}

// Case 18: whoever hangs up ends the reading of his file, and frees its place.
func TestCase18HangingUp(t *testing.T) {
	t.Parallel()
	r := tablefile.Reader{Gate: tablefile.NewGate(1, 1, time.Second)}
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	body := bytes.NewReader(workbook(t, sheet1(`<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>`, 900_000)))
	in := table.Input{Who: "p", Body: body, Columns: columns, Rows: 700_000}
	start := time.Now()
	_, err := r.Read(ctx, in, func(table.Row) error {
		if rows++; rows == 10 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || rows > 400_000 {
		t.Fatalf("%v after %d rows and %v", err, rows, time.Since(start))
	}
	// Its place is free again.
	if _, err := r.Read(t.Context(), table.Input{Who: "p", Body: bytes.NewReader(workbook(t, rowsFrom(1, func(int) string { return `<c t="str"><v>a</v></c>` }))), Columns: columns, Rows: 5}, func(table.Row) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// Case 18: one file of a person at a time, and two in all; whoever must wait is
// turned away before long.
func TestCase18Gate(t *testing.T) {
	t.Parallel()
	g := tablefile.NewGate(2, 1, 20*time.Millisecond)
	enter := func(who string) func() {
		leave, err := g.Enter(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		return leave
	}
	a := enter("a")
	if _, err := g.Enter(t.Context(), "a"); !fault.Is(err, fault.Limited) {
		t.Errorf("a second one of a: %v", err)
	}
	b := enter("b")
	if _, err := g.Enter(t.Context(), "c"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a third one: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := g.Enter(ctx, "c"); !errors.Is(err, context.Canceled) {
		t.Errorf("a third one that hung up: %v", err)
	}
	a()
	c := enter("c")
	b()
	c()
	slow := tablefile.NewGate(1, 1, time.Minute)
	first, err := slow.Enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	in := make(chan error)
	go func() {
		leave, err := slow.Enter(t.Context(), "b")
		if err == nil {
			leave()
		}
		in <- err
	}()
	first()
	if err := <-in; err != nil {
		t.Errorf("after the first had left: %v", err)
	}
}
