package fault

import (
	"errors"

	"github.com/duban/duban/services/internal/clock"
)

// WrongDay says what is wrong with a local day as somebody gave it; empty when
// it is taken.
func WrongDay(day string) Text {
	switch _, err := clock.ParseDay(day); {
	case errors.Is(err, clock.ErrOutside):
		return clock.Bounds
	case err != nil:
		return "expected a day like 2026-09-20"
	}
	return ""
}
