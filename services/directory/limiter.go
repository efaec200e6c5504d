package directory

import (
	"sync"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// Failed sign-ins from one network: a whole office may sit behind one, so
// this only slows down machines. Each process counts for itself.
const (
	failuresAtOnce    = 60
	failuresPerMinute = 30
	// maxNetworks and maxStrangers bound what is remembered; the longest unseen
	// is forgotten.
	maxNetworks  = 10_000
	maxStrangers = 10_000
)

// limiter counts failures by network.
type limiter struct {
	clock clock.Clock
	mu    sync.Mutex
	m     *simplelru.LRU[string, *rate.Limiter]
}

func newLimiter(clk clock.Clock) *limiter {
	m, _ := simplelru.NewLRU[string, *rate.Limiter](maxNetworks, nil) // fails for sizes below 1 only
	return &limiter{clock: clk, m: m}
}

func (l *limiter) of(network string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.m.Get(network)
	if !ok {
		r = rate.NewLimiter(rate.Every(time.Minute/failuresPerMinute), failuresAtOnce)
		l.m.Add(network, r)
	}
	return r
}

// allow tells whether somebody there may try.
func (l *limiter) allow(network string) bool { return l.of(network).TokensAt(l.clock.Now()) >= 1 }

// note counts a failure.
func (l *limiter) note(network string) { l.of(network).AllowN(l.clock.Now(), 1) }

// strangers counts failures of accounts that do not exist, so that they are
// refused like others and nobody learns which ones do.
type strangers struct {
	clock  clock.Clock
	mu     sync.Mutex
	people *simplelru.LRU[string, Person]   // by account; only the counts are used
	places *simplelru.LRU[[2]string, Place] // by account and network
}

func newStrangers(clk clock.Clock) *strangers {
	people, _ := simplelru.NewLRU[string, Person](maxStrangers, nil)
	places, _ := simplelru.NewLRU[[2]string, Place](maxStrangers, nil)
	return &strangers{clock: clk, people: people, places: places}
}

func (s *strangers) of(account, network string) (Person, Place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.get(AccountKey(account), network)
}

func (s *strangers) get(key, network string) (Person, Place) {
	p, _ := s.people.Get(key)
	at, _ := s.places.Get([2]string{key, network})
	at.Network = network
	return p, at
}

func (s *strangers) note(account, network string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := AccountKey(account)
	p, at := s.get(key, network)
	if now := s.clock.Now(); refuse(p, at, now) == nil {
		failed(&p, &at, now)
		s.people.Add(key, p)
		s.places.Add([2]string{key, network}, at)
	}
}
