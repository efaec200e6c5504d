package rest

import (
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/i18n"
)

// Op describes one operation.
type Op struct {
	ID          string // kebab-case, unique: get-assignment
	Method      string
	Path        string // below /api/v1
	Summary     string
	Description string
	// Resource and Action are what the policy is asked; both stand in the
	// document as x-duban-resource and x-duban-action. An operation without
	// them must be Public or say Session.
	Resource, Action string
	// Public operations need no session.
	Public bool
	// Session operations need a session and nothing more.
	Session bool
	// Status of success; 0 means 200, or 204 where there is no body.
	Status int
	// Also are further statuses of success, with the same body.
	Also []int
	// Errors beyond those every operation has (401, 403, 404, 422, 429, 500, 503).
	Errors []int
	// Media are the types of the answer where it is bytes and no JSON.
	Media []string
	// Takes are the types of the body where it is bytes and no JSON; Example is
	// of the first.
	Takes []string
	// MaxBody in bytes; 0 means MaxBody.
	MaxBody int64
	// IfMatch documents and reads If-Match; see Wanted.
	IfMatch bool
	// Secret operations answer or take passwords. Other commands can be sent
	// with an Idempotency-Key, for which their answer is kept for a while;
	// those of secret ones never are.
	Secret bool
	// AnswersMore says that a command on one thing answers with more than how
	// the thing is after it, so that its answer is kept for an Idempotency-Key.
	AnswersMore bool
	// Input is a value of what the use case takes in. Its limits are those of the
	// body, and where it names a wrong field, the body's name is told. Whatever
	// takes a body of more than flags and days has one.
	Input any
	// Example of the request body.
	Example any
}

// Register adds an operation. f gets a context with the actor (see Actor) and
// returns faults for what the caller did wrong; any other error becomes a 500
// that tells nothing.
func Register[I, O any](g *Group, op Op, f func(context.Context, *I) (*O, error)) {
	if op.Summary == "" || op.Description == "" || op.ID == "" {
		panic("operation " + op.ID + op.Path + " lacks its id, summary or description")
	}
	if !op.Public && !op.Session && (op.Resource == "" || op.Action == "") {
		panic("operation " + op.ID + " names neither a resource and action, nor Session, nor Public")
	}
	repeatable := op.Method != http.MethodGet && !op.Public && !op.Secret
	h := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: "/api/v1" + op.Path,
		Summary: op.Summary, Description: op.Description, Tags: []string{g.tag},
		DefaultStatus: op.Status, MaxBodyBytes: op.MaxBody,
		Errors:     append([]int{http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable}, op.Errors...),
		Extensions: map[string]any{},
	}
	if h.MaxBodyBytes == 0 {
		h.MaxBodyBytes = MaxBody
	}
	if !op.Public {
		h.Errors = append(h.Errors, http.StatusUnauthorized)
		h.Security = []map[string][]string{{"token": {}}, {"cookie": {}}}
		h.Middlewares = append(h.Middlewares, g.api.authenticate)
	} else {
		h.Security = []map[string][]string{}
	}
	if op.Resource != "" {
		h.Errors = append(h.Errors, http.StatusForbidden, http.StatusNotFound)
		h.Extensions["x-duban-resource"] = op.Resource
		h.Extensions["x-duban-action"] = op.Action
	}
	if op.Method != http.MethodGet {
		h.Errors = append(h.Errors, http.StatusForbidden) // what comes from another site
	}
	if takesBody(reflect.TypeFor[I]()) {
		h.Errors = append(h.Errors, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	h.Middlewares = append(h.Middlewares, g.headers)
	if op.IfMatch {
		h.Errors = append(h.Errors, http.StatusPreconditionFailed)
		h.Parameters = append(h.Parameters, &huma.Param{Name: "If-Match", In: "header", Schema: &huma.Schema{Type: "string"},
			Description: "The ETag you have; answers 412 when it is no longer the newest.", Example: `"3"`})
	}
	if repeatable {
		h.Errors = append(h.Errors, http.StatusConflict)
		h.Parameters = append(h.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MaxLength: ptr(200)},
			Description: "Any text of your own, unique for the command. The same key again does nothing twice: it gives the same answer or, after a command on one thing that answers with it, the thing as it is now.", Example: "5f0c7a9e-submit-1"})
	}
	g.readsOne(op, f)
	command := sync.OnceValue(func() keyed[I, O] { return keyed[I, O]{g, op, f, answersAgain[I, O](g, op)} })
	handle := func(ctx context.Context, in *I) (*O, error) {
		var out *O
		bind(reflect.ValueOf(in).Elem(), op.ID)
		err := cleanTexts(in)
		if err == nil {
			err = datesInBounds(in)
		}
		if err != nil {
			return nil, g.api.problem(ctx, op.ID, err)
		}
		if repeatable && idempotencyKey(ctx) != "" {
			out, err = command().once(ctx, in)
		} else {
			out, err = f(ctx, in)
		}
		if err != nil {
			locate(err, reflect.TypeFor[I](), op.Input)
			return nil, g.api.problem(ctx, op.ID, err)
		}
		finish(reflect.ValueOf(out), op.ID, func(s fault.Text) string { return Say(ctx, s) })
		return out, nil
	}
	huma.Register(g.api.huma, h, handle)
	g.enumerate(h.Path, op.ID, reflect.TypeFor[I]())
	g.limit(op, reflect.TypeFor[I]())
	g.answersAlso(h.Path, op)
	if len(op.Media) > 0 {
		g.answersBytes(h.Path, op)
	}
	g.exemplify(h.Path, op.ID)
	if len(op.Takes) > 0 {
		g.takesBytes(h.Path, op)
	} else if op.Example != nil {
		if o := g.operation(h.Path, op.ID); o.RequestBody != nil {
			for _, mt := range o.RequestBody.Content {
				mt.Example = op.Example
			}
		}
	}
}

