package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

type note struct {
	Text    string `json:"text" maxLength:"20"`
	Version int64  `json:"version"`
}

type newNote struct {
	Text string `json:"text" doc:"The text" example:"a"`
}

// noteGiven is what a use case takes in.
type noteGiven struct {
	Text string `limit:"1..20"`
}

type noteInput struct{ Body newNote }

// serve offers operations that fail in every way there is.
func serve(t *testing.T, d *db.DB, done *atomic.Int64) *resttest.Server {
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the failures below are wanted
	return resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("notes", "Notes", d, nil)
		rest.Register(g, rest.Op{ID: "add-note", Input: noteGiven{}, Method: http.MethodPost, Path: "/notes", Summary: "s", Description: "d", Session: true},
			func(ctx context.Context, in *noteInput) (*rest.Reply[note], error) {
				err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
					if in.Body.Text == "broken" {
						return errors.New("secret of the inside")
					}
					done.Add(1)
					return nil
				})
				return rest.Answer(note{Text: in.Body.Text, Version: done.Load()}), err
			})
		rest.Register(g, rest.Op{ID: "change-note", Method: http.MethodPatch, Path: "/notes/{id}", Summary: "s", Description: "d", Session: true, IfMatch: true},
			func(ctx context.Context, _ *rest.ByID) (*rest.Reply[note], error) {
				v, err := rest.Wanted(ctx)
				if err == nil {
					err = fault.Version(v, 3)
				}
				return rest.Answer(note{Version: 3}), err
			})
		rest.Register(g, rest.Op{ID: "panic", Method: http.MethodGet, Path: "/panic", Summary: "s", Description: "d", Public: true},
			func(context.Context, *struct{}) (*struct{}, error) { panic("secret of the inside") })
	})
}

func TestErrorsAreProblems(t *testing.T) {
	t.Parallel()
	var done atomic.Int64
	s := serve(t, dbtest.Open(t, "directory", db.SQLite), &done)
	c := s.As(t, fixture.Manager)
	s.As(t, policy.Actor{}).Post("/api/v1/notes", map[string]any{"text": "a"}).Problem(401, "unauthorized")
	c.Post("/api/v1/notes", map[string]any{"text": strings.Repeat("长", 21)}).Problem(422, "invalid")
	c.Post("/api/v1/notes", map[string]any{}).Problem(422, "invalid")
	c.Post("/api/v1/notes", map[string]any{"text": "a", "more": 1}).Problem(422, "invalid")
	c.Post("/api/v1/notes", []byte(`{"text":`)).Problem(400, "bad_request")
	c.Post("/api/v1/notes", bytes.Repeat([]byte(" "), 10<<20)).Problem(413, "too_large")
	c.Post("/api/v1/notes", []byte(`{"text":"a\u0000b"}`)).Problem(422, "invalid_text")
	c.Post("/api/v1/notes", []byte("{\"text\":\"a\xff\"}")).Problem(422, "invalid")
	done.Store(0)
	c.Do("PATCH", "/api/v1/notes/x", nil).Is(200)
	c.With("If-Match", `"3"`).Do("PATCH", "/api/v1/notes/x", nil).Is(200)
	c.With("If-Match", `"2"`).Do("PATCH", "/api/v1/notes/x", nil).Problem(412, "stale")
	c.With("If-Match", `"x"`).Do("PATCH", "/api/v1/notes/x", nil).Problem(422, "invalid")
	c.With("Sec-Fetch-Site", "cross-site").Post("/api/v1/notes", map[string]any{"text": "a"}).Problem(403, "cross_origin")
	for _, a := range []*resttest.Answer{c.Post("/api/v1/notes", map[string]any{"text": "broken"}), c.Get("/api/v1/panic")} {
		a.Problem(500, "internal")
		if bytes.Contains(a.Raw, []byte("secret")) {
			t.Errorf("a 5xx tells of the inside: %s", a.Raw)
		}
	}
	var p rest.Problem
	c.With("Accept-Language", "en-GB").Get("/api/v1/panic").Into(&p)
	if p.Title != "Internal error" {
		t.Errorf("title %q is not English", p.Title)
	}
	for lang, want := range map[string][]string{
		"":           {"填写内容有误，请逐项查看。", "最多20个字"},
		"en":         {"The request is not valid; see errors for each wrong part.", "expected length <= 20"},
		"en-GB,zh":   {"The request is not valid; see errors for each wrong part.", "expected length <= 20"},
		"zh-CN,en;q": {"填写内容有误，请逐项查看。", "最多20个字"},
	} {
		c.With("Accept-Language", lang).Post("/api/v1/notes", map[string]any{"text": strings.Repeat("长", 21)}).Into(&p)
		if len(p.Errors) != 1 || string(p.Detail) != want[0] || string(p.Errors[0].Message) != want[1] {
			t.Errorf("in %q: %+v, want %q", lang, p, want)
		}
	}
	if c.With("Accept-Language", "zh").Do("PUT", "/api/v1/notes", nil).Into(&p); !strings.Contains(string(p.Detail), "不支持PUT方法") {
		t.Errorf("405 in Chinese: %s", p.Detail)
	}
	c.With("If-Match", `"2"`).With("Accept-Language", "zh-CN").Do("PATCH", "/api/v1/notes/x", nil).Into(&p)
	if p.Detail != "内容已被他人修改：您看到的是第2版，现在是第3版。请刷新后再操作。" {
		t.Errorf("what was changed by somebody else: %s", p.Detail)
	}
	if n := done.Load(); n != 0 {
		t.Errorf("%d notes were added by requests that failed", n)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		var done atomic.Int64
		s := serve(t, d, &done)
		c := s.As(t, fixture.Manager).With("Idempotency-Key", "k1")
		var wg sync.WaitGroup
		answers := make([]string, 8)
		for i := range answers {
			wg.Go(func() { answers[i] = string(c.Post("/api/v1/notes", map[string]any{"text": "a"}).Is(200).Raw) })
		}
		wg.Wait()
		for _, a := range answers {
			if a != answers[0] {
				t.Errorf("answers differ: %s, %s", a, answers[0])
			}
		}
		if n := done.Load(); n != 1 {
			t.Errorf("done %d times", n)
		}
		c.Post("/api/v1/notes", map[string]any{"text": "b"}).Problem(422, "idempotency_mismatch")
		s.As(t, fixture.Reporter).With("Idempotency-Key", "k1").Post("/api/v1/notes", map[string]any{"text": "a"}).Is(200)
		// Whoever has lost rights since is not shown the answer again.
		less := fixture.Manager
		less.Grants = nil
		s.As(t, less).With("Idempotency-Key", "k1").Post("/api/v1/notes", map[string]any{"text": "a"}).Problem(409, "idempotency_unknown")
		s.As(t, fixture.Manager)
		c.With("Idempotency-Key", "k2").Post("/api/v1/notes", map[string]any{"text": "broken"}).Problem(500, "internal")
		c.With("Idempotency-Key", "k2").Post("/api/v1/notes", map[string]any{"text": "broken"}).Problem(500, "internal")
		if n := done.Load(); n != 2 {
			t.Errorf("done %d times, want 2", n)
		}
	})
}

func TestEveryPlatformCodeHasBothTexts(t *testing.T) {
	t.Parallel()
	read := func(lang string) map[string]string {
		raw, err := rest.OwnText(lang)
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]string
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	zh, en := read("zh-CN"), read("en")
	for k := range zh {
		if en[k] == "" {
			t.Errorf("%s has no English text", k)
		}
	}
	if len(zh) != len(en) {
		t.Errorf("%d Chinese texts, %d English", len(zh), len(en))
	}
}
