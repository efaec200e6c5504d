package pdffile

import (
	"bytes"
	"compress/zlib"
	"encoding/ascii85"
	"io"

	"golang.org/x/image/tiff/lzw"
)

// unpack undoes the filters of a stream; false when it cannot be done in full.
func unpack(d dict, b []byte) ([]byte, bool) {
	filters, params := list(d["Filter"]), list(d["DecodeParms"])
	for i, f := range filters {
		var p dict
		if i < len(params) {
			p, _ = params[i].(dict)
		}
		var r io.Reader
		switch f {
		case name("FlateDecode"), name("Fl"):
			z, err := zlib.NewReader(bytes.NewReader(b))
			if err != nil {
				return nil, false
			}
			r = z
		case name("LZWDecode"), name("LZW"):
			if p["EarlyChange"] == float64(0) {
				return nil, false // nobody writes that
			}
			r = lzw.NewReader(bytes.NewReader(b), lzw.MSB, 8)
		case name("ASCIIHexDecode"), name("AHx"):
			if n := bytes.IndexByte(b, '>'); n >= 0 {
				b = b[:n]
			}
			out, ok := unhex(b)
			if !ok {
				return nil, false
			}
			r = bytes.NewReader(out)
		case name("ASCII85Decode"), name("A85"):
			if n := bytes.Index(b, []byte("~>")); n >= 0 {
				b = b[:n]
			}
			r = ascii85.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("<~"))))
		case name("RunLengthDecode"), name("RL"):
			r = &runs{b: b}
		case name("Crypt"):
			if p["Name"] != nil && p["Name"] != name("Identity") {
				return nil, false
			}
			continue
		default:
			return nil, false
		}
		// What can be read of a stream that breaks off is what programs show.
		out, _ := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
		if len(out) > maxUnpacked {
			return nil, false
		}
		var ok bool
		if b, ok = predicted(p, out); !ok {
			return nil, false
		}
	}
	return b, true
}

func list(v any) array {
	switch v := v.(type) {
	case nil:
		return nil
	case array:
		return v
	case twice:
		return array(v)
	}
	return array{v}
}

// predicted undoes the prediction of rows (PNG's, of bytes).
func predicted(p dict, b []byte) ([]byte, bool) {
	switch n := integer(p["Predictor"]); {
	case n <= 1:
		return b, true
	case n < 10:
		return nil, false
	}
	columns, colours, bits := integer(p["Columns"]), integer(p["Colors"]), integer(p["BitsPerComponent"])
	columns, colours = max(columns, 1), max(colours, 1)
	if bits == 0 {
		bits = 8
	}
	if columns > 1<<16 || colours > 32 || bits > 16 || bits < 1 {
		return nil, false
	}
	row, pixel := int((columns*colours*bits+7)/8), int(max(1, colours*bits/8))
	before, out := make([]byte, row), make([]byte, 0, len(b))
	for len(b) > 1 {
		kind := b[0]
		line := bytes.Clone(b[1:min(len(b), row+1)])
		b = b[min(len(b), row+1):]
		for i := range line {
			var left, corner byte
			if i >= pixel {
				left, corner = line[i-pixel], before[i-pixel]
			}
			switch kind {
			case 1:
				line[i] += left
			case 2:
				line[i] += before[i]
			case 3:
				line[i] += byte((int(left) + int(before[i])) / 2)
			case 4:
				line[i] += paeth(left, before[i], corner)
			}
		}
		copy(before, line)
		out = append(out, line...)
	}
	return out, true
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := max(p-int(a), int(a)-p), max(p-int(b), int(b)-p), max(p-int(c), int(c)-p)
	if pa <= pb && pa <= pc {
		return a
	}
	if pb <= pc {
		return b
	}
	return c
}

// runs undoes run lengths.
type runs struct {
	b    []byte
	have []byte
}

// Read implements io.Reader.
func (r *runs) Read(p []byte) (int, error) {
	for len(r.have) == 0 {
		if len(r.b) < 2 || r.b[0] == 128 {
			return 0, io.EOF
		}
		if n := int(r.b[0]); n < 128 {
			n = min(n+1, len(r.b)-1)
			r.have, r.b = r.b[1:1+n], r.b[1+n:]
		} else {
			r.have, r.b = bytes.Repeat(r.b[1:2], 257-n), r.b[2:]
		}
	}
	n := copy(p, r.have)
	r.have = r.have[n:]
	return n, nil
}
