package main_test

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Whatever is sent, the answer is a problem that says what is wrong, and
// nothing is done.
func TestBadHTTPInput(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	const campaigns = "/api/v1/campaigns"
	good := `{"title":"宣传周","starts_on":"2026-12-01","ends_on":"2026-12-07"}`
	deep := strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000)
	for _, x := range []struct {
		name, method, path, body, contentType string
		status                                int
		code                                  string
	}{
		{"10 MB of JSON", "POST", campaigns, `{"title":"` + strings.Repeat("x", 10<<20) + `"}`, "", 413, "too_large"},
		{"10 MB of spaces", "POST", campaigns, strings.Repeat(" ", 10<<20), "", 413, "too_large"},
		{"NUL escaped", "POST", campaigns, strings.Replace(good, "宣传周", `宣\u0000传`, 1), "", 422, "invalid_text"},
		{"NUL in the path", "GET", campaigns + "/%00", "", "", 422, "invalid_text"},
		{"NUL in a query", "GET", campaigns + "?title=%00", "", "", 422, ""},
		{"NUL in a filter", "GET", "/api/v1/units?q=%00", "", "", 422, ""},
		{"NUL as it is", "POST", campaigns, strings.Replace(good, "宣传周", "宣\x00传", 1), "", 400, "bad_request"},
		{"a field that is not there", "POST", campaigns, strings.Replace(good, "{", `{"colour":"red",`, 1), "", 422, "invalid"},
		{"a query that is not there", "GET", campaigns + "?colour=red", "", "", 422, "invalid"},
		{"a number for a text", "POST", campaigns, strings.Replace(good, `"宣传周"`, "7", 1), "", 422, "invalid"},
		{"a list for the body", "POST", campaigns, "[]", "", 422, "invalid"},
		{"null", "POST", campaigns, "null", "", 422, "invalid"},
		{"no body", "POST", campaigns, "", "", 400, "bad_request"},
		{"half a body", "POST", campaigns, good[:20], "", 400, "bad_request"},
		{"two bodies", "POST", campaigns, good + good, "", 400, "bad_request"},
		{"not UTF-8", "POST", campaigns, "\xff\xfe", "", 400, "bad_request"},
		{"100,000 levels", "POST", campaigns, deep, "", 400, "bad_request"},
		{"another content type", "POST", campaigns, good, "application/x-www-form-urlencoded", 415, "unsupported_media_type"},
		{"XML", "POST", campaigns, "<a/>", "application/xml", 415, "unsupported_media_type"},
		{"an import that is no table", "POST", "/api/v1/imports/units", "PK\x03\x04", "image/png", 415, ""},
		{"a wrong method", "DELETE", campaigns, "", "", 405, "method_not_allowed"},
		{"a wrong method on a thing", "PUT", campaigns + "/x", good, "", 405, "method_not_allowed"},
		{"a method of their own", "BREW", campaigns, "", "", 405, "method_not_allowed"},
		{"a wrong method on an upload", "PUT", "/api/v1/uploads", "", "", 405, "method_not_allowed"},
		{"no such path", "GET", "/api/v1/nothing", "", "", 404, "not_found"},
		{"no such version", "POST", "/api/v2/campaigns", good, "", 404, "not_found"},
		{"no such action", "POST", campaigns + "/x/explode", "{}", "", 404, "not_found"},
		{"a strange id", "GET", campaigns + "/..%2f..%2fetc", "", "", 404, "not_found"},
		{"an id of 10,000 letters", "GET", campaigns + "/" + strings.Repeat("x", 10_000), "", "", 422, "invalid"},
		{"a limit of a million", "GET", campaigns + "?limit=1000000", "", "", 422, "invalid"},
		{"a cursor made up", "GET", campaigns + "?cursor=%E2%98%83", "", "", 422, ""},
	} {
		who := "manager"
		if strings.Contains(x.path, "imports") || strings.Contains(x.path, "units") {
			who = "sysadmin"
		}
		if strings.Contains(x.path, "uploads") {
			who = reporter(0)
		}
		begun := time.Now()
		var resp *http.Response
		var err error
		for try := 0; try < 5 && resp == nil; try++ {
			var req *http.Request
			if req, err = http.NewRequest(x.method, n.url+x.path, strings.NewReader(x.body)); err != nil {
				t.Fatal(err)
			}
			req.Close = true // some of these end their connection
			req.Header.Set("Tus-Resumable", "1.0.0")
			req.Header.Set("Authorization", "Bearer "+n.tokens[who])
			if x.body != "" {
				req.Header.Set("Content-Type", cmp.Or(x.contentType, "application/json"))
			}
			// A server that refuses a large body closes the connection while the
			// client still sends; the client may see that before the answer.
			if resp, err = http.DefaultClient.Do(req); err != nil && x.status != http.StatusRequestEntityTooLarge {
				break
			}
		}
		if err != nil {
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		resp.Body.Close()
		var p struct{ Code, Title, Instance string }
		perr := json.Unmarshal(raw, &p)
		if resp.StatusCode != x.status || x.code != "" && p.Code != x.code {
			t.Errorf("%s: %d %s, want %d %s\n%.300s", x.name, resp.StatusCode, p.Code, x.status, x.code, raw)
		}
		if ct := resp.Header.Get("Content-Type"); perr != nil || ct != "application/problem+json" || p.Title == "" || p.Code == "" {
			t.Errorf("%s: %s is no problem: %.300s", x.name, ct, raw)
		}
		if resp.StatusCode == 405 && resp.Header.Get("Allow") == "" {
			t.Errorf("%s: no header Allow", x.name)
		}
		if len(raw) > 10_000 {
			t.Errorf("%s: the answer repeats %d bytes", x.name, len(raw))
		}
		if d := time.Since(begun); d > 10*time.Second {
			t.Errorf("%s: took %v", x.name, d)
		}
	}
	if c := count(t, n.data, "assignment", "SELECT COUNT(*) FROM campaigns"); c != 0 {
		t.Errorf("%d campaigns were made of it", c)
	}
	// The path of a page is not the API's.
	resp, err := http.Get(n.url + "/docs")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("/docs: %v, %v", resp, err)
	}
}

