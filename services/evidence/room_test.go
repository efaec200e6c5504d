package evidence_test

import (
	"context"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// A full disk is a 503; what was acknowledged stays, and the upload goes on
// when there is room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("SKIPPED: no /dev/full on this machine")
	}
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	b := pdf(5)
	p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
	at := filepath.Join(w.dir, "uploads", path.Base(p))
	if err := os.Remove(at); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", at); err != nil {
		t.Fatal(err)
	}
	r := w.send(fixture.Reporter, p, 0, b)
	if r.Header.Get("Retry-After") == "" {
		t.Fatal("no Retry-After")
	}
	problem(t, r, 503, "storage_full")
	_ = os.Remove(at)
	if err := os.WriteFile(at, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := w.send(fixture.Reporter, p, 0, b); r.StatusCode != 204 || r.Header.Get("Duban-Sha256") != sum(b) {
		t.Fatalf("%d %s", r.StatusCode, text(r))
	}
}

// Uploads that stand still for a week are swept; those that move are not.
func TestSweep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := pdf(6)
		still, moving := w.announce(fixture.Reporter, len(b)), w.announce(fixture.Reporter, len(b))
		kept := w.upload(fixture.Reporter, "a.pdf", b)
		stray := filepath.Join(w.dir, "uploads", "01900000-0000-7000-8000-0000000abcde")
		if err := os.WriteFile(stray, b, 0o600); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(8 * 24 * time.Hour)
		for p, at := range map[string]time.Time{still: w.clock.Now().Add(-8 * 24 * time.Hour), moving: w.clock.Now(), stray: w.clock.Now().Add(-8 * 24 * time.Hour)} {
			for _, ext := range []string{"", ".info"} {
				_ = os.Chtimes(filepath.Join(w.dir, "uploads", path.Base(p)+ext), at, at)
			}
		}
		sweeper := w.svc.(interface {
			Sweep(context.Context) (int, error)
		})
		if n, err := sweeper.Sweep(context.Background()); err != nil || n != 2 {
			t.Fatalf("%d swept, want 2: %v", n, err)
		}
		problem(t, w.tus(fixture.Reporter, "HEAD", still, nil, nil), 404, "not_found")
		if r := w.send(fixture.Reporter, moving, 0, b); r.StatusCode != 204 {
			t.Fatalf("%d %s", r.StatusCode, text(r))
		}
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + kept + "/content").Is(200)
		if _, err := os.Stat(stray); !os.IsNotExist(err) {
			t.Fatal("stray file stays")
		}
	})
}

// A person and a unit have only so much room; what is refused or given up
// takes none, and announcing a file again does not count twice.
func TestQuotas(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.settings = map[string]string{"DUBAN_QUOTA_PERSON": "2", "DUBAN_QUOTA_UNIT": "3"}
		w.restart()
		const mib = 1 << 20
		announce := func(a policy.Actor, size int, client string) *http.Response {
			return w.tus(a, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": strconv.Itoa(size), "Upload-Metadata": meta("filename", "a.pdf", "client_id", client)}, nil)
		}
		first := announce(fixture.Reporter, 2*mib, "1")
		if first.StatusCode != 201 {
			t.Fatal(text(first))
		}
		problem(t, announce(fixture.Reporter, 1, "2"), 413, "quota_exceeded")
		if r := announce(fixture.Reporter, 2*mib, "1"); r.StatusCode != 201 {
			t.Fatalf("announced again: %d", r.StatusCode)
		}
		problem(t, announce(fixture.UnitLeader, mib+1, "3"), 413, "quota_exceeded") // of the unit
		if r := announce(fixture.UnitLeader, mib, "3"); r.StatusCode != 201 {
			t.Fatal(text(r))
		}
		if r := w.tus(fixture.Reporter, "DELETE", first.Header.Get("Location"), nil, nil); r.StatusCode != 204 {
			t.Fatal(text(r))
		}
		if r := announce(fixture.Reporter, mib, "4"); r.StatusCode != 201 {
			t.Fatal(text(r))
		}
		w.settings = map[string]string{"DUBAN_QUOTA_UNIT": "much"}
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_QUOTA_UNIT") {
			t.Fatalf("%v", err)
		}
	})
}

