package evidence_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// A summary as villages write it, with what differs from village to village.
func summary(village string, leaflets, talks int) string {
	return fmt.Sprintf(`%s网络安全宣传周活动工作总结。为深入贯彻落实上级关于网络安全工作的部署要求，切实增强广大群众的网络安全意识和自我防护能力，
%s于九月中旬组织开展了以“网络安全为人民，网络安全靠人民”为主题的宣传活动。一是加强组织领导，成立了由村支部书记任组长的领导小组，制定了实施方案，明确了责任分工。
二是创新宣传形式，通过悬挂横幅、张贴海报、发放宣传单等方式营造浓厚氛围，共发放宣传单%d份，举办讲座%d场。三是突出重点人群，针对老年人和青少年分别讲解电信诈骗的常见手法和防范要点，
现场解答群众疑问。四是注重长效机制，将网络安全知识纳入村规民约，利用大喇叭每日播放。下一步，我们将继续加大宣传力度，推动网络安全意识深入人心。`, village, village, leaflets, talks)
}

// Another village's own words about the same.
const ownWords = `我们村里老人多，手机用得少，骗子偏偏爱打他们的主意。今年宣传周我们没有开大会，而是请派出所的张警官挨家挨户坐到炕头上讲：
陌生电话里说孙子出事要打钱的，先挂掉，再给孩子打回去。村小学的二十来个孩子回家当“小老师”，教爷爷奶奶把支付密码改掉，不再用生日。
赶集那天在供销社门口摆了一张桌子，问的人不少，最多的问题是短信里的链接能不能点。李大娘上个月差点被骗走三千块，她自己站出来讲，比我们讲十遍都管用。
村委会的两台电脑也查了一遍，卸掉了没用的软件，开机密码都换了。活儿不大，可大家说心里踏实。往后每个月赶集日我们都摆一次。`

func TestWordings(t *testing.T) {
	t.Parallel()
	one := evidence.WordingOf(summary("东一村", 260, 7))
	if one == nil || len(one.Bands()) != 32 {
		t.Fatal("no wording")
	}
	for name, c := range map[string]struct {
		text        string
		least, most float64
	}{
		"itself":          {summary("东一村", 260, 7), 1, 1},
		"other figures":   {summary("西三村", 118, 12), 0.8, 1},
		"spaced and wide": {strings.NewReplacer("，", " ， ", "一", "一\n", "网", "⽹", "2", "２").Replace(summary("东一村", 260, 7)), 1, 1},
		"a sentence cut":  {strings.Replace(summary("西三村", 118, 12), "现场解答群众疑问。", "", 1), 0.75, 1},
		"own words":       {ownWords, 0, 0.1},
	} {
		got := one.Common(evidence.WordingOf(c.text))
		if got < c.least || got > c.most {
			t.Errorf("%s: %.2f, want %.2f to %.2f", name, got, c.least, c.most)
		}
		if back := evidence.WordingFrom(one.Bytes()); back.Common(one) != 1 {
			t.Error("not what was stored")
		}
	}
	if evidence.WordingOf("工作总结 2026年") != nil || evidence.WordingOf(strings.Repeat("，。 ", 500)) != nil || evidence.WordingFrom([]byte("x")) != nil {
		t.Error("too little text is recognized")
	}
}

// The estimate stands by the share of changed words, and the bands find what
// is alike and little else.
func TestWordingsFindAndLeave(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	text := func() []rune {
		rs := make([]rune, 600)
		for i := range rs {
			rs[i] = rune(0x4e00 + r.IntN(2000))
		}
		return rs
	}
	common := func(a, b []int64) bool {
		for i := range a {
			if a[i] == b[i] {
				return true
			}
		}
		return false
	}
	found, stray := 0, 0
	for range 200 {
		a := text()
		b := append([]rune(nil), a...)
		for range 24 { // 4 % of the letters: about 0.73 of the shingles stay
			b[r.IntN(len(b))] = '改'
		}
		x, y, z := evidence.WordingOf(string(a)), evidence.WordingOf(string(b)), evidence.WordingOf(string(text()))
		if common(x.Bands(), y.Bands()) {
			found++
		}
		if common(x.Bands(), z.Bands()) {
			stray++
		}
		if c := x.Common(y); c < 0.5 || c > 0.92 {
			t.Fatalf("%.2f in common", c)
		}
	}
	if found < 198 || stray > 2 {
		t.Fatalf("found %d of 200, and %d strangers", found, stray)
	}
}

