package evidence_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

func decode[T any](t *testing.T, raw string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	return v
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func problem(t *testing.T, r *http.Response, status int, code string) {
	t.Helper()
	body := text(r)
	if r.StatusCode != status {
		t.Fatalf("status %d, want %d: %s", r.StatusCode, status, body)
	}
	if r.Request.Method == http.MethodHead {
		return
	}
	body = strings.TrimSuffix(body, "<nil>")
	if p := decode[rest.Problem](t, body); p.Code != code || p.Title == p.Code || r.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("code %q (%s), want %q: %s", p.Code, r.Header.Get("Content-Type"), code, body)
	}
}

// An upload that is cut goes on where it stopped, and what arrives is what
// was sent.
func TestUploadCutAndResumed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := pdf(1)
		const name = "第一小学 “主题班会” (1).pdf"
		p := w.announce(fixture.Reporter, len(b), "filename", name, "client_id", "c-1")
		// The connection breaks after 700 bytes of a larger piece.
		conn, err := net.Dial("tcp", strings.TrimPrefix(w.srv.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "PATCH %s HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"+
			"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\nAuthorization: Bearer %s\r\n\r\n%s",
			p, len(b), w.srv.As(t, fixture.Reporter).Token(), b[:700])
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		// The server answers, and closes, when it has kept what came. A question
		// before that would interrupt it.
		_ = conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
		_, _ = bytes.NewBuffer(nil).ReadFrom(conn)
		conn.Close()
		if r := w.tus(fixture.Reporter, "HEAD", p, nil, nil); r.StatusCode != 200 || r.Header.Get("Upload-Length") != strconv.Itoa(len(b)) || r.Header.Get("Upload-Offset") != "700" {
			t.Fatalf("HEAD: %d %v", r.StatusCode, r.Header)
		}
		problem(t, w.send(fixture.Reporter, p, 600, b[600:]), 409, "upload_offset")
		if r := w.send(fixture.Reporter, p, 700, b[700:1000]); r.StatusCode != 204 || r.Header.Get("Upload-Offset") != "1000" || r.Header.Get("Duban-File-Id") != "" {
			t.Fatalf("middle: %d %v", r.StatusCode, r.Header)
		}
		r := w.send(fixture.Reporter, p, 1000, b[1000:])
		if r.StatusCode != 204 || r.Header.Get("Duban-Sha256") != sum(b) || r.Header.Get("Duban-File-Id") != path.Base(p) {
			t.Fatalf("end: %d %v %s", r.StatusCode, r.Header, text(r))
		}
		received := r.Header.Get("Duban-Received-At")
		if _, err := time.Parse(time.RFC3339Nano, received); err != nil {
			t.Fatalf("the receipt lacks its time: %v", r.Header)
		}
		// The answer to the last byte may get lost: asking again gives it again.
		for _, r := range []*http.Response{w.tus(fixture.Reporter, "HEAD", p, nil, nil), w.send(fixture.Reporter, p, len(b), nil)} {
			if r.StatusCode/100 != 2 || r.Header.Get("Duban-Sha256") != sum(b) || r.Header.Get("Duban-Received-At") != received || r.Header.Get("Upload-Offset") != strconv.Itoa(len(b)) {
				t.Fatalf("again: %d %v", r.StatusCode, r.Header)
			}
		}
		var f struct {
			Name, SHA256, Type, UnitName string
			Size                         int64
		}
		w.srv.As(t, fixture.Reporter).Get("/api/v1/files/" + path.Base(p)).Is(200).Into(&f)
		if f.Name != name || f.Size != int64(len(b)) || f.Type != "application/pdf" {
			t.Fatalf("%+v", f)
		}
		a := w.srv.As(t, fixture.Coordinator).Get("/api/v1/files/" + path.Base(p) + "/content").Is(200)
		if !bytes.Equal(a.Raw, b) {
			t.Fatal("other bytes came back")
		}
		h := a.Header
		_, params, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if err != nil || params["filename"] != name || !strings.HasPrefix(h.Get("Content-Disposition"), "attachment;") {
			t.Fatalf("%q: %v %v", h.Get("Content-Disposition"), params, err)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("Cache-Control") != "no-store" {
			t.Fatal(h)
		}
		part := w.srv.As(t, fixture.Coordinator).With("Range", "bytes=10-19").Get("/api/v1/files/" + path.Base(p) + "/content").Is(206)
		if !bytes.Equal(part.Raw, b[10:20]) {
			t.Fatalf("part %q", part.Raw)
		}
		if n := len(w.events(event.FileReceived)); n != 1 {
			t.Fatalf("%d received events", n)
		}
		w.srv.As(t, fixture.Coordinator).Do("HEAD", "/api/v1/files/"+path.Base(p)+"/content", nil).Is(200)
		down := w.events(event.FileDownloaded)
		if len(down) != 2 || down[1].Version <= down[0].Version || down[0].ActorID != fixture.Coordinator.PersonID || down[0].Version <= 2 {
			t.Fatalf("downloads: %+v", down)
		}
		problem(t, w.tus(fixture.Reporter, "DELETE", p, nil, nil), 409, "wrong_state")
	})
}

