//go:build nodynamic

package evidence_test

import (
	"bytes"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/duban/duban/services/evidence/internal/examine"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// A picture of a phone that writes HEIC is shown and recognized like any other.
// testdata/photo.heic is scene(77, 512, 512), made with heif-enc -q 25.
func TestHEIC(t *testing.T) {
	t.Parallel()
	photo, err := os.ReadFile("testdata/photo.heic")
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		_, f := w.hand(fixture.Reporter, "V11", "IMG_0001.HEIC", photo)
		rep := w.srv.As(t, fixture.Reporter)
		var shown struct {
			ID, Preview   string
			Width, Height int
		}
		rep.Get("/api/v1/files/" + f).Is(200).Into(&shown)
		if shown.Preview != "ready" || shown.Width != 512 || shown.Height != 512 {
			t.Fatalf("%+v", shown)
		}
		img, err := jpeg.Decode(bytes.NewReader(rep.Get("/api/v1/files/" + f + "/preview").Is(200).Raw))
		if err != nil {
			t.Fatal(err)
		}
		second, _ := w.hand(fixture.Reporter12, "V12", "另存.jpg", toJPEG(t, img, 60))
		if ms := w.matches(fixture.Manager, second); len(ms) != 1 {
			t.Fatalf("%+v", ms)
		}
	})
}

// A HEIC file that is broken has no preview, and the next one is shown: however
// it breaks, the decoder is bounded and starts anew.
func TestBrokenHEIC(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: decodes HEIC again and again; run it without -short")
	}
	photo, err := os.ReadFile("testdata/photo.heic")
	if err != nil {
		t.Fatal(err)
	}
	p := examine.New(1, examine.Patience)
	defer p.Close()
	path := filepath.Join(t.TempDir(), "a.heic")
	look := func(b []byte) string {
		t.Helper()
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := p.Examine(t.Context(), path, "image/heic")
		if err != nil {
			t.Fatal(err)
		}
		return string(x.Verdict)
	}
	for name, b := range map[string][]byte{"empty of a picture": heic(4032, 3024), "cut off": photo[:len(photo)/8]} {
		if v := look(b); v != "no_preview" {
			t.Errorf("%s: %q", name, v)
		}
	}
	if v := look(photo); v != "" {
		t.Fatalf("%q", v)
	}
}