// Case 24: what is begun and not finished has a bound, of each person; and a
// reserve of the disk is left to finish and to review what is there.
func TestCase24UnfinishedUploads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		large := func(a policy.Actor, client string) *http.Response {
			return w.tus(a, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "2147483648", "Upload-Metadata": meta("filename", "a.zip", "client_id", client)}, nil)
		}
		small := func(client string) *http.Response {
			return w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": strconv.Itoa(len(pdf(24))), "Upload-Metadata": meta("filename", "a.pdf", "client_id", client)}, nil)
		}
		var begun []string
		for i := range evidence.MaxUnfinished {
			r := small("s" + strconv.Itoa(i))
			if r.StatusCode != 201 {
				t.Fatalf("%d: %s", i, text(r))
			}
			begun = append(begun, r.Header.Get("Location"))
		}
		problem(t, large(fixture.Reporter, "large"), 429, "too_many_uploads")
		r := small("one more")
		if r.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		problem(t, r, 429, "too_many_uploads")
		// The bound is of one person, and an announcement that is made again is no new one.
		if r := small("s30"); r.StatusCode != 201 {
			t.Fatal(text(r))
		}
		w.upload(fixture.UnitLeader, "b.pdf", pdf(25))
		// One that is finished makes room, and one that stands still.
		last := begun[len(begun)-1]
		if r := w.send(fixture.Reporter, last, 0, pdf(24)); r.StatusCode != 204 {
			t.Fatal(text(r))
		}
		if r := small("after one"); r.StatusCode != 201 {
			t.Fatal(text(r))
		}
		problem(t, small("one more"), 429, "too_many_uploads")
		at := w.clock.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(filepath.Join(w.dir, "uploads", path.Base(begun[7])), at, at); err != nil {
			t.Fatal(err)
		}
		if r := small("one more"); r.StatusCode != 201 {
			t.Fatal(text(r))
		}
		problem(t, w.tus(fixture.Reporter, "HEAD", begun[7], nil, nil), 404, "not_found")
		problem(t, small("yet another"), 429, "too_many_uploads")

		// What is announced counts against quotas that are there by default: when one
		// person has announced 100 GiB, there are 50 left for the unit.
		for _, p := range begun {
			if r := w.tus(fixture.Reporter, "DELETE", p, nil, nil); r.StatusCode != 204 && r.StatusCode != 404 && r.StatusCode != 409 {
				t.Fatal(text(r))
			}
		}
		took := 0
		for i := range 2 * evidence.MaxUnfinished {
			who := []policy.Actor{fixture.Reporter, fixture.UnitLeader}[i%2]
			if r := large(who, "l"+strconv.Itoa(i)); r.StatusCode == 201 {
				took++
			} else if r.StatusCode == 413 {
				break
			}
		}
		if took < 70 || took > 75 {
			t.Errorf("%d files of 2 GiB were announced for one unit", took)
		}
		w.settings = map[string]string{"DUBAN_QUOTA_UNIT": "0"}
		w.restart()

		// Without room nothing new arrives; what has arrived is finished.
		b := pdf(26)
		whole, part := w.announce(fixture.UnitLeader, len(b), "filename", "c.pdf"), w.announce(fixture.UnitLeader, len(b), "filename", "d.pdf")
		fill(t, w, whole, b)
		w.settings = map[string]string{"DUBAN_DISK_RESERVE": strconv.Itoa(1 << 40), "DUBAN_QUOTA_UNIT": "0"}
		w.restart()
		problem(t, w.tus(fixture.UnitLeader, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "5"}, nil), 503, "storage_full")
		problem(t, w.send(fixture.UnitLeader, part, 0, b), 503, "storage_full")
		if r := w.tus(fixture.UnitLeader, "HEAD", whole, nil, nil); r.Header.Get("Duban-Sha256") != sum(b) {
			t.Errorf("what has arrived is not finished: %d", r.StatusCode)
		}
		w.settings = map[string]string{"DUBAN_DISK_RESERVE": "some"}
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "DUBAN_DISK_RESERVE") {
			t.Errorf("%v", err)
		}
	})
}
