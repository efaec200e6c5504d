// Package clock gives the time and counts working days.
package clock

import (
	"sync"
	"time"
)

// Shanghai is the zone in which deadlines and days are understood. China has
// kept UTC+8 without summer time since 1992, so a fixed zone needs no time
// zone database on the machine.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// Clock tells the time. The zero Fake and System are the two there are.
type Clock interface {
	// Now is the current time in UTC, cut to microseconds: what PostgreSQL can hold.
	Now() time.Time
}

// System is the machine's clock.
type System struct{}

// Now implements Clock.
func (System) Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// Fake is a clock that tests set and move.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// NewFake returns a clock that stands at t.
func NewFake(t time.Time) *Fake { return &Fake{now: t.UTC().Truncate(time.Microsecond)} }

// Now implements Clock.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the clock by d.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Day is the local calendar day of t as 2006-01-02. Days are stored in a
// column of their own, computed here, never by the database.
func Day(t time.Time) string { return t.In(Shanghai).Format(time.DateOnly) }

// Second is the second that t lies in. Deadlines are whole seconds and end with
// their last instant, so whatever is held against one is cut to its second.
func Second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Past tells whether t lies after the deadline due. What comes within the last
// second of a day, before the next one begins, does not.
func Past(t, due time.Time) bool { return Second(t).After(due) }

// EndOfDay is the last second of the local day given as 2006-01-02, in UTC.
// The error is ErrOutside for a day that is not taken.
func EndOfDay(day string) (time.Time, error) {
	t, err := ParseDay(day)
	if err != nil {
		return time.Time{}, err
	}
	return t.AddDate(0, 0, 1).Add(-time.Second).UTC(), nil
}
