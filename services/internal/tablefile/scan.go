package tablefile

import (
	"bufio"
	"bytes"
	"errors"
	"html"
	"io"
	"strings"
	"unicode/utf8"
)

// maxTag is how long a tag of XML may be, and how much of a text is handed over
// at once.
const maxTag = 64 << 10

var (
	errDamaged = errors.New("the XML is damaged")
	errTooMuch = errors.New("it unpacks to too much")
)

// kind is what a scanner found.
type kind byte

const (
	opened kind = iota // a tag that opens
	closed             // a tag that closes, also for <a/>
	text               // a piece of a text, still escaped
	ended              // the part is over
)

// scanner reads a part of a workbook piece by piece, in memory that nothing in
// it can make grow and in time that grows with its length alone: encoding/xml
// has no bound on a tag or a text, and takes six times as long. It knows the XML
// of workbooks: no document types, UTF-8, names without regard to prefixes.
type scanner struct {
	r     *bufio.Reader
	name  []byte // of a tag, without prefix
	attrs []byte // of a tag that opens
	text  []byte
	raw   bool // the text is a CDATA section
	empty bool // the tag closes itself
	depth int
	read  int64 // bytes so far
}

func newScanner(r io.Reader) *scanner {
	s := &scanner{r: bufio.NewReaderSize(r, maxTag)}
	if b, _ := s.r.Peek(3); string(b) == "\xef\xbb\xbf" {
		_, _ = s.r.Discard(3)
	}
	return s
}

// next finds the next tag or text; name, attrs and text hold until it is called
// again.
func (s *scanner) next() (kind, error) {
	if s.empty {
		s.empty = false
		s.depth--
		return closed, nil
	}
	for {
		b, err := s.r.Peek(1)
		if err != nil {
			if errors.Is(err, io.EOF) {
				if s.depth != 0 {
					return ended, errDamaged
				}
				return ended, nil
			}
			return ended, err
		}
		if b[0] != '<' {
			s.text, err = s.r.ReadSlice('<')
			s.read += int64(len(s.text))
			switch {
			case err == nil:
				_ = s.r.UnreadByte()
				s.read--
				s.text = s.text[:len(s.text)-1]
			case !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF):
				return ended, err
			}
			s.raw = false
			return text, nil
		}
		k, found, err := s.tag()
		if err != nil || found {
			return k, err
		}
	}
}

// tag reads what begins with <; found is false for what says nothing.
func (s *scanner) tag() (k kind, found bool, err error) {
	lead, _ := s.r.Peek(9)
	switch {
	case bytes.HasPrefix(lead, []byte("<!--")):
		return 0, false, s.pass("-->")
	case bytes.HasPrefix(lead, []byte("<?")):
		return 0, false, s.pass("?>")
	case bytes.HasPrefix(lead, []byte("<![CDATA[")):
		_, _ = s.r.Discard(9)
		return s.cdata()
	case bytes.HasPrefix(lead, []byte("<!")):
		return 0, false, errDamaged
	}
	b, err := s.r.ReadSlice('>')
	s.read += int64(len(b))
	if err == nil && bytes.Count(b, []byte{'"'})%2 == 0 && bytes.Count(b, []byte{'\''})%2 == 0 {
		return s.parse(b[1 : len(b)-1])
	}
	// A > within an attribute, which is rare.
	long := bytes.Clone(b)
	for err == nil && open(long) {
		b, err = s.r.ReadSlice('>')
		s.read += int64(len(b))
		if long = append(long, b...); len(long) > maxTag {
			return 0, false, errDamaged
		}
	}
	switch {
	case errors.Is(err, bufio.ErrBufferFull), errors.Is(err, io.EOF):
		return 0, false, errDamaged
	case err != nil:
		return 0, false, err
	}
	return s.parse(long[1 : len(long)-1])
}

