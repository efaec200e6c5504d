package evidence_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/evidence/internal/examine"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// What is shown is made anew: upright, without place, time and names, and in
// a form no browser runs.
func TestRenditions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		// Held sideways: the red strip is on top once it is turned.
		img := scene(5, 2400, 1800)
		for y := range 1800 {
			for x := range 200 {
				p := img.Pix[y*img.Stride+4*x:]
				p[0], p[1], p[2] = 255, 0, 0
			}
		}
		f := "/api/v1/files/" + w.upload(fixture.Reporter, "旋转.jpg", withSegment(toJPEG(t, img, 85), 0xe1, exif("2026:09:18 10:00:00", 6, true)))
		rep := w.srv.As(t, fixture.Reporter)
		rep.Get(f+"/preview").Problem(409, "preview_pending")
		w.examine()
		var shown struct {
			Preview       string
			Width, Height int
		}
		rep.Get(f).Is(200).Into(&shown)
		if es := w.events(event.FileExamined); len(es) != 1 || "/api/v1/files/"+es[0].Subject != f {
			t.Errorf("told that it is examined: %+v", es)
		}
		if shown.Preview != "ready" || shown.Width != 1800 || shown.Height != 2400 {
			t.Fatalf("%+v", shown)
		}
		for kind, side := range map[string]int{"thumbnail": 320, "preview": 1920} {
			a := rep.Get(f + "/" + kind).Is(200)
			got, err := jpeg.Decode(bytes.NewReader(a.Raw))
			if err != nil {
				t.Fatal(err)
			}
			b := got.Bounds()
			if b.Dy() > side || b.Dy() < side/2 || b.Dx() >= b.Dy() {
				t.Errorf("%s: %v", kind, b)
			}
			if r, g, _, _ := got.At(b.Dx()/2, b.Dy()/40).RGBA(); r < 0xc000 || g > 0x4000 {
				t.Errorf("%s is not upright", kind)
			}
			for _, secret := range []string{"Exif", "Wang Fang", "2026:09:18"} {
				if bytes.Contains(a.Raw, []byte(secret)) {
					t.Errorf("%s tells %s", kind, secret)
				}
			}
			h := a.Header
			if h.Get("Content-Type") != "image/jpeg" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "sandbox; default-src 'none'" {
				t.Errorf("%s: %v", kind, h)
			}
			w.srv.As(t, fixture.Reporter12).Get(f+"/"+kind).Problem(404, "not_found")
		}
		doc := "/api/v1/files/" + w.upload(fixture.Reporter, "a.pdf", pdf(1))
		w.examine()
		rep.Get(doc+"/preview").Problem(409, "no_preview")
		broken := toJPEG(t, scene(6, 200, 200), 80)
		copy(broken[len(broken)/2:], bytes.Repeat([]byte{0xff, 0}, 400))
		bad := "/api/v1/files/" + w.upload(fixture.Reporter, "坏.jpg", broken)
		w.examine()
		rep.Get(bad+"/preview").Problem(409, "preview_damaged")
		rep.Get(bad + "/content").Is(200)
	})
}

