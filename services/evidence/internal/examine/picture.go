package examine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"

	"github.com/duban/duban/services/evidence"
	xdraw "golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

// Longest sides of derivatives, in pixels.
const (
	thumbnailSide = 320
	previewSide   = 1920
)

// decoders are those of the types a preview is made of.
var decoders = map[string]func(io.Reader) (image.Image, error){
	"image/jpeg": jpeg.Decode, "image/png": png.Decode, "image/gif": gif.Decode /* the first frame alone */, "image/webp": webp.Decode,
	"image/heic": decodeHEIC,
}

// picture decodes a picture once and makes everything from it.
func picture(f *os.File, mediaType string) (evidence.Findings, error) {
	var x evidence.Findings
	taken, turned := capture(f, mediaType)
	x.Capture = taken
	dec, ok := decoders[mediaType]
	if !ok {
		x.Verdict = evidence.NoPreview
		return x, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return x, err
	}
	img, err := dec(f)
	if err != nil && mediaType == "image/jpeg" && unended(f) {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return x, err
		}
		img, err = dec(filled(f))
	}
	if err != nil {
		x.Verdict = evidence.Damaged
		var unsupported jpeg.UnsupportedError
		// What the HEIC decoder says does not tell one it does not know from a damaged one.
		if errors.As(err, &unsupported) || mediaType == "image/heic" || (mediaType == "image/webp" && moving(f)) {
			x.Verdict = evidence.NoPreview
		}
		return x, nil
	}
	thumb, err := renditions(img, turned, &x)
	if err != nil {
		return x, err
	}
	gray := image.NewGray(thumb.Bounds())
	draw.Draw(gray, gray.Bounds(), thumb, image.Point{}, draw.Src)
	x.Print = Print(gray)
	return x, nil
}

// renditions makes what is shown of a decoded picture, turned upright, and
// gives the small one before it was encoded.
func renditions(img image.Image, turned int, x *evidence.Findings) (thumb *image.RGBA, err error) {
	b := img.Bounds()
	small := turn(reduce(img, (max(b.Dx(), b.Dy())+previewSide-1)/previewSide), turned)
	x.Width, x.Height = b.Dx(), b.Dy()
	if turned >= 5 {
		x.Width, x.Height = x.Height, x.Width
	}
	if x.Preview, err = encode(small, 80); err != nil {
		return nil, err
	}
	thumb = shrink(small, thumbnailSide)
	x.Thumbnail, err = encode(thumb, 75)
	return thumb, err
}

// moving tells that a WebP is an animation, which the decoder does not know.
func moving(f io.ReadSeeker) bool {
	h := make([]byte, 21)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false
	}
	_, err := io.ReadFull(f, h)
	return err == nil && string(h[12:16]) == "VP8X" && h[20]&2 != 0
}

func encode(img image.Image, quality int) ([]byte, error) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return b.Bytes(), nil
}

// reduce makes every k × k pixels one, on white where the picture is
// transparent: an RGBA, or what JPEG and WebP decode to as the same again. It
// goes strip by strip: a resizer with a kernel needs 150 MB beside a picture of
// 12 megapixels.
func reduce(img image.Image, k int) image.Image {
	k = max(k, 1)
	b := img.Bounds()
	if y, ok := img.(*image.YCbCr); ok && b.Min == (image.Point{}) {
		return reduceYCbCr(y, k)
	}
	w, h := max(b.Dx()/k, 1), max(b.Dy()/k, 1)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	strip := image.NewRGBA(image.Rect(0, 0, b.Dx(), k))
	white := image.NewUniform(color.White)
	sums := make([]uint32, 3*w)
	for j := range h {
		draw.Draw(strip, strip.Bounds(), white, image.Point{}, draw.Src)
		draw.Draw(strip, strip.Bounds(), img, image.Pt(b.Min.X, b.Min.Y+j*k), draw.Over)
		clear(sums)
		rows := min(k, b.Dy()-j*k)
		for y := range rows {
			row := strip.Pix[y*strip.Stride:]
			for i := range w {
				var r, g, bl uint32
				for x := i * k * 4; x < (i*k+min(k, b.Dx()-i*k))*4; x += 4 {
					r, g, bl = r+uint32(row[x]), g+uint32(row[x+1]), bl+uint32(row[x+2])
				}
				sums[3*i], sums[3*i+1], sums[3*i+2] = sums[3*i]+r, sums[3*i+1]+g, sums[3*i+2]+bl
			}
		}
		to := out.Pix[j*out.Stride:]
		for i := range w {
			n := uint32(rows * min(k, b.Dx()-i*k))
			to[4*i], to[4*i+1], to[4*i+2], to[4*i+3] = byte(sums[3*i]/n), byte(sums[3*i+1]/n), byte(sums[3*i+2]/n), 255
		}
	}
	return out
}

