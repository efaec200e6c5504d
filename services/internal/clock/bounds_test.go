package clock_test

import (
	"testing"

	"github.com/duban/duban/services/internal/clock"
)

func TestDaysByTheCalendar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		to   string
	}{
		{"2026-12-27", 7, "2027-01-03"}, {"2027-01-03", -7, "2026-12-27"}, {"2028-02-28", 2, "2028-03-01"}, {"2026-09-20", 0, "2026-09-20"},
	} {
		if to := clock.DayPlus(c.from, c.n); to != c.to {
			t.Errorf("%s and %d days: %s, want %s", c.from, c.n, to, c.to)
		}
		if n := clock.DaysBetween(c.from, c.to); n != c.n {
			t.Errorf("from %s to %s: %d days, want %d", c.from, c.to, n, c.n)
		}
	}
	if clock.DayPlus("", 3) != "" || clock.DaysBetween("", "2026-09-20") != 0 || clock.DayPlus("2100-12-31", 5) != clock.LastDay {
		t.Error("what is no day, or behind the last one")
	}
}
