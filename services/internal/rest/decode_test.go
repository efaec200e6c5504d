package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
)

type thing struct {
	Title string            `json:"title" doc:"Title" example:"a"`
	Kind  string            `json:"kind,omitempty" doc:"Kind" example:"inner"`
	Value float64           `json:"value,omitempty" doc:"Value" example:"1"`
	Count int64             `json:"count,omitempty" doc:"Count" example:"1"`
	Names map[string]string `json:"names,omitempty" doc:"Names" example:"{}"`
	Parts []piece           `json:"parts,omitempty" doc:"Parts"`
	On    string            `json:"on,omitempty" format:"date" doc:"Day" example:"2026-09-20"`
	DueOn *rest.DueOn       `json:"due_on,omitempty" doc:"Deadline" example:"2026-09-20"`
	At    *time.Time        `json:"at,omitempty" doc:"When" example:"2026-09-20T00:00:00Z"`
	Link  string            `json:"link,omitempty" format:"uri" doc:"Address" example:"https://example.com/"`
}

type piece struct {
	Days   int64  `json:"days" doc:"Days" example:"1"`
	Device string `json:"device,omitempty" doc:"Device" example:"a"`
}

// thingGiven is what a use case takes in.
type thingGiven struct {
	Title string `limit:"1..20"`
	Kind  string `limit:"inner|outer?"`
	Value float64
	Count int64 `limit:"..1000000000000000000"`
	Names map[string]string
	Parts []struct {
		Days   int64  `limit:"1..250"`
		Device string `limit:"..20"`
	} `limit:"..50"`
	On   string
	At   *time.Time
	Link string `limit:"..200"`
}

type things struct {
	rest.Page
	From  time.Time `query:"from" doc:"From"`
	Until string    `query:"until" format:"date" doc:"Until"`
	Month string    `query:"month" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" patternDescription:"a month" doc:"Month"`
	Open  bool      `query:"open" doc:"Open"`
}

type textKey struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// offer serves operations that take all kinds of input, and two lists whose
// keys have the same type.
func offer(t *testing.T) *resttest.Server {
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, "directory", db.SQLite)
	return resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("things", "Things", d, nil)
		rest.Register(g, rest.Op{ID: "add-thing", Input: thingGiven{}, Method: http.MethodPost, Path: "/things", Summary: "s", Description: "d", Session: true},
			func(_ context.Context, in *struct{ Body thing }) (*rest.Reply[thing], error) {
				return rest.Answer(in.Body), fault.Check(thingGiven{Title: in.Body.Title, Kind: in.Body.Kind})
			})
		for _, name := range []string{"things", "others"} {
			rest.Register(g, rest.Op{ID: "list-" + name, Method: http.MethodGet, Path: "/" + name, Summary: "s", Description: "d", Session: true},
				func(_ context.Context, in *things) (*rest.Reply[rest.List[string]], error) {
					var k textKey
					more, err := in.Decode(&k)
					if err != nil {
						return nil, err
					}
					items := []string{"a", "b"}
					if more {
						items = []string{k.ID}
					}
					return rest.Answer(rest.Items(items, 1, func(id string) any { return textKey{time.Date(2026, 9, 20, 0, 0, 0, 0, time.UTC), id} })), nil
				})
		}
		rest.Register(g, rest.Op{ID: "list-numbers", Method: http.MethodGet, Path: "/numbers", Summary: "s", Description: "d", Session: true},
			func(_ context.Context, in *things) (*rest.Reply[rest.List[int64]], error) {
				var k int64
				if _, err := in.Decode(&k); err != nil {
					return nil, err
				}
				return rest.Answer(rest.Items([]int64{k + 1, k + 2}, 1, func(n int64) any { return n })), nil
			})
	})
}

