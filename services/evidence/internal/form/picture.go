package form

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
)

const (
	pngMagic  = "\x89PNG\r\n\x1a\n"
	maxBlocks = 200_000 // pieces a picture file may have
	maxScans  = 100     // passes over a picture
)

// pages are how scripts and pages begin that hide behind a picture.
var pages = [][]byte{[]byte("<script"), []byte("<SCRIPT"), []byte("<html"), []byte("<HTML"), []byte("<!DOCTYPE"), []byte("<!doctype"), []byte("<?php"), []byte("<svg")}

// jpeg walks the segments from start to end of the picture. Phones put more
// behind the end (a second picture, a film): that is left alone unless it is a page.
func (w *walker) jpeg() {
	w.picture()
	at, scans, sized, d := int64(2), 0, false, &drawn{}
	for n := 0; w.ok(); n++ {
		b := w.need(at, 2)
		if n > maxBlocks || b[0] != 0xff {
			w.damaged()
			return
		}
		kind := b[1]
		switch {
		case kind == 0xff: // filling
			at++
			continue
		case kind == 0xd9:
			if !sized || scans == 0 {
				w.damaged()
			}
			if p, _ := w.find(at+2, pages...); p >= 0 {
				w.refuse(evidence.RefusedMixed, "A page or a script follows the picture in the file. Save it anew and send that.")
			}
			return
		case kind == 0x01 || (kind >= 0xd0 && kind <= 0xd7):
			at += 2
			continue
		}
		length := int64(binary.BigEndian.Uint16(w.need(at+2, 2)))
		if length < 2 || at+2+length > w.size {
			w.damaged()
			return
		}
		if kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc {
			s := w.need(at+4, 6)
			w.pixels(int64(binary.BigEndian.Uint16(s[3:])), int64(binary.BigEndian.Uint16(s[1:])))
			d.picture(kind, w.need(at+4, int(length-2)))
			if sized || length != 8+3*int64(s[5]) {
				w.damaged()
			}
			sized = true
		}
		said := w.bytes(at+4, int(length-2))
		switch kind {
		case 0xc4:
			d.table(said)
		case 0xdd:
			if len(said) >= 2 {
				d.restart = int(binary.BigEndian.Uint16(said))
			}
		}
		at += 2 + length
		if kind == 0xda {
			if scans++; scans > maxScans || !sized {
				w.damaged()
				return
			}
			next := w.entropy(at)
			if next >= w.size {
				// It ends in the middle: without its mark, or without a little more.
				if w.ok() && w.whole(d, said, at, scans) {
					w.caution(evidence.Incomplete, "")
				} else {
					w.damaged()
				}
				return
			}
			at = next
		}
	}
}

// entropy skips the data of a scan to the next marker, or to the end of the file.
func (w *walker) entropy(at int64) int64 {
	for w.ok() {
		b := w.bytes(at, 1<<16)
		i := 0
		for {
			n := bytes.IndexByte(b[i:], 0xff)
			if n < 0 || i+n+1 >= len(b) {
				break
			}
			i += n
			if next := b[i+1]; next != 0 && (next < 0xd0 || next > 0xd7) {
				return at + int64(i)
			}
			i += 2
		}
		if len(b) < 1<<16 {
			return w.size
		}
		// A marker may lie across the end of the piece.
		at += int64(len(b)) - 1
		if b[len(b)-1] != 0xff {
			at++
		}
	}
	return at
}

// png walks the chunks and their checksums.
func (w *walker) png() {
	w.picture()
	at, data := int64(8), false
	for n := 0; w.ok(); n++ {
		h := w.need(at, 8)
		length, kind := int64(binary.BigEndian.Uint32(h)), string(h[4:])
		if n > maxBlocks || at+12+length > w.size || (n == 0) != (kind == "IHDR") {
			w.damaged()
			return
		}
		if w.crc(at+4, 4+length) != w.be32(at+8+length) {
			w.damaged()
			return
		}
		switch kind {
		case "IHDR":
			if length != 13 {
				w.damaged()
				return
			}
			w.pixels(w.be32(at+8), w.be32(at+12))
		case "acTL":
			w.frames(w.be32(at + 8))
		case "IDAT":
			data = true
		case "IEND":
			if !data {
				w.damaged()
			}
			w.ends(at + 12 + length)
			return
		}
		at += 12 + length
	}
}

