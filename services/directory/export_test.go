package directory

import (
	"testing"

	"github.com/duban/duban/services/internal/clock"
)

// Most tests sign in to get on: at the usual cost that took more than half of
// the processor time of the package.
var cheap = cost{memory: 64, passes: 1}

func init() { hashing = cheap }

// UsualCost has services that are made until the test ends hash as the program
// does. The test must not be parallel.
func UsualCost(t *testing.T) {
	hashing = usual
	t.Cleanup(func() { hashing = cheap })
}

// NewHasher hashes as the program does.
func NewHasher() *hasher { return newHasher(usual) }

// What tests outside the package may look at.
var (
	NewInitialPassword = newInitialPassword
	HashInitial        = hashInitial
	Initials           = initials
	FailedAt           = failed
	Network            = network
)

// Constants of the rules under test.
const (
	MaxTries        = maxTries
	LockFor         = lockFor
	InitialAlphabet = initialAlphabet
	FailuresAtOnce  = failuresAtOnce
)

func (h *hasher) Hash(password string) string          { return h.hash(password) }
func (h *hasher) Matches(stored, password string) bool { return h.matches(stored, password) }
func NewLimiter(clk clock.Clock) *limiter              { return newLimiter(clk) }
func (l *limiter) Allow(address string) bool           { return l.allow(address) }
func (l *limiter) Note(address string)                 { l.note(address) }
