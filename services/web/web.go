// Package web serves the pages that Vite builds from this folder: the
// application and the API documentation. Everything comes from this binary; no
// page refers to another host, because the networks it runs in have no internet.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// dist is emptied and filled by the web build; a committed .gitkeep lets the
// program compile without Node.
//
//go:embed all:dist
var dist embed.FS

//go:embed unbuilt.html
var unbuilt []byte

const (
	// blob: is what a person has picked or photographed and not yet sent.
	policyPages = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
	// The documentation sets style attributes from its scripts.
	policyDocs = policyPages + "; style-src 'self' 'unsafe-inline'"
)

// Built tells whether the pages were built before the program was.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

// Handler serves the pages, /docs and what they load. Without built pages / and
// /docs answer a page that says how to build them.
func Handler() http.Handler {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	return handler(sub)
}

// handler serves the pages in files. Pages are asked for again at each visit
// and answered 304 while they are the same; what lies below /assets carries a
// hash of its content in its name and never changes. The application finds its
// screens by the path, so every path that can be one answers its page.
func handler(files fs.FS) http.Handler {
	tags := tagger{files: files}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		page := name == "" || name == "docs"
		if page {
			name = path.Join(name, "index.html")
		}
		tag, err := tags.of(name)
		if err != nil && screen(r, name) {
			name = "index.html"
			tag, err = tags.of(name)
		}
		switch {
		case page && errors.Is(err, fs.ErrNotExist):
			send(w, policyPages+"; style-src 'unsafe-inline'", "no-store")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(unbuilt)
			return
		case err != nil || strings.HasPrefix(path.Base(name), "."):
			http.NotFound(w, r)
			return
		case strings.HasPrefix(name, "assets/"):
			send(w, policyPages, "public, max-age=31536000, immutable")
		case strings.HasPrefix(name, "docs/"):
			send(w, policyDocs, "no-cache")
		default:
			send(w, policyPages, "no-cache")
		}
		packed := tags.packed(name)
		if packed != nil {
			w.Header().Set("Vary", "Accept-Encoding")
		}
		if packed != nil && acceptsGzip(r) {
			tag = strings.TrimSuffix(tag, `"`) + `-gz"`
			w.Header().Set("Content-Encoding", "gzip")
		} else {
			packed = nil
		}
		w.Header().Set("ETag", tag)
		if path.Ext(name) == ".webmanifest" { // unknown to many systems
			w.Header().Set("Content-Type", "application/manifest+json")
		} else if t := mime.TypeByExtension(path.Ext(name)); t != "" {
			w.Header().Set("Content-Type", t)
		}
		if packed != nil {
			// It answers 304 and HEAD too; the embedded files have no time.
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
			return
		}
		serve(w, r, files, name)
	})
}

// acceptsGzip reads Accept-Encoding as browsers write it.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

// screen tells whether a path without a file can be a screen of the application:
// a browser asks for a page, and what it names looks neither like a file nor
// like a part of the API, which must answer 404 when it does not exist.
func screen(r *http.Request, name string) bool {
	if !strings.Contains(r.Header.Get("Accept"), "text/html") || strings.Contains(path.Base(name), ".") {
		return false
	}
	first, _, _ := strings.Cut(name, "/")
	return first != "api" && first != "assets" && first != "docs"
}

func serve(w http.ResponseWriter, r *http.Request, files fs.FS, name string) {
	// FileServerFS would send /index.html to /; here the name is settled.
	r2 := r.Clone(r.Context())
	r2.URL.Path = "/" + strings.TrimSuffix(name, "index.html")
	http.FileServerFS(files).ServeHTTP(w, r2)
}

func send(w http.ResponseWriter, policy, cache string) {
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Cache-Control", cache)
}

// tagger makes entity tags: embedded files have no time of change.
type tagger struct {
	files fs.FS
	known sync.Map // name → tag
	gz    sync.Map // name → []byte
}

// packed is a file compressed, once for all visits; nil for what is small or
// compressed already. Slow lines carry the scripts in a third of the time.
func (t *tagger) packed(name string) []byte {
	if p, ok := t.gz.Load(name); ok {
		return p.([]byte)
	}
	var p []byte
	switch path.Ext(name) {
	case ".js", ".css", ".html", ".svg", ".json", ".webmanifest":
		if raw, err := fs.ReadFile(t.files, name); err == nil && len(raw) > 1024 {
			var b bytes.Buffer
			z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
			_, _ = z.Write(raw)
			_ = z.Close()
			p = b.Bytes()
		}
	}
	t.gz.Store(name, p)
	return p
}

func (t *tagger) of(name string) (string, error) {
	if tag, ok := t.known.Load(name); ok {
		return tag.(string), nil
	}
	info, err := fs.Stat(t.files, name)
	if err != nil {
		return "", err
	}
	if info.IsDir() {
		return "", fs.ErrNotExist
	}
	raw, err := fs.ReadFile(t.files, name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	tag := `"` + hex.EncodeToString(sum[:8]) + `"`
	t.known.Store(name, tag)
	return tag, nil
}
