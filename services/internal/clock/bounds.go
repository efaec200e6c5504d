package clock

import (
	"errors"
	"time"
)

// The local days that are taken, whatever a date is for. What is further away
// is a slip of the finger, and past the year 9999 it can be neither written as
// RFC 3339 nor stored.
const (
	FirstDay = "2000-01-01"
	LastDay  = "2100-12-31"
)

// Bounds is the sentence that says so to whoever gave another.
const Bounds = "expected a date from 2000-01-01 to 2100-12-31"

// ErrOutside is the error for a date that is one, but is not taken.
var ErrOutside = errors.New("the date is not from " + FirstDay + " to " + LastDay)

var (
	opens  = time.Date(2000, 1, 1, 0, 0, 0, 0, Shanghai)
	closes = time.Date(2101, 1, 1, 0, 0, 0, 0, Shanghai)
)

// InBounds tells whether t lies on a day that is taken.
func InBounds(t time.Time) bool { return !t.Before(opens) && t.Before(closes) }

// ParseDay is the beginning of the local day given as 2006-01-02, in Shanghai.
// The error is ErrOutside for a day that is not taken.
func ParseDay(day string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, day, Shanghai)
	if err == nil && !InBounds(t) {
		err = ErrOutside
	}
	if err != nil {
		return time.Time{}, err
	}
	return t, nil
}

// AddDays is t moved by whole days. It ends at the bounds: what is further away
// than they are is the first or the last moment there is.
func AddDays(t time.Time, days int) time.Time {
	const most = 101 * 366 // from one bound to the other
	moved := t.AddDate(0, 0, min(max(days, -most), most))
	switch {
	case moved.Before(opens):
		return opens.In(t.Location())
	case !moved.Before(closes):
		return closes.Add(-time.Second).In(t.Location())
	}
	return moved
}

// DayPlus is the local day n days after one, within the bounds as AddDays; what
// is no day stays as it is.
func DayPlus(day string, n int) string {
	t, err := ParseDay(day)
	if err != nil {
		return day
	}
	return Day(AddDays(t, n))
}

// DaysBetween counts the days from one local day to another, negative where that
// lies before; 0 where one of them is no day.
func DaysBetween(from, to string) int {
	a, aerr := ParseDay(from)
	b, berr := ParseDay(to)
	if aerr != nil || berr != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}
