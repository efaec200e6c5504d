package host_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// request is one that the fuzzer makes.
type request struct {
	op           *operation
	who, token   string
	method, path string
	query        url.Values
	header       map[string]string
	fields       map[string]any // the body, where it is an object
	raw          []byte         // the body, where it is not
}

func (r *request) body() []byte {
	if r.raw == nil && r.fields != nil {
		b, _ := json.Marshal(r.fields)
		return b
	}
	return r.raw
}

func (r *request) http(ctx context.Context, base string) (*http.Request, error) {
	u := base + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, bytes.NewReader(r.body()))
	if err != nil {
		return nil, err
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	return req, nil
}

// String writes it as one could send it again.
func (r *request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "as %s: %s %s", r.who, r.method, r.path)
	if len(r.query) > 0 {
		b.WriteString("?" + r.query.Encode())
	}
	for _, k := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(&b, "\n%s: %.200q", k, r.header[k])
	}
	if body := r.body(); len(body) > 0 {
		fmt.Fprintf(&b, "\n%.600q (%d bytes)", body, len(body))
	}
	return b.String()
}

// less are the requests with one part fewer.
func (r *request) less() []*request {
	var all []*request
	for k := range r.query {
		x := *r
		x.query = maps.Clone(r.query)
		x.query.Del(k)
		all = append(all, &x)
	}
	for k := range r.header {
		x := *r
		x.header = maps.Clone(r.header)
		delete(x.header, k)
		all = append(all, &x)
	}
	for k := range r.fields {
		x := *r
		x.fields = maps.Clone(r.fields)
		delete(x.fields, k)
		all = append(all, &x)
	}
	return all
}

// request makes one up.
func (f *fuzzer) request(r *rand.Rand) *request {
	op := f.ops[r.IntN(len(f.ops))]
	who := f.actors()[r.IntN(16)]
	x := &request{op: op, who: who.account, token: who.token, method: op.method, query: url.Values{}}
	if len(op.Security) > 0 && r.IntN(40) == 0 {
		x.who, x.token = "nobody", oneOf(r, "", "x", strings.Repeat("a", 300), "\u00ff")
	}
	values := f.values(f.any(op))
	if th := f.some(r, op); th != nil {
		values = f.values(th)
		// Most often somebody who may: what is refused at the door tries little.
		for range 12 {
			if r.IntN(8) == 0 || f.judge(op, who, th).allowed {
				break
			}
			who = f.actors()[r.IntN(16)]
		}
		if x.token != "" {
			x.who, x.token = who.account, who.token
		}
	}
	if taking.MatchString(op.ID) {
		values["$id"] = uuid.NewString()
	}
	path, header, body := op.request(values)
	x.path, _, _ = strings.Cut(path, "?")
	if u, err := url.Parse(path); err == nil {
		x.query = u.Query()
	}
	x.header = header
	x.header["Accept-Language"] = oneOf(r, "zh-CN", "zh-CN", "en")
	switch b := body.(type) {
	case nil:
	case map[string]any:
		raw, _ := json.Marshal(b)
		_ = json.Unmarshal(raw, &x.fields)
		x.header["Content-Type"] = "application/json"
	case string:
		x.raw = []byte(b)
	default:
		x.raw, _ = json.Marshal(b)
	}
	if op.ID == "set-up" || strings.HasPrefix(op.ID, "sign-in") {
		x.header["Content-Type"] = oneOf(r, "application/json", "text/plain")
		if r.IntN(50) > 0 { // each costs what a password costs
			x.fields["password"] = 7
		}
	}
	for range r.IntN(4) {
		f.twist(r, x)
	}
	return x
}

// some is a thing that the operation can be about, or now and then any at all.
func (f *fuzzer) some(r *rand.Rand, op *operation) *thing {
	kinds := slices.Concat(op.row.On, op.row.Spend)
	if len(kinds) == 0 || r.IntN(20) == 0 {
		kinds = slices.Sorted(maps.Keys(f.things))
	}
	ts := f.things[kinds[r.IntN(len(kinds))]]
	if len(ts) == 0 {
		return nil
	}
	return ts[r.IntN(len(ts))]
}