// operation is what the document has under an id.
func (g *Group) operation(path, id string) *huma.Operation {
	p := g.api.huma.OpenAPI().Paths[path]
	for _, o := range []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete} {
		if o != nil && o.OperationID == id {
			return o
		}
	}
	panic("the document has no operation " + id)
}

// enumerate gives the parameters of an operation the values that they may have;
// those of bodies come with their types, see registry. A list is no longer than
// there are values.
func (g *Group) enumerate(path, id string, in reflect.Type) {
	for _, x := range g.operation(path, id).Parameters {
		for _, f := range reflect.VisibleFields(in) {
			if name, _, _ := strings.Cut(f.Tag.Get(x.In), ","); name == x.Name {
				enumerate(x.Schema, f)
				if n := len(fault.ValuesOf(f)); n > 0 && x.Schema.Type == huma.TypeArray {
					x.Schema.MaxItems = &n
					x.Schema.PrecomputeMessages()
				}
			}
		}
	}
}

func takesBody(in reflect.Type) bool {
	_, body := in.FieldByName("Body")
	_, raw := in.FieldByName("RawBody")
	for i := range in.NumField() {
		raw = raw || in.Field(i).Type == reflect.TypeFor[Spool]()
	}
	return body || raw
}

// answersAlso describes the further statuses of success.
func (g *Group) answersAlso(path string, op Op) {
	o := g.operation(path, op.ID)
	for _, status := range op.Also {
		like := *o.Responses[strconv.Itoa(o.DefaultStatus)]
		like.Description = http.StatusText(status)
		o.Responses[strconv.Itoa(status)] = &like
	}
}

// answersBytes describes the answer of an operation that is a file.
func (g *Group) answersBytes(path string, op Op) {
	content := map[string]*huma.MediaType{}
	for _, m := range op.Media {
		content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	g.api.huma.OpenAPI().Paths[path].Get.Responses["200"] = &huma.Response{
		Description: "The file", Content: content, Headers: map[string]*huma.Param{
			"Content-Disposition": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "attachment, with the name as RFC 6266 says"},
		},
	}
}

