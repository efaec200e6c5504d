package examine

import (
	"encoding/binary"
	"image"
	"io"
	"os"
	"strings"

	"golang.org/x/image/webp"
	"image/gif"
	"image/png"
)

// How a picture is looked at, told with its type: with the memory of heavy types
// and alone, or, where even that is too little to draw it, by the preview that
// its camera put into it.
const (
	large  = "; large"
	beyond = "; beyond"
)

// What decoding may be expected to take of what an examiner has, in bytes.
const (
	light  = memory / 8 * 5
	strong = heavyMemory / 5 * 4
)

// weigh tells how a picture of a type is looked at, from its beginning alone.
func weigh(path, mediaType string) string {
	if decoders[mediaType] == nil || heavy[mediaType] {
		return mediaType
	}
	f, err := os.Open(path)
	if err != nil {
		return mediaType // the examiner will tell
	}
	defer f.Close()
	switch n := needs(f, mediaType); {
	case n <= light:
		return mediaType
	case n <= strong:
		return mediaType + large
	}
	return mediaType + beyond
}

// plainType is the type without how it is looked at.
func plainType(kind string) string {
	mediaType, _, _ := strings.Cut(kind, ";")
	return mediaType
}

// needs is about how many bytes decoding takes; 0 when that cannot be told.
func needs(r io.Reader, mediaType string) int64 {
	pixels := func(c image.Config, err error) int64 {
		if err != nil {
			return 0
		}
		return int64(c.Width) * int64(c.Height)
	}
	switch mediaType {
	case "image/jpeg":
		return frameOf(r).needs()
	case "image/png":
		return 4 * pixels(png.DecodeConfig(r))
	case "image/gif":
		return 2 * pixels(gif.DecodeConfig(r))
	case "image/webp":
		return 8 * pixels(webp.DecodeConfig(r)) // of those without loss; others take a third
	}
	return 0
}

// frame is what a JPEG says of its picture.
type frame struct {
	width, height int64
	progressive   bool
	samples       int64 // of all colours, for 64 pixels
}

// frameOf reads the segments up to that which tells.
func frameOf(r io.Reader) (f frame) {
	b := make([]byte, 4)
	if _, err := io.ReadFull(r, b[:2]); err != nil {
		return f
	}
	for range 10_000 {
		if _, err := io.ReadFull(r, b[:2]); err != nil || b[0] != 0xff {
			return f
		}
		for b[1] == 0xff {
			if _, err := io.ReadFull(r, b[1:2]); err != nil {
				return f
			}
		}
		kind := b[1]
		if _, err := io.ReadFull(r, b[:2]); err != nil {
			return f
		}
		n := int64(binary.BigEndian.Uint16(b)) - 2
		if kind < 0xc0 || kind > 0xcf || kind == 0xc4 || kind == 0xc8 || kind == 0xcc {
			if _, err := io.CopyN(io.Discard, r, n); n < 0 || err != nil {
				return f
			}
			continue
		}
		s := make([]byte, max(n, 0))
		if _, err := io.ReadFull(r, s); err != nil || len(s) < 6 || len(s) < 6+3*int(s[5]) {
			return f
		}
		f.height, f.width, f.progressive = int64(binary.BigEndian.Uint16(s[1:])), int64(binary.BigEndian.Uint16(s[3:])), kind == 0xc2
		most := int64(1)
		for i := range int(s[5]) {
			most = max(most, int64(s[7+3*i]>>4)*int64(s[7+3*i]&15))
		}
		for i := range int(s[5]) {
			f.samples += 64 * int64(s[7+3*i]>>4) * int64(s[7+3*i]&15) / most
		}
		return f
	}
	return f
}

func (f frame) needs() int64 {
	n := f.width * f.height * f.samples / 64
	if f.progressive {
		return 5 * n // every coefficient is kept until the end
	}
	return n
}
