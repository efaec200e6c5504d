package directory

import (
	"context"
	"log/slog"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/text"
)

// Service holds the use cases. Safe for concurrent use.
type Service struct {
	// holdings asks other services what hangs on people; nil where none is asked.
	holdings func(ctx context.Context, personIDs []string) (map[string][]Holding, error)
	store    Store
	tables   table.Read
	policy   *policy.Engine
	clock    clock.Clock
	log      *slog.Logger
	resolved *resolved
	hasher   *hasher
	failures *limiter
	// strangers are accounts somebody tried that do not exist.
	strangers *strangers
	work      chan struct{} // wakes Run for an import
	progress  func(Import)
	// process names this process in what only it may go on with.
	process string
}

// New makes the service; Run does its background work.
func New(store Store, tables table.Read, engine *policy.Engine, clk clock.Clock, log *slog.Logger) *Service {
	return &Service{
		store: store, tables: tables, policy: engine, clock: clk, log: log,
		resolved: newResolved(), hasher: newHasher(hashing), failures: newLimiter(clk), strangers: newStrangers(clk), work: make(chan struct{}, 1),
		progress: func(Import) {}, process: id.New(),
	}
}

// OnProgress has f called with an import after each step of it; before Run.
func (s *Service) OnProgress(f func(Import)) { s.progress = f }

// change runs f in a transaction after which sessions may resolve to
// something else: whoever asks after it has returned gets the new answer.
func (s *Service) change(ctx context.Context, f func(context.Context, Tx) error) error {
	err := s.store.InTx(ctx, f)
	// Also after an error: a commit whose answer was lost may have happened.
	s.resolved.forget()
	return err
}

// deed is what somebody does within a transaction, and why.
type deed struct {
	Tx
	actor  policy.Actor
	reason string
}

// errand is what somebody asks for: with which unit or person, at the version
// that they have seen (0: whatever it is at), which of unitVerbs or personVerbs,
// and why.
type errand struct {
	id     string
	want   int64
	action string
	reason string
}

// lines puts texts of one line each in the form that is kept; nil is passed over.
func lines(ts ...*string) {
	for _, t := range ts {
		if t != nil {
			*t = text.Line(*t)
		}
	}
}

// knownID answers for ids that cannot exist without asking the database.
func knownID(what fault.Text, s string) error {
	if !id.Valid(s) {
		return fault.Missing(what)
	}
	return nil
}
