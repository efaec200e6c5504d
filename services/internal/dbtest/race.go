//go:build race

package dbtest

// raced tells that the race detector watches.
const raced = true
