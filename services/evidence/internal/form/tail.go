package form

import (
	"bytes"
	"encoding/binary"
)

// A picture whose end was lost on the way is shown all the same when all but the
// last lines of it are there. How much is there is counted in its own units:
// nothing is drawn for that.

const (
	enough    = 98 // per cent of the last pass that must be there
	passes    = 8  // of a picture that gets better with each pass, after which nothing is missed
	maxTables = 4
)

// drawn is what a JPEG says of how its picture is written.
type drawn struct {
	width, height int
	progressive   bool
	parts         []part
	codes         [2][maxTables]*codes // of brightness steps, and of the rest
	restart       int
}

// part is one colour.
type part struct {
	id   byte
	h, v int
	dc   *codes
	ac   *codes
}

// codes are the codes of a table, by their lengths.
type codes struct {
	first, count, at [17]int
	values           []byte
}

// table reads the tables of a segment.
func (d *drawn) table(b []byte) {
	for len(b) >= 17 {
		c := &codes{}
		total, code := 0, 0
		for n := 1; n <= 16; n++ {
			c.first[n], c.count[n], c.at[n] = code, int(b[n]), total
			total += int(b[n])
			code = (code + int(b[n])) << 1
		}
		kind, which := int(b[0]>>4), int(b[0]&15)
		if kind > 1 || which >= maxTables || 17+total > len(b) {
			return
		}
		c.values = append([]byte(nil), b[17:17+total]...)
		d.codes[kind][which] = c
		b = b[17+total:]
	}
}

// picture reads the segment that says how large the picture is.
func (d *drawn) picture(kind byte, b []byte) {
	d.progressive = kind == 0xc2
	d.height, d.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	d.parts = nil
	for b = b[6:]; len(b) >= 3; b = b[3:] {
		d.parts = append(d.parts, part{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15)})
	}
}

// whole tells whether enough of a picture is there whose last pass begins at an
// offset, with so many passes begun, and ends with the file.
func (w *walker) whole(d *drawn, scan []byte, at int64, begun int) bool {
	if d.progressive {
		return begun >= passes
	}
	if len(scan) < 1 || len(scan) < 1+2*int(scan[0]) {
		return false
	}
	var in []part
	for i := range int(scan[0]) {
		for _, p := range d.parts {
			if p.id == scan[1+2*i] {
				t := scan[2+2*i]
				if t>>4 >= maxTables || t&15 >= maxTables {
					return false
				}
				p.dc, p.ac = d.codes[0][t>>4], d.codes[1][t&15]
				if p.dc == nil || p.ac == nil || p.h < 1 || p.h > 4 || p.v < 1 || p.v > 4 {
					return false
				}
				in = append(in, p)
			}
		}
	}
	if len(in) != len(d.parts) || len(in) == 0 {
		return false // colours would be missing
	}
	wide, high := 1, 1
	for _, p := range in {
		wide, high = max(wide, p.h), max(high, p.v)
	}
	if len(in) == 1 {
		wide, high, in[0].h, in[0].v = 1, 1, 1, 1
	}
	all := ((d.width + 8*wide - 1) / (8 * wide)) * ((d.height + 8*high - 1) / (8 * high))
	r := &bits{w: w, at: at, end: w.filledTo(at)}
	done := 0
	for ; done < all; done++ {
		if d.restart > 0 && done > 0 && done%d.restart == 0 {
			r.restart()
		}
		for _, p := range in {
			for range p.h * p.v {
				r.block(p)
			}
		}
		if r.ended {
			break
		}
	}
	return !r.wrong && done*100 >= all*enough
}

// filledTo is where the zeros begin that a file ends with: a download that was
// cut is often filled up with them.
func (w *walker) filledTo(from int64) int64 {
	for end := w.size; end > from; {
		at := max(from, end-1<<16)
		b := bytes.TrimRight(w.bytes(at, int(end-at)), "\x00")
		if len(b) > 0 {
			return at + int64(len(b))
		}
		end = at
	}
	return from
}

// bits reads the bits of a pass.
type bits struct {
	w            *walker
	at, end      int64
	b            []byte
	have         uint32
	n            int
	ended, wrong bool
}

func (r *bits) next() (byte, bool) {
	if len(r.b) == 0 {
		r.b = r.w.bytes(r.at, int(min(16<<10, r.end-r.at)))
		r.at += int64(len(r.b))
	}
	if len(r.b) == 0 {
		r.ended = true
		return 0, false
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c, true
}

func (r *bits) bit() int {
	if r.n == 0 {
		c, ok := r.next()
		if ok && c == 0xff {
			// Zero follows what is no marker; at a marker the bits end.
			if c2, ok := r.next(); ok && c2 != 0 {
				r.ended, r.wrong = true, true
			}
		}
		if r.ended {
			return 0
		}
		r.have, r.n = uint32(c), 8
	}
	r.n--
	return int(r.have >> r.n & 1)
}

func (r *bits) restart() {
	r.n = 0
	c, ok := r.next()
	c2, ok2 := r.next()
	if ok && ok2 && (c != 0xff || c2 < 0xd0 || c2 > 0xd7) {
		r.ended, r.wrong = true, true
	}
}

func (r *bits) symbol(c *codes) int {
	code := 0
	for n := 1; n <= 16 && !r.ended; n++ {
		code = code<<1 | r.bit()
		if i := code - c.first[n]; i >= 0 && i < c.count[n] {
			return int(c.values[c.at[n]+i])
		}
	}
	if !r.ended {
		r.ended, r.wrong = true, true
	}
	return 0
}

func (r *bits) skip(n int) {
	for range n {
		r.bit()
	}
}

// block passes one block of 64 steps.
func (r *bits) block(p part) {
	r.skip(r.symbol(p.dc) & 15)
	for k := 1; k < 64 && !r.ended; k++ {
		s := r.symbol(p.ac)
		if s&15 == 0 && s>>4 != 15 {
			return
		}
		k += s >> 4
		r.skip(s & 15)
	}
}
