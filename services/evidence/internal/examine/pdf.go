package examine

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/pdffile"
	"github.com/ledongthuc/pdf"
)

// maxCodes is how many codes of one font are read.
const maxCodes = 1 << 17

// pdfFile reads a PDF: the text of its pages, as far as it can be read, in the
// order in which it is drawn, and its first page where that is a scan. One of
// more than evidence.MaxPages pages is not read.
func pdfFile(r io.ReaderAt, size int64) (x evidence.Findings) {
	var b strings.Builder
	defer func() {
		_ = recover() // the reader falls over what it does not expect
		x.Wording = evidence.WordingOf(b.String())
	}()
	r = pdffile.Open(r, size)
	d, err := pdf.NewReader(r, size)
	if err != nil {
		return x
	}
	if d.NumPage() > evidence.MaxPages {
		x.Verdict = evidence.TooLong
		return x
	}
	fonts, left := map[string]decoder{}, 2*evidence.MaxPages
	first := true
	eachPage(d.Trailer().Key("Root").Key("Pages"), 0, &left, func(p pdf.Page) bool {
		if first {
			showScan(r, p, &x)
			first = false
		}
		pageText(p, fonts, &b)
		return b.Len() < textBytes
	})
	return x
}

// maxDepth is how deep the tree of pages may be; programs make two or three.
const maxDepth = 32

// eachPage goes through the tree of pages once, in order, for at most left
// pages and branches, until do says that it is enough. To ask for every page by
// its number walks the tree anew for each.
func eachPage(tree pdf.Value, depth int, left *int, do func(pdf.Page) bool) bool {
	kids := tree.Key("Kids")
	for i := 0; i < kids.Len() && depth < maxDepth; i++ {
		if *left--; *left < 0 {
			return false
		}
		kid := kids.Index(i)
		if kid.Key("Type").Name() == "Pages" {
			if !eachPage(kid, depth+1, left, do) {
				return false
			}
		} else if !do(pdf.Page{V: kid}) {
			return false
		}
	}
	return true
}

// decoder turns codes that were drawn into text.
type decoder func(raw string) string

// pageText adds the text of one page. A page that cannot be read does not cost
// the others.
func pageText(p pdf.Page, fonts map[string]decoder, b *strings.Builder) {
	defer func() { _ = recover() }()
	decode := decoder(func(raw string) string { return raw })
	draw := func(v pdf.Value) {
		if v.Kind() == pdf.String && b.Len() < textBytes {
			b.WriteString(decode(v.RawString()))
		}
	}
	for _, s := range contents(p) {
		pdf.Interpret(s, func(stack *pdf.Stack, op string) {
			args := make([]pdf.Value, stack.Len())
			for i := len(args) - 1; i >= 0; i-- {
				args[i] = stack.Pop()
			}
			switch {
			case op == "Tf" && len(args) == 2:
				decode = decoderOf(p.Font(args[0].Name()), fonts)
			case (op == "Tj" || op == "'" || op == "\"") && len(args) > 0:
				draw(args[len(args)-1])
			case op == "TJ" && len(args) > 0:
				for i := range args[0].Len() {
					draw(args[0].Index(i))
				}
			case op == "ET":
				b.WriteByte('\n')
			}
		})
	}
}

// decoderOf is how the codes of a font are read: as the font says they stand
// for Unicode, where it does, whatever its own encoding is.
func decoderOf(f pdf.Font, known map[string]decoder) decoder {
	// A font is written once, and used on every page.
	key := f.V.String()
	if d, ok := known[key]; ok {
		return d
	}
	d := decoder(f.Encoder().Decode)
	if to := f.V.Key("ToUnicode"); to.Kind() == pdf.Stream {
		if m := codesOf(to); len(m.text) > 0 {
			d = m.decode
		}
	}
	known[key] = d
	return d
}

// codes says what the codes of a font stand for (PDF 1.7, 9.10.3).
type codes struct {
	widths []int // of a code in bytes
	text   map[string]string
}

// codesOf reads the table that a font has for this. Of its language only the
// lists of codes matter.
func codesOf(to pdf.Value) codes {
	m := codes{text: map[string]string{}}
	r := to.Reader()
	defer r.Close()
	raw, _ := io.ReadAll(io.LimitReader(r, 4<<20)) // what could be read will do
	s := bufio.NewScanner(bytes.NewReader(hexTokens.ReplaceAll(raw, []byte(" $0 "))))
	s.Buffer(nil, 1<<20)
	s.Split(bufio.ScanWords)
	var args []string
	for s.Scan() && len(m.text) < maxCodes {
		switch t := s.Text(); {
		case strings.HasPrefix(t, "begin"):
			args = nil
		case t == "endcodespacerange":
			for i := 0; i+1 < len(args); i += 2 {
				m.widths = append(m.widths, len(args[i]))
			}
		case t == "endbfchar":
			for i := 0; i+1 < len(args); i += 2 {
				m.text[args[i]] = utf16Text(args[i+1])
			}
		case t == "endbfrange":
			m.ranges(args)
		case t == "[" || t == "]":
			args = append(args, t)
		case t[0] == '<' && t[len(t)-1] == '>':
			if b, err := hex.DecodeString(strings.Trim(t, "<>")); err == nil {
				args = append(args, string(b))
			}
		}
	}
	return m
}

// hexTokens are what the lists consist of; they may stand without a space between.
var hexTokens = regexp.MustCompile(`<[0-9A-Fa-f]*>|\[|\]`)

// ranges takes lists of first and last code, and what the first stands for or
// what each stands for.
func (m *codes) ranges(args []string) {
	for len(args) >= 3 {
		lo, hi := args[0], args[1]
		to, rest := args[2:3], args[3:]
		each := to[0] == "["
		if each {
			end := slices.Index(args, "]")
			if end < 3 {
				return
			}
			to, rest = args[3:end], args[end+1:]
		}
		args = rest
		from := number(lo)
		for c := from; c <= number(hi) && len(lo) <= 4 && len(m.text) < maxCodes; c++ {
			code := string(binary.BigEndian.AppendUint32(nil, uint32(c))[4-len(lo):])
			if !each {
				first := []rune(utf16Text(to[0]))
				if len(first) > 0 {
					first[len(first)-1] += rune(c - from)
				}
				m.text[code] = string(first)
			} else if n := int(c - from); n < len(to) {
				m.text[code] = utf16Text(to[n])
			}
		}
	}
}

func number(code string) int64 {
	n := int64(0)
	for i := range min(len(code), 4) {
		n = n<<8 | int64(code[i])
	}
	return n
}

func (m *codes) decode(raw string) string {
	var b strings.Builder
next:
	for len(raw) > 0 {
		for _, n := range m.widths {
			if n == 0 || n > len(raw) {
				continue
			}
			if s, ok := m.text[raw[:n]]; ok {
				b.WriteString(s)
				raw = raw[n:]
				continue next
			}
		}
		skip := 1
		if len(m.widths) > 0 {
			skip = max(1, m.widths[0])
		}
		raw = raw[min(skip, len(raw)):]
	}
	return b.String()
}

func utf16Text(raw string) string {
	var u []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		u = append(u, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(u))
}
