// Package watermark draws a text over a whole picture, slanting and again and
// again, so that a photo of the screen and a part of a picture still tell who
// looked at it. It cannot keep anybody from removing it; it makes passing
// pictures on a thing one thinks about.
package watermark

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math"
	"runtime"

	"github.com/hajimehoshi/bitmapfont/v4"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

const (
	slant    = -math.Pi / 6
	strength = 0.4 // how far a stroke goes from what is below it to white or black
	quality  = 80
	side     = 500 // pixels of the longer side for one more pixel of every dot of the font
	gap      = 24  // dots between two texts, and between two lines of them
	height   = 13  // dots of a character of the font
	baseline = 11
)

// Marker implements evidence.Marker. A picture of 1920 × 1440 pixels is about
// 5 MB while it is drawn on: only so many at once as there are processors.
type Marker struct{ turns chan struct{} }

// New makes a marker. The font is unpacked (1.5 MB) when it is first needed.
func New() *Marker { return &Marker{make(chan struct{}, runtime.GOMAXPROCS(0))} }

// Mark implements evidence.Marker.
func (m *Marker) Mark(ctx context.Context, picture io.Reader, text string) ([]byte, error) {
	select {
	case m.turns <- struct{}{}:
		defer func() { <-m.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	img, err := jpeg.Decode(picture)
	if err != nil {
		return nil, fmt.Errorf("mark a picture: %w", err)
	}
	light, stride, err := brightness(img)
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	over(light, stride, b.Dx(), b.Dy(), tileOf(text))
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("mark a picture: %w", err)
	}
	return out.Bytes(), nil
}

// brightness is the plane of a decoded picture that is drawn on: colours stay.
func brightness(img image.Image) (plane []byte, stride int, err error) {
	switch x := img.(type) {
	case *image.YCbCr:
		return x.Y, x.YStride, nil
	case *image.Gray:
		return x.Pix, x.Stride, nil
	}
	return nil, 0, fmt.Errorf("mark a picture: no previews are made as %T", img)
}

// tile is what is repeated: a line with the text, and one with it moved by half.
type tile struct {
	w, h int
	dots []byte // stroke, shade or nothing
}

const (
	stroke = 1 + iota
	shade  // beside a stroke: on white paper it is what is seen
)

func tileOf(text string) tile {
	face := bitmapfont.FaceSC
	text = drawable(face, text)
	w, line := font.MeasureString(face, text).Ceil()+gap, height+gap
	mask := image.NewAlpha(image.Rect(0, 0, w, 2*line))
	for _, at := range []image.Point{{0, baseline}, {w / 2, line + baseline}, {w/2 - w, line + baseline}} {
		d := font.Drawer{Dst: mask, Src: image.NewUniform(color.Opaque), Face: face, Dot: fixed.P(at.X, at.Y)}
		d.DrawString(text)
	}
	t := tile{w: w, h: 2 * line, dots: make([]byte, w*2*line)}
	for y := range t.h {
		for x := range w {
			switch {
			case mask.AlphaAt(x, y).A > 0:
				t.dots[y*w+x] = stroke
			case x > 0 && y > 0 && mask.AlphaAt(x-1, y-1).A > 0:
				t.dots[y*w+x] = shade
			}
		}
	}
	return t
}

// drawable puts a sign where the font has no character, which it would leave out.
func drawable(face font.Face, text string) string {
	rs := []rune(text)
	for i, r := range rs {
		if _, ok := face.GlyphAdvance(r); !ok {
			rs[i] = '〓'
		}
	}
	return string(rs)
}

// over covers a plane of w × h with a tile, turned by slant.
func over(plane []byte, stride, w, h int, t tile) {
	const one = 1 << 16
	dot := float64(max(w, h)/side + 1)
	across, down := int(math.Round(math.Cos(slant)/dot*one)), int(math.Round(math.Sin(slant)/dot*one))
	tw, th := t.w*one, t.h*one
	for y := range h {
		u, v := wrap(y*down, tw), wrap(y*across, th)
		row := plane[y*stride:][:w]
		for x := range row {
			switch t.dots[v>>16*t.w+u>>16] {
			case stroke:
				row[x] += byte(strength * float64(255-row[x]))
			case shade:
				row[x] -= byte(strength * float64(row[x]))
			}
			if u += across; u >= tw {
				u -= tw
			}
			if v -= down; v >= th {
				v -= th
			}
		}
	}
}

// wrap is the rest of n in 0 … size-1.
func wrap(n, size int) int { return (n%size + size) % size }
