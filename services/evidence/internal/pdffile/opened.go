package pdffile

import (
	"bytes"
	"io"
	"slices"
)

// opened is a document as it would be if it were not encrypted: what decrypts
// to less is filled up with blanks, so that everything stays in its place.
type opened struct {
	*file
	crypt   *Crypt
	streams []span // in their order
	marks   []int64
	cached  []cached
}

type span struct {
	from, to int64
	num, gen int64
}

type cached struct {
	from int64
	b    []byte
}

// Limits of what is decrypted at once.
const (
	maxStream = 32 << 20
	keep      = 3
)

const mark, unmarked = "/Encrypt", "/Decrypt"

// Open gives a document that opens without a password as if it were not
// encrypted, and any other as it is. Only streams are decrypted: strings say
// nothing that is shown of a page.
func Open(r io.ReaderAt, size int64) io.ReaderAt {
	table, _ := Table(r, size)
	f := &file{r: r, size: size}
	c, encrypted := f.lock(table)
	if !encrypted || c == nil {
		return r
	}
	o := &opened{file: f, crypt: c}
	err := f.objects(func(x object) bool {
		d, _ := x.value.(dict)
		if x.stream >= 0 && d["Type"] != name("XRef") && !identity(d) {
			// What lies within another stream is no object of the document.
			if n := len(o.streams); n == 0 || x.stream >= o.streams[n-1].to {
				o.streams = append(o.streams, span{x.stream, f.end(x.stream, d), x.num, x.gen})
			}
		}
		return len(o.streams) < maxStreams
	})
	if err != nil {
		return r
	}
	for at := int64(0); at < size; at += piece {
		b := f.bytes(at, piece+len(mark)-1)
		for i := 0; ; i += len(mark) {
			n := bytes.Index(b[i:], []byte(mark))
			if n < 0 {
				break
			}
			i += n
			if next := b[i+len(mark):]; len(next) == 0 || !regular(next[0]) {
				o.marks = append(o.marks, at+int64(i))
			}
		}
	}
	return o
}

// identity tells of a stream that is left alone.
func identity(d dict) bool {
	filters := list(d["Filter"])
	return len(filters) > 0 && filters[0] == name("Crypt")
}

// ReadAt implements io.ReaderAt.
func (o *opened) ReadAt(p []byte, at int64) (int, error) {
	n, err := o.r.ReadAt(p, at)
	p = p[:n]
	end := at + int64(n)
	for _, m := range o.marks {
		overlay(p, at, m, []byte(unmarked))
	}
	i, _ := slices.BinarySearchFunc(o.streams, at, func(s span, at int64) int {
		if s.to <= at {
			return -1
		}
		return 1
	})
	for ; i < len(o.streams) && o.streams[i].from < end; i++ {
		overlay(p, at, o.streams[i].from, o.plain(o.streams[i]))
	}
	return n, err
}

// overlay puts what stands at an offset over what was read at another.
func overlay(p []byte, at, over int64, b []byte) {
	if over < at {
		b = b[min(at-over, int64(len(b))):]
		over = at
	}
	if over < at+int64(len(p)) {
		copy(p[over-at:], b)
	}
}

// plain are the bytes of a stream, decrypted.
func (o *opened) plain(s span) []byte {
	for _, c := range o.cached {
		if c.from == s.from {
			return c.b
		}
	}
	n := s.to - s.from
	if n > maxStream {
		return nil
	}
	b := o.crypt.open(o.bytes(s.from, int(n)), o.crypt.streams, s.num, s.gen)
	b = append(slices.Clip(b), bytes.Repeat([]byte{' '}, int(n)-len(b))...)
	if len(o.cached) >= keep {
		o.cached = o.cached[1:]
	}
	o.cached = append(o.cached, cached{s.from, b})
	return b
}
