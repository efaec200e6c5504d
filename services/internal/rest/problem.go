package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// Problem is an RFC 9457 problem document.
type Problem struct {
	Type     string        `json:"type" doc:"A URI reference for the kind of problem" example:"/problems/wrong_state"`
	Title    string        `json:"title" doc:"What is wrong, in the language of the request" example:"当前状态不允许此操作"`
	Status   int           `json:"status" doc:"The HTTP status" example:"409"`
	Code     string        `json:"code" doc:"Stable name of the problem, for programs" example:"wrong_state"`
	Detail   fault.Text    `json:"detail,omitempty" doc:"What is wrong here and how to mend it"`
	Instance string        `json:"instance,omitempty" doc:"Id of the request; give it to the administrator" example:"/requests/01985b2e"`
	Errors   []fault.Field `json:"errors,omitempty" doc:"Each wrong part of the input"`
	Current  any           `json:"current,omitempty" doc:"What the resource is now, for 409 and 412"`

	retryAfter string
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + string(p.Detail) }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(ct string) string {
	if ct == "application/json" || ct == "" {
		return "application/problem+json"
	}
	return ct
}

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter != "" {
		h.Set("Retry-After", p.retryAfter)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="duban"`)
	}
	return h
}

var statusOf = map[fault.Kind]int{
	fault.Unauthorized: http.StatusUnauthorized, fault.Forbidden: http.StatusForbidden,
	fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Stale: http.StatusPreconditionFailed, fault.TooLarge: http.StatusRequestEntityTooLarge,
	fault.Unsupported: http.StatusUnsupportedMediaType, fault.Invalid: http.StatusUnprocessableEntity,
	fault.Limited: http.StatusTooManyRequests, fault.Unavailable: http.StatusServiceUnavailable,
	fault.NotAllowed: http.StatusMethodNotAllowed, fault.OutOfRange: http.StatusRequestedRangeNotSatisfiable,
	fault.Corrupted: 460,
}

var codeOf = map[int]string{
	400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
	406: "not_acceptable", 408: "timeout", 409: "conflict", 412: "stale", 413: "too_large", 415: "unsupported_media_type", 416: "range",
	422: "invalid", 429: "limited", 500: "internal", 503: "unavailable",
}

// problem turns an error of a use case into what the caller sees. What is not
// a fault is logged with the request id, and the caller sees that id only.
func (a *API) problem(ctx context.Context, op string, err error) error {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	f := fault.As(err)
	if f == nil && ctx.Err() == nil {
		// What of a database nobody translated below is no incident either.
		f = fault.As(db.Translate(err))
	}
	if f == nil || f.Kind == fault.Internal {
		if ctx.Err() != nil {
			f = fault.New(fault.Unavailable, "cancelled", "The request was given up.")
		} else {
			a.log.Error("request failed", "operation", op, "request", id.Request(ctx), "error", err)
			return a.internal(ctx)
		}
	}
	p = &Problem{
		Type: "/problems/" + f.Code, Title: a.title(ctx, f.Code), Status: statusOf[f.Kind],
		Code: f.Code, Detail: fault.Text(Say(ctx, f.Detail)), Errors: slices.Clone(f.Fields), Current: f.Current,
	}
	for i := range p.Errors {
		p.Errors[i].Message = fault.Text(Say(ctx, p.Errors[i].Message))
	}
	if rid := id.Request(ctx); rid != "" {
		p.Instance = "/requests/" + rid
	}
	if f.Kind == fault.Unavailable || f.Kind == fault.Limited {
		p.retryAfter = strconv.Itoa(int(max(2*time.Second, f.Retry+time.Second-1) / time.Second))
		if f.Unwrap() != nil {
			a.log.Warn("dependency away", "operation", op, "request", id.Request(ctx), "error", f)
		}
	}
	return p
}

// title is the text of a code as the service that the request is for calls it.
func (a *API) title(ctx context.Context, code string) string {
	h := headersOf(ctx)
	if h.texts == nil {
		h.texts = a.texts
	}
	return h.texts.Title(code, h.language)
}

func (a *API) internal(ctx context.Context) *Problem {
	return &Problem{
		Type: "/problems/internal", Title: a.title(ctx, "internal"), Status: 500, Code: "internal",
		Detail: fault.Text(Say(ctx, wentWrong)), Instance: "/requests/" + id.Request(ctx),
	}
}