// raw sends bytes as they are and gives the status line; empty when the
// connection ends without one.
func (n *node) raw(t *testing.T, limit time.Duration, parts ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(limit))
	for _, p := range parts {
		if _, err := io.Copy(conn, bytes.NewReader([]byte(p))); err != nil {
			break // it has answered already
		}
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return ""
	}
	return strings.TrimSpace(line)
}

// Connections that are no good HTTP, or none at all, do not last.
func TestBadConnections(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	const head = "GET /api/v1/me HTTP/1.1\r\nHost: x\r\n"
	for name, x := range map[string]struct{ request, status string }{
		"a header of 1 MB":       {head + "X-Long: " + strings.Repeat("x", 1<<20) + "\r\n\r\n", "431"},
		"10,000 headers":         {head + strings.Repeat("X-Many: xxxxxxxxxxxxxxxx\r\n", 10_000) + "\r\n", "431"},
		"a token of 8,000":       {head + "Authorization: Bearer " + strings.Repeat("x", 8_000) + "\r\n\r\n", "401"},
		"no host":                {"GET / HTTP/1.1\r\n\r\n", "400"},
		"two lengths":            {"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", "400"},
		"a length and chunks":    {"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
		"a length below nothing": {"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
		"a NUL in a header":      {head + "X: a\x00b\r\n\r\n", "400"},
		"something else":         {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "400"},
	} {
		if got := n.raw(t, 10*time.Second, x.request); !strings.HasPrefix(got, "HTTP/1.1 "+x.status) {
			t.Errorf("%s: %q, want %s", name, got, x.status)
		}
	}
	// One that never ends its header is let go, and holds up nobody.
	begun := time.Now()
	slow := make(chan string, 1)
	go func() { slow <- n.raw(t, 30*time.Second, head, "X-Slow: ") }()
	if _, err := n.as("manager").GetMe(t.Context()); err != nil {
		t.Error(err)
	}
	got, took := <-slow, time.Since(begun)
	if got != "" && !strings.HasPrefix(got, "HTTP/1.1 408") || took > 20*time.Second {
		t.Errorf("a header that never ends: %q after %v", got, took)
	}
	t.Logf("a header that never ends is let go after %v", took.Round(time.Millisecond))
}