// Another person's upload is missing for every method, also for a colleague
// of the same unit and for the office; and nobody needs no session.
func TestUploadOfAnotherPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := pdf(2)
		open := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
		done := "/api/v1/uploads/" + w.upload(fixture.Reporter, "b.pdf", b)
		for _, p := range []string{open, done, "/api/v1/uploads/01900000-0000-7000-8000-000000009999", "/api/v1/uploads/..%2f..%2fetc"} {
			for _, a := range []policy.Actor{fixture.UnitLeader, fixture.Reporter12, fixture.Manager, fixture.Stranger} {
				for _, m := range []string{"HEAD", "PATCH", "DELETE"} {
					r := w.tus(a, m, p, map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}, strings.NewReader("xx"))
					problem(t, r, 404, "not_found")
				}
				// A method in disguise is not taken.
				r := w.tus(a, "POST", p, map[string]string{"X-HTTP-Method-Override": "DELETE"}, nil)
				problem(t, r, 405, "method_not_allowed")
			}
			problem(t, w.tus(policy.Actor{}, "HEAD", p, nil, nil), 401, "unauthorized")
		}
		if r := w.tus(fixture.Reporter, "HEAD", open, nil, nil); r.StatusCode != 200 {
			t.Fatalf("the owner's own: %d", r.StatusCode)
		}
		// The right was withdrawn meanwhile.
		gone := fixture.Reporter
		gone.Grants = nil
		problem(t, w.tus(gone, "HEAD", open, nil, nil), 403, "forbidden")
		w.srv.As(t, fixture.Reporter) // gives the grant back
		if r := w.tus(fixture.Reporter, "DELETE", open, nil, nil); r.StatusCode != 204 {
			t.Fatalf("delete: %d %s", r.StatusCode, text(r))
		}
		problem(t, w.tus(fixture.Reporter, "HEAD", open, nil, nil), 404, "not_found")
		left, _ := os.ReadDir(filepath.Join(w.dir, "uploads"))
		if len(left) != 0 {
			t.Fatalf("left on disk: %v", left)
		}
		// Files: in reach or missing.
		f := "/api/v1/files/" + path.Base(done)
		for _, a := range []policy.Actor{fixture.Reporter12, fixture.Coordinator2, fixture.Stranger, fixture.SystemAdmin, fixture.Auditor, fixture.Manager, fixture.Inspector} {
			w.srv.As(t, a).Get(f).Problem(404, "not_found")
			w.srv.As(t, a).Get(f+"/content").Problem(404, "not_found")
		}
		for _, a := range []policy.Actor{fixture.Reporter, fixture.UnitLeader, fixture.Coordinator, fixture.CountyLeader, fixture.Viewer} {
			w.srv.As(t, a).Get(f).Is(200)
		}
		problem(t, w.tus(fixture.Viewer, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "5"}, nil), 403, "forbidden")
	})
}

