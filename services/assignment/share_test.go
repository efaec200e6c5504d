package assignment_test

import (
	"testing"

	"github.com/duban/duban/services/assignment"
)

// Case 50: a share is 100 only where all is, and 0 only where nothing is.
func TestCase50Overlap(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		repeated, items int64
		want            int
	}{{0, 0, 0}, {0, 1000, 0}, {1, 1000, 1}, {999, 1000, 99}, {1000, 1000, 100}} {
		if got := (assignment.Overlap{Repeated: c.repeated, Items: c.items}).Percent(); got != c.want {
			t.Errorf("%d of %d is %d, want %d", c.repeated, c.items, got, c.want)
		}
	}
}
