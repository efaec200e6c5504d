package fault

import (
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// Day is a day as an argument of a Text: the one of Shanghai that holds the
// instant. It reads 2026-12-31, and in Chinese 2026年12月31日.
type Day time.Time

// String implements fmt.Stringer.
func (d Day) String() string { return time.Time(d).In(clock.Shanghai).Format(time.DateOnly) }

// Minute is a time as an argument of a Text: 2026-12-31 23:59, in Shanghai.
type Minute time.Time

// String implements fmt.Stringer.
func (m Minute) String() string { return time.Time(m).In(clock.Shanghai).Format("2006-01-02 15:04") }