// docx is a document with a text.
func docx(t testing.TB, text string) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`)
	for _, p := range strings.Split(text, "。") {
		// Programs cut a paragraph into runs where they like.
		half := len([]rune(p)) / 2
		fmt.Fprintf(&b, `<w:p><w:pPr><w:jc w:val="left"/></w:pPr><w:r><w:t>%s</w:t></w:r><w:r><w:instrText>PAGE</w:instrText><w:t>%s</w:t></w:r></w:p>`, string([]rune(p)[:half]), string([]rune(p)[half:]))
	}
	b.WriteString("</w:body></w:document>")
	return archive(t,
		entry{name: "[Content_Types].xml", body: []byte(`<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`)},
		entry{name: "_rels/.rels", body: []byte("<Relationships/>")}, entry{name: "word/document.xml", body: []byte(b.String())})
}

// pdfText is a document with a text in a font of two-byte codes, as office
// programs write them.
func pdfText(text string) []byte { return pdfOf(text, 1) }

// pdfOf says that it has so many pages, all of which are the same.
func pdfOf(text string, pages int) []byte {
	var show strings.Builder
	for _, line := range strings.Split(text, "\n") {
		fmt.Fprint(&show, "<")
		for _, u := range utf16.Encode([]rune(line)) {
			fmt.Fprintf(&show, "%04X", u)
		}
		fmt.Fprint(&show, "> Tj T* ")
	}
	content := "BT /F1 12 Tf 14 TL 50 750 Td " + show.String() + "ET"
	cmap := "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def 1 begincodespacerange <0000> <FFFF> endcodespacerange\n" +
		"1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		fmt.Sprintf("<< /Type /Pages /Kids [%s] /Count %d >>", strings.Repeat("3 0 R ", pages), pages),
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
		"<< /Type /Font /Subtype /Type0 /BaseFont /SimSun /Encoding /Identity-H /DescendantFonts [7 0 R] /ToUnicode 6 0 R >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(cmap), cmap),
		"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /SimSun /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, a := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", a)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// Two villages hand in the same summary with other figures, one as DOCX and
// one as PDF: the reviewer is shown both. Who wrote their own is left alone.
func TestTheSameSummaryTwice(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.hand(fixture.Reporter, "V11", "a.jpg", toJPEG(t, scene(91, 320, 240), 85))
		give := func(a string, name string, b []byte) sub {
			who := fixture.Reporter
			if a == "V12" {
				who = fixture.Reporter12
			}
			f := w.upload(who, name, b)
			w.examine()
			s := w.open(who, "assignment", w.issue(a).ID)
			w.put(who, s, "leaflets", map[string]any{"value": 260})
			w.put(who, s, "summary", map[string]any{"text": "见附件"})
			s = w.put(who, s, "papers", map[string]any{"file_ids": []string{f}})
			return w.seal(who, s)
		}
		first := give("V11", "总结.docx", docx(t, summary("东一村", 260, 7)))
		second := give("V12", "工作总结.pdf", pdfText(summary("西三村", 118, 12)))
		third := give("V12", "汇报.docx", docx(t, ownWords))
		ms := w.matches(fixture.Coordinator, second)
		if len(ms) != 1 || ms[0].How != "reworded" || ms[0].Score < 0.75 || ms[0].Other == nil || ms[0].Other.Uses[0].SubmissionID != first.ID {
			t.Fatalf("%+v", ms)
		}
		if ms := w.matches(fixture.Coordinator, third); len(ms) != 0 {
			t.Fatalf("own words: %+v", ms)
		}
		if ms := w.matches(fixture.Reporter12, second); len(ms) != 0 {
			t.Fatal("the unit sees them")
		}
	})
}

// A document of more pages than are read costs nothing and says so; the
// original is there.
func TestTooManyPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rep := w.srv.As(t, fixture.Reporter)
		for pages, preview := range map[int]string{2000: "none", 2001: "too_long"} {
			f := "/api/v1/files/" + w.upload(fixture.Reporter, "汇编.pdf", pdfOf(fmt.Sprint(pages), pages))
			w.examine()
			var shown struct{ Preview string }
			if rep.Get(f).Is(200).Into(&shown); shown.Preview != preview {
				t.Errorf("%d pages: %q", pages, shown.Preview)
			}
			if preview == "too_long" {
				rep.Get(f+"/preview").Problem(409, "document_too_long").Says("2000")
			}
			rep.Get(f + "/content").Is(200)
		}
	})
}
