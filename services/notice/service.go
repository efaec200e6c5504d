package notice

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// Announcer tells live streams, in this process and others.
type Announcer interface {
	// Expect says that the inbox of a person will have reached seq once the
	// running transaction commits.
	Expect(personID string, seq int64)
	// Changed says that something about an inbox has changed.
	Changed(personID string)
}

// Service holds the use cases.
type Service struct {
	store    Store
	policy   *policy.Engine
	clock    clock.Clock
	announce Announcer
	hub      *Hub
}

// New makes the service.
func New(store Store, engine *policy.Engine, clk clock.Clock, announce Announcer, hub *Hub) *Service {
	return &Service{store: store, policy: engine, clock: clk, announce: announce, hub: hub}
}

// may fails unless the actor may do action on their own inbox; one decision.
func (s *Service) may(ctx context.Context, a policy.Actor, action string) error {
	own := policy.Target{PersonID: a.PersonID}
	rights := s.policy.Rights(ctx, a, "notice")
	return fault.Unless(rights.Covers(action, own), rights.Covers("read", own), "inbox", "This inbox is not yours.")
}

// List returns the actor's notices, newest first.
func (s *Service) List(ctx context.Context, a policy.Actor, q Query) ([]Notice, error) {
	if err := s.may(ctx, a, "read"); err != nil {
		return nil, err
	}
	q.PersonID = a.PersonID
	return s.store.List(ctx, q)
}

// Count returns how many of the actor's notices are unread.
func (s *Service) Count(ctx context.Context, a policy.Actor) (Count, error) {
	if err := s.may(ctx, a, "read"); err != nil {
		return Count{}, err
	}
	return s.count(ctx, a.PersonID)
}

func (s *Service) count(ctx context.Context, personID string) (Count, error) {
	cs, err := s.store.Counts(ctx, []string{personID})
	return cs[personID], err
}

// Read marks one of the actor's notices as read; doing it again changes nothing.
func (s *Service) Read(ctx context.Context, a policy.Actor, id string) (Notice, error) {
	if err := s.may(ctx, a, "write"); err != nil {
		return Notice{}, err
	}
	var n int64
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		n, err = tx.MarkRead(ctx, a.PersonID, id, s.clock.Now())
		return err
	})
	if err != nil {
		return Notice{}, err
	}
	if n > 0 {
		s.announce.Changed(a.PersonID)
	}
	return s.store.Get(ctx, a.PersonID, id)
}

// ReadAll marks the actor's notices as read, up to and including upTo, so
// that what has come since the page was drawn stays unread; an empty upTo
// means all. It returns how many it was and what is left.
func (s *Service) ReadAll(ctx context.Context, a policy.Actor, upTo string) (int64, Count, error) {
	if err := fault.Check(Seen{upTo}); err != nil {
		return 0, Count{}, err
	}
	if err := s.may(ctx, a, "write"); err != nil {
		return 0, Count{}, err
	}
	seq := int64(1)<<62 - 1
	if upTo != "" {
		last, err := s.store.Get(ctx, a.PersonID, upTo)
		if fault.Is(err, fault.NotFound) {
			return 0, Count{}, fault.BadField("up_to", "expected the id of a notice in your inbox", upTo)
		}
		if err != nil {
			return 0, Count{}, err
		}
		seq = last.Seq
	}
	var n int64
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
		n, err = tx.MarkReadUpTo(ctx, a.PersonID, seq, s.clock.Now())
		return err
	})
	if err != nil {
		return 0, Count{}, err
	}
	if n > 0 {
		s.announce.Changed(a.PersonID)
	}
	c, err := s.count(ctx, a.PersonID)
	return n, c, err
}

// Prune forgets read notices that are older than KeepRead and returns how
// many, in transactions so short that nobody waits for it.
func (s *Service) Prune(ctx context.Context) (int64, error) {
	var all int64
	for {
		var n int64
		err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) (err error) {
			n, err = tx.ForgetRead(ctx, s.clock.Now().Add(-KeepRead), chunk)
			return err
		})
		all += n
		if err != nil || n < chunk {
			return all, err
		}
	}
}

// Check looks for what must never be.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	return s.store.Breaches(ctx, repair)
}
