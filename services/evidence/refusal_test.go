package evidence_test

import (
	"bytes"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// What is not taken is refused with a clear problem, and nothing stays.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		create := func(size string, pairs ...string) *http.Response {
			return w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": size, "Upload-Metadata": meta(pairs...)}, nil)
		}
		problem(t, create("0", "filename", "leer.pdf"), 422, "empty_file")
		problem(t, create(strconv.FormatInt(evidence.MaxFile+1, 10)), 413, "too_large")
		problem(t, create("-5"), 422, "invalid")
		problem(t, create(""), 422, "invalid")
		problem(t, create("99999999999999999999"), 422, "invalid")
		problem(t, create("5", "unit_id", fixture.Unit("V12").ID), 422, "invalid")
		problem(t, create("5", "unit_id", "nowhere"), 422, "invalid")
		problem(t, create("5", "client_id", "a\x00b"), 422, "invalid")
		if said := text(create("5", "client_id", "a\x00b")); !strings.Contains(said, `"location":"header.Upload-Metadata.client_id"`) {
			t.Error(said)
		}
		problem(t, w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{"Upload-Defer-Length": "1"}, nil), 422, "invalid")
		problem(t, w.tus(fixture.Reporter, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "5", "Tus-Resumable": "0.2.2"}, nil), 412, "tus_version")
		problem(t, w.tus(fixture.Reporter, "GET", "/api/v1/uploads", nil, nil), 405, "method_not_allowed")

		p := w.announce(fixture.Reporter, 10, "filename", "x.pdf")
		problem(t, w.send(fixture.Reporter, p, 0, bytes.Repeat([]byte("x"), 11)), 413, "too_large")
		problem(t, w.tus(fixture.Reporter, "PATCH", p, map[string]string{"Upload-Offset": "0", "Content-Type": "text/plain"}, strings.NewReader("x")), 415, "unsupported_media_type")
		problem(t, w.tus(fixture.Reporter, "PATCH", p, map[string]string{"Upload-Offset": "x", "Content-Type": "application/offset+octet-stream"}, nil), 422, "invalid")
		problem(t, w.tus(fixture.Reporter, "GET", p, nil, nil), 405, "method_not_allowed")

		for name, content := range map[string]string{
			"photo.jpg":  "<!DOCTYPE html><html><script>alert(1)</script></html>",
			"a.svg":      `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
			"b.png":      `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
			"c.pdf":      "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff",
			"d.txt":      "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00",
			"e.bat":      "@echo off\r\ndel *.*\r\n",
			"f.txt":      "#!/bin/sh\nrm -rf /\n",
			"g.HTML":     "hello",
			"../h.js":    "alert(1)",
			"random.bin": "\x00\x01\x02\x03\xfe\xff\x00\x00\x99",
		} {
			p := w.announce(fixture.Reporter, len(content), "filename", name)
			problem(t, w.send(fixture.Reporter, p, 0, []byte(content)), 415, "file_type_refused")
			problem(t, w.tus(fixture.Reporter, "HEAD", p, nil, nil), 415, "")
			problem(t, w.send(fixture.Reporter, p, len(content), nil), 415, "file_type_refused")
			w.srv.As(t, fixture.Reporter).Get("/api/v1/files/"+path.Base(p)).Problem(404, "not_found")
		}
		if n := len(w.events()); n != 0 {
			t.Fatalf("%d events of refused files", n)
		}
		var kept []string
		_ = filepath.WalkDir(w.dir, func(p string, e os.DirEntry, _ error) error {
			if !e.IsDir() && !strings.HasSuffix(p, ".info") && !strings.Contains(p, path.Base(p)+".info") {
				kept = append(kept, p)
			}
			return nil
		})
		if len(kept) != 1 { // the one of 10 bytes that has not arrived
			t.Fatalf("on disk: %v", kept)
		}
	})
}
