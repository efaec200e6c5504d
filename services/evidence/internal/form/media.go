package form

import (
	"encoding/binary"
	"strings"

	"github.com/duban/duban/services/evidence"
)

// media walks the boxes of films, sounds and HEIC pictures, and tells which
// of them it is from its brand.
func (w *walker) media(brand string) string {
	kind := "video/mp4"
	switch {
	case brand == "qt  ":
		kind = "video/quicktime"
	case brand == "M4A " || brand == "M4B ":
		kind = "audio/mp4"
	case brand == "avif" || brand == "avis" || brand == "crx ":
		return "image/" + strings.TrimSpace(brand) // not taken
	case brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" || brand == "heis" || brand == "mif1" || brand == "msf1":
		kind = "image/heic"
		w.picture()
	}
	seen := map[string]bool{}
	w.boxes(0, w.size, func(name string, at, end int64) {
		seen[name] = true
		if name == "meta" && kind == "image/heic" {
			w.heif(at+4, end) // after version and flags
		}
	})
	switch {
	case kind == "image/heic" && (!seen["meta"] || (!seen["mdat"] && !seen["idat"])):
		w.damaged()
	case kind != "image/heic" && (!seen["moov"] || !(seen["mdat"] || seen["moof"])):
		w.damaged()
	}
	return kind
}

// boxes calls f for each box between two offsets, which they must fill.
func (w *walker) boxes(at, end int64, f func(name string, at, end int64)) {
	for n := 0; at < end && w.ok(); n++ {
		if end-at < 8 && at > 0 {
			w.damaged()
			return
		}
		h := w.need(at, 8)
		length, head := int64(binary.BigEndian.Uint32(h)), int64(8)
		switch length {
		case 0:
			length = end - at
		case 1:
			head = 16
			length = int64(binary.BigEndian.Uint64(w.need(at+8, 8)) & (1<<62 - 1))
		}
		if n > 100_000 || length < head || length > end-at {
			w.damaged()
			return
		}
		f(string(h[4:]), at+head, at+length)
		at += length
	}
}

// heif finds the sizes of the pictures.
func (w *walker) heif(at, end int64) {
	sized := false
	w.boxes(at, end, func(name string, at, end int64) {
		if name != "iprp" {
			return
		}
		w.boxes(at, end, func(name string, at, end int64) {
			if name != "ipco" {
				return
			}
			w.boxes(at, end, func(name string, at, end int64) {
				if name == "ispe" && end-at >= 12 {
					w.pixels(w.be32(at+4), w.be32(at+8))
					sized = true
				}
			})
		})
	})
	if !sized {
		w.damaged()
	}
}

// bitRates of MPEG 1 and of MPEG 2 and 2.5, layer III, in kbit/s.
var (
	bitRates    = [2][15]int64{{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}, {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}}
	sampleRates = [3]int64{44100, 48000, 32000}
)

// mp3 looks for three frames in a row behind the tags.
func (w *walker) mp3() {
	at := int64(0)
	if h := w.bytes(0, 10); len(h) == 10 && string(h[:3]) == "ID3" {
		at = 10 + int64(h[6]&0x7f)<<21 + int64(h[7]&0x7f)<<14 + int64(h[8]&0x7f)<<7 + int64(h[9]&0x7f)
	}
	// Some programs fill up between tag and sound.
	start := w.bytes(at, 1<<16)
	for i := 0; i+4 <= len(start); i++ {
		if start[i] != 0xff {
			continue
		}
		p, n := at+int64(i), 0
		for ; n < 3; n++ {
			l := frame(w.bytes(p, 4))
			if l == 0 {
				break
			}
			p += l
		}
		if n == 3 || (n > 0 && p == w.size) {
			return
		}
	}
	w.refuse(evidence.RefusedDamaged, "No sound was found in the file.")
}

// frame is the length of the frame that begins with h; 0 when none does.
func frame(h []byte) int64 {
	if len(h) < 4 || h[0] != 0xff || h[1]&0xe0 != 0xe0 || h[1]>>1&3 != 1 {
		return 0
	}
	version, rate, sample := h[1]>>3&3, h[2]>>4, h[2]>>2&3
	if version == 1 || rate == 0 || rate == 15 || sample == 3 {
		return 0
	}
	old, samples, hz := 0, int64(144), sampleRates[sample]
	if version != 3 {
		old, samples, hz = 1, 72, hz/2
		if version == 0 {
			hz /= 2
		}
	}
	return samples*bitRates[old][rate]*1000/hz + int64(h[2]>>1&1)
}
