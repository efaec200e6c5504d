// Package id makes the identifiers of everything Duban stores: UUIDv7 in its
// canonical text form, so that ids sort by the time they were made.
package id

import (
	"context"
	"strings"

	"github.com/google/uuid"
)

// New returns a fresh id. Ids made by one process are strictly ascending.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid tells whether s is an id in canonical form (lower case, dashes).
func Valid(s string) bool {
	u, err := uuid.Parse(s)
	return err == nil && u.String() == s
}

// InPath are the ids in a path of units, from the root to the unit itself.
func InPath(path string) []string { return strings.Split(strings.TrimSuffix(path, "/"), "/") }

// LastOf is the unit that a path leads to.
func LastOf(path string) string {
	p := strings.TrimSuffix(path, "/")
	return p[strings.LastIndexByte(p, '/')+1:]
}

type requestKey struct{}

// WithRequest marks the context with the id of the request it serves, so that
// events and log lines can be tied to it.
func WithRequest(ctx context.Context, requestID string) context.Context {
	return context.WithValue(ctx, requestKey{}, requestID)
}

// Request is the id of the request that ctx serves; empty outside one.
func Request(ctx context.Context) string {
	s, _ := ctx.Value(requestKey{}).(string)
	return s
}
