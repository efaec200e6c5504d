package tablefile

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/table"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// saveAs tells how to save a text that is not understood.
const saveAs fault.Text = "its characters are neither UTF-8 nor GB18030; save it in Excel or WPS as CSV UTF-8 or as XLSX and send it again"

// charsets are those that may be named.
var charsets = map[string]encoding.Encoding{
	"": nil, "utf-8": encoding.Nop, "utf8": encoding.Nop, "gb18030": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "gb2312": simplifiedchinese.GB18030,
	"utf-16": utf16(unicode.LittleEndian), "utf-16le": utf16(unicode.LittleEndian), "utf-16be": utf16(unicode.BigEndian),
}

func utf16(order unicode.Endianness) encoding.Encoding { return unicode.UTF16(order, unicode.UseBOM) }

// plainText is a text of which the encoding is known.
type plainText struct {
	body table.Body
	enc  encoding.Encoding
	skip int64 // a byte order mark
}

// open starts to read the text, as UTF-8.
func (t plainText) open() io.Reader {
	r := io.Reader(io.NewSectionReader(t.body, t.skip, t.body.Size()-t.skip))
	if t.enc != encoding.Nop {
		r = t.enc.NewDecoder().Reader(r)
	}
	return r
}

// textOf finds out in which encoding a text is. Excel says nothing about it, or
// the wrong thing: what is valid UTF-8 is never meant as something else.
func textOf(ctx context.Context, body table.Body, charset string) (plainText, error) {
	t := plainText{body: body, enc: encoding.Nop}
	head := make([]byte, 4096)
	n, err := body.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return t, err
	}
	head = head[:n]
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		t.skip = 3
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		t.enc = utf16(unicode.LittleEndian)
		return t, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		t.enc = utf16(unicode.BigEndian)
		return t, nil
	case bytes.IndexByte(head, 0) >= 0:
		if t.enc = wide(head); t.enc == nil {
			return t, &table.Unreadable{Why: "it is no text; send CSV or XLSX"}
		}
		return t, nil
	}
	look, err := survey(ctx, io.NewSectionReader(body, t.skip, body.Size()-t.skip))
	switch {
	case err != nil:
		return t, err
	case look.valid:
		return t, nil
	case t.skip > 0, strings.HasPrefix(charset, "utf-8"), charset == "utf8":
		return t, &table.Unreadable{Why: "it is not valid UTF-8; save it in Excel or WPS as CSV UTF-8 or as XLSX and send it again"}
	// The other national sets fit into the code of this one, but give characters
	// that are hardly ever written.
	case charset == "" && look.rare >= 2 && look.rare*3 > look.pairs:
		return t, &table.Unreadable{Why: saveAs}
	}
	t.enc = simplifiedchinese.GB18030
	return t, nil
}

// wide tells the byte order of a text in UTF-16 that does not begin with its
// mark; nil for what is none. Separators and ends of lines have a zero byte.
func wide(head []byte) encoding.Encoding {
	var zeros, marks [2]int
	for i, b := range head[:len(head)&^1] {
		if b == 0 {
			zeros[i&1]++
			if other := head[i^1]; bytes.IndexByte([]byte(",;\t\r\n"), other) >= 0 {
				marks[i&1]++
			}
		}
	}
	switch {
	case zeros[0] == 0 && marks[1] > 0:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case zeros[1] == 0 && marks[0] > 0:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	}
	return nil
}

// surveyed is what the bytes of a text look like.
type surveyed struct {
	valid       bool // UTF-8
	pairs, rare int  // characters of two bytes in GB18030, and those beyond GB 2312
}

func survey(ctx context.Context, r io.Reader) (look surveyed, err error) {
	look.valid = true
	buf := make([]byte, 0, 64<<10)
	lead := byte(0)
	for {
		if ctx.Err() != nil {
			return look, ctx.Err()
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return look, err
		}
		for _, b := range buf[len(buf) : len(buf)+n] {
			switch {
			case lead == 0 && b >= 0x81:
				lead = b
			case lead != 0:
				look.pairs++
				if lead < 0xb0 || lead > 0xf7 || b < 0xa1 {
					// Marks such as ，（） are A1 to A9, and common.
					if lead < 0xa1 || lead > 0xa9 || b < 0xa1 {
						look.rare++
					}
				}
				lead = 0
			}
		}
		rest := buf[:len(buf)+n]
		for look.valid && len(rest) > 0 && (last || utf8.FullRune(rest)) {
			c, size := utf8.DecodeRune(rest)
			look.valid = c != utf8.RuneError || size > 1
			rest = rest[size:]
		}
		if !look.valid {
			rest = nil
		}
		buf = buf[:copy(buf[:cap(buf)], rest)]
		if last {
			return look, nil
		}
	}
}

// csv splits a text into its records.
type csv struct {
	ctx   context.Context
	r     *bufio.Reader
	sep   rune
	line  int // of the text, from 1
	cells []table.Cell
}

