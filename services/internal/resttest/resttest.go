// Package resttest calls a service's REST API in tests as different people,
// without a directory, and holds every answer to the API document.
package resttest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/contract"
	"github.com/duban/duban/services/internal/rest"
)

// Server is an HTTP server with the operations of one or more services.
type Server struct {
	*httptest.Server
	API      *rest.API
	document func() (*contract.Document, error)
	mu       sync.Mutex
	sessions map[string]policy.Actor
}

// Resolve implements rest.Resolver: everybody As was called for has a session.
func (s *Server) Resolve(_ context.Context, token string) (policy.Actor, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.sessions[token]
	return a, ok, nil
}

// Start serves the operations that the mount functions add.
func Start(t testing.TB, engine *policy.Engine, mount ...func(*rest.API)) *Server {
	t.Helper()
	// Tests write where a request comes from, and how, as a proxy does.
	proxies, err := rest.ParseProxies("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{sessions: map[string]policy.Actor{}}
	s.API = rest.New(http.NewServeMux(), rest.Options{Version: "test", Sessions: s, Policy: engine, Proxies: proxies})
	for _, m := range mount {
		m(s.API)
	}
	s.document = sync.OnceValues(func() (*contract.Document, error) { return Document(s.API) })
	s.Server = httptest.NewServer(s.API.Handler())
	t.Cleanup(s.Close)
	return s
}

// documents are those that were read, by their operations: the tests of a
// package mostly serve the same ones, and to write them down again for each
// test took a sixth of its time.
var documents sync.Map

// Document is the API document of the operations that api has by now. Of two
// APIs in one program that have operations of the same names and paths and types of the same names
// it is that of the first.
func Document(api *rest.API) (*contract.Document, error) {
	key := operations(api.OpenAPI())
	if d, ok := documents.Load(key); ok {
		return d.(*contract.Document), nil
	}
	raw, err := json.Marshal(api.OpenAPI())
	if err != nil {
		return nil, err
	}
	d, err := contract.Read(raw)
	if err != nil {
		return nil, err
	}
	documents.Store(key, d)
	return d, nil
}

func operations(doc *huma.OpenAPI) string {
	var names []string
	for path, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Head, item.Post, item.Put, item.Patch, item.Delete, item.Options} {
			if op != nil {
				names = append(names, op.Method+" "+path+" "+op.OperationID)
			}
		}
	}
	for name := range doc.Components.Schemas.Map() {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}

// Hold fails the test where the API document does not have the answer r, whose
// body was read. Do calls it; requests made by hand do it themselves.
func (s *Server) Hold(t testing.TB, r *http.Response, body []byte) {
	t.Helper()
	d, err := s.document()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Check(contract.Of(r, body)); err != nil {
		t.Errorf("%s %s: against the document: %v: %.300s", r.Request.Method, r.Request.URL, err, body)
	}
}

// Caller makes requests as one person.
type Caller struct {
	t      testing.TB
	s      *Server
	token  string
	header http.Header
}

// As makes requests as a; the zero Actor has no session.
func (s *Server) As(t testing.TB, a policy.Actor) *Caller {
	c := &Caller{t: t, s: s, header: http.Header{"Accept-Language": {"en"}}}
	if a.PersonID != "" {
		c.token = "token-" + a.PersonID
		s.mu.Lock()
		s.sessions[c.token] = a
		s.mu.Unlock()
	}
	return c
}

// With adds a header to the requests of the Caller it returns.
func (c *Caller) With(key, value string) *Caller {
	d := *c
	d.header = c.header.Clone()
	d.header.Set(key, value)
	return &d
}

// Token is the session token, for requests made by hand.
func (c *Caller) Token() string { return c.token }

// Answer is what came back.
type Answer struct {
	t      testing.TB
	what   string
	Status int
	Header http.Header
	Raw    []byte
}

// Do makes a request; body is sent as JSON unless it is nil, []byte or io.Reader.
func (c *Caller) Do(method, path string, body any) *Answer {
	c.t.Helper()
	var r io.Reader
	ct := ""
	switch b := body.(type) {
	case nil:
	case []byte:
		r, ct = bytes.NewReader(b), "application/json"
	case io.Reader:
		r = b
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		r, ct = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequest(method, c.s.URL+path, r)
	if err != nil {
		c.t.Fatal(err)
	}
	if ct != "" {
		req.Header.Set("Content-Type", ct)
	}
	for k, v := range c.header {
		req.Header[k] = v
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.s.Client().Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.s.Hold(c.t, resp, raw)
	return &Answer{t: c.t, what: method + " " + path, Status: resp.StatusCode, Header: resp.Header, Raw: raw}
}

// Get, Post, Patch and Delete make requests to paths that begin with /api/v1.
func (c *Caller) Get(path string) *Answer { c.t.Helper(); return c.Do(http.MethodGet, path, nil) }

// Post sends body.
func (c *Caller) Post(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Patch sends body.
func (c *Caller) Patch(path string, body any) *Answer {
	c.t.Helper()
	return c.Do(http.MethodPatch, path, body)
}

// Delete deletes.
func (c *Caller) Delete(path string) *Answer { c.t.Helper(); return c.Do(http.MethodDelete, path, nil) }

// Is fails the test unless the status is as expected.
func (a *Answer) Is(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.Status, status, a.Raw)
	}
	return a
}

// Problem fails the test unless the answer is a problem with this status and code.
func (a *Answer) Problem(status int, code string) *Answer {
	a.t.Helper()
	a.Is(status)
	var p rest.Problem
	if err := json.Unmarshal(a.Raw, &p); err != nil || p.Code != code {
		a.t.Fatalf("%s: code %q, want %q: %s", a.what, p.Code, code, a.Raw)
	}
	return a
}

// Says fails the test unless the answer contains text.
func (a *Answer) Says(text string) *Answer {
	a.t.Helper()
	if !bytes.Contains(a.Raw, []byte(text)) {
		a.t.Errorf("%s: does not say %q: %s", a.what, text, a.Raw)
	}
	return a
}

// Into decodes the body.
func (a *Answer) Into(v any) *Answer {
	a.t.Helper()
	if err := json.Unmarshal(a.Raw, v); err != nil {
		a.t.Fatalf("%s: %v: %s", a.what, err, a.Raw)
	}
	return a
}