// takesBytes describes the body of an operation that is a file.
func (g *Group) takesBytes(path string, op Op) {
	body := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
	for _, m := range op.Takes {
		body.Content[m] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	body.Content[op.Takes[0]].Example = op.Example
	g.operation(path, op.ID).RequestBody = body
}

// exemplify gives the parameters of an operation examples that have none of
// their own: for most of them it would be the same everywhere.
func (g *Group) exemplify(path, id string) {
	for _, x := range g.operation(path, id).Parameters {
		s := x.Schema
		if x.Example != nil || s == nil || len(s.Examples) > 0 {
			continue
		}
		switch {
		case len(s.Enum) > 0:
			x.Example = s.Enum[0]
		case s.Type == huma.TypeArray && s.Items != nil && len(s.Items.Enum) > 0:
			x.Example = s.Items.Enum[:1]
		case s.Type == huma.TypeBoolean:
			x.Example = true
		case x.Name == "under" || strings.HasSuffix(x.Name, "_id"):
			x.Example = "01900000-0000-7000-8000-000000000007"
		case x.Name == "cursor":
			x.Example = cursor(id, mustJSON("01985b2e-7c1a-7000-8000-000000000001"))
		}
	}
}

func ptr[T any](v T) *T { return &v }

type ctxKey int

const (
	actorKey ctxKey = iota
	headersKey
)

type headers struct {
	ifMatch        string
	idempotencyKey string
	language       string
	texts          *i18n.Texts
	address        string
	secure         bool
	userAgent      string
}

func (g *Group) headers(ctx huma.Context, next func(huma.Context)) {
	h := headers{
		ifMatch: ctx.Header("If-Match"), idempotencyKey: ctx.Header("Idempotency-Key"),
		language: ctx.Header("Accept-Language"), texts: g.texts,
		// Headers may hold any bytes; it is kept with the session.
		userAgent: strings.ToValidUTF8(ctx.Header("User-Agent"), ""),
	}
	r, _ := humago.Unwrap(ctx)
	h.address, h.secure = g.api.proxies.client(r)
	if len(h.idempotencyKey) > 200 {
		g.api.write(ctx, fault.BadField("header.Idempotency-Key", fault.Textf("expected at most %d characters", 200), nil))
		return
	}
	if e := ctx.Header("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") && ctx.Operation().RequestBody != nil {
		g.api.write(ctx, fault.New(fault.Unsupported, "unsupported_media_type", "A compressed body is not taken; send it as it is, without Content-Encoding."))
		return
	}
	next(huma.WithValue(ctx, headersKey, h))
}

func headersOf(ctx context.Context) headers {
	h, _ := ctx.Value(headersKey).(headers)
	return h
}

func idempotencyKey(ctx context.Context) string { return headersOf(ctx).idempotencyKey }

// UserAgent is what the caller's program calls itself.
func UserAgent(ctx context.Context) string { return headersOf(ctx).userAgent }

// Actor is who makes the request; empty in public operations.
func Actor(ctx context.Context) policy.Actor {
	a, _ := ctx.Value(actorKey).(policy.Actor)
	return a
}

// WithActor is for tests and for work done on somebody's behalf.
func WithActor(ctx context.Context, a policy.Actor) context.Context {
	return context.WithValue(ctx, actorKey, a)
}

// Wanted is the version named by If-Match, 0 when there is none or it is "*".
func Wanted(ctx context.Context) (int64, error) {
	s := headersOf(ctx).ifMatch
	if s == "" || s == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(s, "W/"), `"`), 10, 64)
	if err != nil || v < 1 {
		return 0, fault.BadField("header.If-Match", `expected an ETag as answered before, like "3"`, shorten(strings.ToValidUTF8(s, "")))
	}
	return v, nil
}

// ETag is the entity tag of version v.
func ETag(v int64) string { return `"` + strconv.FormatInt(v, 10) + `"` }

// Reply is an answer with a body and, for things that have versions, its tag.
type Reply[T any] struct {
	ETag string `header:"ETag" doc:"Version of the resource, for If-Match"`
	Body T
}

// Answer wraps v; its tag comes from an int64 field named Version, if it has one.
func Answer[T any](v T) *Reply[T] {
	r := &Reply[T]{Body: v}
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.Kind() == reflect.Struct {
		if f := rv.FieldByName("Version"); f.IsValid() && f.Kind() == reflect.Int64 {
			r.ETag = ETag(f.Int())
		}
	}
	return r
}

// ByID is the input of an operation on one resource. Embed it, exported.
type ByID struct {
	ID string `path:"id" maxLength:"64" doc:"Id of the resource" example:"01985b2e-7c1a-7000-8000-000000000001"`
}