// reduceYCbCr does the same plane by plane, in the picture's own colours:
// converting every pixel first takes as long as a third of decoding.
func reduceYCbCr(img *image.YCbCr, k int) *image.YCbCr {
	sx, sy := 1, 1 // luma pixels of one colour pixel
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		sx = 2
	case image.YCbCrSubsampleRatio420:
		sx, sy = 2, 2
	case image.YCbCrSubsampleRatio440:
		sy = 2
	case image.YCbCrSubsampleRatio411:
		sx = 4
	case image.YCbCrSubsampleRatio410:
		sx, sy = 4, 2
	}
	pw, ph := img.Rect.Dx(), img.Rect.Dy()
	w, h := max(pw/k, 1), max(ph/k, 1)
	colours := func(pixels []byte) []byte {
		return mean(plane{pixels, img.CStride, (pw + sx - 1) / sx, (ph + sy - 1) / sy}, (w+sx-1)/sx, (h+sy-1)/sy, k)
	}
	return &image.YCbCr{
		Y: mean(plane{img.Y, img.YStride, pw, ph}, w, h, k), Cb: colours(img.Cb), Cr: colours(img.Cr),
		YStride: w, CStride: (w + sx - 1) / sx, SubsampleRatio: img.SubsampleRatio, Rect: image.Rect(0, 0, w, h),
	}
}

// rgba is a picture as pixels that can be turned and scaled.
func rgba(img image.Image) *image.RGBA {
	if x, ok := img.(*image.RGBA); ok {
		return x
	}
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Src)
	return out
}

// plane is one component of a picture, w × h; a row begins every stride bytes.
type plane struct {
	pixels       []byte
	stride, w, h int
}

// mean reduces a plane to w × h: each pixel is the mean of k × k, or of those
// there are of them at the edges.
func mean(p plane, w, h, k int) []byte {
	out := make([]byte, w*h)
	columns := newColumns(p.w)
	type span struct{ from, to int }
	spans := make([]span, w)
	for i := range spans {
		spans[i] = span{min(i*k, p.w-1), min((i+1)*k, p.w)}
	}
	for j := range h {
		top, bottom := min(j*k, p.h-1), min((j+1)*k, p.h)
		columns.add(p.pixels, p.stride, top, bottom)
		rows, line := uint32(bottom-top), out[j*w:][:w]
		for i, at := range spans {
			var sum uint32
			for _, v := range columns.sums[at.from:at.to] {
				sum += v
			}
			n := rows * uint32(at.to-at.from)
			line[i] = byte((sum + n/2) / n)
		}
	}
	return out
}

// columns adds up rows of a plane, eight pixels at a time: four lie in the
// 16-bit parts of one word, and four in those of another.
type columns struct {
	sums      []uint32
	even, odd []uint64
}

func newColumns(n int) *columns {
	return &columns{sums: make([]uint32, n), even: make([]uint64, n/8), odd: make([]uint64, n/8)}
}

// most is how many bytes can be added up in 16 bits.
const most = 257

// add makes the sums those of the rows from top to bottom.
func (c *columns) add(plane []byte, stride, top, bottom int) {
	const parts = 0x00ff00ff00ff00ff
	clear(c.sums)
	wide := 8 * len(c.even)
	for top < bottom {
		clear(c.even)
		clear(c.odd)
		for range min(bottom-top, most) {
			row := plane[top*stride:][:len(c.sums)]
			for i := range c.even {
				v := binary.LittleEndian.Uint64(row[8*i:])
				c.even[i] += v & parts
				c.odd[i] += v >> 8 & parts
			}
			for x := wide; x < len(row); x++ {
				c.sums[x] += uint32(row[x])
			}
			top++
		}
		for i, even := range c.even {
			odd, s := c.odd[i], c.sums[8*i:][:8]
			for x := 0; x < 8; x += 2 {
				s[x] += uint32(even & 0xffff)
				s[x+1] += uint32(odd & 0xffff)
				even, odd = even>>16, odd>>16
			}
		}
	}
}

// shrink makes the longest side at most so many pixels.
func shrink(img image.Image, side int) *image.RGBA {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if max(w, h) <= side {
		return rgba(img)
	}
	// Most of the way by whole pixels: a kernel is slow where the picture is large.
	small := rgba(reduce(img, max(w, h)/side))
	if w >= h {
		w, h = side, max(h*side/w, 1)
	} else {
		w, h = max(w*side/h, 1), side
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	xdraw.BiLinear.Scale(out, out.Rect, small, small.Rect, draw.Src, nil)
	return out
}

// turn puts a picture upright, as the camera noted it was held (1 to 8).
func turn(held image.Image, how int) image.Image {
	if how < 2 || how > 8 {
		return held
	}
	img := rgba(held)
	w, h := img.Rect.Dx(), img.Rect.Dy()
	ow, oh := w, h
	if how >= 5 {
		ow, oh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, ow, oh))
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch how {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(out.Pix[ty*out.Stride+4*tx:], img.Pix[y*img.Stride+4*x:y*img.Stride+4*x+4])
		}
	}
	return out
}
