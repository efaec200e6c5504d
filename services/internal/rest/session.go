package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	lru "github.com/hashicorp/golang-lru/v2"
)

// Resolver tells who a session token belongs to.
type Resolver interface {
	// Resolve returns the actor, or false for a token that is unknown, ended
	// or expired, and for a disabled person. Errors are faults.
	Resolve(ctx context.Context, token string) (policy.Actor, bool, error)
}

// HashToken is how a token is stored and asked for: its SHA-256 in hex.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// cacheFor bounds how long another process's answer is believed when no event
// tells that it changed.
const cacheFor = 3 * time.Second

// maxKnown bounds how many answers are kept.
const maxKnown = 10_000

// Sessions resolves tokens by asking the directory. Where the directory runs
// in the same process it is asked every time; otherwise answers are kept for
// a few seconds, and forgotten at once when an event tells of a change.
type Sessions struct {
	bus   *bus.Bus
	known *lru.Cache[string, knownSession]
	mu    sync.Mutex
	onEnd []func(sessionID string)
}

type knownSession struct {
	actor policy.Actor
	until time.Time
}

// NewSessions makes the resolver of a process.
func NewSessions(b *bus.Bus) (*Sessions, error) {
	known, err := lru.New[string, knownSession](maxKnown)
	if err != nil {
		return nil, err
	}
	s := &Sessions{bus: b, known: known}
	// Events on the stream reach plain subscribers too: nothing is kept for
	// them, which is all a cache needs.
	for _, t := range []event.Type{event.SessionEnded, event.GrantGiven, event.GrantWithdrawn, event.PersonsChanged, event.UnitMoved, event.UnitsChanged, event.PasswordChanged} {
		if err := b.OnSignal(t.Subject(), func(string, []byte) { s.known.Purge() }); err != nil {
			return nil, err
		}
	}
	err = b.OnSignal(event.SessionEnded.Subject(), func(_ string, data []byte) {
		var e event.Event
		if json.Unmarshal(data, &e) != nil {
			return
		}
		if x, err := event.Decode[event.Session](e); err == nil {
			s.ended(x.SessionID)
		}
	})
	return s, err
}

// OnEnd has f called with each session that ends anywhere, within a moment.
func (s *Sessions) OnEnd(f func(sessionID string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onEnd = append(s.onEnd, f)
}

func (s *Sessions) ended(sessionID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.onEnd {
		f(sessionID)
	}
}

// Resolve implements Resolver.
func (s *Sessions) Resolve(ctx context.Context, token string) (policy.Actor, bool, error) {
	hash := HashToken(token)
	keep := !s.bus.Answered(rpc.ResolveSession)
	if keep {
		if k, ok := s.known.Get(hash); ok && time.Now().Before(k.until) {
			return k.actor, true, nil
		}
	}
	a, err := bus.Ask[rpc.ResolveSessionRequest, rpc.ResolveSessionReply](ctx, s.bus, rpc.ResolveSession, rpc.ResolveSessionRequest{TokenHash: hash})
	if err != nil || !a.Found {
		return policy.Actor{}, false, err
	}
	actor := policy.Actor{
		PersonID: a.PersonID, Name: a.Name, SessionID: a.SessionID,
		UnitID: a.UnitID, UnitPath: a.UnitPath, UnitLevel: a.UnitLevel, Grants: make([]policy.Grant, len(a.Grants)),
	}
	for i, g := range a.Grants {
		actor.Grants[i] = policy.Grant(g)
	}
	if keep {
		s.known.Add(hash, knownSession{actor: actor, until: time.Now().Add(cacheFor)})
	}
	return actor, true, nil
}

// token reads the session token of a request: Authorization: Bearer, else the cookie.
func (a *API) token(r *http.Request) string {
	if t, ok := bearer(r.Header.Get("Authorization")); ok {
		return t
	}
	_, secure := a.proxies.client(r)
	return cookieToken(secure, r.Cookie)
}

// cookieToken reads the session cookie. Under the name that anybody on the way
// can set over plain HTTP it counts only where there is nothing else.
func cookieToken(secure bool, cookie func(name string) (*http.Cookie, error)) string {
	names := []string{CookieName(true), CookieName(false)}
	if secure {
		names = names[:1]
	}
	for _, name := range names {
		if c, err := cookie(name); err == nil {
			return c.Value
		}
	}
	return ""
}

// overTLS reads X-Forwarded-Proto, whose first value is what the browser spoke.
// Whoever lies in it only gets, and has to send, the stricter cookie.
func overTLS(forwarded string) bool {
	first, _, _ := strings.Cut(forwarded, ",")
	return strings.EqualFold(strings.TrimSpace(first), "https")
}

func bearer(h string) (string, bool) {
	if len(h) > 7 && strings.EqualFold(h[:7], "bearer ") {
		return strings.TrimSpace(h[7:]), true
	}
	return "", false
}

// Authenticate is for handlers outside Huma (resumable uploads): it answers
// 401 itself and calls next with the actor in the request's context.
func (a *API) Authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		actor, ok, err := a.resolve(r.Context(), a.token(r))
		if err != nil || !ok {
			a.WriteProblem(w, r, a.refusal(r.Context(), err))
			return
		}
		ctx, done, ok := a.lives.begin(WithActor(r.Context(), actor), actor.SessionID, w)
		if !ok {
			a.WriteProblem(w, r, a.refusal(r.Context(), nil))
			return
		}
		defer done()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (a *API) resolve(ctx context.Context, token string) (policy.Actor, bool, error) {
	if token == "" || len(token) > 200 {
		return policy.Actor{}, false, nil
	}
	return a.sessions.Resolve(ctx, token)
}

// Again resolves the session of an answer that goes on for long, as a live
// stream, once more: it may have ended, and its person's rights may be others.
func (g *Group) Again(ctx huma.Context) (a policy.Actor, alive bool, err error) {
	r, _ := humago.Unwrap(ctx)
	return g.api.resolve(ctx.Context(), g.api.token(r))
}

func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	actor, ok, err := a.resolve(ctx.Context(), a.token(r))
	if err != nil || !ok {
		a.write(ctx, a.refusal(ctx.Context(), err))
		return
	}
	if ctx.Operation().Extensions["x-duban-resource"] == nil {
		// What people do about their own session, as ending it, is short.
		next(huma.WithValue(ctx, actorKey, actor))
		return
	}
	_, w := humago.Unwrap(ctx)
	live, done, ok := a.lives.begin(WithActor(ctx.Context(), actor), actor.SessionID, w)
	if !ok {
		a.write(ctx, a.refusal(ctx.Context(), nil))
		return
	}
	defer done()
	next(huma.WithContext(ctx, live))
}