// A cursor that this list has not made itself is refused by name.
func TestCase22Cursors(t *testing.T) {
	t.Parallel()
	c := offer(t).As(t, fixture.Manager)
	next := func(path string) string {
		var l struct {
			NextCursor string `json:"next_cursor"`
		}
		c.Get(path).Is(200).Into(&l)
		return l.NextCursor
	}
	own, number := next("/api/v1/things"), next("/api/v1/numbers")
	c.Get("/api/v1/things?cursor=" + own).Is(200).Says(`"a"`)
	c.Get("/api/v1/numbers?cursor=" + number).Is(200).Says(`[2]`)
	refused := map[string]string{
		"no base64": "%21%21", "no JSON": rest.Base64("x"), "old form": rest.Base64(`"a"`), "NUL": rest.Base64(`["list-things",{"at":"2026-09-20T00:00:00Z","id":"\u0000"}]`),
		"another type": rest.Base64(`["list-things",7]`), "null": rest.Base64(`["list-things",null]`), "missing part": rest.Base64(`["list-things",{"id":"a"}]`),
		"other spelling": rest.Base64(`["list-things",{"AT":"2026-09-20T00:00:00Z","id":"a"}]`), "more": rest.Base64(`["list-things",{"at":"2026-09-20T00:00:00Z","id":"a","x":1}]`),
		"blanks": rest.Base64(`["list-things", {"at":"2026-09-20T00:00:00Z","id":"a"}]`), "year 0": rest.Base64(`["list-things",{"at":"0000-01-01T00:00:00Z","id":"a"}]`),
		"of another list": next("/api/v1/others"), "of a list of numbers": number, "line breaks": own[:4] + "%0A" + own[4:], "padding": own + "%3D",
		"long": strings.Repeat("a", 1001), "three parts": rest.Base64(`["list-things",{"at":"2026-09-20T00:00:00Z","id":"a"},1]`), "an object": rest.Base64(`{}`),
		"invalid UTF-8": rest.Base64("[\"list-things\",{\"at\":\"2026-09-20T00:00:00Z\",\"id\":\"\xff\"}]"),
	}
	for what, cursor := range refused {
		a := c.Get("/api/v1/things?cursor="+cursor).Problem(422, "invalid")
		if !bytes.Contains(a.Raw, []byte(`"location":"query.cursor"`)) {
			t.Errorf("%s: %s", what, a.Raw)
		}
	}
	for what, cursor := range map[string]string{
		"a text": rest.Base64(`["list-numbers","1"]`), "a fraction": rest.Base64(`["list-numbers",1.5]`), "too large": rest.Base64(`["list-numbers",99999999999999999999]`),
		"another way to write it": rest.Base64(`["list-numbers",1e0]`), "another list": own,
	} {
		a := c.Get("/api/v1/numbers?cursor="+cursor).Problem(422, "invalid")
		if !bytes.Contains(a.Raw, []byte(`"location":"query.cursor"`)) {
			t.Errorf("%s: %s", what, a.Raw)
		}
	}
}

// library are words that only a library, its types or its language would say.
var library = regexp.MustCompile(`json:|strconv|invalid character|unmarshal|Go |float64|int64|unknown content type|validation failed|parsing|unexpected end|RFC3339|limit=|\bEOF\b|\bpq\b|time\.`)

