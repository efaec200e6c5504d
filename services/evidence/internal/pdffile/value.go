// Package pdffile reads PDF files as far as it must be known whether they open
// without a password and what in them runs by itself, in bounded memory and
// time, whatever the file claims. Objects are found by going through the file
// and not by its tables, of which programs that open files believe one or
// another: an object that is named by a table begins with "obj" wherever it lies.
package pdffile

import (
	"bytes"
	"strconv"
)

// The kinds of values, beside float64, bool and nil.
type (
	name  string // decoded: /Java#53cript is JavaScript
	text  []byte // a string
	array []any
	twice []any // the values of a key that stands there more than once
	dict  map[name]any
	ref   struct{ num, gen int64 }
)

// maxDepth is how deep values may lie within each other.
const maxDepth = 100

// lexer reads one value.
type lexer struct {
	b     []byte
	i     int
	short bool // b ended within the value
}

const (
	blanks = "\x00\t\n\f\r "
	delims = "()<>[]{}/%"
)

func blank(c byte) bool { return c <= ' ' && bytes.IndexByte([]byte(blanks), c) >= 0 }

func regular(c byte) bool { return !blank(c) && bytes.IndexByte([]byte(delims), c) < 0 }

// next skips blanks and comments and tells the byte that follows; false at the end.
func (l *lexer) next() (byte, bool) {
	for l.i < len(l.b) {
		switch c := l.b[l.i]; {
		case blank(c):
			l.i++
		case c == '%':
			n := bytes.IndexAny(l.b[l.i:], "\r\n")
			if n < 0 {
				l.i = len(l.b)
				continue
			}
			l.i += n
		default:
			return c, true
		}
	}
	l.short = true
	return 0, false
}

// value reads one value; false when there is none, or not all of it.
func (l *lexer) value(depth int) (any, bool) {
	c, ok := l.next()
	if !ok || depth > maxDepth {
		return nil, false
	}
	switch c {
	case '/':
		return l.name()
	case '(':
		return l.literal()
	case '[':
		l.i++
		var a array
		for {
			c, ok := l.next()
			if !ok {
				return nil, false
			}
			if c == ']' {
				l.i++
				return a, true
			}
			v, ok := l.value(depth + 1)
			if !ok {
				return nil, false
			}
			a = append(a, v)
		}
	case '<':
		if l.i+1 >= len(l.b) {
			l.short = true
			return nil, false
		}
		if l.b[l.i+1] == '<' {
			return l.dict(depth)
		}
		return l.hex()
	}
	return l.word()
}

func (l *lexer) name() (any, bool) {
	begin := l.i + 1
	end := begin
	for end < len(l.b) && regular(l.b[end]) {
		end++
	}
	if end == len(l.b) {
		l.short = true
	}
	l.i = end
	raw := l.b[begin:end]
	if bytes.IndexByte(raw, '#') < 0 {
		return name(raw), true
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == '#' && i+2 < len(raw) {
			if n, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, raw[i])
	}
	return name(out), true
}

func (l *lexer) dict(depth int) (any, bool) {
	l.i += 2
	d := dict{}
	for {
		c, ok := l.next()
		switch {
		case !ok:
			return nil, false
		case c == '>':
			if l.i+1 >= len(l.b) {
				l.short = true
				return nil, false
			}
			l.i += 2
			return d, true
		case c != '/':
			return nil, false
		}
		k, _ := l.name()
		v, ok := l.value(depth + 1)
		if !ok {
			return nil, false
		}
		// Of a key that stands there twice programs take one or the other.
		switch old, known := d[k.(name)]; {
		case !known:
			d[k.(name)] = v
		default:
			all, more := old.(twice)
			if !more {
				all = twice{old}
			}
			d[k.(name)] = append(all, v)
		}
	}
}

func (l *lexer) literal() (any, bool) {
	var out []byte
	open := 0
	for l.i < len(l.b) {
		c := l.b[l.i]
		l.i++
		switch c {
		case '(':
			if open++; open > 1 {
				out = append(out, c)
			}
		case ')':
			if open--; open == 0 {
				return text(out), true
			}
			out = append(out, c)
		case '\\':
			out = l.escaped(out)
		default:
			out = append(out, c)
		}
	}
	l.short = true
	return nil, false
}

func (l *lexer) escaped(out []byte) []byte {
	if l.i >= len(l.b) {
		return out
	}
	c := l.b[l.i]
	l.i++
	switch {
	case c >= '0' && c <= '7':
		n := int(c - '0')
		for k := 0; k < 2 && l.i < len(l.b) && l.b[l.i] >= '0' && l.b[l.i] <= '7'; k++ {
			n = n<<3 | int(l.b[l.i]-'0')
			l.i++
		}
		return append(out, byte(n))
	case c == '\r':
		if l.i < len(l.b) && l.b[l.i] == '\n' {
			l.i++
		}
		return out
	case c == '\n':
		return out
	}
	if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
		c = "\n\r\t\b\f"[i]
	}
	return append(out, c)
}

func (l *lexer) hex() (any, bool) {
	n := bytes.IndexByte(l.b[l.i:], '>')
	if n < 0 {
		l.short = true
		return nil, false
	}
	out, ok := unhex(l.b[l.i+1 : l.i+n])
	l.i += n + 1
	return text(out), ok
}

// unhex decodes pairs of digits with blanks between them; the last digit may
// stand alone.
func unhex(b []byte) ([]byte, bool) {
	out, half, n := make([]byte, 0, len(b)/2), byte(0), 0
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		case blank(c):
			continue
		default:
			return nil, false
		}
		if n++; n%2 == 1 {
			half = c << 4
		} else {
			out = append(out, half|c)
		}
	}
	if n%2 == 1 {
		out = append(out, half)
	}
	return out, true
}

// word reads a number, a reference, true, false or null.
func (l *lexer) word() (any, bool) {
	w := l.token()
	switch string(w) {
	case "true", "false":
		return string(w) == "true", true
	case "null":
		return nil, true
	}
	n, err := strconv.ParseFloat(string(w), 64)
	if err != nil || len(w) > 40 {
		return nil, false
	}
	// A whole number may begin a reference.
	if back := l.i; n >= 0 && n == float64(int64(n)) {
		if c, ok := l.next(); ok && c >= '0' && c <= '9' {
			if gen, err := strconv.ParseInt(string(l.token()), 10, 32); err == nil {
				if c, ok := l.next(); ok && c == 'R' && string(l.token()) == "R" {
					return ref{int64(n), gen}, true
				}
			}
		}
		l.i = back
	}
	return n, true
}

func (l *lexer) token() []byte {
	begin := l.i
	for l.i < len(l.b) && regular(l.b[l.i]) {
		l.i++
	}
	if l.i == len(l.b) {
		l.short = true
	}
	return l.b[begin:l.i]
}
