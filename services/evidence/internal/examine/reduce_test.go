package examine

import (
	"image"
	"math/rand/v2"
	"testing"
)

// The sums of columns are those of adding one pixel after the other, for every
// width and for more rows than fit into 16 bits.
func TestColumns(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for _, w := range []int{1, 7, 8, 9, 16, 31, 100} {
		const rows = 600
		stride := w + r.IntN(5)
		plane := make([]byte, stride*rows)
		for i := range plane {
			plane[i] = 255
			if i%3 == 0 {
				plane[i] = byte(r.IntN(256))
			}
		}
		c := newColumns(w)
		for _, part := range [][2]int{{0, 1}, {3, 6}, {10, 267}, {1, 600}, {599, 600}} {
			c.add(plane, stride, part[0], part[1])
			for x := range w {
				var want uint32
				for y := part[0]; y < part[1]; y++ {
					want += uint32(plane[y*stride+x])
				}
				if c.sums[x] != want {
					t.Fatalf("width %d, rows %v, column %d: %d, want %d", w, part, x, c.sums[x], want)
				}
			}
		}
	}
}

// However a picture keeps its colours, made small it looks as if every pixel had
// been converted and the mean taken.
func TestReducedColours(t *testing.T) {
	t.Parallel()
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420,
		image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		for _, size := range []image.Point{{101, 67}, {64, 48}, {3, 200}, {1, 1}} {
			img := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			for y := range size.Y {
				for x := range size.X {
					img.Y[img.YOffset(x, y)] = byte(60 + x + y/2)
					img.Cb[img.COffset(x, y)] = byte(90 + x/2)
					img.Cr[img.COffset(x, y)] = byte(150 - y/4)
				}
			}
			for k := 1; k <= 5; k++ {
				got, want := rgba(reduce(img, k)), rgba(reduce(rgba(img), k))
				if got.Rect != want.Rect {
					t.Fatalf("%v %v by %d: %v, want %v", ratio, size, k, got.Rect, want.Rect)
				}
				for i := range got.Pix {
					if d := int(got.Pix[i]) - int(want.Pix[i]); d < -12 || d > 12 {
						t.Fatalf("%v %v by %d: %d instead of %d at %d", ratio, size, k, got.Pix[i], want.Pix[i], i)
					}
				}
			}
		}
	}
}
