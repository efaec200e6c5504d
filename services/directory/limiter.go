package directory

import (
	"net"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"golang.org/x/time/rate"
)

// Failed sign-ins from one address: a whole office may sit behind one, so
// this only slows down machines.
const (
	failuresAtOnce    = 60
	failuresPerMinute = 30
	maxAddresses      = 10_000
)

// limiter counts failures by address.
type limiter struct {
	clock clock.Clock
	mu    sync.Mutex
	m     map[string]*rate.Limiter
}

func newLimiter(clk clock.Clock) *limiter { return &limiter{clock: clk, m: map[string]*rate.Limiter{}} }

func (l *limiter) of(address string) *rate.Limiter {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.m[host]
	if r == nil {
		if len(l.m) >= maxAddresses {
			clear(l.m)
		}
		r = rate.NewLimiter(rate.Every(time.Minute/failuresPerMinute), failuresAtOnce)
		l.m[host] = r
	}
	return r
}

// allow tells whether the address may try.
func (l *limiter) allow(address string) bool { return l.of(address).TokensAt(l.clock.Now()) >= 1 }

// note counts a failure.
func (l *limiter) note(address string) { l.of(address).AllowN(l.clock.Now(), 1) }

// strangers counts failures of accounts that do not exist, so that they are
// refused like others and nobody learns which ones do.
type strangers struct {
	clock clock.Clock
	mu    sync.Mutex
	m     map[string]*Person // only the counts are used
}

func newStrangers(clk clock.Clock) *strangers {
	return &strangers{clock: clk, m: map[string]*Person{}}
}

func (s *strangers) of(account string) Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.m[AccountKey(account)]; p != nil {
		return *p
	}
	return Person{}
}

func (s *strangers) note(account string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.m[AccountKey(account)]
	if p == nil {
		if len(s.m) >= maxAddresses {
			clear(s.m)
		}
		p = &Person{}
		s.m[AccountKey(account)] = p
	}
	if now := s.clock.Now(); !p.Locked(now) {
		p.failed(now)
	}
}
