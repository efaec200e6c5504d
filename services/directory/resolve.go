package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duban/duban/policy"
	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// believe is how long a cached answer holds when nothing tells that it
// changed: another replica's event might be late.
const believe = 3 * time.Second

// maxKnown bounds the memory of the cache: some 50 MB.
const maxKnown = 100_000

// Resolved is who a token belongs to and until when.
type Resolved struct {
	Actor      policy.Actor
	Until      time.Time
	MustChange bool
}

// resolved caches answers by token hash.
type resolved struct {
	mu         sync.RWMutex
	generation uint64                              // grows with every forget
	known      *simplelru.LRU[string, *knownToken] // those looked up longest ago go first
	used       map[string]time.Time                // session → last use that is not stored yet
}

type knownToken struct {
	Resolved
	sessionID string
	end       time.Time // of the session, whatever happens
	reload    time.Time
	used      atomic.Int64 // unix microseconds
}

func newResolved() *resolved {
	r := &resolved{used: map[string]time.Time{}}
	r.known, _ = simplelru.NewLRU(maxKnown, func(_ string, k *knownToken) { r.remember(k) }) // fails for sizes below 1 only
	return r
}

// forget drops every answer. Answers that are being looked up right now are
// not kept either, because they may be older than what changed.
func (r *resolved) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.generation++
	r.known.Purge()
}

func (r *resolved) remember(k *knownToken) {
	if at := time.UnixMicro(k.used.Load()).UTC(); at.After(r.used[k.sessionID]) {
		r.used[k.sessionID] = at
	}
}

// takeUsed returns when sessions were last used since it was called before.
func (r *resolved) takeUsed() map[string]time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known.Values() {
		r.remember(k)
	}
	used := r.used
	r.used = map[string]time.Time{}
	return used
}

// Forget drops cached answers; for events of other replicas.
func (s *Service) Forget() { s.resolved.forget() }

// Resolve tells who the token with this hash belongs to; false when there is
// no such live session. While the password is an initial one the actor comes
// without grants.
func (s *Service) Resolve(ctx context.Context, tokenHash string) (Resolved, bool, error) {
	now := s.clock.Now()
	r := s.resolved
	r.mu.RLock()
	k, ok := r.known.Peek(tokenHash)
	generation := r.generation
	r.mu.RUnlock()
	if ok && now.Before(k.reload) {
		if !now.Before(k.end) {
			return Resolved{}, false, nil
		}
		k.used.Store(now.UnixMicro())
		answer := k.Resolved
		answer.Until = earlier(now.Add(idleFor), k.end)
		return answer, true, nil
	}
	return s.lookUp(ctx, tokenHash, now, generation)
}

func (s *Service) lookUp(ctx context.Context, tokenHash string, now time.Time, generation uint64) (Resolved, bool, error) {
	r := s.resolved
	x, found, err := s.store.Holder(ctx, tokenHash)
	if err != nil || !found || x.Disabled {
		return Resolved{}, false, err
	}
	r.mu.RLock()
	if at := r.used[x.SessionID]; at.After(x.SeenAt) {
		x.SeenAt = at
	}
	if old, ok := r.known.Peek(tokenHash); ok {
		if at := time.UnixMicro(old.used.Load()).UTC(); at.After(x.SeenAt) {
			x.SeenAt = at
		}
	}
	r.mu.RUnlock()
	if !now.Before(until(x.SeenAt, x.ExpiresAt)) {
		return Resolved{}, false, nil
	}
	k, err := s.actor(ctx, x)
	if err != nil {
		return Resolved{}, false, err
	}
	k.used.Store(now.UnixMicro())
	k.Until = earlier(now.Add(idleFor), k.end)
	k.reload = now.Add(believe)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.generation != generation {
		r.remember(k)
		return k.Resolved, true, nil
	}
	r.known.Add(tokenHash, k)
	return k.Resolved, true, nil
}

// actor reads the grants of who a session belongs to.
func (s *Service) actor(ctx context.Context, x Holder) (*knownToken, error) {
	k := &knownToken{sessionID: x.SessionID, end: x.ExpiresAt, Resolved: Resolved{MustChange: x.MustChange, Actor: policy.Actor{
		PersonID: x.PersonID, Name: x.Name, SessionID: x.SessionID, UnitID: x.UnitID, UnitPath: x.UnitPath, UnitLevel: x.UnitLevel,
	}}}
	if x.MustChange {
		return k, nil
	}
	gs, err := s.store.GrantsOf(ctx, []string{x.PersonID})
	if err != nil {
		return nil, err
	}
	offices := make([]string, 0, len(gs[x.PersonID]))
	for _, g := range gs[x.PersonID] {
		offices = append(offices, g.OfficeID)
	}
	took, err := s.store.Took(ctx, offices)
	if err != nil {
		return nil, err
	}
	for _, g := range gs[x.PersonID] {
		k.Actor.Grants = append(k.Actor.Grants, policy.Grant{
			Role: g.Role, UnitID: g.UnitID, UnitPath: g.UnitPath, Level: g.Level, OfficeID: g.OfficeID, Took: took[g.OfficeID],
		})
	}
	return k, nil
}

// noteSeen stores when sessions were last used, so that they slide.
func (s *Service) noteSeen(ctx context.Context) error {
	used := s.resolved.takeUsed()
	if len(used) == 0 {
		return nil
	}
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return tx.Seen(ctx, used) })
	if err != nil {
		s.resolved.mu.Lock()
		for k, at := range used {
			if at.After(s.resolved.used[k]) {
				s.resolved.used[k] = at
			}
		}
		s.resolved.mu.Unlock()
	}
	return err
}