func oneOf[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// twist changes one part of a request.
func (f *fuzzer) twist(r *rand.Rand, x *request) {
	switch r.IntN(8) {
	case 0, 1:
		if len(x.op.Parameters) > 0 {
			p := x.op.Parameters[r.IntN(len(x.op.Parameters))]
			switch p.In {
			case "query":
				x.query.Set(p.Name, oddText(r))
			case "header":
				x.header[p.Name] = oddHeader(r)
			case "path":
				parts := strings.Split(x.path, "/")
				i := len(parts) - 1 - r.IntN(min(2, len(parts)))
				parts[i] = url.PathEscape(oddText(r))
				if len(parts[i]) > 4000 {
					parts[i] = parts[i][:300] + "x"
				}
				x.path = strings.Join(parts, "/")
			}
		}
	case 2, 3, 4:
		f.twistBody(r, x)
	case 5:
		name := oneOf(r, "If-Match", "If-None-Match", "Idempotency-Key", "Last-Event-ID", "Range", "Accept", "Content-Type", "X-HTTP-Method-Override",
			"Upload-Metadata", "Upload-Offset", "Upload-Length", "Upload-Checksum", "Tus-Resumable", "User-Agent", "Cookie", "X-Forwarded-Proto", "Origin", "If-Range", "If-Unmodified-Since")
		x.header[name] = oddHeader(r)
	case 6:
		x.query.Set(oneOf(r, "cursor", "limit", "q", "under", "unit_id", "from", "to", "state"), oddText(r))
	case 7:
		switch r.IntN(4) {
		case 0:
			x.path = oneOf(r, x.path+"/", strings.Replace(x.path, "/v1/", "/v1//", 1), x.path+"/../me", x.path+"%00", x.path+"/%2e%2e")
		case 1:
			x.method = oneOf(r, "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "LOCK")
		case 2:
			x.header["Accept-Language"] = oneOf(r, "zh-CN", "en", "x", strings.Repeat("a", 1000))
		default:
			x.header["Range"] = oneOf(r, "bytes=0-1,3-4", "bytes=5-", "bytes=99999999999-", "bytes=a-b", "bytes=-1", "bytes=0-0,1-1,2-2,3-3")
		}
	}
}

// twistBody changes a value somewhere in the body, or its bytes.
func (f *fuzzer) twistBody(r *rand.Rand, x *request) {
	if x.fields != nil && x.raw == nil && r.IntN(4) > 0 {
		names := slices.Sorted(maps.Keys(x.fields))
		switch r.IntN(5) {
		case 0:
			x.fields[oneOf(r, "extra", "Title", "TITLE", "reason ", "\u0000", "id")] = odd(r, 2)
		case 1:
			if len(names) > 0 {
				delete(x.fields, names[r.IntN(len(names))])
			}
		default:
			if len(names) > 0 {
				k := names[r.IntN(len(names))]
				x.fields[k] = changed(r, x.fields[k])
			}
		}
		return
	}
	b := x.body()
	if len(b) == 0 {
		x.raw = []byte(oneOf(r, "{}", "null", "[]", "1", "\"a\"", "x", "\xff"))
		return
	}
	switch r.IntN(7) {
	case 0:
		b = b[:r.IntN(len(b))]
	case 1:
		b = bytes.Replace(b, []byte("{"), []byte(`{"title":"a","title":"b",`), 1)
	case 2:
		b = append(slices.Clone(b), oneOf(r, "{}", "x", " ", "\x00")...)
	case 3:
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		_, _ = w.Write(b)
		_ = w.Close()
		b = z.Bytes()
		x.header["Content-Encoding"] = "gzip"
	case 4:
		b = []byte(strings.Repeat(oneOf(r, "[", `{"a":`), 20_000))
	case 5:
		i := r.IntN(len(b))
		b = slices.Clone(b)
		b[i] = byte(r.IntN(256))
	default:
		x.header["Content-Type"] = oneOf(r, "text/plain", "application/xml", "application/json; charset=gbk", "multipart/form-data", "a+b;c+d", "application/octet-stream")
	}
	x.raw = b
}

// changed changes a value, or a part of it.
func changed(r *rand.Rand, v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 && r.IntN(3) > 0 {
			m := maps.Clone(v)
			k := slices.Sorted(maps.Keys(m))[r.IntN(len(m))]
			m[k] = changed(r, m[k])
			return m
		}
	case []any:
		if len(v) > 0 && r.IntN(3) > 0 {
			l := slices.Clone(v)
			i := r.IntN(len(l))
			l[i] = changed(r, l[i])
			if r.IntN(5) == 0 {
				l = append(l, l...)
			}
			return l
		}
	}
	return odd(r, 2)
}

// odd is a value that a schema may not expect.
func odd(r *rand.Rand, depth int) any {
	switch n := r.IntN(9); {
	case n == 0:
		return oneOf(r, any(nil), true, false)
	case n == 1:
		return oneOf(r, 0, -1, 1, 1e15, 1e19, -1e300, 1.5, 9007199254740993, 1e308, 100001, 251)
	case n == 2 && depth > 0:
		return []any{odd(r, depth-1), odd(r, depth-1)}
	case n == 3 && depth > 0:
		return map[string]any{"id": odd(r, depth-1), oddText(r): odd(r, depth-1)}
	case n == 4:
		return []any{}
	}
	return oddText(r)
}

func oddText(r *rand.Rand) string {
	return oneOf(r, "", " ", "a", "0", "-1", "true", "null", "me", "\x00", "a\x00b", "\u202ex", "\u200b", "\ufeff", "\ufffd", "\xff\xfe", "%", "%00", "_", "\\", "'; --", "\"", "<b>",
		strings.Repeat("长", 201), strings.Repeat("a", 4001), strings.Repeat("%_", 400), strings.Repeat("é", 1000), "é", "ﬀ", "·", "王", "１２", "𠮷", "👨‍👩‍👧",
		"1999-12-31", "2100-12-31", "2101-01-01", "9999-12-31", "0000-01-01", "2026-02-30", "2026-09-20", "2026-09", "0000-01", "2026-09-20T00:00:00Z", "9999-12-31T23:59:59-14:00", "10000-01-01T00:00:00Z",
		"99999999999999999999", "1e400", "NaN", "500", "501", "1", "-9223372036854775808", "9223372036854775807",
		uuid.NewString(), "01900000-0000-7000-8000-000000000007", strings.ToUpper(uuid.NewString()), "/", "..", "a/b", ".",
		cursorOf(`"\u0000"`), cursorOf(`["list-people","a"]`), cursorOf(`["list-people",1]`), cursorOf(`["list-rectifications",{"at":"0000-01-01T00:00:00Z","id":"a"}]`), cursorOf(`null`), "!!", strings.Repeat("A", 1001))
}

func cursorOf(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// oddHeader is a text that can stand in a header.
func oddHeader(r *rand.Rand) string {
	s := oneOf(r, `"1"`, `W/"1"`, `"x"`, "*", `"99999999999999999999"`, "0", "-1", "a, b", "bytes=0-5", "text/csv", "application/octet-stream", "https", "sha1 x", "md5 eA==",
		"sha256 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", "filename !!", "filename", "a b,a b", "1.0.0", "0.2", "\xff\xfe", strings.Repeat("k", 201), strings.Repeat("a", 5000), "null", "Mon, 01 Jan 0001 00:00:00 GMT", oddText(r))
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return -1
		}
		return c
	}, s)
}
