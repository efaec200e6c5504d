// Package feed takes the events notices are made of, and announces on the bus
// whose inbox has changed.
package feed

import (
	"context"
	"errors"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/notice"
	"github.com/uptrace/bun"
)

// Consumers are the events the service takes; bind gives the transaction of
// the store.
func Consumers(s *notice.Service, bind func(bun.Tx) notice.Tx) []inbox.Consumer {
	types := slices.Clone(people.Types)
	for _, t := range notice.Told() {
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	return []inbox.Consumer{
		tree.Feed("notice", nil, nil),
		{
			Name: "notice-events", Types: types,
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error { return handle(ctx, s, bind, tx, e) },
		},
	}
}

// handle keeps the copy of people before it looks for those who are told: who was
// given a role is told of what happens next.
func handle(ctx context.Context, s *notice.Service, bind func(bun.Tx) notice.Tx, tx bun.Tx, e event.Event) error {
	if err := people.Take(ctx, tx, e); err != nil {
		return err
	}
	ls, err := notice.Letters(e)
	if err != nil {
		return inbox.Poison(err)
	}
	err = s.Deliver(ctx, bind(tx), e, ls)
	if errors.Is(err, notice.ErrEarly) {
		return inbox.Later(err.Error())
	}
	return err
}