// crc is the checksum of n bytes. It costs what they cost, however few they are.
func (w *walker) crc(at, n int64) int64 {
	sum := uint32(0)
	for n > 0 && w.ok() {
		b := w.bytes(at, int(min(n, 1<<18)))
		if len(b) == 0 {
			w.damaged()
		}
		sum = crc32.Update(sum, crc32.IEEETable, b)
		at, n = at+int64(len(b)), n-int64(len(b))
	}
	return int64(sum)
}

func (w *walker) frames(n int64) {
	if n > evidence.MaxFrames {
		w.refuse(evidence.RefusedLimits, fault.Textf("The picture moves in more than %d frames. Send a film (MP4) instead.", evidence.MaxFrames))
	}
}

// ends refuses what follows the end of a picture that nothing follows.
func (w *walker) ends(at int64) {
	if at < w.size && len(bytes.Trim(w.bytes(at, 1024), "\x00\r\n ")) > 0 {
		w.refuse(evidence.RefusedMixed, "Something else follows the picture in the file. Save it anew and send that.")
	}
}

// gif walks the blocks.
func (w *walker) gif() {
	w.picture()
	h := w.need(0, 13)
	width, height := int64(binary.LittleEndian.Uint16(h[6:])), int64(binary.LittleEndian.Uint16(h[8:]))
	w.pixels(width, height)
	at := int64(13) + colours(h[10])
	frames := int64(0)
	for n := 0; w.ok(); n++ {
		if n > maxBlocks {
			w.damaged()
			return
		}
		switch w.need(at, 1)[0] {
		case 0x21: // extension
			at = w.subblocks(at + 2)
		case 0x2c:
			d := w.need(at, 10)
			frames++
			w.frames(frames)
			w.pixels(int64(binary.LittleEndian.Uint16(d[5:])), int64(binary.LittleEndian.Uint16(d[7:])))
			at = w.subblocks(at + 10 + colours(d[9]) + 1)
		case 0x3b:
			if frames == 0 {
				w.damaged()
			}
			w.ends(at + 1)
			return
		default:
			w.damaged()
			return
		}
	}
}

// colours is the size of a colour table, from its flags.
func colours(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func (w *walker) subblocks(at int64) int64 {
	for w.ok() {
		n := int64(w.need(at, 1)[0])
		at += 1 + n
		if n == 0 {
			break
		}
	}
	return at
}

// webp walks the chunks of the container.
func (w *walker) webp() {
	w.picture()
	end := 8 + int64(binary.LittleEndian.Uint32(w.need(4, 4)))
	if end > w.size {
		w.damaged()
		return
	}
	at, frames, shown := int64(12), int64(0), false
	for n := 0; w.ok() && at < end; n++ {
		h := w.need(at, 8)
		length := int64(binary.LittleEndian.Uint32(h[4:]))
		if n > maxBlocks || at+8+length > end {
			w.damaged()
			return
		}
		switch string(h[:4]) {
		case "VP8 ":
			d := w.need(at+8, 10)
			if d[3] != 0x9d || d[4] != 0x01 || d[5] != 0x2a {
				w.damaged()
			}
			w.pixels(int64(binary.LittleEndian.Uint16(d[6:])&0x3fff), int64(binary.LittleEndian.Uint16(d[8:])&0x3fff))
			shown = true
		case "VP8L":
			d := w.need(at+8, 5)
			v := binary.LittleEndian.Uint32(d[1:])
			if d[0] != 0x2f {
				w.damaged()
			}
			w.pixels(int64(v&0x3fff)+1, int64(v>>14&0x3fff)+1)
			shown = true
		case "VP8X":
			d := w.need(at+8, 10)
			w.pixels(int64(d[4])|int64(d[5])<<8|int64(d[6])<<16+1, int64(d[7])|int64(d[8])<<8|int64(d[9])<<16+1)
		case "ANMF":
			frames++
			w.frames(frames)
			shown = true
		}
		at += 8 + length + length&1
	}
	if !shown {
		w.damaged()
	}
	w.ends(end)
}
