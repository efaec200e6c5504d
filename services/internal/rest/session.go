package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
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

// Sessions resolves tokens by asking the directory. Where the directory runs
// in the same process it is asked every time; otherwise answers are kept for
// a few seconds, and forgotten at once when an event tells of a change.
type Sessions struct {
	bus   *bus.Bus
	mu    sync.Mutex
	known map[string]knownSession
}

type knownSession struct {
	actor policy.Actor
	until time.Time
}

// NewSessions makes the resolver of a process.
func NewSessions(b *bus.Bus) (*Sessions, error) {
	s := &Sessions{bus: b, known: map[string]knownSession{}}
	// Events on the stream reach plain subscribers too: nothing is kept for
	// them, which is all a cache needs.
	for _, t := range []event.Type{event.SessionEnded, event.GrantGiven, event.GrantWithdrawn, event.PersonsChanged, event.UnitMoved, event.UnitsChanged, event.PasswordChanged} {
		if err := b.OnSignal(t.Subject(), func(string, []byte) { s.forget() }); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Sessions) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
}

// Resolve implements Resolver.
func (s *Sessions) Resolve(ctx context.Context, token string) (policy.Actor, bool, error) {
	hash := HashToken(token)
	keep := !s.bus.Answered(rpc.ResolveSession)
	if keep {
		s.mu.Lock()
		k, ok := s.known[hash]
		s.mu.Unlock()
		if ok && time.Now().Before(k.until) {
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
		s.mu.Lock()
		if len(s.known) > 10_000 {
			clear(s.known)
		}
		s.known[hash] = knownSession{actor: actor, until: time.Now().Add(cacheFor)}
		s.mu.Unlock()
	}
	return actor, true, nil
}

// Token reads the session token of a request: Authorization: Bearer, else the cookie.
func Token(r *http.Request) string {
	if t, ok := bearer(r.Header.Get("Authorization")); ok {
		return t
	}
	return cookieToken(r.TLS != nil || overTLS(r.Header.Get("X-Forwarded-Proto")), func(name string) (*http.Cookie, error) { return r.Cookie(name) })
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
		actor, ok, err := a.resolve(r.Context(), Token(r))
		if err != nil || !ok {
			a.WriteProblem(w, r, a.refusal(r.Context(), err))
			return
		}
		next.ServeHTTP(w, r.WithContext(WithActor(r.Context(), actor)))
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
	return g.api.resolve(ctx.Context(), token(ctx))
}

func token(ctx huma.Context) string {
	if t, ok := bearer(ctx.Header("Authorization")); ok {
		return t
	}
	secure := ctx.TLS() != nil || overTLS(ctx.Header("X-Forwarded-Proto"))
	return cookieToken(secure, func(name string) (*http.Cookie, error) { return huma.ReadCookie(ctx, name) })
}

func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	actor, ok, err := a.resolve(ctx.Context(), token(ctx))
	if err != nil || !ok {
		a.write(ctx, a.refusal(ctx.Context(), err))
		return
	}
	next(huma.WithValue(ctx, actorKey, actor))
}