// When and where a picture was taken is for those who review it, and every
// look is recorded.
func TestCaptureIsGuarded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		w.take(event.New(id.New(), w.clock.Now(), event.CampaignIssuing, a.CampaignID, 2, event.Campaign{ID: a.CampaignID, StartsOn: "2026-09-20"}))
		photo := toJPEG(t, scene(7, 200, 150), 80)
		old := w.upload(fixture.Reporter, "旧.jpg", withSegment(photo, 0xe1, exif("2025:09:18 10:00:00", 1, true)))
		fresh := w.upload(fixture.Reporter, "新.jpg", withSegment(toJPEG(t, scene(8, 200, 150), 80), 0xe1, exif("2026:09:19 12:00:00", 1, false)))
		bare := w.upload(fixture.Reporter, "无.jpg", toJPEG(t, scene(9, 200, 150), 80))
		w.examine()
		var c struct {
			TakenAt             *time.Time `json:"taken_at"`
			Latitude, Longitude *float64
		}
		f := "/api/v1/files/" + old
		w.srv.As(t, fixture.Manager).Get(f+"/capture").Problem(404, "not_found") // it was given to nobody yet
		s := w.open(fixture.Reporter, "assignment", a.ID)
		w.put(fixture.Reporter, s, "photos", map[string]any{"file_ids": []string{old, fresh, bare}})
		w.srv.As(t, fixture.Manager).Get(f + "/capture").Is(200).Into(&c)
		if c.TakenAt == nil || !c.TakenAt.Equal(time.Date(2025, 9, 18, 2, 0, 0, 0, time.UTC)) || c.Latitude == nil || *c.Latitude < 36.78 || *c.Latitude > 36.79 || *c.Longitude < 119.9 {
			t.Fatalf("%+v", c)
		}
		w.srv.As(t, fixture.Coordinator).Get("/api/v1/files/" + fresh + "/capture").Is(200).Into(&c)
		w.srv.As(t, fixture.Inspector).Get(f + "/capture").Is(200)
		w.srv.As(t, fixture.Reporter).Get(f+"/capture").Problem(404, "not_found")
		w.srv.As(t, fixture.Viewer).Get(f+"/capture").Problem(404, "not_found")
		w.srv.As(t, fixture.Reporter12).Get(f+"/capture").Problem(404, "not_found")
		es := w.events(event.FileCaptureViewed)
		if len(es) != 3 || es[0].ActorID != fixture.Manager.PersonID || es[0].Subject != old {
			t.Fatalf("%+v", es)
		}
		var seen struct {
			Items []struct{ Files []struct{ Hints []string } }
		}
		w.srv.As(t, fixture.Manager).Get(subs + "/" + s.ID).Is(200).Into(&seen)
		fs := seen.Items[0].Files
		if len(fs[0].Hints) != 1 || fs[0].Hints[0] != "taken_before_campaign" || len(fs[1].Hints) != 0 || len(fs[2].Hints) != 1 || fs[2].Hints[0] != "no_capture_time" {
			t.Fatalf("%+v", fs)
		}
		seen.Items = nil
		w.srv.As(t, fixture.Reporter).Get(subs + "/" + s.ID).Is(200).Into(&seen)
		for _, f := range seen.Items[0].Files {
			if len(f.Hints) > 0 {
				t.Fatal("the unit sees the hints")
			}
		}
		// The picture says 36.78° north, 119.96° east. Once it is known where the
		// unit is, what was taken far from there is marked, too.
		hints := func(latitude, longitude float64) string {
			t.Helper()
			u := fixture.Unit("V11")
			u.Latitude, u.Longitude, u.Version = latitude, longitude, u.Version+int64(latitude*100)
			w.take(event.New(id.New(), w.clock.Now(), event.UnitsChanged, u.ID, u.Version, event.Units{Units: []event.Unit{u}}))
			seen.Items = nil
			w.srv.As(t, fixture.Manager).Get(subs + "/" + s.ID).Is(200).Into(&seen)
			return strings.Join(seen.Items[0].Files[0].Hints, " ") + "," + strings.Join(seen.Items[0].Files[1].Hints, " ")
		}
		const before, far = "taken_before_campaign", "taken_before_campaign taken_far_from_unit"
		if got := hints(36.80, 120.10); got != before+"," { // 12 km
			t.Fatal(got)
		}
		if got := hints(36.81, 120.20); got != far+"," { // 22 km
			t.Fatal(got)
		}
		w.settings = map[string]string{"DUBAN_FAR_KM": "50"}
		w.restart()
		if got := hints(36.82, 120.20); got != before+"," {
			t.Fatal(got)
		}
		w.settings["DUBAN_FAR_KM"] = "-1"
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_FAR_KM") {
			t.Fatal(err)
		}
	})
}

