package evidence_test

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/evidence/internal/disk"
	"github.com/duban/duban/services/evidence/internal/feed"
	evidencerest "github.com/duban/duban/services/evidence/internal/rest"
	"github.com/duban/duban/services/evidence/internal/store"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

// slow takes its time to look through a file.
type slow struct {
	*disk.Disk
	takes time.Duration
	begun chan struct{}
}

// Examine implements evidence.Blobs.
func (s slow) Examine(ctx context.Context, fileID string) (evidence.Examined, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-time.After(s.takes) // what is shown is that a time passes
	return s.Disk.Examine(ctx, fileID)
}

// Case 21: however long looking through an upload takes, its connection answers
// everything that follows on it.
func TestCase21ConnectionAfterSlowUpload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	files, err := disk.Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	const silence = 50 * time.Millisecond
	blobs := slow{files, 6 * silence, make(chan struct{}, 1)}
	svc := evidence.New(evidence.Ports{Store: store.New(w.db), Blobs: blobs, Policy: w.engine, Clock: w.clock, Owners: feed.Owners{Bus: w.bus}}, evidence.Options{})
	w.srv = resttest.Start(t, w.engine, func(a *rest.API) {
		if err := evidencerest.Mount(a, svc, w.db, evidence.Texts, evidencerest.Arrivals{Bytes: files.Tus(), Spool: files.Uploads(), Silence: silence}); err != nil {
			t.Error(err)
		}
	})
	// One connection only, as between a proxy and the server.
	var made atomic.Int64
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	t.Cleanup(client.CloseIdleConnections)
	token := w.srv.As(t, fixture.Reporter).Token()
	do := func(method, p string, header map[string]string, body string) *http.Response {
		t.Helper()
		ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
			if !i.Reused {
				made.Add(1)
			}
		}})
		req, err := http.NewRequestWithContext(ctx, method, w.srv.URL+p, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Tus-Resumable", "1.0.0")
		req.Header.Set("Authorization", "Bearer "+token)
		for k, v := range header {
			req.Header.Set(k, v)
		}
		r, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Body.Close() })
		return r
	}
	piece := func(b []byte) map[string]string {
		return map[string]string{"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
	}
	b := pdf(21)
	for name, send := range map[string]func(p string) *http.Response{
		"plain": func(p string) *http.Response { return do("PATCH", p, piece(b), string(b)) },
		"checked": func(p string) *http.Response {
			h := piece(b)
			h["Upload-Checksum"] = checksum("sha256", b)
			return do("PATCH", p, h, string(b))
		},
		"asked": func(p string) *http.Response { // the bytes are there, and a question finishes it
			if r := do("PATCH", p, piece(b), string(b[:100])); r.StatusCode != 204 {
				t.Errorf("%d", r.StatusCode)
			}
			fill(t, w, p, b)
			return do("HEAD", p, nil, "")
		},
	} {
		p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
		if r := send(p); r.StatusCode/100 != 2 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("%s: %d %s", name, r.StatusCode, text(r))
		}
		for range 3 {
			if r := do("GET", "/api/v1/files/"+path.Base(p), nil, ""); r.StatusCode != 200 {
				t.Fatalf("%s: after it the connection answers %d %s", name, r.StatusCode, text(r))
			} else {
				_ = text(r)
			}
		}
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	// Another request wants the upload while it is being looked through.
	p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
	for range cap(blobs.begun) {
		select {
		case <-blobs.begun:
		default:
		}
	}
	asked := make(chan int, 1)
	go func() {
		<-blobs.begun
		asked <- w.send(fixture.Reporter, p, len(b), nil).StatusCode
	}()
	if r := do("PATCH", p, piece(b), string(b)); r.StatusCode != 204 {
		t.Fatalf("%d %s", r.StatusCode, text(r))
	}
	<-asked
	if r := do("GET", "/api/v1/files/"+path.Base(p), nil, ""); r.StatusCode != 200 {
		t.Fatalf("after an interrupted upload the connection answers %d %s", r.StatusCode, text(r))
	}
}

// fill puts the bytes of an upload where they collect, as if its process had
// died before it answered.
func fill(t *testing.T, w *world, p string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "uploads", path.Base(p)), b, 0o600); err != nil {
		t.Fatal(err)
	}
}
