package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/clock"
	"pgregory.net/rapid"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := directory.NewHasher()
	own, initial := h.Hash("grüner tee am abend"), directory.HashInitial("abcd-efgh")
	for _, c := range []struct {
		stored, password string
		want             bool
	}{
		{own, "grüner tee am abend", true}, {own, "gruner tee am abend", false}, {own, "", false},
		{initial, "abcd-efgh", true}, {initial, "abcd-efgx", false},
		{"", "", false}, {"sha256$zz$", "", false}, {"$argon2id$v=19$m=1", "x", false}, {"$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "x", false},
	} {
		if got := h.Matches(c.stored, c.password); got != c.want {
			t.Errorf("matches(%.20q, %q) = %v", c.stored, c.password, got)
		}
	}
	if !strings.HasPrefix(own, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("a password is hashed as %q", own)
	}
	chosen, given := h.Hash("x"), directory.HashInitial("x")
	if chosen == h.Hash("x") || given == directory.HashInitial("x") {
		t.Error("hashes are not salted")
	}
	seen := map[string]bool{}
	for range 1000 {
		p := directory.NewInitialPassword()
		if seen[p] || len(p) != 24 || strings.Trim(p, directory.InitialAlphabet+"-") != "" {
			t.Fatalf("initial password %q", p)
		}
		seen[p] = true
	}
}

// Unknown accounts and initial passwords take as long to refuse as others. The
// best of many turns counts: others work on the machine, too.
func TestSameTime(t *testing.T) {
	h := directory.NewHasher()
	stored := map[string]string{"known": h.Hash("x"), "none": "", "initial": directory.HashInitial("x")}
	best := map[string]time.Duration{}
	alike := func() bool {
		return min(best["none"], best["initial"]) >= best["known"]/2 && max(best["none"], best["initial"]) <= best["known"]*2
	}
	for turn := 0; turn < 5 || turn < 60 && !alike(); turn++ {
		for what, hash := range stored {
			start := time.Now()
			h.Matches(hash, "not the password")
			if d := time.Since(start); best[what] == 0 || d < best[what] {
				best[what] = d
			}
		}
	}
	if !alike() {
		t.Errorf("refusals take %v", best)
	}
}

func TestLimiter(t *testing.T) {
	t.Parallel()
	clk := clock.NewFake(time.Now())
	l := directory.NewLimiter(clk)
	for range directory.FailuresAtOnce {
		if !l.Allow("10.0.0.1") {
			t.Fatal("limited too early")
		}
		l.Note("10.0.0.1")
	}
	if l.Allow("10.0.0.1") || !l.Allow("10.0.0.2") {
		t.Error("the wrong address is limited")
	}
	clk.Advance(time.Minute)
	if !l.Allow("10.0.0.1") {
		t.Error("limited for ever")
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"东一村": "dyc", "平度市": "pds", "第3中学 A区": "d3zxaq", "": "", "！": ""} {
		if got := directory.Initials(name); got != want {
			t.Errorf("initials(%q) = %q, want %q", name, got, want)
		}
	}
}

// Whatever the order of wrong passwords and waiting, five in a row within the
// time of a lock lock the account, and nothing else does.
func TestLockRule(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		clk := clock.NewFake(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
		var p directory.Person
		begun := clk.Now()
		at := directory.Place{UsedAt: &begun}
		row := 0
		last := time.Time{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			clk.Advance(time.Duration(rapid.SampledFrom([]int{0, 1, 14, 15, 16}).Draw(t, "wait")) * time.Minute)
			now := clk.Now()
			if p.Locked(now) {
				continue
			}
			if !last.IsZero() && now.Sub(last) >= directory.LockFor {
				row = 0
			}
			row++
			last = now
			locks := directory.FailedAt(&p, &at, now)
			if locks != (row == directory.MaxTries) || locks != p.Locked(now) {
				t.Fatalf("failure %d in a row locks: %v", row, locks)
			}
			if locks {
				row = 0
				if p.Locked(now.Add(directory.LockFor)) {
					t.Fatal("the lock does not end")
				}
			}
		}
	})
}
