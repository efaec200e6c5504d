// Package feed takes the events notices are made of, and announces on the bus
// whose inbox has changed.
package feed

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/notice"
	"github.com/uptrace/bun"
)

// Consumers are the events the service takes; bind gives the transaction of
// the store.
func Consumers(s *notice.Service, bind func(bun.Tx) notice.Tx) []inbox.Consumer {
	types := []event.Type{event.PersonsChanged, event.GrantGiven, event.GrantWithdrawn}
	for _, t := range notice.Told() {
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return []inbox.Consumer{
		tree.Feed("notice", nil, nil),
		{
			Name: "notice-events", Types: types,
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error { return handle(ctx, s, bind(tx), e) },
		},
	}
}

func handle(ctx context.Context, s *notice.Service, tx notice.Tx, e event.Event) error {
	if err := copies(ctx, s, tx, e); err != nil {
		return err
	}
	ls, err := notice.Letters(e)
	if err != nil {
		return inbox.Poison(err)
	}
	err = s.Deliver(ctx, tx, e, ls)
	if errors.Is(err, notice.ErrEarly) {
		return inbox.Later(err.Error())
	}
	return err
}

func copies(ctx context.Context, s *notice.Service, tx notice.Tx, e event.Event) error {
	switch e.Type {
	case event.PersonsChanged:
		d, err := event.Decode[event.Persons](e)
		if err != nil {
			return inbox.Poison(err)
		}
		return s.TakePersons(ctx, tx, d.Persons)
	case event.GrantGiven, event.GrantWithdrawn:
		g, err := event.Decode[event.Grant](e)
		if err != nil {
			return inbox.Poison(err)
		}
		version := e.Version
		if e.Subject != g.PersonID {
			// The version is the grant's own: no snapshot of the person can be
			// compared with it, only its withdrawal ends it.
			version = math.MaxInt64
		}
		return s.TakeGrant(ctx, tx, g, e.Type == event.GrantWithdrawn, version)
	}
	return nil
}
