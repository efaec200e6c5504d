package evidence_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/examine"
	xdraw "golang.org/x/image/draw"
)

// changes are what people, phones and chat programs do to a picture before it
// is handed in again.
var changes = map[string]func(t testing.TB, img *image.RGBA, r *rand.Rand) image.Image{
	"saved again": func(t testing.TB, img *image.RGBA, _ *rand.Rand) image.Image { return again(t, img, 75) },
	"quality 30":  func(t testing.TB, img *image.RGBA, _ *rand.Rand) image.Image { return again(t, img, 30) },
	"resized": func(_ testing.TB, img *image.RGBA, r *rand.Rand) image.Image {
		k := 0.3 + r.Float64()*0.6
		out := image.NewRGBA(image.Rect(0, 0, int(float64(img.Rect.Dx())*k), int(float64(img.Rect.Dy())*k)))
		xdraw.CatmullRom.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
		return out
	},
	"cropped to 80 %": func(_ testing.TB, img *image.RGBA, r *rand.Rand) image.Image {
		w, h := img.Rect.Dx()*8/10, img.Rect.Dy()*8/10
		x, y := r.IntN(img.Rect.Dx()-w+1), r.IntN(img.Rect.Dy()-h+1)
		return img.SubImage(image.Rect(x, y, x+w, y+h))
	},
	"mirrored": func(t testing.TB, img *image.RGBA, _ *rand.Rand) image.Image {
		out := image.NewRGBA(img.Rect)
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				out.SetRGBA(img.Rect.Dx()-1-x, y, img.RGBAAt(x, y))
			}
		}
		return again(t, out, 85)
	},
	"watermarked": func(t testing.TB, img *image.RGBA, r *rand.Rand) image.Image {
		out := image.NewRGBA(img.Rect)
		draw.Draw(out, out.Rect, img, image.Point{}, draw.Src)
		w, h := img.Rect.Dx(), img.Rect.Dy()
		band := image.Rect(w*5/100, h*80/100, w*(45+r.IntN(30))/100, h*93/100)
		draw.Draw(out, band, image.NewUniform(color.RGBA{128, 128, 128, 128}), image.Point{}, draw.Over)
		for x := band.Min.X; x < band.Max.X-3; x += 7 { // strokes of letters
			draw.Draw(out, image.Rect(x, band.Min.Y+4, x+3, band.Max.Y-4), image.White, image.Point{}, draw.Over)
		}
		return again(t, out, 85)
	},
	"brightened": func(t testing.TB, img *image.RGBA, r *rand.Rand) image.Image {
		out := image.NewRGBA(img.Rect)
		by, k := r.Float64()*80-40, 0.8+r.Float64()*0.5
		for i, v := range img.Pix {
			out.Pix[i] = v
			if i%4 != 3 {
				out.Pix[i] = uint8(min(max((float64(v)-128)*k+128+by, 0), 255))
			}
		}
		return again(t, out, 85)
	},
}