// Keys count only as they are written in the document, and once.
func TestCase23KeysByTheirExactName(t *testing.T) {
	t.Parallel()
	c := offer(t).As(t, fixture.Manager)
	c.Post("/api/v1/things", []byte(` {"title":"a","names":{"a":"1","A":"2"},"parts":[{"days":1}]} `)).Is(200)
	for body, place := range map[string]string{
		`{"title":"a","TITLE":"b"}`:                                    "body.TITLE",
		`{"title":"a","Title":"` + strings.Repeat("长", 100_000) + `"}`: "body.Title",
		`{"Title":"b"}`: "body.Title",
		`{"title":"a","kind":"inner","Kind":"evil"}`:             "body.Kind",
		`{"title":"a","\u212aind":"evil"}`:                       "body.\u212aind", // the Kelvin sign, which folds to k
		`{"title":"a","part\u017f":[]}`:                          "body.part\u017f",
		`{"title":"a","parts":[{"days":1,"DAYS":-5000}]}`:        "body.parts[0].DAYS",
		`{"title":"a","title":"b"}`:                              "body.title",
		`{"title":"a","\u0074itle":"b"}`:                         "body.title",
		`{"title":"a","names":{"a":"1","a":"2"}}`:                "body.names.a",
		`{"title":"a","parts":[{"days":1},{"days":1,"days":2}]}`: "body.parts[1].days",
		`{"title":"a\ud800"}`:                                    "body.title",
		"{\"title\":\"a\xff\"}":                                  "body.title",
		`{"title":"a\udc00\ud800"}`:                              "body.title",
	} {
		a := c.Post("/api/v1/things", []byte(body)).Is(422)
		var p rest.Problem
		a.Into(&p)
		named := false
		for _, e := range p.Errors {
			named = named || e.Location == place
		}
		if !named || len(a.Raw) > 2000 {
			t.Errorf("%.80s: want %s named in %.300s", body, place, a.Raw)
		}
	}
	c.Post("/api/v1/things", []byte(`{"title":"\ud83d\ude00"}`)).Is(200).Says("😀")
	for _, body := range []string{
		`{"title":"a"} {}`, `{"title":"a"}x`, `{"title":"a",}`, `{"title":'a'}`, `{"title":"a"`, `{"title":"a\x"}`, "{\"title\":\"a\nb\"}", `{"title":"a","value":01}`,
		`{"title":"a","value":NaN}`, `{"title":"a","value":+1}`, `{,}`, `[1,]`, `nul`, "\xef\xbb\xbf{}", strings.Repeat("[", 100_000), strings.Repeat(`{"names":`, 33) + "1" + strings.Repeat("}", 33),
	} {
		a := c.Post("/api/v1/things", []byte(body)).Problem(400, "bad_request")
		if library.Match(a.Raw) {
			t.Errorf("%.40s: %s", body, a.Raw)
		}
	}
}

// Dates from 2000-01-01 to 2100-12-31 are taken, wherever one comes in.
func TestCase27DatesInBounds(t *testing.T) {
	t.Parallel()
	c := offer(t).As(t, fixture.Manager)
	for _, day := range []string{"2000-01-01", "2100-12-31"} {
		c.Post("/api/v1/things", map[string]any{"title": "a", "on": day, "due_on": day, "at": day + "T12:00:00+08:00"}).Is(200)
		c.Get("/api/v1/things?until=" + day + "&month=" + day[:7] + "&from=" + day + "T12:00:00Z").Is(200)
	}
	for _, day := range []string{"1999-12-31", "2101-01-01", "9999-12-31", "0000-01-01", "0001-01-02"} {
		for _, name := range []string{"on", "due_on", "at"} {
			v := day
			if name == "at" {
				v += "T12:00:00+08:00"
			}
			c.Post("/api/v1/things", map[string]any{"title": "a", name: v}).Problem(422, "invalid").Says(`"location":"body.` + name + `"`).Says("2100-12-31")
		}
		c.Get("/api/v1/things?until="+day).Problem(422, "invalid").Says(`"location":"query.until"`)
		c.Get("/api/v1/things?month="+day[:7]).Problem(422, "invalid").Says(`"location":"query.month"`)
		c.Get("/api/v1/things?from="+day+"T12:00:00Z").Problem(422, "invalid").Says(`"location":"query.from"`)
	}
}

