package evidence_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// sized makes a JPEG say that it has other sides, and that it gets better with
// each pass: to decode such a one takes much more memory.
func sized(b []byte, w, h uint16) []byte {
	b = bytes.Clone(b)
	at := bytes.Index(b, []byte{0xff, 0xc0})
	b[at+1] = 0xc2
	binary.BigEndian.PutUint16(b[at+5:], h)
	binary.BigEndian.PutUint16(b[at+7:], w)
	return b
}

// carrying puts a small picture where cameras put it.
func carrying(b, small []byte) []byte {
	return withSegment(b, 0xe1, append(exif("2026:09:18 10:00:00", 6, true), small...))
}

// Pictures of phones are taken, however many pixels they have, and what of them
// is lost on the way is told of when it does no harm (case 21).
func TestPicturesOfPhones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	photo := toJPEG(t, scene(81, 640, 480), 80)
	small := toJPEG(t, scene(81, 160, 120), 70)
	type want struct {
		code, preview string
		cautions      []string
	}
	noEnd := photo[:len(photo)-2]
	files := map[string]struct {
		b []byte
		want
	}{
		"200.jpg":     {carrying(sized(photo, 16320, 12240), small), want{"", "ready", nil}},
		"201.heic":    {heic(16320, 12240), want{"", "none", nil}},
		"300.jpg":     {sized(photo, 20000, 15000), want{"file_limits", "", nil}},
		"end.jpg":     {noEnd, want{"", "ready", []string{"incomplete"}}},
		"half.jpg":    {append(bytes.Clone(noEnd), 0xff), want{"", "ready", []string{"incomplete"}}},
		"bytes.jpg":   {photo[:len(photo)-len(photo)/200], want{"", "ready", []string{"incomplete"}}},
		"zeros.jpg":   {append(bytes.Clone(photo), make([]byte, 5000)...), want{"", "ready", nil}},
		"filled.jpg":  {append(bytes.Clone(noEnd), make([]byte, 5000)...), want{"", "ready", []string{"incomplete"}}},
		"cut.jpg":     {photo[:len(photo)*9/10], want{"file_damaged", "", nil}},
		"cutzero.jpg": {append(bytes.Clone(photo[:len(photo)/2]), make([]byte, len(photo)/2)...), want{"file_damaged", "", nil}},
		"zeros.png":   {append(toPNG(t, image.NewGray(image.Rect(0, 0, 40, 40))), make([]byte, 3000)...), want{"", "ready", nil}},
	}
	ids := map[string]string{}
	for name, f := range files {
		id, code, detail := w.offer(fixture.Reporter, name, f.b)
		if code != f.code {
			t.Errorf("%s: %q (%s)", name, code, detail)
		}
		if code == "" && f.code == "" {
			ids[name] = id
		}
	}
	w.examine()
	for name, id := range ids {
		if got := w.file(fixture.Reporter, id); got.Preview != files[name].preview || !slices.Equal(got.Cautions, files[name].cautions) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var f struct{ Width, Height int }
	if w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + ids["200.jpg"]).Is(200).Into(&f); f.Width != 12240 || f.Height != 16320 {
		t.Errorf("%+v", f) // it was held upright
	}
}
