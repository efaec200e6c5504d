package rest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// What the framework refuses before a use case is reached is said here in
// sentences of our own: its texts name libraries and types, and have no Chinese.

const (
	seeErrors  fault.Text = "The request is not valid; see errors for each wrong part."
	unreadable fault.Text = "The body cannot be read; see errors for the place and the cause."
	wentWrong  fault.Text = "Something went wrong inside. Tell the system administrator the instance below."
)

// maxErrors is how many wrong parts are named: whoever sends more of them will
// not read them.
const maxErrors = 100

// newError is Huma's hook for errors outside of a request.
func newError(status int, msg string, errs ...error) huma.StatusError {
	return newErrorWithContext(nil, status, msg, errs...)
}

// newErrorWithContext is Huma's hook: its own refusals become problems. The
// text of a 5xx is never passed on.
func newErrorWithContext(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
	lang, rid := "", ""
	if ctx != nil {
		lang, rid = ctx.Header("Accept-Language"), id.Request(ctx.Context())
	}
	r := refused{status: status, msg: msg}
	for _, e := range errs {
		if d, ok := e.(huma.ErrorDetailer); ok {
			r.take(d.ErrorDetail())
		}
	}
	detail := r.detail(ctx) // which may change the status
	return problemOf(lang, rid, r.status, detail, r.fields...)
}

// refused is a request that the framework has refused.
type refused struct {
	status int
	msg    string
	fields []fault.Field
}

func (r *refused) take(x *huma.ErrorDetail) {
	if len(r.fields) == maxErrors {
		return
	}
	f := fault.Field{Location: shortPlace(x.Location), Message: ownWords(x.Message), Value: shown(x)}
	if own, ok := refusalIn(x.Message); ok {
		f.Location, f.Message, f.Value = shortPlace(own.Location), own.Message, nil
		r.status = own.Status
	}
	r.fields = append(r.fields, f)
}

// detail says what is wrong with the request as a whole.
func (r *refused) detail(ctx huma.Context) fault.Text {
	switch r.status {
	case http.StatusUnprocessableEntity:
		return seeErrors
	case http.StatusUnsupportedMediaType:
		r.fields = nil
		return unsupported(ctx)
	case http.StatusRequestEntityTooLarge:
		if ctx != nil {
			return fault.Textf("The body is larger than %d bytes, which is the most that is taken here.", ctx.Operation().MaxBodyBytes)
		}
	case http.StatusRequestTimeout:
		return "The body did not come in time. Send it again."
	case http.StatusInternalServerError:
		// A body that breaks off or is not framed as HTTP says is the caller's.
		if strings.Contains(r.msg, "read request body") {
			r.status, r.fields = http.StatusBadRequest, nil
			return "The body ended before it was whole. Send it again."
		}
		return wentWrong
	case http.StatusBadRequest:
		if len(r.fields) == 0 {
			return "The operation wants a body, and there is none."
		}
		return unreadable
	}
	return "The request is not valid."
}

func unsupported(ctx huma.Context) fault.Text {
	if ctx == nil || ctx.Operation().RequestBody == nil {
		return "The body is of a type that is not taken here."
	}
	given := shorten(ctx.Header("Content-Type"))
	taken := strings.Join(slices.Sorted(maps.Keys(ctx.Operation().RequestBody.Content)), ", ")
	return fault.Textf("The body comes as %q; send it as %s.", given, taken)
}

// ownSentences are the framework's texts about parameters, by how they begin.
var ownSentences = []struct {
	begins string
	own    fault.Text
}{
	{"unknown query parameter", "this operation has no such parameter"},
	{"required ", "this parameter must be given"},
	{"invalid integer", "expected a whole number, written in digits alone, of at most 18 of them"},
	{"invalid float", "expected a number"},
	{"invalid boolean", "expected true or false"},
	{"invalid date/time", "expected a time like 2026-09-20T08:00:00Z"},
	{"expected string to be RFC 3986 uri", "expected an address like https://example.com/page"},
	{"expected string to be RFC 4122 uuid", "expected a UUID"},
	{"expected string to be RFC 5322 email", "expected an e-mail address"},
	{"expected string to be regex", "expected a regular expression"},
	{"expected duration", "expected a duration"},
}

// ownWords gives a text of the framework in a sentence of ours. Those of its
// schema check that name neither library nor type are phrases as they are.
func ownWords(message string) fault.Text {
	for _, x := range ownSentences {
		if strings.HasPrefix(message, x.begins) {
			return x.own
		}
	}
	if strings.HasPrefix(message, "expected ") || message == "unexpected property" {
		return fault.Text(message)
	}
	return "it is not valid"
}

// problemOf is a problem that no use case ended in: of the status, in the
// language that lang, an Accept-Language header, asks for.
func problemOf(lang, request string, status int, detail fault.Text, fields ...fault.Field) *Problem {
	code := codeOf[status]
	if code == "" {
		code = "http_error"
	}
	p := &Problem{Type: "/problems/" + code, Status: status, Code: code, Title: platformTexts.Title(code, lang)}
	if request != "" {
		p.Instance = "/requests/" + request
	}
	if status >= 500 {
		p.Detail = fault.Text(platformTexts.Say(wentWrong, lang))
		return p
	}
	p.Detail = fault.Text(platformTexts.Say(detail, lang))
	for _, f := range fields {
		f.Message = fault.Text(platformTexts.Say(f.Message, lang))
		p.Errors = append(p.Errors, f)
	}
	return p
}

// shown is a wrong value as it is given back. A body that could not be read
// may hold anything, and a password is nobody's to see, in a log of the page
// for example.
func shown(x *huma.ErrorDetail) any {
	if x.Location == "body" || strings.Contains(x.Location, "password") || strings.Contains(x.Location, "token") {
		return nil
	}
	return shorten(x.Value)
}

// shorten keeps a wrong value from being echoed at full length.
func shorten(v any) any {
	switch s := v.(type) {
	case string:
		if r := []rune(s); len(r) > 100 {
			return string(r[:100]) + "…"
		}
		return s
	case bool, int, int64, float64, nil:
		return v
	}
	return nil
}

// shortPlace keeps a name that the caller has made up from being echoed at full
// length, and from turning what is read around.
func shortPlace(at string) string {
	seen := func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '·'
		}
		return r
	}
	return fmt.Sprint(shorten(strings.Map(seen, at)))
}
