package examine

import (
	"image"
	"math"
	"slices"

	"github.com/duban/duban/services/evidence"
)

const (
	sample = 32 // side of what is transformed
	low    = 6  // frequencies of each direction that are looked at
	window = 0.8
	steps  = 5 // windows in each direction
)

// order are the frequencies whose signs make a code: the twenty lowest but
// the mean. The lowest change least when a picture is saved again, shrunk,
// brightened or marked.
var order = func() (o [][2]int) {
	for sum := 1; sum < low; sum++ {
		for u := 0; u <= sum; u++ {
			o = append(o, [2]int{u, sum - u})
		}
	}
	return o
}()

var cosine = func() (c [low][sample]float64) {
	for u := range low {
		for x := range sample {
			c[u][x] = math.Cos(math.Pi * float64(u) * (float64(x) + 0.5) / sample)
		}
	}
	return c
}()

// integral sums up a gray picture, so that the mean of any part of it costs
// four look-ups.
type integral struct {
	w, h int
	sum  []float64
}

func integrate(g *image.Gray) integral {
	b := g.Bounds()
	t := integral{w: b.Dx(), h: b.Dy(), sum: make([]float64, (b.Dx()+1)*(b.Dy()+1))}
	for y := range t.h {
		row := 0.0
		for x := range t.w {
			row += float64(g.Pix[y*g.Stride+x])
			t.sum[(y+1)*(t.w+1)+x+1] = t.sum[y*(t.w+1)+x+1] + row
		}
	}
	return t
}

// at is the sum left of x and above y, between the pixels where need be.
func (t integral) at(x, y float64) float64 {
	ix, iy := min(int(x), t.w-1), min(int(y), t.h-1)
	fx, fy := x-float64(ix), y-float64(iy)
	p, n := iy*(t.w+1)+ix, t.w+1
	return (t.sum[p]*(1-fx)+t.sum[p+1]*fx)*(1-fy) + (t.sum[p+n]*(1-fx)+t.sum[p+n+1]*fx)*fy
}

// means cuts a part, given in shares of the sides, into n × n and gives the mean of each.
func (t integral) means(x0, y0, scale float64, n int) []float64 {
	out := make([]float64, n*n)
	sx, sy := scale*float64(t.w)/float64(n), scale*float64(t.h)/float64(n)
	for j := range n {
		top := y0*float64(t.h) + float64(j)*sy
		for i := range n {
			left := x0*float64(t.w) + float64(i)*sx
			r, d := min(left+sx, float64(t.w)), min(top+sy, float64(t.h))
			out[j*n+i] = (t.at(r, d) - t.at(left, d) - t.at(r, top) + t.at(left, top)) / (sx * sy)
		}
	}
	return out
}

// waves are the strengths of the frequencies in order.
func waves(m []float64) []float64 {
	var rows [sample][low]float64
	for y := range sample {
		for u := range low {
			s := 0.0
			for x := range sample {
				s += m[y*sample+x] * cosine[u][x]
			}
			rows[y][u] = s
		}
	}
	out := make([]float64, len(order))
	for i, o := range order {
		s := 0.0
		for y := range sample {
			s += rows[y][o[0]] * cosine[o[1]][y]
		}
		out[i] = s
	}
	return out
}

func code(w []float64) (c uint32) {
	for i, v := range w {
		if v > 0 {
			c |= 1 << i
		}
	}
	return c
}

// mirrorBits turn around when left and right are exchanged.
var mirrorBits = func() (m uint32) {
	for i, o := range order {
		if o[0]%2 == 1 {
			m |= 1 << i
		}
	}
	return m
}()

// near adds the code and those that differ in its least certain signs.
func near(w []float64, uncertain int, add func(code, mirrored uint32)) {
	weak := make([]int, len(w))
	for i := range weak {
		weak[i] = i
	}
	slices.SortFunc(weak, func(a, b int) int {
		switch d := math.Abs(w[a]) - math.Abs(w[b]); {
		case d < 0:
			return -1
		case d > 0:
			return 1
		}
		return 0
	})
	c := code(w)
	for set := range 1 << uncertain {
		v := c
		for i := range uncertain {
			if set>>i&1 == 1 {
				v ^= 1 << weak[i]
			}
		}
		add(v, v^mirrorBits)
	}
}

// flat is the spread of gray, out of 255, below which a picture shows nothing
// to recognize it by.
const flat = 3

// Print makes the print of a picture of a few hundred pixels; nil when it shows
// nothing to recognize it by.
func Print(small *image.Gray) *evidence.Print {
	if b := small.Bounds(); b.Dx() < 16 || b.Dy() < 16 {
		return nil
	}
	t := integrate(small)
	p := &evidence.Print{Signature: make([]byte, evidence.Side*evidence.Side)}
	mean, squares := 0.0, 0.0
	for i, v := range t.means(0, 0, 1, evidence.Side) {
		p.Signature[i] = byte(min(max(v+0.5, 0), 255))
		mean += v
		squares += v * v
	}
	n := float64(len(p.Signature))
	if mean /= n; squares/n-mean*mean < flat*flat {
		return nil
	}
	seen := map[evidence.Probe]bool{}
	probe := func(c uint32, whole bool) {
		if x := (evidence.Probe{Code: c, Whole: whole}); !seen[x] && !seen[evidence.Probe{Code: c, Whole: true}] {
			seen[x] = true
			p.Probes = append(p.Probes, x)
		}
	}
	all := waves(t.means(0, 0, 1, sample))
	p.Codes = append(p.Codes, code(all))
	near(all, 5, func(c, m uint32) { probe(c, true); probe(m, true) })
	for i, e := range evidence.Edges {
		w := waves(t.means(e[0], e[1], evidence.Beside, sample))
		p.Codes = append(p.Codes, edge(i)|code(w))
		// Mirrored, what lies beside the left edge lies beside the right one.
		near(w, 4, func(c, m uint32) { probe(edge(i)|c, false); probe(edge(opposite[i])|m, false) })
	}
	for j := range steps {
		for i := range steps {
			w := waves(t.means(float64(i)*(1-window)/(steps-1), float64(j)*(1-window)/(steps-1), window, sample))
			p.Windows = append(p.Windows, code(w))
			near(w, 3, func(c, m uint32) { probe(c, false); probe(m, false) })
		}
	}
	return p
}

// edge sets the codes beside an edge apart from all others.
func edge(i int) uint32 { return uint32(i+1) << len(order) }

// opposite are the edges as they are in a mirror.
var opposite = [4]int{0, 1, 3, 2}
