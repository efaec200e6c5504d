package web_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/duban/duban/services/web"
)

func get(t *testing.T, h http.Handler, method, target, ifNoneMatch string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if ifNoneMatch != "" {
		r.Header.Set("If-None-Match", ifNoneMatch)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestServe(t *testing.T) {
	t.Parallel()
	h := web.HandlerOf(fstest.MapFS{
		".gitkeep":           {},
		"index.html":         {Data: []byte("<!doctype html>start")},
		"docs/index.html":    {Data: []byte("<!doctype html>docs")},
		"assets/a-1234.js":   {Data: []byte("export {}")},
		"assets/a-1234.woff": {Data: []byte("font")},
		"favicon.svg":        {Data: []byte("<svg/>")},
	})
	for target, want := range map[string]struct {
		status             int
		kind, cache, style string
	}{
		"/":                   {200, "text/html", "no-cache", ""},
		"/index.html":         {200, "text/html", "no-cache", ""},
		"/docs":               {200, "text/html", "no-cache", "'unsafe-inline'"},
		"/docs/":              {200, "text/html", "no-cache", "'unsafe-inline'"},
		"/assets/a-1234.js":   {200, "text/javascript", "public, max-age=31536000, immutable", ""},
		"/favicon.svg":        {200, "image/svg+xml", "no-cache", ""},
		"/.gitkeep":           {404, "", "", ""},
		"/assets":             {404, "", "", ""},
		"/assets/":            {404, "", "", ""},
		"/nothing":            {404, "", "", ""},
		"/../web.go":          {404, "", "", ""},
		"/assets/%2e%2e/x.js": {404, "", "", ""},
	} {
		resp := get(t, h, http.MethodGet, target, "")
		if resp.StatusCode != want.status {
			t.Errorf("%s: status %d, want %d", target, resp.StatusCode, want.status)
			continue
		}
		if want.status != 200 {
			continue
		}
		if ct := resp.Header.Get("Content-Type"); !strings.HasPrefix(ct, want.kind) {
			t.Errorf("%s: type %q", target, ct)
		}
		if cc := resp.Header.Get("Cache-Control"); cc != want.cache {
			t.Errorf("%s: Cache-Control %q, want %q", target, cc, want.cache)
		}
		csp := resp.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'self'") || strings.Contains(csp, "unsafe-inline") != (want.style != "") {
			t.Errorf("%s: policy %q", target, csp)
		}
		if again := get(t, h, http.MethodGet, target, resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: status %d at the second visit, want 304", target, again.StatusCode)
		}
	}
	for target, want := range map[string]int{
		"/assignments": 200, "/assignments/01985b2e-7c1a-7000-8000-000000000001": 200, "/campaigns?state=active": 200,
		"/api/v1/nothing": 404, "/assets/gone-1234.js": 404, "/assets/gone": 404, "/docs/gone": 404, "/gone.png": 404, "/.git": 404,
	} {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || (want == 200) != strings.Contains(w.Body.String(), "<!doctype html>start") {
			t.Errorf("%s as a page: status %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
	if resp := get(t, h, http.MethodHead, "/", ""); resp.StatusCode != 200 || resp.ContentLength != 20 {
		t.Errorf("HEAD: %d, %d bytes", resp.StatusCode, resp.ContentLength)
	}
	if resp := get(t, h, http.MethodPost, "/", ""); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", resp.StatusCode)
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("export const a = 1;\n", 200)
	h := web.HandlerOf(fstest.MapFS{"index.html": {Data: []byte("<!doctype html>")}, "assets/a-1.js": {Data: []byte(script)}, "assets/b-1.png": {Data: []byte(script)}})
	ask := func(target, encoding, tag string) *http.Response {
		r := httptest.NewRequest(http.MethodGet, target, nil)
		r.Header.Set("Accept-Encoding", encoding)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	resp := ask("/assets/a-1.js", "br, gzip;q=0.8", "")
	z, err := gzip.NewReader(resp.Body)
	if err != nil || resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers %v: %v", resp.Header, err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != script {
		t.Errorf("%d bytes unpacked: %v", len(got), err)
	}
	if again := ask("/assets/a-1.js", "gzip", resp.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("status %d at the second visit, want 304", again.StatusCode)
	}
	for _, c := range [][2]string{{"/assets/a-1.js", ""}, {"/assets/a-1.js", "gzip;q=0"}, {"/assets/b-1.png", "gzip"}, {"/", "gzip"}} {
		plain := ask(c[0], c[1], "")
		if plain.Header.Get("Content-Encoding") != "" || plain.Header.Get("ETag") == resp.Header.Get("ETag") || plain.StatusCode != 200 {
			t.Errorf("%s with %q: %d %v", c[0], c[1], plain.StatusCode, plain.Header)
		}
	}
}

func TestUnbuilt(t *testing.T) {
	t.Parallel()
	h := web.HandlerOf(fstest.MapFS{".gitkeep": {}})
	for _, target := range []string{"/", "/docs"} {
		resp := get(t, h, http.MethodGet, target, "")
		body := new(strings.Builder)
		if err := resp.Write(body); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"make web build", "网页", "/openapi.json"} {
			if resp.StatusCode != 200 || !strings.Contains(body.String(), want) {
				t.Errorf("%s: status %d, or no %q in it", target, resp.StatusCode, want)
			}
		}
	}
	if resp := get(t, h, http.MethodGet, "/favicon.svg", ""); resp.StatusCode != 404 {
		t.Errorf("missing file: %d", resp.StatusCode)
	}
}

// identifiers look like addresses but are only compared: namespaces and
// schema dialects. The last two are swagger-ui's stand-ins, see vite.config.js.
var identifiers = regexp.MustCompile(`^https?://(www\.w3\.org|json-schema\.org|spec\.openapis\.org|example\.com|base\$\{)`)

// The networks this runs in have no internet: no built page may name another host.
func TestNoOutsideAddress(t *testing.T) {
	t.Parallel()
	if !web.Built() {
		if os.Getenv("CI") == "true" {
			t.Fatal("the pages must be built with CI=true")
		}
		t.Skip("SKIPPED: the web pages are not built; run make web.")
	}
	// An address without a scheme counts where a browser would fetch it.
	address := regexp.MustCompile(`https?://[\w$][^\s"'` + "`" + `<>)]*|(?:src|href)="//[^"]*|url\(["']?//[^)]*|@import[^;]*//[^;]*`)
	files := 0
	err := fs.WalkDir(web.Dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		// Licence texts must be handed on as they are; no page loads them.
		if path.Dir(name) == "dist/licences" {
			return nil
		}
		raw, err := fs.ReadFile(web.Dist, name)
		if err != nil {
			return err
		}
		files++
		for _, a := range address.FindAllString(string(raw), -1) {
			if !identifiers.MatchString(a) {
				t.Errorf("%s: outside address %.100s", name, a)
			}
		}
		return nil
	})
	if err != nil || files < 5 {
		t.Fatalf("%d files read: %v", files, err)
	}
}
