package evidence

import "math"

// Print is what a picture is recognized by.
type Print struct {
	// Codes are what it is found by: of the whole picture, and of what is left
	// of it beside a mark at one of its edges.
	Codes []uint32
	// Windows are codes of what may be left when edges are cut off.
	Windows []uint32
	// Probes are what others are looked for by: near variants of Codes, also mirrored.
	Probes []Probe
	// Signature is the picture in gray, Side × Side.
	Signature []byte
}

// Side of a signature, in pixels.
const Side = 64

// Probe is a code to look for among Codes. That of a whole picture is looked
// for among Windows as well; two windows are not compared: two cut pictures
// have nothing to do with each other more often than not.
type Probe struct {
	Code  uint32
	Whole bool
}

// Likeness of two pictures.
type Likeness struct {
	// Score is from 0, nothing in common, to 1, the same.
	Score    float64
	Mirrored bool
	Cropped  bool // one is a part of the other
}

// Alike is the score from which two pictures are shown to a human as the same.
const Alike = 0.90

// Edges are where what is left of a picture begins when a strip along one of
// its edges is not looked at, in shares of its sides; Beside is its size.
var Edges = [4][2]float64{{0.1, 0}, {0.1, 0.2}, {0, 0.1}, {0.2, 0.1}}

// Beside is the share of each side that is looked at beside a marked edge.
const Beside = 0.8

// crops are the parts of a side that are left of a cut picture.
var crops = []float64{0.95, 0.9, 0.85, 0.8, 0.75}

// Compare tells how alike two pictures are by their signatures: as they are,
// mirrored, and with edges cut off either. Brightness and contrast do not
// count. Signatures of another size are unlike everything.
func Compare(a, b []byte) Likeness {
	if len(a) != Side*Side || len(b) != Side*Side {
		return Likeness{}
	}
	best := Likeness{}
	try := func(score float64, mirrored, cropped bool) {
		if score > best.Score+1e-9 {
			best = Likeness{Score: score, Mirrored: mirrored, Cropped: cropped}
		}
	}
	mirror := mirrored(b)
	for _, m := range []bool{false, true} {
		other := b
		if m {
			other = mirror
		}
		try(correlate(grid(a, 0, 0, 1), grid(other, 0, 0, 1)), m, false)
		// A mark at an edge does not make it another picture.
		for _, e := range Edges {
			x, y := e[0]*Side, e[1]*Side
			try(correlate(grid(a, x, y, Beside), grid(other, x, y, Beside))-0.02, m, false)
		}
	}
	if best.Score >= 0.97 {
		return best // nothing that is cut can be more alike
	}
	for _, m := range []bool{false, true} {
		other := b
		if m {
			other = mirror
		}
		try(part(a, other), m, true)
		try(part(other, a), m, true)
	}
	return best
}

// part is how well a cut piece of the whole fits the other picture, at best.
func part(whole, piece []byte) float64 {
	want := grid(piece, 0, 0, 1)
	best := 0.0
	for _, scale := range crops {
		room := Side * (1 - scale)
		var bx, by, top float64
		for y := 0.0; y <= room; y += 1.6 {
			for x := 0.0; x <= room; x += 1.6 {
				if s := correlate(grid(whole, x, y, scale), want); s > top {
					top, bx, by = s, x, y
				}
			}
		}
		if top < 0.6 {
			continue
		}
		for step := 0.8; step > 0.1; step /= 2 {
			for _, d := range [][2]float64{{-1, 0}, {1, 0}, {0, -1}, {0, 1}, {-1, -1}, {1, 1}, {-1, 1}, {1, -1}} {
				x, y := bx+d[0]*step, by+d[1]*step
				if x < 0 || y < 0 || x > room || y > room {
					continue
				}
				if s := correlate(grid(whole, x, y, scale), want); s > top {
					top, bx, by = s, x, y
				}
			}
		}
		best = max(best, top)
	}
	return best
}

const points = 20 // of a comparison, on each side

// grid are points of a part of a signature, between its pixels where need be,
// with their mean taken off and their spread made one.
func grid(s []byte, x0, y0, scale float64) *[points * points]float32 {
	var g [points * points]float32
	step := Side * scale / points
	sum, squares := 0.0, 0.0
	for j := range points {
		y := y0 + (float64(j)+0.5)*step - 0.5
		iy := min(max(int(y), 0), Side-2)
		fy := float32(y - float64(iy))
		for i := range points {
			x := x0 + (float64(i)+0.5)*step - 0.5
			ix := min(max(int(x), 0), Side-2)
			fx := float32(x - float64(ix))
			p := iy*Side + ix
			v := (float32(s[p])*(1-fx)+float32(s[p+1])*fx)*(1-fy) + (float32(s[p+Side])*(1-fx)+float32(s[p+Side+1])*fx)*fy
			g[j*points+i] = v
			sum += float64(v)
			squares += float64(v) * float64(v)
		}
	}
	const n = points * points
	mean := sum / n
	spread := math.Sqrt(max(squares/n-mean*mean, 0) * n)
	if spread < 1 {
		return &[n]float32{} // of one colour: like nothing
	}
	for i := range g {
		g[i] = (g[i] - float32(mean)) / float32(spread)
	}
	return &g
}

func correlate(a, b *[points * points]float32) float64 {
	var sum float32
	for i := range a {
		sum += a[i] * b[i]
	}
	return float64(sum)
}

func mirrored(s []byte) []byte {
	m := make([]byte, len(s))
	for y := range Side {
		for x := range Side {
			m[y*Side+x] = s[y*Side+Side-1-x]
		}
	}
	return m
}
