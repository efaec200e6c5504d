package directory

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/duban/duban/services/internal/fault"
	"golang.org/x/crypto/argon2"
)

// cost is what hashing a password that a person chose takes.
type cost struct{ memory, passes uint32 } // KiB

// usual is OWASP's argon2id minimum.
var usual = cost{memory: 19 * 1024, passes: 2}

// hashing is the cost in force; only tests, which sign in by the thousand,
// have another than the usual one.
var hashing = usual

const (
	argonThreads = 1
	argonKey     = 32 // bytes

	// maxHashes bounds the memory that sign-ins take together, maxWaiting and
	// maxWaitingEach how many wait for a turn: all, and those of one address.
	maxHashes      = 2
	maxWaiting     = 32
	maxWaitingEach = 2

	minPassword = 10  // characters
	maxPassword = 128 // characters
)

// initialAlphabet leaves out what is easily mistaken in print: i l o 0 1.
const initialAlphabet = "abcdefghjkmnpqrstuvwxyz23456789"

// newInitialPassword is random, printable, and changed at the first sign-in:
// 20 letters of 31, 99 bits.
func newInitialPassword() string {
	var b strings.Builder
	buf := make([]byte, 64)
	for n := 0; n < 20; {
		_, _ = rand.Read(buf)
		for _, x := range buf {
			// 248 is the largest multiple of 31 in a byte: no letter is likelier.
			if x >= 248 || n == 20 {
				continue
			}
			if n > 0 && n%4 == 0 {
				b.WriteByte('-')
			}
			b.WriteByte(initialAlphabet[x%31])
			n++
		}
	}
	return b.String()
}

// hashInitial needs no stretching: nobody guesses a random secret of 99 bits.
func hashInitial(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return "sha256$" + hex.EncodeToString(salt) + "$" + initialDigest(salt, password)
}

func initialDigest(salt []byte, password string) string {
	sum := sha256.Sum256(append(append([]byte{}, salt...), password...))
	return hex.EncodeToString(sum[:])
}

// hasher computes password hashes, at most maxHashes at once.
type hasher struct {
	cost  cost
	slots chan struct{}
	dummy string

	mu      sync.Mutex
	waiting int
	each    map[string]int
}

func newHasher(c cost) *hasher {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return &hasher{cost: c, slots: make(chan struct{}, maxHashes), dummy: c.encode(salt, make([]byte, argonKey)), each: map[string]int{}}
}

// slot waits for a turn; done gives it back. Where too many wait already, of
// who or of all, the caller hears so at once; who is empty for one that is
// counted with all only.
func (h *hasher) slot(ctx context.Context, who string) (done func(), err error) {
	done = func() { <-h.slots }
	select {
	case h.slots <- struct{}{}:
		return done, nil
	default:
	}
	if err := h.queue(who); err != nil {
		return nil, err
	}
	defer h.leave(who)
	select {
	case h.slots <- struct{}{}:
		return done, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *hasher) queue(who string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if who != "" && h.each[who] >= maxWaitingEach {
		return fault.New(fault.Limited, "limited", "Too many attempts from your address at once. Try again in a moment.")
	}
	if h.waiting >= maxWaiting {
		return fault.New(fault.Unavailable, "limited", "Very many people are signing in right now. Try again in a moment.")
	}
	h.waiting++
	h.each[who]++
	return nil
}

func (h *hasher) leave(who string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.waiting--
	if h.each[who]--; h.each[who] == 0 {
		delete(h.each, who)
	}
}

// hash is for a password that a person chose. Call it in a slot.
func (h *hasher) hash(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return h.cost.encode(salt, argon2.IDKey([]byte(password), salt, h.cost.passes, h.cost.memory, argonThreads, argonKey))
}

func (c cost) encode(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.passes, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// matches takes the same time for every stored hash, also for an initial one
// and for none at all, so that nobody learns which accounts exist. Call it in
// a slot.
func (h *hasher) matches(stored, password string) bool {
	if rest, ok := strings.CutPrefix(stored, "sha256$"); ok {
		verifyArgon(h.dummy, password)
		salt, want, _ := strings.Cut(rest, "$")
		raw, err := hex.DecodeString(salt)
		return err == nil && subtle.ConstantTimeCompare([]byte(initialDigest(raw, password)), []byte(want)) == 1
	}
	if stored == "" {
		verifyArgon(h.dummy, password)
		return false
	}
	return verifyArgon(stored, password)
}

func verifyArgon(stored, password string) bool {
	var version int
	var memory, passes uint32
	var threads uint8
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &threads); err != nil {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) == 0 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// denied are passwords that are long enough and guessed first, and parts
// that make up many others.
var denied = []string{
	"1234567890", "0123456789", "9876543210", "qwertyuiop", "password", "passw0rd", "admin", "administrator",
	"abcdefghij", "1q2w3e4r5t", "qazwsxedc", "iloveyou", "letmein", "welcome", "woaini", "1111111111", "0000000000", "8888888888", "6666666666",
}

// checkPassword tells what is wrong with a password a person chose, or nil.
func checkPassword(password, account string) error {
	weak := func(text fault.Text) error {
		return fault.New(fault.Invalid, "password_weak", text).WithField("new", text, nil)
	}
	n := utf8.RuneCountInString(password)
	low := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password) || strings.IndexFunc(password, untyped) >= 0:
		return weak("The password contains a character that cannot be typed everywhere.")
	case n < minPassword:
		return weak(fault.Textf("The password needs at least %d characters.", minPassword))
	case n > maxPassword:
		return weak(fault.Textf("The password may have at most %d characters.", maxPassword))
	case account != "" && len(account) > 2 && strings.Contains(low, strings.ToLower(account)):
		return weak("The password must not contain the account name.")
	case distinct(low) < 5:
		return weak("The password repeats too few characters.")
	}
	rest := low
	for _, d := range denied {
		rest = strings.ReplaceAll(rest, d, "")
	}
	// What is left after the well-known parts must still be hard to guess.
	if utf8.RuneCountInString(rest) < 6 && rest != low {
		return weak("The password is one of those guessed first; choose another.")
	}
	return nil
}

// untyped tells whether r is on no keyboard.
func untyped(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
