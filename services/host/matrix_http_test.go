package host_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/contract"
)

var readCommitted = sync.OnceValues(func() (*contract.Document, error) {
	raw, err := os.ReadFile("../../api/openapi.yaml")
	if err != nil {
		return nil, err
	}
	return contract.Read(raw)
})

// committed is the API document that clients are given.
func committed(t testing.TB) *contract.Document {
	t.Helper()
	d, err := readCommitted()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// answer is what came back for a request.
type answer struct {
	what   string
	status int
	header http.Header
	raw    []byte
}

// object is the body as JSON.
func (a answer) object() map[string]any {
	var m map[string]any
	_ = json.Unmarshal(a.raw, &m)
	return m
}

func (a answer) code() string { return text(a.object(), "code") }

// text is a field of an object; fields of fields are named a.b.
func text(m map[string]any, name string) string {
	head, rest, more := strings.Cut(name, ".")
	if more {
		x, _ := m[head].(map[string]any)
		return text(x, rest)
	}
	s, _ := m[name].(string)
	return s
}

// objects is a list in an object.
func objects(m map[string]any, name string) []map[string]any {
	l, _ := m[name].([]any)
	out := make([]map[string]any, 0, len(l))
	for _, x := range l {
		if o, ok := x.(map[string]any); ok {
			out = append(out, o)
		}
	}
	return out
}

// call makes a request; body is sent as it is when it is text, else as JSON.
// Of an answer that goes on, as a stream of events, only the beginning is read.
func (w *world) call(t testing.TB, token, method, path string, header map[string]string, body any) answer {
	t.Helper()
	var r io.Reader
	contentType := ""
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r, contentType = bytes.NewReader(raw), "application/json"
	}
	req, err := http.NewRequest(method, w.h.URL()+path, r)
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := w.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	a := answer{what: method + " " + path, status: resp.StatusCode, header: resp.Header}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		if err := committed(t).Check(contract.Of(resp, nil)); err != nil {
			t.Errorf("%s: against the document: %v", a.what, err)
		}
		return a
	}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		t.Fatalf("%s: %v", a.what, err)
	}
	if a.status >= 500 {
		t.Fatalf("%s answers %d: %s", a.what, a.status, a.raw) // never right, so no test need look
	}
	if err := committed(t).Check(contract.Of(resp, a.raw)); err != nil {
		t.Errorf("%s: against the document: %v: %.300s", a.what, err, a.raw)
	}
	if a.status >= 400 && !strings.HasPrefix(header["Accept-Language"], "en") {
		said(t, a)
	}
	return a
}

// must makes a request that has to succeed while the world is built.
func (w *world) must(t testing.TB, who, method, path string, body any) map[string]any {
	t.Helper()
	a := w.call(t, w.token(t, who), method, path, nil, body)
	if a.status >= 300 {
		t.Fatalf("%s: %s answers %d: %s", who, a.what, a.status, a.raw)
	}
	return a.object()
}

func (w *world) post(t testing.TB, who, path string, body any) map[string]any {
	t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	return w.must(t, who, http.MethodPost, path, body)
}

func (w *world) get(t testing.TB, who, path string) map[string]any {
	t.Helper()
	return w.must(t, who, http.MethodGet, path, nil)
}

// all reads every page of a list.
func (w *world) all(t testing.TB, token, path string) ([]map[string]any, answer) {
	t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	var items []map[string]any
	cursor := ""
	for range 1000 {
		p := path
		if cursor != "" {
			p += sep + "cursor=" + cursor
		}
		a := w.call(t, token, http.MethodGet, p, nil, nil)
		if a.status != http.StatusOK {
			return nil, a
		}
		m := a.object()
		items = append(items, objects(m, "items")...)
		if cursor = text(m, "next_cursor"); cursor == "" {
			return items, a
		}
	}
	t.Fatalf("GET %s never ends", path)
	return nil, answer{}
}

// until waits for an event to have had its effect in another service.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	end := time.Now().Add(2 * time.Minute)
	for wait := time.Millisecond; !f(); wait = min(2*wait, 100*time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never happened: %s", what)
		}
		time.Sleep(wait)
	}
}

func metadata(name, unitID string) string {
	enc := base64.StdEncoding.EncodeToString
	return "filename " + enc([]byte(name)) + ",unit_id " + enc([]byte(unitID))
}

// upload sends a small file and returns its id.
func (w *world) upload(t testing.TB, who, unitID, name, content string) string {
	t.Helper()
	token := w.token(t, who)
	tus := map[string]string{"Tus-Resumable": "1.0.0", "Upload-Length": strconv.Itoa(len(content)), "Upload-Metadata": metadata(name, unitID)}
	a := w.call(t, token, http.MethodPost, "/api/v1/uploads", tus, nil)
	if a.status != http.StatusCreated {
		t.Fatalf("%s: %s answers %d: %s", who, a.what, a.status, a.raw)
	}
	at := a.header.Get("Location")
	at = at[strings.Index(at, "/api/v1"):]
	a = w.call(t, token, http.MethodPatch, at, map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
	}, content)
	id := a.header.Get("Duban-File-Id")
	if a.status != http.StatusNoContent || id == "" {
		t.Fatalf("%s: %s answers %d: %s", who, a.what, a.status, a.raw)
	}
	return id
}

// csv writes a table.
func csv(rows ...[]string) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintln(&b, strings.Join(r, ","))
	}
	return b.String()
}
