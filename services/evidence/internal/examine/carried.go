package examine

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"os"

	"github.com/duban/duban/services/evidence"
)

// Where a camera puts the preview of a picture: behind what it notes of it.
const (
	noted       = 4 << 20 // bytes of a file in which that stands
	carriedSize = 64 << 10
	leastSide   = 100 // pixels
)

// carried shows a picture that cannot be drawn here by the small one that its
// camera put into it; without one there is nothing to show.
func carried(f *os.File, mediaType string, x evidence.Findings, turned int) (evidence.Findings, error) {
	x.Verdict = evidence.NoPreview
	head := make([]byte, noted)
	n, err := f.ReadAt(head, 0)
	if err != nil && n == 0 {
		return x, err
	}
	head = head[:n]
	w, h := sides(head, mediaType)
	for at := 0; ; at++ {
		i := bytes.Index(head[at:], []byte("Exif\x00\x00"))
		if mediaType == "image/png" {
			i = bytes.Index(head[at:], []byte("eXIf"))
		}
		if i < 0 {
			return x, nil
		}
		at += i
		block := head[at:min(len(head), at+carriedSize)]
		j := bytes.Index(block[2:], []byte("\xff\xd8\xff"))
		if j < 0 {
			continue
		}
		img, err := jpeg.Decode(bytes.NewReader(block[2+j:]))
		if err != nil || max(img.Bounds().Dx(), img.Bounds().Dy()) < leastSide {
			continue
		}
		thumb, err := renditions(img, turned, &x)
		if err != nil {
			return x, err
		}
		if w > 0 && h > 0 {
			if x.Width, x.Height = w, h; turned >= 5 {
				x.Width, x.Height = h, w
			}
		}
		gray := image.NewGray(thumb.Bounds())
		draw.Draw(gray, gray.Bounds(), thumb, image.Point{}, draw.Src)
		x.Verdict, x.Print = "", Print(gray)
		return x, nil
	}
}

// sides are how large a picture is, as its beginning says; 0 when it does not.
func sides(head []byte, mediaType string) (w, h int) {
	switch mediaType {
	case "image/jpeg":
		f := frameOf(bytes.NewReader(head))
		return int(f.width), int(f.height)
	case "image/heic":
		for b := head; ; {
			i := bytes.Index(b, []byte("ispe"))
			if i < 0 || len(b) < i+16 {
				return w, h
			}
			ww, hh := int(binary.BigEndian.Uint32(b[i+8:])), int(binary.BigEndian.Uint32(b[i+12:]))
			if ww <= 65_535 && hh <= 65_535 && ww*hh > w*h {
				w, h = ww, hh
			}
			b = b[i+16:]
		}
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(head))
	if err != nil {
		return 0, 0
	}
	return c.Width, c.Height
}

// filled is a JPEG that ends too early as it would be if the rest of it were
// gray: zeros are a code of every table.
func filled(f io.Reader) io.Reader {
	return io.MultiReader(f, bytes.NewReader(append(make([]byte, 1<<20), 0xff, 0xd9)))
}

// unended tells that a JPEG does not end as it must, zeros behind it apart.
func unended(f *os.File) bool {
	st, err := f.Stat()
	if err != nil {
		return false
	}
	tail := make([]byte, min(st.Size(), 64<<10))
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		return false
	}
	return !bytes.HasSuffix(bytes.TrimRight(tail, "\x00"), []byte("\xff\xd9"))
}
