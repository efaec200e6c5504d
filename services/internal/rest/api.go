// Package rest is how every service offers its REST API: one Huma
// configuration, sessions, errors as RFC 9457 problems, paging, entity tags
// and idempotent commands.
package rest

import (
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/i18n"
	"github.com/duban/duban/services/internal/id"
)

// MaxBody is how large the body of an operation may be that sets no limit of
// its own, in bytes. Larger bodies answer 413.
const MaxBody = 1 << 20

// CookieName is the cookie that carries a session token. Over TLS its prefix has
// the browser take it from this host alone, and only over TLS.
func CookieName(secure bool) string {
	if secure {
		return "__Host-duban_session"
	}
	return "duban_session"
}

// API is the one document and router of a process; each service adds its
// operations through a Group.
type API struct {
	huma     huma.API
	mux      *http.ServeMux
	sessions Resolver
	policy   *policy.Engine
	log      *slog.Logger
	texts    *i18n.Texts
	proxies  Proxies
	lives    *lives
}

// Options of New.
type Options struct {
	Version  string
	Sessions Resolver
	Policy   *policy.Engine
	Log      *slog.Logger
	// Proxies are those whose X-Forwarded-For and X-Forwarded-Proto are believed.
	Proxies Proxies
	// Document is the OpenAPI document in YAML where other processes answer a
	// part of the API; empty: of what is mounted here.
	Document []byte
}

// Huma's hooks are variables of its package; they are set before anything runs,
// because several APIs in one process (tests) would otherwise race for them.
func init() {
	huma.NewError = newError
	huma.NewErrorWithContext = newErrorWithContext
	// Its refusals are sentences with their values, said in the language of the
	// request; schemas hold some ready-made.
	huma.ErrorFormatter = func(format string, values ...any) string { //nolint:reassign // its hook for that
		return string(fault.Textf(fault.Text(format), values...))
	}
	// Lists are never null; see finish.
	huma.DefaultArrayNullable = false
	// A name is written as it is in the document, or it is another one.
	huma.ValidateStrictCasing = true
}

// New makes the API on mux.
func New(mux *http.ServeMux, o Options) *API {
	cfg := huma.DefaultConfig("Duban 督办", o.Version)
	cfg.Info.Description = "Campaigns are assigned to units, units acknowledge, act and submit evidence, " +
		"offices review, inspectors order rectification and verify it, and progress rolls up the tree.\n\n" +
		"Sign in with `POST /api/v1/sessions`; send the token as `Authorization: Bearer …`, or let the browser keep the cookie. " +
		"Errors are RFC 9457 problems with a stable `code`. An id out of your reach answers 404, as one that does not exist. " +
		"Lists take `limit` and `cursor` and answer `items` and `next_cursor`; `unit_id` means a unit itself, `under` a unit and all below it. " +
		"Times are RFC 3339 in UTC and end in `_at`; days are local days in China. A deadline is given as a day, `due_on`, which means its end, " +
		"and answered as an instant, `due_at`. Every count of something that can be listed stands beside the `query` of that list. " +
		"Nothing is null: what is not there is absent, and a list without items is empty. `GET /api/v1/notices/stream` tells live what changes."
	cfg.DocsPath = "" // a bundled page; the stock one loads from a CDN
	cfg.SchemasPath = ""
	cfg.CreateHooks = nil
	cfg.OpenAPIPath = "" // ready-made, see document
	cfg.Formats = formats
	cfg.RejectUnknownQueryParameters = true
	cfg.Components.Schemas = newRegistry()
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":  {Type: "http", Scheme: "bearer", Description: "An opaque session token from POST /api/v1/sessions."},
		"cookie": {Type: "apiKey", In: "cookie", Name: CookieName(false), Description: "The same token, kept by the browser; over TLS the cookie is `" + CookieName(true) + "`."},
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	a := &API{
		huma: humago.New(mux, cfg), mux: mux, sessions: o.Sessions, policy: o.Policy, log: o.Log,
		texts: TextsOf(nil), proxies: o.Proxies, lives: newLives(),
	}
	if s, ok := o.Sessions.(interface{ OnEnd(func(sessionID string)) }); ok {
		s.OnEnd(a.lives.end)
	}
	mux.HandleFunc(below, a.unknown)
	a.serveDocument(o.Document)
	return a
}

// below is where every path is an operation or a mistake.
const below = "/api/"

// unknown answers for a path that no operation has, or not with this method.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := a.mux.Handler(other); pattern != below {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		a.WriteProblem(w, r, noPath())
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	a.WriteProblem(w, r, problemOf(r.Header.Get("Accept-Language"), id.Request(r.Context()), http.StatusMethodNotAllowed,
		fault.Textf("This path does not take %s; see the header Allow.", shorten(r.Method))))
}

func noPath() error {
	return fault.New(fault.NotFound, "not_found", "No operation has this path; see /docs.")
}

// OpenAPI is the document of all operations registered so far.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

// Mux is the router, for what is not an operation.
func (a *API) Mux() *http.ServeMux { return a.mux }

// Group is one service's part of the API.
type Group struct {
	api *API
	db  *db.DB
	tag string
	// texts are the service's own; those of the API are all of them, for
	// answers that are no operation's.
	texts *i18n.Texts
	// reads are the operations that read one thing, by their paths.
	reads map[string]any
}

// Group makes the part of a service; d keeps the answers to idempotent
// commands, texts are the service's i18n files.
func (a *API) Group(tag, description string, d *db.DB, texts i18n.Files) *Group {
	a.texts.Add(texts)
	doc := a.huma.OpenAPI()
	doc.Tags = append(doc.Tags, &huma.Tag{Name: tag, Description: description})
	return &Group{api: a, db: d, tag: tag, texts: TextsOf(texts), reads: map[string]any{}}
}

// Huma is the API below, for the rare operation Register cannot express.
func (g *Group) Huma() huma.API { return g.api.huma }

// nameSchema puts the service before the name of a type, because two types of
// one name in two services would otherwise collide. What stands in a document
// has a name: a body without one would be called after whatever surrounds it.
func nameSchema(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Name() == "" && t.Kind() == reflect.Struct {
		panic("schema " + hint + " is of a type without a name")
	}
	outer, inner, generic := strings.Cut(t.Name(), "[")
	// A generic type of the platform, as List[T], belongs to the service of T.
	path, name := t.PkgPath(), huma.DefaultSchemaNamer(t, hint)
	if generic {
		path = inner[:max(0, strings.LastIndexByte(inner, '.'))]
		name = outer + upper(strings.TrimSuffix(inner[strings.LastIndexByte(inner, '.')+1:], "]"))
	}
	_, rest, ok := strings.Cut(path, "/services/")
	if !ok {
		return name
	}
	service, _, _ := strings.Cut(rest, "/")
	if service == "internal" {
		return name
	}
	if service == "host" {
		service = "system" // as its operations are tagged
	}
	if service = upper(service); strings.HasPrefix(name, service) {
		return name
	}
	return service + name
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