func again(t testing.TB, img image.Image, quality int) image.Image {
	out, err := jpeg.Decode(bytes.NewReader(toJPEG(t, img, quality)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// printed is the print of a picture, as the examiner makes it.
func printed(img image.Image) *evidence.Print {
	b := img.Bounds()
	w, h := 320, 320*b.Dy()/b.Dx()
	small := image.NewRGBA(image.Rect(0, 0, w, h))
	xdraw.CatmullRom.Scale(small, small.Rect, img, b, draw.Src, nil)
	gray := image.NewGray(small.Rect)
	draw.Draw(gray, gray.Rect, small, image.Point{}, draw.Src)
	return examine.Print(gray)
}

// shelf finds pictures by their codes, as the tables do.
type shelf struct {
	whole, window map[uint32][]int
	prints        []*evidence.Print
}

func (s *shelf) put(p *evidence.Print) {
	n := len(s.prints)
	s.prints = append(s.prints, p)
	for _, c := range p.Codes {
		s.whole[c] = append(s.whole[c], n)
	}
	for _, c := range p.Windows {
		s.window[c] = append(s.window[c], n)
	}
}

// find lists the pictures that look like p.
func (s *shelf) find(p *evidence.Print) (alike []int, compared int) {
	seen := map[int]bool{}
	for _, x := range p.Probes {
		ns := s.whole[x.Code]
		if x.Whole {
			ns = append(ns[:len(ns):len(ns)], s.window[x.Code]...)
		}
		for _, n := range ns {
			if seen[n] {
				continue
			}
			seen[n] = true
			if evidence.Compare(p.Signature, s.prints[n].Signature).Score >= evidence.Alike {
				alike = append(alike, n)
			}
		}
	}
	return alike, len(seen)
}

// What was handed in before is found again whatever was done to it, and what
// is new is not taken for it.
func TestLookAlikesAreFound(t *testing.T) {
	t.Parallel()
	known, fresh := 250, 250
	if testing.Short() {
		known, fresh = 40, 40
	}
	x := recognize(t, known, fresh)
	if !testing.Short() && x.pictures < 2000 {
		t.Errorf("only %d pictures were looked at", x.pictures)
	}
	for name := range changes {
		got := float64(x.hits[name]) / float64(known)
		t.Logf("%-16s recall %.3f of %d", name, got, known)
		if got < 0.95 {
			t.Errorf("%s: recall %.3f", name, got)
		}
	}
	t.Logf("recall %.4f, precision %.4f, %d pictures, %.1f compared for each", x.recall, x.precision, x.pictures, x.compared)
	if x.recall < 0.97 || x.precision < 0.99 {
		t.Errorf("recall %.4f, want 0.97; precision %.4f, want 0.99", x.recall, x.precision)
	}
}

// The same as a measurement: 2,250 pictures, each change of 250 and 250 new ones.
func BenchmarkLookAlikes(b *testing.B) {
	var x recognition
	for b.Loop() {
		x = recognize(b, 250, 250)
	}
	b.ReportMetric(x.recall, "recall")
	b.ReportMetric(x.precision, "precision")
	b.ReportMetric(x.compared, "compared/picture")
}

// recognition is how well pictures are told from one another.
type recognition struct {
	hits              map[string]int // by what was done to them
	recall, precision float64
	compared          float64 // for each that was looked for
	pictures          int
}

// recognize looks for every change of so many known pictures, and for fresh ones.
func recognize(t testing.TB, known, fresh int) recognition {
	s := &shelf{whole: map[uint32][]int{}, window: map[uint32][]int{}}
	prints := make([]*evidence.Print, known)
	each(known, func(i int) { prints[i] = printed(scene(uint64(i), 240, 180)) })
	for _, p := range prints {
		s.put(p)
	}
	var mu sync.Mutex
	hits, found, wrong, compared := map[string]int{}, 0, 0, 0
	look := func(name string, p *evidence.Print, want int) {
		alike, n := s.find(p)
		mu.Lock()
		defer mu.Unlock()
		compared += n
		for _, a := range alike {
			if a == want {
				hits[name]++
				found++
			} else {
				wrong++
			}
		}
	}
	each(known, func(i int) {
		img, r := scene(uint64(i), 240, 180), rand.New(rand.NewPCG(uint64(i), 3))
		for name, change := range changes {
			look(name, printed(change(t, img, r)), i)
		}
	})
	each(fresh, func(i int) { look("new", printed(scene(uint64(1_000_000+i), 240, 180)), -1) })
	all := known * len(changes)
	return recognition{
		hits: hits, recall: float64(found) / float64(all), precision: float64(found) / float64(found+wrong),
		compared: float64(compared) / float64(all+fresh), pictures: known + all + fresh,
	}
}

func each(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

func TestCompareSaysHow(t *testing.T) {
	t.Parallel()
	img, r := scene(9, 240, 180), rand.New(rand.NewPCG(9, 9))
	p := printed(img)
	for name, want := range map[string]evidence.Likeness{
		"saved again": {}, "mirrored": {Mirrored: true}, "cropped to 80 %": {Cropped: true},
	} {
		l := evidence.Compare(p.Signature, printed(changes[name](t, img, r)).Signature)
		if l.Score < evidence.Alike || l.Mirrored != want.Mirrored || l.Cropped != want.Cropped {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if examine.Print(image.NewGray(image.Rect(0, 0, 320, 240))) != nil {
		t.Error("a picture of one colour has a print")
	}
	if l := evidence.Compare(nil, p.Signature); l.Score != 0 {
		t.Errorf("nothing is like something: %+v", l)
	}
}