// open tells whether a tag ends within a quotation.
func open(tag []byte) bool {
	quote := byte(0)
	for _, c := range tag {
		switch {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return quote != 0
}

func (s *scanner) parse(b []byte) (kind, bool, error) {
	if len(b) == 0 {
		return 0, false, errDamaged
	}
	if b[0] == '/' {
		s.name = local(bytes.TrimSpace(b[1:]))
		if s.depth--; s.depth < 0 {
			return 0, false, errDamaged
		}
		return closed, true, nil
	}
	if b[len(b)-1] == '/' {
		s.empty, b = true, b[:len(b)-1]
	}
	at := bytes.IndexAny(b, " \t\r\n")
	if at < 0 {
		s.name, s.attrs = local(b), nil
	} else {
		s.name, s.attrs = local(b[:at]), b[at:]
	}
	s.depth++
	return opened, true, nil
}

func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

// pass reads on until after end.
func (s *scanner) pass(end string) error {
	tail := make([]byte, 0, len(end))
	for {
		b, err := s.r.ReadSlice('>')
		s.read += int64(len(b))
		if len(b) >= len(end) {
			tail = append(tail[:0], b[len(b)-len(end):]...)
		} else if tail = append(tail, b...); len(tail) > len(end) {
			tail = append(tail[:0], tail[len(tail)-len(end):]...)
		}
		switch {
		case err == nil && string(tail) == end:
			return nil
		case errors.Is(err, io.EOF):
			return errDamaged
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// cdata hands over a CDATA section, which no program writes into a workbook that
// is longer than a buffer.
func (s *scanner) cdata() (kind, bool, error) {
	var all []byte
	for {
		b, err := s.r.ReadSlice('>')
		s.read += int64(len(b))
		if all = append(all, b...); len(all) > maxTag {
			return 0, false, errDamaged
		}
		if errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull) {
			return 0, false, errDamaged
		}
		if err != nil {
			return 0, false, err
		}
		if body, ok := bytes.CutSuffix(all, []byte("]]>")); ok {
			s.text, s.raw = body, true
			return text, true, nil
		}
	}
}

// attr is the value of an attribute of the tag, whatever its prefix.
func (s *scanner) attr(name string) string {
	b := s.attrs
	for {
		eq := bytes.IndexByte(b, '=')
		if eq < 0 {
			return ""
		}
		key := local(bytes.TrimSpace(b[:eq]))
		b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
		if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
			return ""
		}
		end := bytes.IndexByte(b[1:], b[0])
		if end < 0 {
			return ""
		}
		if string(key) == name {
			return unescaped(b[1 : end+1])
		}
		b = b[end+2:]
	}
}

// to reads on to the tag of that name that opens; false where there is none.
func (s *scanner) to(name string) (bool, error) {
	for {
		k, err := s.next()
		if err != nil || k == ended {
			return false, err
		}
		if k == opened && string(s.name) == name {
			return true, nil
		}
	}
}

func unescaped(b []byte) string {
	if bytes.IndexByte(b, '&') < 0 {
		return string(b)
	}
	return html.UnescapeString(string(b))
}

// texts gathers the pieces of the text of a cell.
type texts struct {
	raw  []byte
	huge bool
}

// rawText is how long a text that is not too long may be before it is unescaped:
// &#x1F600; is one character, and so is _x1234_.
const rawText = 10 * 32_768

func (t *texts) reset() { t.raw, t.huge = t.raw[:0], false }

func (t *texts) add(s *scanner) {
	switch {
	case t.huge:
	case len(t.raw)+len(s.text) > rawText:
		t.huge = true
	case s.raw:
		t.raw = append(t.raw, html.EscapeString(string(s.text))...)
	default:
		t.raw = append(t.raw, s.text...)
	}
}

// String is the text; broken where it is not valid UTF-8.
func (t *texts) String() (s string, ok bool) {
	s = unescaped(t.raw)
	return codes(s), utf8.ValidString(s)
}

// codes undoes the codes in which workbooks hold what XML cannot, in one pass:
// _x000A_ is a line's end, and _x005F_ the _ of a text that looks like a code.
func codes(s string) string {
	at := strings.Index(s, "_x")
	if at < 0 {
		return s
	}
	var b strings.Builder
	for at >= 0 {
		b.WriteString(s[:at])
		s = s[at:]
		n, ok := code(s)
		if ok {
			b.WriteRune(n)
			s = s[7:]
		} else {
			b.WriteString(s[:2])
			s = s[2:]
		}
		at = strings.Index(s, "_x")
	}
	b.WriteString(s)
	return b.String()
}

func code(s string) (rune, bool) {
	if len(s) < 7 || s[6] != '_' {
		return 0, false
	}
	n := rune(0)
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 + rune(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 + rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			n = n<<4 + rune(c-'A'+10)
		default:
			return 0, false
		}
	}
	return n, true
}
