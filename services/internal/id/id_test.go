package id_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/services/internal/id"
)

func TestPaths(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{"r/": {"r"}, "r/c/t3/": {"r", "c", "t3"}} {
		if got := id.InPath(path); !slices.Equal(got, want) || id.LastOf(path) != want[len(want)-1] {
			t.Errorf("%s: %v, ending with %s", path, got, id.LastOf(path))
		}
	}
}
