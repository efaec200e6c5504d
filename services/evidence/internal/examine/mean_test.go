package examine

import (
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
