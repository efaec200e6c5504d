package evidence

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"math"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Wording is what a text is recognized by: the least hashes of its shingles
// under Hashes functions (Broder, "On the resemblance and containment of
// documents", 1997). The share of places in which two texts agree estimates
// the share of shingles they have in common.
type Wording []uint32

const (
	// Hashes is how many there are in a Wording.
	Hashes = 128
	// shingle is how many letters in a row are looked at together.
	shingle = 4
	// leastText is the fewest letters a text must have to be told from others:
	// a title or a table's head is the same in every village.
	leastText = 120
	// AlikeText is the share in common from which two texts are shown to a human.
	AlikeText = 0.6
	// bandRows is how many hashes make a band. With 32 bands of four, texts
	// with six tenths in common share a band in 99 cases of 100, and texts with
	// one tenth in common in 3 of 1,000.
	bandRows = 4
)

// Readable tells whether the text of files of a type is compared.
func Readable(mediaType string) bool {
	switch mediaType {
	case "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document":
		return true
	}
	return false
}

// WordingOf is what a text is recognized by; nil for one that is too short.
// Only letters and numbers count, and every number is like every other: the
// same summary with another village's figures is the same summary.
func WordingOf(text string) Wording {
	letters := make([]rune, 0, len(text)/3)
	number := false
	// Wide letters, and the radicals that some programs put into PDF in place
	// of characters, become plain ones.
	for _, r := range norm.NFKC.String(text) {
		switch {
		case unicode.IsDigit(r):
			if !number {
				letters = append(letters, '0')
			}
			number = true
			continue
		case unicode.IsLetter(r):
			letters = append(letters, unicode.ToLower(r))
		}
		number = false
	}
	if len(letters) < leastText {
		return nil
	}
	w := make(Wording, Hashes)
	for i := range w {
		w[i] = math.MaxUint32
	}
	var b [4 * shingle]byte
	for i := 0; i+shingle <= len(letters); i++ {
		for j := range shingle {
			binary.LittleEndian.PutUint32(b[4*j:], uint32(letters[i+j]))
		}
		h := fnv.New64a()
		_, _ = h.Write(b[:])
		x := h.Sum64()
		// Two halves of one hash make as many functions as are wanted (Kirsch
		// and Mitzenmacher, 2006); the mixing keeps them from running in step.
		for k := range w {
			if v := uint32(mix(x+uint64(k)*0x9e3779b97f4a7c15) >> 32); v < w[k] {
				w[k] = v
			}
		}
	}
	return w
}

// mix is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Bands are what texts are found by: two that are alike have one in common.
func (w Wording) Bands() []int64 {
	var bands []int64
	for i := 0; i+bandRows <= len(w); i += bandRows {
		x := uint64(i)
		for _, v := range w[i : i+bandRows] {
			x = mix(x ^ uint64(v))
		}
		bands = append(bands, int64(x)) //nolint:gosec // only whether they are equal counts
	}
	return bands
}

// Common estimates the share of shingles that two texts have in common.
func (w Wording) Common(other Wording) float64 {
	if len(w) == 0 || len(w) != len(other) {
		return 0
	}
	same := 0
	for i := range w {
		if w[i] == other[i] {
			same++
		}
	}
	return float64(same) / float64(len(w))
}

// Bytes is the wording as it is stored.
func (w Wording) Bytes() []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, []uint32(w)) // a buffer takes everything
	return b.Bytes()
}

// WordingFrom reads what Bytes has written; nil for anything else.
func WordingFrom(b []byte) Wording {
	if len(b) != 4*Hashes {
		return nil
	}
	w := make(Wording, Hashes)
	for i := range w {
		w[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return w
}