// The same announcement again is the same upload, also at the same moment and
// after it was finished.
func TestSameClientID(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		b := pdf(3)
		var mu sync.Mutex
		var wg sync.WaitGroup
		paths := map[string]int{}
		token := w.srv.As(t, fixture.Reporter).Token()
		for range 8 {
			wg.Go(func() {
				req, _ := http.NewRequest("POST", w.srv.URL+"/api/v1/uploads", nil)
				req.Header.Set("Tus-Resumable", "1.0.0")
				req.Header.Set("Authorization", "Bearer "+token)
				req.Header.Set("Upload-Length", strconv.Itoa(len(b)))
				req.Header.Set("Upload-Metadata", meta("filename", "a.pdf", "client_id", "one"))
				resp, err := w.srv.Client().Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				mu.Lock()
				defer mu.Unlock()
				paths[resp.Header.Get("Location")+" "+resp.Status]++
			})
		}
		wg.Wait()
		if len(paths) != 1 {
			t.Fatalf("one announcement made %v", paths)
		}
		p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf", "client_id", "one")
		if r := w.send(fixture.Reporter, p, 0, b); r.StatusCode != 204 {
			t.Fatalf("%d %s", r.StatusCode, text(r))
		}
		r := w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{
			"Upload-Length": strconv.Itoa(len(b)), "Upload-Metadata": meta("client_id", "one")}, nil)
		if r.StatusCode != 201 || r.Header.Get("Location") != p || r.Header.Get("Duban-Sha256") != sum(b) || r.Header.Get("Upload-Offset") != strconv.Itoa(len(b)) {
			t.Fatalf("finished: %d %v", r.StatusCode, r.Header)
		}
		problem(t, w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{
			"Upload-Length": "5", "Upload-Metadata": meta("client_id", "one")}, nil), 409, "client_id_taken")
		// Another person's client id is another file.
		if q := w.announce(fixture.UnitLeader, len(b), "client_id", "one"); q == p {
			t.Fatal("two people share an upload")
		}
		if n := len(w.events(event.FileReceived)); n != 1 {
			t.Fatalf("%d copies", n)
		}
	})
}

// Many at once, as many as a person may have begun: every one arrives whole.
func TestParallelUploads(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.srv.As(t, fixture.Reporter)
		var wg sync.WaitGroup
		begun := make(chan struct{}, evidence.MaxUnfinished)
		for i := range 200 {
			wg.Go(func() {
				begun <- struct{}{}
				defer func() { <-begun }()
				b := pdf(100 + i)
				p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf", "client_id", strconv.Itoa(i))
				for at := 0; at < len(b); at += 1000 {
					r := w.send(fixture.Reporter, p, at, b[at:min(at+1000, len(b))])
					if r.StatusCode != 204 {
						t.Errorf("%d %s", r.StatusCode, text(r))
						return
					}
					if at+1000 >= len(b) && r.Header.Get("Duban-Sha256") != sum(b) {
						t.Error("another hash")
					}
				}
			})
		}
		wg.Wait()
		if n := len(w.events(event.FileReceived)); n != 200 {
			t.Fatalf("%d files", n)
		}
	})
}

// The person's unit moves: what belongs to it stays in reach of the new place only.
func TestFilesFollowTheirUnit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f := "/api/v1/files/" + w.upload(fixture.Reporter, "a.pdf", pdf(7))
		v, t2 := fixture.Unit("V11"), fixture.Unit("T2")
		w.take(event.New("01900000-0000-7000-8000-00000000aaaa", w.clock.Now(), event.UnitMoved, v.ID, 2, event.Move{
			UnitID: v.ID, OldParentID: v.ParentID, NewParentID: t2.ID, OldPath: v.Path, NewPath: t2.Path + v.ID + "/",
		}))
		w.srv.As(t, fixture.Coordinator).Get(f).Problem(404, "not_found")
		w.srv.As(t, fixture.Coordinator2).Get(f).Is(200)
	})
}

func TestCreationWithBytes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	b := pdf(8)
	r := w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{
		"Upload-Length": strconv.Itoa(len(b)), "Upload-Metadata": meta("filename", "a.pdf"), "Content-Type": "application/offset+octet-stream",
	}, bytes.NewReader(b))
	if r.StatusCode != 201 || r.Header.Get("Duban-Sha256") != sum(b) {
		t.Fatalf("%d %v %s", r.StatusCode, r.Header, text(r))
	}
	// An inspector has no right at the own unit but at the county: files go there.
	id := w.upload(fixture.Inspector, "现场.pdf", b)
	var f struct {
		UnitID string `json:"unit_id"`
	}
	w.srv.As(t, fixture.Inspector).Get("/api/v1/files/" + id).Is(200).Into(&f)
	if f.UnitID != fixture.Unit("C").ID {
		t.Fatalf("unit %s", f.UnitID)
	}
	if r := w.tus(fixture.Reporter, "OPTIONS", "/api/v1/uploads", nil, nil); r.StatusCode != 200 || r.Header.Get("Tus-Max-Size") == "" || strings.Contains(r.Header.Get("Tus-Extension"), "concatenation") {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	if r := w.tus(fixture.Reporter, "OPTIONS", "/api/v1/uploads", map[string]string{"Origin": "https://evil.example"}, nil); r.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Fatal("another origin is let in")
	}
}
