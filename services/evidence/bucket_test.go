package evidence_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// objects is an S3 server with one bucket, which can be away.
type objects struct {
	*s3mem.Backend
	url  string
	away atomic.Bool
}

func newObjects(t *testing.T) *objects {
	t.Helper()
	o := &objects{Backend: s3mem.New()}
	if err := o.CreateBucket("duban"); err != nil {
		t.Fatal(err)
	}
	serve := gofakes3.New(o.Backend, gofakes3.WithoutVersioning()).Server()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.away.Load() {
			panic(http.ErrAbortHandler)
		}
		serve.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	o.url = srv.URL
	return o
}

func (o *objects) settings() map[string]string {
	return map[string]string{"S3_URL": o.url + "/duban/evidence?region=us-east-1", "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
}

func (o *objects) keys(t *testing.T) []string {
	t.Helper()
	l, err := o.ListBucket("duban", nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	var ks []string
	for _, c := range l.Contents {
		ks = append(ks, c.Key)
	}
	return ks
}

// With a bucket everything is as with a disk, and nothing stays on the disk.
func TestFilesInABucket(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		o := newObjects(t)
		w := newWorld(t, d)
		w.settings = o.settings()
		w.restart()
		b := pdfWith("%"+strings.Repeat("x", 300<<10), "")
		p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf", "client_id", "1")
		if r := w.send(fixture.Reporter, p, 0, b[:1000]); r.StatusCode != 204 {
			t.Fatal(text(r))
		}
		w.restart()
		r := w.send(fixture.Reporter, p, 1000, b[1000:])
		if r.StatusCode != 204 || r.Header.Get("Duban-Sha256") != sum(b) {
			t.Fatalf("%d %s", r.StatusCode, text(r))
		}
		f := "/api/v1/files/" + path.Base(p)
		rep := w.srv.As(t, fixture.Reporter)
		if a := rep.Get(f + "/content").Is(200); !bytes.Equal(a.Raw, b) {
			t.Fatal("other bytes came back")
		}
		if a := rep.With("Range", "bytes=299000-").Get(f + "/content").Is(206); !bytes.Equal(a.Raw, b[299000:]) {
			t.Fatal("another part came back")
		}
		rep.With("Range", "bytes=99999999-").Get(f+"/content").Problem(416, "range")
		photo := w.upload(fixture.Reporter, "a.jpg", toJPEG(t, scene(3, 800, 600), 80))
		w.examine()
		rep.Get("/api/v1/files/" + photo + "/thumbnail").Is(200)
		// What is refused leaves nothing.
		q := w.announce(fixture.Reporter, 5, "filename", "a.pdf")
		problem(t, w.send(fixture.Reporter, q, 0, []byte("hello")), 415, "file_type_mismatch")
		if ks := o.keys(t); len(ks) != 4 || !strings.HasPrefix(ks[0], "evidence/files/") {
			t.Fatalf("in the bucket: %v", ks)
		}
		_ = filepath.WalkDir(w.dir, func(p string, e os.DirEntry, _ error) error {
			if !e.IsDir() && !strings.HasSuffix(p, path.Base(q)+".info") {
				t.Errorf("on the disk: %s", p)
			}
			return nil
		})
	})
}

// While the bucket is away nothing counts as received, nothing is lost, and
// nothing is called altered.
func TestBucketAway(t *testing.T) {
	t.Parallel()
	o := newObjects(t)
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	w.settings = o.settings()
	w.restart()
	b := pdf(31)
	old := w.upload(fixture.Reporter, "old.pdf", b)
	o.away.Store(true)
	p := w.announce(fixture.Reporter, len(b), "filename", "a.pdf")
	problem(t, w.send(fixture.Reporter, p, 0, b), 503, "storage_away")
	w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+old+"/content").Problem(503, "storage_away")
	rehash := func() (int, int, error) {
		return w.svc.(interface {
			Rehash(context.Context) (int, int, error)
		}).Rehash(context.Background())
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if _, altered, err := rehash(); err == nil || altered != 0 {
		t.Fatalf("%d altered, %v", altered, err)
	}
	w.restart()
	o.away.Store(false)
	// Asking is enough: the bytes are all there.
	if r := w.tus(fixture.Reporter, "HEAD", p, nil, nil); r.StatusCode != 200 || r.Header.Get("Duban-Sha256") != sum(b) {
		t.Fatalf("%d %v", r.StatusCode, r.Header)
	}
	if n, altered, err := rehash(); err != nil || n != 1 || altered != 0 {
		t.Fatalf("%d read, %d altered, %v", n, altered, err)
	}
	other := bytes.Repeat([]byte{'x'}, len(b))
	if _, err := o.PutObject("duban", "evidence/files/"+old, map[string]string{}, io.NopCloser(bytes.NewReader(other)), int64(len(other)), nil); err != nil {
		t.Fatal(err)
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if _, altered, err := rehash(); err != nil || altered != 1 || len(w.events(event.FileAltered)) != 1 {
		t.Fatalf("%d altered, %v", altered, err)
	}
	for _, wrong := range []map[string]string{
		{"S3_URL": "s3.example.org/duban", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b"}, {"S3_URL": "https://s3.example.org", "S3_ACCESS_KEY": "a", "S3_SECRET_KEY": "b"},
		{"S3_URL": "https://s3.example.org/duban"},
	} {
		w.settings = wrong
		if err := w.unfit(); err == nil || !strings.Contains(err.Error(), "S3_URL") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
