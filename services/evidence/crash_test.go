package evidence_test

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// A process that dies between the last byte and the record finishes at its
// next start, or when the uploader asks, at whatever step it died.
func TestKilledBetweenLastByteAndRecord(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := pdf(4)
		place := func(id string) string {
			return filepath.Join(w.dir, "files", id[len(id)-4:len(id)-2], id[len(id)-2:], id)
		}
		die := func(moved bool) string {
			p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
			at := filepath.Join(w.dir, "uploads", path.Base(p))
			if err := os.WriteFile(at, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if moved {
				to := place(path.Base(p))
				if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(at, to); err != nil {
					t.Fatal(err)
				}
			}
			return p
		}
		byHead, byPatch, moved, atStart, atStartMoved := die(false), die(false), die(true), die(false), die(true)
		w.restart()
		if r := w.tus(fixture.Reporter, "HEAD", byHead, nil, nil); r.StatusCode != 200 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("HEAD: %d %v", r.StatusCode, r.Header)
		}
		if r := w.send(fixture.Reporter, byPatch, len(b), nil); r.StatusCode != 204 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("PATCH: %d %v", r.StatusCode, r.Header)
		}
		if r := w.tus(fixture.Reporter, "HEAD", moved, nil, nil); r.StatusCode != 200 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("HEAD moved: %d %v", r.StatusCode, r.Header)
		}
		// Announced, but its place on disk was never made.
		lost := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
		for _, ext := range []string{"", ".info"} {
			if err := os.Remove(filepath.Join(w.dir, "uploads", path.Base(lost)+ext)); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { w.svc.Run(ctx); close(done) }()
		for _, p := range []string{atStart, atStartMoved} {
			for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
				if w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+path.Base(p)).Status == 200 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("not finished at the start")
				}
			}
		}
		cancel()
		<-done
		if r := w.send(fixture.Reporter, lost, 0, b); r.StatusCode != 204 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("lost place: %d %s", r.StatusCode, text(r))
		}
		if n := len(w.events(event.FileReceived)); n != 6 {
			t.Fatalf("%d received events, want 6", n)
		}
	})
}