// What the framework refuses is said in the caller's language, in a sentence of
// Duban's own that names the place.
func TestCase29NoTextsOfLibraries(t *testing.T) {
	t.Parallel()
	c := offer(t).As(t, fixture.Manager)
	latin := regexp.MustCompile(`[A-Za-z]{4,}`)
	for _, x := range []struct {
		method, path, contentType, body string
		status                          int
		place                           string
	}{
		{"POST", "/things", "", `{"title":"a","value":1e400}`, 422, "body.value"},
		{"POST", "/things", "", `{"title":"a","count":1e30}`, 422, "body.count"},
		{"POST", "/things", "", `{"title":"a","count":1.5}`, 422, "body.count"},
		{"POST", "/things", "", `{"title":"a","parts":[{"days":1},{"days":1e2}]}`, 422, "body.parts[1].days"},
		{"POST", "/things", "", `{"title":"a","value":"x"}`, 422, "body.value"},
		{"POST", "/things", "", `{"title":"a","link":"::"}`, 422, "body.link"},
		{"POST", "/things", "", `{"title":"a","at":"2026-09-20"}`, 422, "body.at"},
		{"POST", "/things", "", `{"title":"a","at":"2026-09-20T24:00:00Z"}`, 422, "body.at"},
		{"POST", "/things", "", `{"a":N}`, 400, "body"},
		{"POST", "/things", "", ``, 400, ""},
		{"POST", "/things", "", `null`, 422, "body"},
		{"POST", "/things", "text/plain", `{"title":"a"}`, 415, ""},
		{"POST", "/things", "application/xml", `<a/>`, 415, ""},
		{"POST", "/things", "a+b;c+d", `{}`, 415, ""},
		{"POST", "/things", "", `{"title":"` + strings.Repeat("a", 1<<20) + `"}`, 413, ""},
		{"GET", "/things?limit=x", "", "", 422, "query.limit"},
		{"GET", "/things?limit=99999999999999999999", "", "", 422, "query.limit"},
		{"GET", "/things?open=maybe", "", "", 422, "query.open"},
		{"GET", "/things?from=yesterday", "", "", 422, "query.from"},
		{"GET", "/things?nothing=1", "", "", 422, "query.nothing"},
		{"GET", "/things?limit=%zz", "", "", 422, "query"},
		{"GET", "//things", "", "", 404, ""},
		{"GET", "/./things", "", "", 404, ""},
		{"DELETE", "/things", "", "", 405, ""},
	} {
		for _, lang := range []string{"zh-CN", "en"} {
			r := c.With("Accept-Language", lang)
			var body any
			if x.body != "" {
				body = []byte(x.body)
			}
			if x.contentType != "" {
				r = r.With("Content-Type", x.contentType)
			}
			a := r.Do(x.method, "/api/v1"+x.path, body).Is(x.status)
			var p rest.Problem
			a.Into(&p)
			said := []string{p.Title, string(p.Detail)}
			place := ""
			for _, e := range p.Errors {
				said, place = append(said, string(e.Message)), e.Location
			}
			if place != x.place || p.Title == "" || p.Detail == "" {
				t.Errorf("%s %s %.40s: place %q, want %q: %s", x.method, x.path, x.body, place, x.place, a.Raw)
			}
			for _, s := range said {
				words := regexp.MustCompile(`“.*”|https?://\S*|application/json|\\?Content-Encoding|JSON|Allow|DELETE|true|false|/docs`).ReplaceAllString(s, "")
				if library.MatchString(s) || lang == "zh-CN" && latin.MatchString(words) {
					t.Errorf("%s %s %.40s says in %s: %s", x.method, x.path, x.body, lang, s)
				}
			}
		}
	}
	c.With("Content-Encoding", "gzip").Post("/api/v1/things", []byte("\x1f\x8b")).Problem(415, "unsupported_media_type")
	c.With("Idempotency-Key", strings.Repeat("k", 201)).Post("/api/v1/things", map[string]any{"title": "a"}).Problem(422, "invalid").Says("header.Idempotency-Key")
	c.With("If-Match", "\"\xff\"").With("Idempotency-Key", "\xff").Post("/api/v1/things", map[string]any{"title": "a"}).Is(200)
}