// An examination that a dead process had begun is done again, and what it
// left half done does no harm.
func TestExaminationAfterDeath(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f := w.upload(fixture.Reporter, "a.jpg", toJPEG(t, scene(10, 300, 200), 80))
		ctx := t.Context()
		// It claimed the file and wrote codes and a part of the derivatives.
		for _, q := range []string{
			"UPDATE examinations SET attempts = 1, not_before = '2026-09-19 08:05:00+00:00' WHERE file_id = '" + f + "'",
			"INSERT INTO picture_codes (whole, code, file_id) VALUES (TRUE, 1, '" + f + "')",
			"INSERT INTO captures (file_id) VALUES ('" + f + "')",
		} {
			if _, err := d.Writer().ExecContext(ctx, q); err != nil {
				t.Fatal(err)
			}
		}
		dir := filepath.Join(w.dir, "shown", f[len(f)-4:len(f)-2], f[len(f)-2:])
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f+".thumbnail.jpg"), []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.restart()
		rep := w.srv.As(t, fixture.Reporter)
		w.examine()
		rep.Get("/api/v1/files/"+f+"/preview").Problem(409, "preview_pending") // its lease has not ended
		w.clock.Advance(6 * time.Minute)
		w.examine()
		a := rep.Get("/api/v1/files/" + f + "/thumbnail").Is(200)
		if _, err := jpeg.Decode(bytes.NewReader(a.Raw)); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Read().NewSelect().Table("picture_codes").Where("file_id = ?", f).Where("code = 1").ColumnExpr("count(*)").Scan(ctx, &n); err != nil || n > 0 {
			t.Fatalf("%d %v", n, err)
		}
	})
}

// A picture that takes more memory or time than is given costs its own
// examination; the next one goes well.
func TestCostlyPictures(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("SKIPPED: writes and reads pictures of 49 megapixels; run it without -short")
	}
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	// 49 megapixels with 16 bits a channel are 390 MB once decoded.
	deep := write("deep.png", toPNG(t, image.NewNRGBA64(image.Rect(0, 0, 7000, 7000))))
	photo := write("a.jpg", toJPEG(t, scene(11, 300, 200), 80))
	p := examine.New(1, time.Hour)
	defer p.Close()
	for range 2 {
		if x, err := p.Examine(t.Context(), deep, "image/png"); err != nil || x.Verdict != "costly" {
			t.Fatalf("%s %v", x.Verdict, err)
		}
		if x, err := p.Examine(t.Context(), photo, "image/jpeg"); err != nil || x.Verdict != "" || x.Print == nil || x.Width != 300 {
			t.Fatalf("%s %v", x.Verdict, err)
		}
	}
	hasty := examine.New(1, time.Nanosecond)
	defer hasty.Close()
	if x, err := hasty.Examine(t.Context(), photo, "image/jpeg"); err != nil || x.Verdict != "costly" {
		t.Fatalf("%s %v", x.Verdict, err)
	}
	if _, err := p.Examine(t.Context(), filepath.Join(dir, "none"), "image/jpeg"); err == nil {
		t.Fatal("a file that is not there was examined")
	}
}

// An archive is taken where the task asks for one, and nowhere else.
func TestOnlyAcceptedKinds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		packed := w.upload(fixture.Reporter, "a.zip", archive(t, entry{name: "a.txt", body: []byte("a")}))
		doc := w.upload(fixture.Reporter, "a.docx", office(t, "word"))
		rep := w.srv.As(t, fixture.Reporter)
		rep.Do("PUT", subs+"/"+s.ID+"/items/papers", map[string]any{"file_ids": []string{packed}}).Problem(422, "invalid")
		w.put(fixture.Reporter, s, "papers", map[string]any{"file_ids": []string{doc}})

		x := issued("V11")
		x.Task.Requirements[2].Accept = []string{"zip", "pdf"}
		w.known[x.Assignments[0].ID] = x
		s = w.open(fixture.Reporter, "assignment", x.Assignments[0].ID)
		rep.Do("PUT", subs+"/"+s.ID+"/items/papers", map[string]any{"file_ids": []string{doc}}).Problem(422, "invalid")
		w.put(fixture.Reporter, s, "papers", map[string]any{"file_ids": []string{packed}})
	})
}
