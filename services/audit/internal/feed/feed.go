// Package feed takes every event into the audit trail.
package feed

import (
	"context"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/audit"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/uptrace/bun"
)

// Consumer takes all events; bind gives the transaction of the store.
func Consumer(s *audit.Service, bind func(bun.Tx) audit.Tx) inbox.Consumer {
	return inbox.Consumer{
		Name: "audit-all",
		HandleAll: func(ctx context.Context, tx bun.Tx, es []event.Event) error {
			return s.Take(ctx, bind(tx), es)
		},
	}
}
