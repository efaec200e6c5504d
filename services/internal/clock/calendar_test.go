package clock_test

import (
	"testing"
	"time"

	"github.com/duban/duban/services/internal/clock"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, clock.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

func TestWorkday(t *testing.T) {
	t.Parallel()
	for day, want := range map[string]bool{
		"2019-09-12": true,
		"2019-09-13": false, // Mid-Autumn
		"2019-09-14": false, // Saturday
		"2019-09-29": true,  // Sunday, made up for National Day
		"2019-10-01": false,
	} {
		if got := clock.Official.Workday(at(day + " 09:00")); got != want {
			t.Errorf("Workday(%s) = %v, want %v", day, got, want)
		}
	}
	if !clock.Official.Known(2026) || clock.Official.Known(2099) {
		t.Error("2026 must be known and 2099 unknown")
	}
}

func TestAddWorkdays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"2019-09-12 10:00", 1, "2019-09-16"},
		{"2019-09-27 10:00", 2, "2019-09-30"}, // the 29th is a make-up workday
		{"2019-09-16 10:00", -1, "2019-09-12"},
	} {
		got := clock.Day(clock.Official.AddWorkdays(at(c.from), c.n))
		if got != c.want {
			t.Errorf("AddWorkdays(%s, %d) = %s, want %s", c.from, c.n, got, c.want)
		}
		if n := clock.Official.WorkdaysBetween(at(c.from), at(c.want+" 12:00")); n != c.n {
			t.Errorf("WorkdaysBetween(%s, %s) = %d, want %d", c.from, c.want, n, c.n)
		}
	}
}

func TestLightOf(t *testing.T) {
	t.Parallel()
	th := clock.DefaultThresholds()
	due := at("2019-09-20 23:59")
	done := func(s string) *time.Time { d := at(s); return &d }
	for _, c := range []struct {
		now  string
		done *time.Time
		want clock.Light
	}{
		{"2019-09-11 09:00", nil, clock.Green},
		{"2019-09-17 09:00", nil, clock.Blue},
		{"2019-09-21 09:00", nil, clock.Yellow},
		{"2019-09-27 09:00", nil, clock.Yellow},
		{"2019-09-30 09:00", nil, clock.Red},
		{"2019-09-30 09:00", done("2019-09-19 09:00"), clock.Green},
		{"2019-09-30 09:00", done("2019-09-24 09:00"), clock.Yellow},
	} {
		if got := clock.Official.LightOf(at(c.now), due, c.done, th); got != c.want {
			t.Errorf("LightOf(%s, done %v) = %s, want %s", c.now, c.done, got, c.want)
		}
	}
}

// A deadline day ends with its last instant.
func TestPast(t *testing.T) {
	t.Parallel()
	due, err := clock.EndOfDay("2019-09-20")
	if err != nil {
		t.Fatal(err)
	}
	last, next := due.Add(time.Second-time.Microsecond), due.Add(time.Second)
	if clock.Past(due, due) || clock.Past(last, due) || !clock.Past(next, due) {
		t.Error("the last second of the day is not on time, or the next day is")
	}
	th := clock.DefaultThresholds()
	for at, want := range map[time.Time]clock.Light{last: clock.Blue, next: clock.Yellow} {
		if got := clock.Official.LightOf(at, due, nil, th); got != want {
			t.Errorf("the light at %s is %s, want %s", at, got, want)
		}
		want = map[clock.Light]clock.Light{clock.Blue: clock.Green, clock.Yellow: clock.Yellow}[want]
		if got := clock.Official.LightOf(next, due, &at, th); got != want {
			t.Errorf("the light of what was done at %s is %s, want %s", at, got, want)
		}
	}
}