const (
	maxField  = table.MaxText * utf8.UTFMax
	maxRecord = 1 << 20 // bytes
	maxQuiet  = 100_000 // empty lines at a stretch
)

// separators are those that programs write; ， comes from people.
var separators = []rune{',', '\t', ';', '，', '|'}

// open starts to read; a line that names the separator is obeyed.
func (t plainText) split(ctx context.Context, sep rune) (*csv, bool) {
	c := &csv{ctx: ctx, r: bufio.NewReaderSize(t.open(), 64<<10), sep: sep, line: 1}
	if b, _ := c.r.Peek(3); string(b) == "\ufeff" {
		_, _ = c.r.Discard(3)
	}
	b, _ := c.r.Peek(8)
	if lead := strings.TrimPrefix(string(b), `"`); len(lead) > 4 && strings.EqualFold(lead[:4], "sep=") {
		c.sep, _ = utf8.DecodeRuneInString(lead[4:])
		for {
			r, _, err := c.r.ReadRune()
			if err != nil || r == '\n' || r == '\r' {
				c.end(r)
				break
			}
		}
		return c, true
	}
	return c, false
}

// end takes the \n that follows a \r.
func (c *csv) end(r rune) {
	if r == '\r' {
		if b, _ := c.r.Peek(1); len(b) == 1 && b[0] == '\n' {
			_, _ = c.r.Discard(1)
		}
	}
	c.line++
}

// rows gives the records that hold something until each ends it.
func (c *csv) rows(each func(line) error) error {
	quiet := 0
	for n := 0; ; n++ {
		if n%256 == 0 && c.ctx.Err() != nil {
			return c.ctx.Err()
		}
		at := c.line
		if quiet++; quiet > maxQuiet {
			return &table.Unreadable{Row: at, Why: "the file has too many empty lines; delete them and send it again"}
		}
		more, err := c.record(at)
		if err != nil {
			return err
		}
		for _, x := range c.cells {
			if !x.Empty() {
				quiet = 0
				if err := each(line{number: at, cells: c.cells}); err != nil {
					return err
				}
				break
			}
		}
		if !more {
			return nil
		}
	}
}

// record reads one record; more tells whether another may follow.
func (c *csv) record(at int) (more bool, err error) {
	c.cells = c.cells[:0]
	var field []byte
	column, size := 0, 0
	quoted, closed := false, false // within quotation marks, or behind them
	put := func() error {
		s := strings.TrimSpace(string(field))
		// What Excel is told to keep as a text.
		if in, ok := strings.CutPrefix(s, `="`); ok && strings.HasSuffix(in, `"`) {
			s = strings.ReplaceAll(in[:len(in)-1], `""`, `"`)
		}
		field, closed = field[:0], false
		column++
		if s == "" {
			return nil
		}
		cell := table.Cell{Kind: table.Text, Shown: s}
		if tooLong(s) {
			cell = table.Cell{Kind: table.Huge}
		}
		if column > table.MaxColumns {
			return &table.Unreadable{Row: at, Why: table.Where("", table.Name(column-1)+strconv.Itoa(at), fault.Textf("a row has at most %d columns; remove what stands further to the right", table.MaxColumns))}
		}
		for len(c.cells) < column {
			c.cells = append(c.cells, table.Cell{})
		}
		c.cells[column-1] = cell
		return nil
	}
	for {
		r, n, err := c.r.ReadRune()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				return false, err
			}
			if quoted {
				return false, &table.Unreadable{Row: at, Why: badQuotes}
			}
			return false, put()
		}
		if r == utf8.RuneError || r == 0 {
			return false, &table.Unreadable{Row: c.line, Why: saveAs}
		}
		if size += n; size > maxRecord || len(field) > maxField || column > maxColumn {
			return false, &table.Unreadable{Row: at, Why: "the line never ends; look at its quotation marks and separators"}
		}
		switch {
		case quoted && r == '"':
			if b, _ := c.r.Peek(1); len(b) == 1 && b[0] == '"' {
				_, _ = c.r.Discard(1)
				field = append(field, '"')
			} else {
				quoted, closed = false, true
			}
		case quoted:
			if r == '\n' || r == '\r' {
				c.end(r)
				r = '\n'
			}
			field = utf8.AppendRune(field, r)
		case r == c.sep:
			if err := put(); err != nil {
				return false, err
			}
		case r == '\n' || r == '\r':
			c.end(r)
			return true, put()
		case r == '"' && !closed && len(bytes.TrimSpace(field)) == 0:
			field, quoted = field[:0], true
		case closed && (r == ' ' || r == '\t'):
		case closed:
			return false, &table.Unreadable{Row: at, Why: badQuotes}
		default:
			field = utf8.AppendRune(field, r)
		}
	}
}

const badQuotes fault.Text = "the line is not valid CSV; look at its quotation marks"
