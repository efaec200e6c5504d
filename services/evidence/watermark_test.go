package evidence_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence/internal/watermark"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// Where it is switched on a preview carries who looks at it and when, and no
// cache keeps it; what is stored, small pictures and originals stay as they are.
func TestWatermark(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		original := toJPEG(t, scene(31, 900, 700), 85)
		f := "/api/v1/files/" + w.upload(fixture.Reporter, "a.jpg", original)
		w.examine()
		get := func(a policy.Actor, what string) []byte { t.Helper(); return w.srv.As(t, a).Get(f + what).Is(200).Raw }
		plain, small := get(fixture.Reporter, "/preview"), get(fixture.Reporter, "/thumbnail")
		if !bytes.Equal(plain, get(fixture.Coordinator, "/preview")) {
			t.Fatal("previews differ though nobody asked for that")
		}
		w.settings = map[string]string{"DUBAN_WATERMARK": "on"}
		w.restart()
		answer := w.srv.As(t, fixture.Reporter).Get(f + "/preview").Is(200)
		if h := answer.Header; h.Get("Cache-Control") != "private, no-store" || h.Get("ETag") != "" {
			t.Errorf("%v", h)
		}
		mine, theirs := answer.Raw, get(fixture.Coordinator, "/preview")
		if n := drawn(t, plain, mine); n < 30 || n > 400 {
			t.Errorf("%d ‰ of the picture are drawn on", n)
		}
		if n := drawn(t, mine, theirs); n < 5 {
			t.Error("the marks of two people are the same")
		}
		w.clock.Advance(time.Minute)
		if n := drawn(t, mine, get(fixture.Reporter, "/preview")); n < 1 {
			t.Error("the mark does not tell the time")
		}
		if !bytes.Equal(small, get(fixture.Reporter, "/thumbnail")) || !bytes.Equal(original, get(fixture.Reporter, "/content")) {
			t.Error("more than the preview is marked")
		}
		w.srv.As(t, fixture.Reporter12).Get(f+"/preview").Problem(404, "not_found")
		w.settings["DUBAN_WATERMARK"] = "off"
		w.restart()
		if !bytes.Equal(plain, get(fixture.Reporter, "/preview")) {
			t.Error("what is stored was marked")
		}
		w.settings["DUBAN_WATERMARK"] = "1"
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_WATERMARK") {
			t.Error(err)
		}
	})
}

// Chinese characters are drawn, each as itself, on white and on black, and one
// that the font lacks leaves a sign.
func TestWatermarkStrokes(t *testing.T) {
	t.Parallel()
	m := watermark.New()
	mark := func(img image.Image, text string) []byte {
		t.Helper()
		b, err := m.Mark(t.Context(), bytes.NewReader(toJPEG(t, img, 90)), text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	black := image.NewGray(image.Rect(0, 0, 400, 300))
	white := image.NewGray(black.Rect)
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	for _, paper := range []image.Image{black, white, scene(32, 400, 300)} {
		seen := [][]byte{mark(paper, "")}
		for _, text := range []string{"王", "芳", "督", "办", "A", "\U0002CE7C"} {
			b := mark(paper, text)
			for _, other := range seen {
				if drawn(t, other, b) < 5 {
					t.Errorf("%q looks like another", text)
				}
			}
			seen = append(seen, b)
		}
	}
	if _, err := m.Mark(t.Context(), strings.NewReader("no picture"), "a"); err == nil {
		t.Error("something was drawn on what is no picture")
	}
}

// drawn is how many thousandths of a picture are clearly brighter or darker in another.
func drawn(t *testing.T, a, b []byte) int {
	t.Helper()
	x, err := jpeg.Decode(bytes.NewReader(a))
	if err != nil {
		t.Fatal(err)
	}
	y, err := jpeg.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	n, bounds := 0, x.Bounds()
	if bounds != y.Bounds() {
		t.Fatalf("%v %v", bounds, y.Bounds())
	}
	for v := range bounds.Dy() {
		for u := range bounds.Dx() {
			r, _, _, _ := x.At(u, v).RGBA()
			s, _, _, _ := y.At(u, v).RGBA()
			if max(r, s)-min(r, s) > 0x1400 {
				n++
			}
		}
	}
	return n * 1000 / (bounds.Dx() * bounds.Dy())
}

func BenchmarkWatermark(b *testing.B) {
	picture := toJPEG(b, scene(33, 1920, 1440), 80)
	m := watermark.New()
	for b.Loop() {
		if _, err := m.Mark(b.Context(), bytes.NewReader(picture), "王芳 1a2b3c 2026-11-29 17:05"); err != nil {
			b.Fatal(err)
		}
	}
}
