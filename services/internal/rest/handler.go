package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// slow is from when on a request is worth a log line.
const slow = 2 * time.Second

// errPanicked stands for a panic that has been logged already.
var errPanicked = errors.New("panicked")

// Handler is the outermost handler: request ids, panics, cross-site requests,
// security headers and the log.
func (a *API) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.WriteProblem(w, r, fault.New(fault.Forbidden, "cross_origin", "The request came from another site."))
	}))
	inner := guard.Handler(a.mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		rid := id.New()
		r = r.WithContext(id.WithRequest(r.Context(), rid))
		h := w.Header()
		h.Set("X-Request-Id", rid)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		defer func() {
			if p := recover(); p != nil {
				if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(p)
				}
				a.log.Error("request panicked", "request", rid, "method", r.Method, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				a.WriteProblem(w, r, errPanicked)
			}
			if d := time.Since(started); d > slow && w.Header().Get("Content-Type") != "text/event-stream" {
				a.log.Info("slow request", "request", rid, "method", r.Method, "pattern", r.Pattern, "seconds", d.Seconds())
			}
		}()
		if inAPI(r) {
			// Office computers are shared: nothing of it stays on them unless the
			// operation says so.
			h.Set("Cache-Control", "no-store")
			if err := unfit(r); err != nil {
				a.WriteProblem(w, r, err)
				return
			}
			r.Header.Del("Accept") // each operation answers in one way
		}
		inner.ServeHTTP(w, r)
	})
}

// permissions lets the pages take pictures and tell where they were taken, and
// nothing else that a browser asks people for.
const permissions = "camera=(self), geolocation=(self), microphone=(), display-capture=(), midi=(), payment=(), serial=(), usb=(), bluetooth=(), hid=()"

// inAPI tells whether a path belongs to the API, however it is written.
func inAPI(r *http.Request) bool {
	return strings.HasPrefix(path.Clean("/"+r.URL.Path)+"/", below)
}

// unfit says what is wrong with a request of the API, whatever its operation.
func unfit(r *http.Request) error {
	// The router would lead to the path without the slashes and dots: a client
	// that is led elsewhere has a mistake that it does not see.
	if p := r.URL.EscapedPath(); p+"/" == below || strings.TrimSuffix(p, "/") != path.Clean(p) {
		return noPath()
	}
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return fault.BadField("query", "it cannot be read; what is no letter or digit is to be percent-encoded", nil)
	}
	return nil
}

// WriteProblem answers with err outside Huma.
func (a *API) WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	ctx := context.WithValue(r.Context(), headersKey, headers{language: r.Header.Get("Accept-Language"), texts: a.texts})
	var p *Problem
	if errors.Is(err, errPanicked) || !errors.As(a.problem(ctx, r.Pattern, err), &p) {
		p = a.internal(ctx)
	}
	for k, vs := range p.GetHeaders() {
		w.Header()[k] = vs
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func (a *API) write(ctx huma.Context, err error) {
	lang := headers{language: ctx.Header("Accept-Language"), texts: a.texts}
	var p *Problem
	if !errors.As(a.problem(context.WithValue(ctx.Context(), headersKey, lang), ctx.Operation().OperationID, err), &p) {
		p = a.internal(ctx.Context())
	}
	for k, vs := range p.GetHeaders() {
		for _, v := range vs {
			ctx.SetHeader(k, v)
		}
	}
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
}

func (a *API) refusal(_ context.Context, err error) error {
	if err != nil {
		return err
	}
	return fault.New(fault.Unauthorized, "unauthorized", "There is no session, or it has ended. Sign in with POST /api/v1/sessions.")
}
