package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// MaxVerify is how many entries one call of Verify looks at.
const MaxVerify = 100_000

// Query bounds a list of entries. Empty fields do not bound.
type Query struct {
	TypePrefix string // beginning of the event type: "assignment."
	ActorID    string
	UnitID     string
	Under      string // id of a unit: it and everything that was below it then
	Subject    string
	From, To   time.Time // of the event; To is not included
	Before     int64     // only smaller seq
	After      int64     // only greater seq
	Ascending  bool
	Limit      int
}

// Verification is what came of verifying a part of the chain.
type Verification struct {
	ID       string
	From, To int64
	// BrokenSeq is the first entry that is not right; 0 when all are.
	BrokenSeq int64
	Problem   string
	ByID      string
	ByName    string
	At        time.Time
}

// Store keeps the trail.
type Store interface {
	List(ctx context.Context, q Query) ([]Entry, error)
	// Get is a fault.NotFound for an entry that is not there.
	Get(ctx context.Context, seq int64) (Entry, error)
	// Range returns up to limit entries from from to to, ascending.
	Range(ctx context.Context, from, to int64, limit int) ([]Entry, error)
	Head(ctx context.Context) (Head, error)
	// LastVerification returns the newest, false when there is none.
	LastVerification(ctx context.Context) (Verification, bool, error)
	AddVerification(ctx context.Context, v Verification) error
}

// Tx is what appending needs inside one transaction.
type Tx interface {
	// Lock returns the end of the chain and keeps other appenders waiting
	// until the transaction ends.
	Lock(ctx context.Context) (Head, error)
	// Append stores entries that follow the head, each the one before, and
	// moves the head to the last. One whose event is in the trail already is
	// passed over when it comes alone; among others it fails.
	Append(ctx context.Context, xs []Entry) error
}

// Service holds the use cases.
type Service struct {
	store  Store
	policy *policy.Engine
	clock  clock.Clock
}

// New makes the service.
func New(store Store, engine *policy.Engine, clk clock.Clock) *Service {
	return &Service{store: store, policy: engine, clock: clk}
}

// Take appends events to the trail in their order. One that is there already is
// passed over when it comes alone; among others it fails.
func (s *Service) Take(ctx context.Context, tx Tx, es []event.Event) error {
	head, err := tx.Lock(ctx)
	if err != nil {
		return fmt.Errorf("end of the audit chain: %w", err)
	}
	now := s.clock.Now()
	xs := make([]Entry, len(es))
	for i, e := range es {
		xs[i] = FromEvent(e, now).After(head)
		head = Head{Seq: xs[i].Seq, Hash: xs[i].Hash}
	}
	if err := tx.Append(ctx, xs); err != nil {
		return fmt.Errorf("append to the audit trail: %w", err)
	}
	return nil
}

// may fails unless the actor is an auditor; one decision.
func (s *Service) may(ctx context.Context, a policy.Actor) error {
	if s.policy.Reach(ctx, a, "audit", "read").Covers(policy.Target{}) {
		return nil
	}
	return fault.Denied("The audit trail is for auditors only.")
}

// List returns entries, newest first unless q.Ascending.
func (s *Service) List(ctx context.Context, a policy.Actor, q Query) ([]Entry, error) {
	if err := s.may(ctx, a); err != nil {
		return nil, err
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.To.After(q.From) {
		return nil, fault.BadField("to", "expected a time after from", q.To)
	}
	return s.store.List(ctx, q)
}

// Get returns one entry; for who is no auditor there is none.
func (s *Service) Get(ctx context.Context, a policy.Actor, seq int64) (Entry, error) {
	if s.may(ctx, a) != nil {
		return Entry{}, fault.Missing("audit entry")
	}
	return s.store.Get(ctx, seq)
}

// Chain returns the end of the chain and the last verification, which is nil
// when there was none.
func (s *Service) Chain(ctx context.Context, a policy.Actor) (Head, *Verification, error) {
	if err := s.may(ctx, a); err != nil {
		return Head{}, nil, err
	}
	h, err := s.store.Head(ctx)
	if err != nil {
		return Head{}, nil, err
	}
	v, ok, err := s.store.LastVerification(ctx)
	if err != nil || !ok {
		return h, nil, err
	}
	return h, &v, nil
}

// Verify looks whether the entries from from to to are as they were made, and
// keeps who asked and what came of it. to 0 means the end of the chain, from
// 0 the first of the last MaxVerify entries.
func (s *Service) Verify(ctx context.Context, a policy.Actor, from, to int64) (Verification, error) {
	if err := s.may(ctx, a); err != nil {
		return Verification{}, err
	}
	head, err := s.store.Head(ctx)
	if err != nil {
		return Verification{}, err
	}
	if to == 0 {
		to = head.Seq
	}
	if from == 0 {
		from = max(1, to-MaxVerify+1)
	}
	switch {
	case to > head.Seq:
		return Verification{}, fault.BadField("to", fault.Textf("expected at most %d, the end of the chain", head.Seq), to)
	case from > to && head.Seq > 0:
		return Verification{}, fault.BadField("from", "expected at most to", from)
	case to-from >= MaxVerify:
		return Verification{}, fault.BadField("from", fault.Textf("expected at most %d entries at a time", MaxVerify), from)
	}
	v := Verification{ID: id.New(), From: from, To: to, ByID: a.PersonID, ByName: a.Name, At: s.clock.Now()}
	err = walk(ctx, s.store, span{from, to}, head, func(b Breach) bool {
		v.BrokenSeq, v.Problem = b.Seq, b.Problem
		return false
	})
	if err != nil {
		return Verification{}, err
	}
	return v, s.store.AddVerification(ctx, v)
}

// Export calls f with every entry that q selects, oldest first, page by page.
// It begins with a check of rights; f returning an error ends it.
func (s *Service) Export(ctx context.Context, a policy.Actor, q Query) (func(f func([]Entry) error) error, error) {
	q.Ascending, q.Limit = true, page
	first, err := s.List(ctx, a, q)
	if err != nil {
		return nil, err
	}
	return func(f func([]Entry) error) error {
		for xs := first; len(xs) > 0; {
			if err := f(xs); err != nil {
				return err
			}
			if len(xs) < page {
				return nil
			}
			q.After = xs[len(xs)-1].Seq
			var err error
			if xs, err = s.store.List(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// shown bounds how many breaches Check lists.
const shown = 20

// Check verifies the whole chain. There is nothing to repair: a chain that
// could be mended would prove nothing.
func (s *Service) Check(ctx context.Context) ([]string, error) {
	head, err := s.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	var bad []string
	err = walk(ctx, s.store, span{1, head.Seq}, head, func(b Breach) bool {
		bad = append(bad, b.String())
		return len(bad) < shown
	})
	if err != nil || len(bad) >= shown {
		return bad, err
	}
	// What lies beyond the head was put there by somebody else, unless the
	// head has moved on meanwhile.
	now, err := s.store.Head(ctx)
	if err != nil {
		return bad, err
	}
	beyond, err := s.store.Range(ctx, now.Seq+1, 1<<62, 1)
	if err == nil && len(beyond) > 0 {
		if again, herr := s.store.Head(ctx); herr == nil && beyond[0].Seq > again.Seq {
			bad = append(bad, Breach{beyond[0].Seq, "it lies beyond the end of the chain"}.String())
		}
	}
	return bad, err
}
