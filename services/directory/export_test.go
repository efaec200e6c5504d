package directory

import "github.com/duban/duban/services/internal/clock"

// What tests outside the package may look at.
var (
	NewHasher          = newHasher
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
