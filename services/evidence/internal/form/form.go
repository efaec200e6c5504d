// Package form tells what a file is from its inner form, without decoding or
// unpacking anything: every check walks the file once, in bounded memory,
// whatever the file claims. It is what must be known before a file counts as
// received; the costly parts are done afterwards, in a process of their own.
package form

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
	"strings"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/fault"
)

// Form is what a file is.
type Form struct {
	Type    string     // media type
	Refusal string     // code, when it cannot be taken
	Why     fault.Text // more about it; may be empty
	// Cautions are what is in it that not every requirement takes, each kind once.
	Cautions []evidence.Caution
}

// Identify looks at a file whose first bytes look like the media type sniffed.
func Identify(r io.ReaderAt, size int64, sniffed string) (f Form) {
	f = Form{Type: sniffed}
	defer func() {
		// A mistake in a check costs the file, not the process.
		if p := recover(); p != nil {
			f = Form{Type: sniffed, Refusal: evidence.RefusedDamaged}
		}
	}()
	w := &walker{r: r, size: size}
	packed := false
	switch head := w.bytes(0, 12); {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		f.Type = "image/jpeg"
		w.jpeg()
	case bytes.HasPrefix(head, []byte(pngMagic)):
		f.Type = "image/png"
		w.png()
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		f.Type = "image/gif"
		w.gif()
	case len(head) == 12 && string(head[:4]) == "RIFF" && string(head[8:]) == "WEBP":
		f.Type = "image/webp"
		w.webp()
	case len(head) == 12 && string(head[4:8]) == "ftyp":
		f.Type = w.media(string(head[8:]))
	case bytes.HasPrefix(head, []byte("%PDF-")):
		f.Type = "application/pdf"
		w.pdf()
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		packed = true
		f.Type = w.pack()
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		f.Type = w.compound()
	case sniffed == "audio/mpeg":
		w.mp3()
	case strings.HasPrefix(sniffed, "text/plain"), strings.HasPrefix(sniffed, "text/csv"):
		w.text()
	case strings.HasPrefix(sniffed, "text/tab-separated-values"):
		f.Type = "text/plain"
		w.text()
	default:
		// What is taken was recognized above by how it must begin.
		if evidence.Taken(sniffed) {
			f.Refusal = evidence.RefusedDamaged
		}
		return f
	}
	if w.refusal == "" && !packed && w.endsAsArchive() {
		w.refuse(evidence.RefusedMixed, "The file is an archive as well. Save it anew and send that.")
	}
	f.Refusal, f.Why, f.Cautions = w.refusal, w.why, w.cautions
	return f
}

// walker reads a file piece by piece. The first refusal stands; after it
// every read answers zeros.
type walker struct {
	r       io.ReaderAt
	size    int64
	refusal string
	why     fault.Text

	cautions []evidence.Caution

	// window are bytes read ahead: the parts of a file may be very many, and each
	// of them very small.
	window   []byte
	windowAt int64
}

// caution notes what not every requirement takes; looking goes on.
func (w *walker) caution(kind string, why fault.Text) {
	if !slices.ContainsFunc(w.cautions, func(c evidence.Caution) bool { return c.Kind == kind }) {
		w.cautions = append(w.cautions, evidence.Caution{Kind: kind, Why: why})
	}
}

func (w *walker) refuse(code string, why fault.Text) {
	if w.refusal == "" {
		w.refusal, w.why = code, why
	}
}

func (w *walker) damaged() { w.refuse(evidence.RefusedDamaged, "") }

func (w *walker) ok() bool { return w.refusal == "" }

const (
	windowSize = 32 << 10
	behind     = 8 << 10 // what the window keeps before the place that was asked for
)

// bytes are up to n bytes at an offset; fewer at the end. Nobody writes into them.
func (w *walker) bytes(at int64, n int) []byte {
	if at < 0 || at >= w.size || n <= 0 {
		return nil
	}
	if n > windowSize-behind {
		return w.read(at, n)
	}
	if i := at - w.windowAt; w.window == nil || i < 0 || (i+int64(n) > int64(len(w.window)) && w.windowAt+int64(len(w.window)) < w.size) {
		// A new one each time: what was given out of the old one stays as it is.
		w.windowAt = max(0, at-behind)
		w.window = w.read(w.windowAt, windowSize)
	}
	i := min(at-w.windowAt, int64(len(w.window)))
	return w.window[i:min(i+int64(n), int64(len(w.window)))]
}

func (w *walker) read(at int64, n int) []byte {
	b := make([]byte, min(int64(n), w.size-at))
	m, err := w.r.ReadAt(b, at)
	if err != nil && m < len(b) {
		w.damaged()
	}
	return b[:m]
}

// need are exactly n bytes; the file is damaged when they are not there.
func (w *walker) need(at int64, n int) []byte {
	b := w.bytes(at, n)
	if len(b) < n {
		w.damaged()
		return make([]byte, n)
	}
	return b
}

func (w *walker) be32(at int64) int64 { return int64(binary.BigEndian.Uint32(w.need(at, 4))) }

// pixels refuses what would be too large to decode.
func (w *walker) pixels(width, height int64) {
	switch {
	case width <= 0 || height <= 0:
		w.damaged()
	case width > 65_535 || height > 65_535 || width*height > evidence.MaxPixels:
		w.refuse(evidence.RefusedLimits, fault.Textf("The picture has %d × %d pixels; at most %d million are taken. Make it smaller.", width, height, evidence.MaxPixels/1_000_000))
	}
}

func (w *walker) picture() {
	if w.size > evidence.MaxPicture {
		w.refuse(evidence.RefusedLimits, fault.Textf("A picture of %d MiB is larger than is taken (%d MiB). Make it smaller.", w.size>>20, evidence.MaxPicture>>20))
	}
}

// find is where one of the patterns stands first at or after an offset, and
// which; -1 when none does. It reads the file in pieces.
func (w *walker) find(from int64, patterns ...[]byte) (at int64, which int) {
	const piece, overlap = 1 << 18, 64
	for at := from; at < w.size && w.ok(); at += piece {
		b := w.bytes(at, piece+overlap)
		first, which := -1, -1
		for i, p := range patterns {
			if n := bytes.Index(b, p); n >= 0 && (first < 0 || n < first) {
				first, which = n, i
			}
		}
		if first >= 0 {
			return at + int64(first), which
		}
	}
	return -1, -1
}

// endsAsArchive tells that a program that opens archives would open the file.
func (w *walker) endsAsArchive() bool {
	e, ok := w.directory()
	return ok && e.count > 0 && string(w.bytes(e.at-e.size, 4)) == "PK\x01\x02"
}