// Every answer of the API says that it is not to be kept, and what a page may
// do with it; the document is ready-made.
func TestCase30Headers(t *testing.T) {
	t.Parallel()
	s := offer(t)
	c := s.As(t, fixture.Manager)
	for _, a := range []*resttest.Answer{
		c.Get("/api/v1/things"), c.Post("/api/v1/things", map[string]any{"title": "a"}), c.Get("/api/v1/nothing"), c.Get("/api//v1/things"), c.Delete("/api/v1/things"),
		c.Post("/api/v1/things", []byte("{")), s.As(t, policy.Actor{}).Get("/api/v1/things"), c.With("Sec-Fetch-Site", "cross-site").Post("/api/v1/things", nil),
		c.With("Accept", "json").Get("/api/v1/things"), c.With("Accept", "text/html").Get("/api/v1/things"),
	} {
		for k, want := range map[string]string{
			"Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff",
		} {
			if got := a.Header.Get(k); got != want {
				t.Errorf("status %d: %s is %q, want %q", a.Status, k, got, want)
			}
		}
		p := a.Header.Get("Permissions-Policy")
		if !strings.Contains(p, "camera=(self)") || !strings.Contains(p, "geolocation=(self)") || !strings.Contains(p, "microphone=()") {
			t.Errorf("Permissions-Policy: %s", p)
		}
		if ct := a.Header.Get("Content-Type"); ct != "application/json" && ct != "application/problem+json" {
			t.Errorf("status %d: Content-Type %s", a.Status, ct)
		}
	}
	for _, name := range []string{"/openapi.json", "/openapi.yaml"} {
		a := c.Get(name).Is(200).Says("add-thing")
		tag := a.Header.Get("ETag")
		if !strings.HasPrefix(tag, `"`) || a.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: ETag %s, Cache-Control %s", name, tag, a.Header.Get("Cache-Control"))
		}
		if again := c.With("If-None-Match", tag).Get(name).Is(304); len(again.Raw) != 0 {
			t.Errorf("%s: 304 with %d bytes", name, len(again.Raw))
		}
	}
}

// The cookie of plain HTTP is none over TLS: whoever sits on the line could have
// set it.
func TestCase30CookieNames(t *testing.T) {
	t.Parallel()
	s := offer(t)
	token := s.As(t, fixture.Manager).Token()
	nobody := s.As(t, policy.Actor{})
	tls := nobody.With("X-Forwarded-Proto", "https, http")
	plain, strict := "duban_session="+token, "__Host-duban_session="+token
	nobody.With("Cookie", plain).Get("/api/v1/things").Is(200)
	tls.With("Cookie", strict).Get("/api/v1/things").Is(200)
	tls.With("Cookie", "duban_session=planted; "+strict).Get("/api/v1/things").Is(200)
	tls.With("Cookie", plain).Get("/api/v1/things").Is(401)
	nobody.With("Cookie", strict+"; duban_session=planted").Get("/api/v1/things").Is(200)
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"\u00e9",true,null]}`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, `[[[[`, `1e400`, "\xff", `{"a":"\ud800"}`, ``, ` 0 `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := rest.Parse(data)
		var refusal *rest.Refusal
		if err != nil {
			if !errors.As(err, &refusal) || refusal.Message == "" || !strings.HasPrefix(refusal.Location, "body") || refusal.Status != 400 && refusal.Status != 422 {
				t.Fatalf("%q: %v", data, err)
			}
			if refusal.Status == 400 && json.Valid(data) && !strings.Contains(string(refusal.Message), "deep") && !strings.Contains(string(refusal.Message), "UTF-8") {
				t.Fatalf("%q is valid, but %s", data, refusal.Message)
			}
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %v, encoding/json says %v, %v", data, got, want, err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add(rest.Base64(`["list",{"at":"2026-09-20T00:00:00Z","id":"a"}]`))
	f.Add(rest.Base64(`["list",null]`))
	f.Add("!")
	f.Fuzz(func(t *testing.T, cursor string) {
		var k textKey
		more, err := rest.PageOf("list", cursor).Decode(&k)
		switch {
		case err != nil && (more || k != textKey{}):
			t.Fatalf("%q is refused and gives %v", cursor, k)
		case more && rest.CursorOf("list", k) != cursor:
			t.Fatalf("%q gives %v, which is written %q", cursor, k, rest.CursorOf("list", k))
		case more && (strings.ContainsAny(k.ID, "\x00\x7f") || k.At.Year() < 1999 && !k.At.IsZero()):
			t.Fatalf("%q gives %v", cursor, k)
		}
	})
}
