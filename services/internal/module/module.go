// Package module is what a service gives the host that runs it, and gets from it.
package module

import (
	"context"
	"log/slog"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/rest"
)

// Deps is what every service gets.
type Deps struct {
	DB       *db.DB   // the service's own, migrated
	Bus      *bus.Bus // nil for commands that only look at the data
	Policy   *policy.Engine
	Clock    clock.Clock
	Calendar *clock.Calendar
	Log      *slog.Logger
	Dir      string // a folder of the service's own, for files
	// Setting reads a setting that only this service knows; nil gives every default.
	Setting func(name, def string) (string, error)
}

// Service is a running service as the host sees it. The host runs the relay
// of its outbox and its consumers.
type Service interface {
	// Mount adds the service's operations; called once.
	Mount(*rest.API)
	// Consumers are the events it takes.
	Consumers() []inbox.Consumer
	// Respond starts answering questions of other services; called once.
	Respond() error
	// Run does background work until ctx ends.
	Run(ctx context.Context)
	// Check verifies what must always hold and returns a sentence for each
	// breach; repair has it mend what can be recomputed.
	Check(ctx context.Context, repair bool) ([]string, error)
}

// Preparer is a service that has something to do to its migrated database,
// which SQL cannot, before anybody is answered. It may be ended at any point
// and called by several processes at once.
type Preparer interface {
	Prepare(ctx context.Context) error
}

// Owner is a service that counts what it owns, for comparison with those that
// keep copies. A key names what is counted in words both use, as
// "assignments <campaign id> <task id> <state>".
type Owner interface {
	Owned(ctx context.Context) (map[string]int64, error)
}

// Source is an owner that tells again all that it owns, when a copy asks.
type Source interface {
	Tellers() []copies.Teller
}

// Keeper is a service that keeps copies, which fill themselves at its start where
// they lack something.
type Keeper interface {
	Copies() []copies.Copy
}

// Teller is an owner that can tell again what a copy lacks.
type Teller interface {
	// TellAgain appends events about everything that is counted under some of
	// Owned's keys, as it is now, and returns how many things it told. Keys it
	// tells nothing about are passed over.
	TellAgain(ctx context.Context, keys []string) (int, error)
}

// Copier is a service that counts its copies by the same keys.
type Copier interface {
	Copied(ctx context.Context) (map[string]int64, error)
}
