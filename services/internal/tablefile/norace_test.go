//go:build !race

package tablefile_test

// slowness is by how much the race detector may slow a reader down.
const slowness = 1
