package client_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
)

type thing struct {
	Name string `json:"name"`
}

// serve answers every request with f and keeps the last one.
func serve(t *testing.T, f http.HandlerFunc) (*client.Client, *http.Request, *string) {
	t.Helper()
	last, body := new(http.Request), new(string)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*last, *body = *r.Clone(context.Background()), string(raw)
		f(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	return c.Using(s.Client()), last, body
}

func TestRequest(t *testing.T) {
	t.Parallel()
	c, r, body := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"name":"a"}`)) })
	at := time.Date(2026, 9, 19, 8, 0, 0, 0, time.FixedZone("", 8*3600))
	out, err := client.Call[thing](t.Context(), c, "/api/v1/things/%s/do", []any{"a/b 中?"},
		map[string]any{
			"limit": new(int64(5)), "none": (*string)(nil), "flag": new(false), "due": new(at),
			"explode": []string{"a", "b"}, "list": []string{"a", "b"}, "empty": []string(nil),
		},
		thing{"b"}, client.IfMatch(3), client.IdempotencyKey("k"), client.Language("en"))
	if err != nil || out.Name != "a" {
		t.Fatalf("%v, %v", out, err)
	}
	want := url.Values{
		"limit": {"5"}, "flag": {"false"}, "due": {"2026-09-19T00:00:00Z"}, "explode": {"a", "b"}, "list": {"a,b"},
	}
	if r.URL.EscapedPath() != "/api/v1/things/a%2Fb%20%E4%B8%AD%3F/do" || r.URL.RawQuery != want.Encode() {
		t.Errorf("asked for %s?%s", r.URL.EscapedPath(), r.URL.RawQuery)
	}
	for k, v := range map[string]string{
		"Authorization": "Bearer secret", "If-Match": `"3"`, "Idempotency-Key": "k", "Accept-Language": "en", "Content-Type": "application/json",
	} {
		if r.Header.Get(k) != v {
			t.Errorf("%s: %q, want %q", k, r.Header.Get(k), v)
		}
	}
	if *body != `{"name":"b"}` {
		t.Errorf("sent %s", *body)
	}
	if _, err := client.Call[thing](t.Context(), c.As(""), "/x", nil, nil, nil); err != nil || r.Header.Get("Authorization") != "" {
		t.Errorf("without a token: %v, %q", err, r.Header.Get("Authorization"))
	}
}

func TestProblem(t *testing.T) {
	t.Parallel()
	c, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"type":"/problems/wrong_state","title":"x","status":409,"code":"wrong_state","detail":"closed",
			"errors":[{"location":"body.title","message":"too long"}]}`))
	})
	_, err := client.Call[thing](t.Context(), c, "/x", nil, nil, nil)
	p := client.AsProblem(err)
	if p == nil || p.Status != http.StatusConflict || p.Code != "wrong_state" {
		t.Fatalf("%v", err)
	}
	for _, s := range []string{"POST /x", "409 wrong_state", "closed", "body.title: too long"} {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("%q is not in %q", s, err)
		}
	}
}

func TestOtherAnswers(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]http.HandlerFunc{
		"a proxy": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"no JSON": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := serve(t, f)
			out, err := client.Call[thing](t.Context(), c, "/x", nil, nil, nil)
			if err == nil || out != nil {
				t.Fatalf("%v, %v", out, err)
			}
			if p := client.AsProblem(err); name == "a proxy" && (p == nil || p.Status != http.StatusBadGateway) {
				t.Errorf("%v", err)
			}
		})
	}
	c, _, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if out, err := client.Call[thing](t.Context(), c, "/x", nil, nil, nil); out != nil || err != nil {
		t.Errorf("no content: %v, %v", out, err)
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "localhost:8080", "ftp://x", "http://", "http://[", "/api"} {
		if _, err := client.New(bad, ""); err == nil {
			t.Errorf("New(%q) was taken", bad)
		}
	}
}
