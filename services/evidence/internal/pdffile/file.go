package pdffile

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strconv"
)

// Bounds of what is looked at. A document beyond them cannot be looked through.
const (
	piece       = 1 << 20   // bytes read at once
	longest     = 4 << 20   // of one object without its stream
	maxStreams  = 1_000_000 // streams whose places are kept
	maxUnpacked = 16 << 20  // of one stream of objects
	maxAll      = 128 << 20 // of all of them
)

// ErrTooMuch tells of a document that is more than can be looked through.
var ErrTooMuch = errors.New("the document holds more than is looked through")

// file finds objects in a document.
type file struct {
	r    io.ReaderAt
	size int64
	left int64 // bytes of objects that may be read still, in this round
}

// object is one that is numbered, or lies in a stream of objects.
type object struct {
	num, gen int64
	value    any
	stream   int64 // where its stream begins; -1 for none
}

// Table is where the end of a document says that its table stands.
func Table(r io.ReaderAt, size int64) (at int64, ok bool) {
	f := &file{r: r, size: size}
	tail := f.bytes(max(0, size-2048), 2048)
	end, start := bytes.LastIndex(tail, []byte("%%EOF")), bytes.LastIndex(tail, []byte("startxref"))
	if end < 0 || start < 0 || start > end {
		return 0, false
	}
	at, err := strconv.ParseInt(string(bytes.TrimSpace(tail[start+9:end])), 10, 64)
	if err != nil || at < 0 || at >= size {
		return 0, false
	}
	b := bytes.TrimLeft(f.bytes(at, 64), blanks)
	return at, bytes.HasPrefix(b, []byte("xref")) || (len(b) > 0 && b[0] >= '0' && b[0] <= '9')
}

// bytes are up to n bytes at an offset.
func (f *file) bytes(at int64, n int) []byte {
	if at < 0 || at >= f.size {
		return nil
	}
	b := make([]byte, min(int64(n), f.size-at))
	n, _ = f.r.ReadAt(b, at)
	return b[:n]
}

// objects goes through all objects of the file, wherever they lie, until visit
// returns false.
func (f *file) objects(visit func(object) bool) error {
	word := []byte("obj")
	f.left = 4*f.size + 64<<20
	for at := int64(0); at < f.size; at += piece {
		// What stands before a piece says which object it is; a word may lie
		// across its end.
		from := max(0, at-64)
		b := f.bytes(from, int(at-from)+piece+len(word)-1)
		if len(b) == 0 {
			return nil
		}
		for i := int(at - from); ; {
			n := bytes.Index(b[i:], word)
			if n < 0 {
				break
			}
			i += n + len(word)
			before := b[:i-len(word)]
			if bytes.HasSuffix(before, []byte("end")) {
				continue
			}
			o := object{stream: -1}
			o.num, o.gen = numbers(before)
			ok, err := f.object(from+int64(i), b[i:], &o)
			if err != nil {
				return err
			}
			if ok && !visit(o) {
				return nil
			}
		}
	}
	return nil
}

// numbers are the number and generation that b ends with.
func numbers(b []byte) (num, gen int64) {
	last := func() int64 {
		b = bytes.TrimRight(b, blanks)
		i := len(b)
		for i > 0 && b[i-1] >= '0' && b[i-1] <= '9' {
			i--
		}
		n, _ := strconv.ParseInt(string(b[i:]), 10, 64)
		b = b[:i]
		return n
	}
	gen = last()
	return last(), gen
}

// object reads what stands at an offset, of which the first bytes may have been
// read; false when it is no object.
func (f *file) object(at int64, read []byte, o *object) (bool, error) {
	for n := 2 << 10; ; n *= 8 {
		b := read
		if len(b) < n {
			b = f.bytes(at, n)
		}
		b = b[:min(n, len(b))]
		l := &lexer{b: b}
		v, ok := l.value(0)
		f.left -= int64(l.i) + 16
		if f.left < 0 {
			return false, ErrTooMuch
		}
		whole := at+int64(len(b)) >= f.size
		if ok && !whole && len(b)-l.i < 64 {
			ok, l.short = false, true // whether a stream follows cannot be seen yet
		}
		if !ok {
			if !l.short || whole {
				return false, nil
			}
			if n >= longest {
				return false, ErrTooMuch
			}
			continue
		}
		o.value = v
		_, isDict := v.(dict)
		if _, more := l.next(); !isDict || !more || !bytes.HasPrefix(b[l.i:], []byte("stream")) {
			return true, nil
		}
		i := l.i + len("stream")
		if i < len(b) && b[i] == '\r' {
			i++
		}
		if i < len(b) && b[i] == '\n' {
			i++
		}
		o.stream = at + int64(i)
		return true, nil
	}
}

// end is where a stream ends: where it says, when the word stands there that
// must, and else before that word.
func (f *file) end(at int64, d dict) int64 {
	word := []byte("endstream")
	if n, ok := d["Length"].(float64); ok && n >= 0 && n <= float64(f.size-at) {
		if b := f.bytes(at+int64(n), 32); bytes.HasPrefix(bytes.TrimLeft(b, blanks), word) {
			return at + int64(n)
		}
	}
	for from := at; from < f.size; from += piece {
		b := f.bytes(from, piece+len(word)-1)
		f.left -= int64(len(b)) / 4 // to look for a word is cheap
		if f.left < 0 {
			break
		}
		if i := bytes.Index(b, word); i >= 0 {
			end := from + int64(i)
			if b = f.bytes(max(at, end-2), int(end-max(at, end-2))); bytes.HasSuffix(b, []byte("\n")) {
				end--
				if bytes.HasSuffix(b, []byte("\r\n")) {
					end--
				}
			}
			return max(at, end)
		}
	}
	return f.size
}

// trailer is what the table at an offset is followed by, or, where the table is
// a stream, says itself; nil when it cannot be read.
func (f *file) trailer(table int64) dict {
	b := bytes.TrimLeft(f.bytes(table, 64), blanks)
	if !bytes.HasPrefix(b, []byte("xref")) {
		i := bytes.Index(b, []byte("obj"))
		if i < 0 {
			return nil
		}
		skipped := int64(bytes.Index(f.bytes(table, 128), []byte("obj")))
		f.left = 2 * longest
		o := object{}
		if ok, err := f.object(table+skipped+3, nil, &o); !ok || err != nil {
			return nil
		}
		d, _ := o.value.(dict)
		return d
	}
	word := []byte("trailer")
	for at := table; at < min(f.size, table+64<<20); at += piece {
		if i := bytes.Index(f.bytes(at, piece+len(word)-1), word); i >= 0 {
			f.left = 2 * longest
			o := object{}
			if ok, err := f.object(at+int64(i+len(word)), nil, &o); !ok || err != nil {
				return nil
			}
			d, _ := o.value.(dict)
			return d
		}
	}
	return nil
}

// find is the last object of a number that is a dictionary.
func (f *file) find(r ref) dict {
	var found dict
	if r.num <= 0 || r.num > math.MaxInt32 {
		return nil
	}
	_ = f.objects(func(o object) bool {
		if d, ok := o.value.(dict); ok && o.num == r.num {
			found = d
		}
		return true
	})
	return found
}
