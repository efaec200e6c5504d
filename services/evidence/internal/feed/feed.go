// Package feed takes the events of other services and asks them what is missing.
package feed

import (
	"context"
	"errors"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// Consumers are the consumers of the service. in makes the service's view of
// an open transaction; paths are the columns that follow when a unit moves.
func Consumers(s *evidence.Service, in func(bun.Tx) evidence.Tx, paths []tree.Column) []inbox.Consumer {
	return []inbox.Consumer{
		tree.Feed("evidence", paths, nil),
		{
			Name: "evidence-assignments", Types: event.Carrying(event.Issued{}, event.AssignmentChange{}),
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				if e.Type == event.AssignmentsIssued {
					return take(e, func(x event.Issued) error { return s.TakeIssued(ctx, in(tx), x) })
				}
				return take(e, func(x event.AssignmentChange) error { return s.TakeAssignment(ctx, in(tx), e, x) })
			},
		},
		{
			Name: "evidence-campaigns", Types: []event.Type{event.CampaignIssuing, event.CampaignClosed, event.CampaignArchived, event.CampaignCancelled},
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				if e.Type == event.CampaignIssuing {
					return take(e, func(c event.Campaign) error { return s.CampaignBegins(ctx, in(tx), c, e.Time) })
				}
				return in(tx).EndCampaign(ctx, e.Subject)
			},
		},
		{
			Name: "evidence-findings", Types: event.Carrying(event.Finding{}),
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				return take(e, func(f event.Finding) error { return s.TakeFinding(ctx, in(tx), f) })
			},
		},
		{
			Name: "evidence-rectifications", Types: event.Carrying(event.RectificationChange{}),
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				return take(e, func(x event.RectificationChange) error { return s.TakeRectification(ctx, in(tx), e, x) })
			},
		},
	}
}

func take[T any](e event.Event, f func(T) error) error {
	x, err := event.Decode[T](e)
	if err != nil {
		return inbox.Poison(err)
	}
	err = f(x)
	if errors.Is(err, evidence.ErrNotYet) {
		return inbox.Later(err.Error())
	}
	return err
}

// Owners asks the services that own targets.
type Owners struct{ Bus *bus.Bus }

// Assignment implements evidence.Owners.
func (o Owners) Assignment(ctx context.Context, id string) (event.Issued, bool, error) {
	a, err := bus.Ask[rpc.GetAssignmentRequest, rpc.GetAssignmentReply](ctx, o.Bus, rpc.GetAssignment, rpc.GetAssignmentRequest{ID: id})
	return a.Issued, a.Found, err
}

// Rectification implements evidence.Owners.
func (o Owners) Rectification(ctx context.Context, id string) (event.Rectification, bool, error) {
	a, err := bus.Ask[rpc.GetRectificationRequest, rpc.GetRectificationReply](ctx, o.Bus, rpc.GetRectification, rpc.GetRectificationRequest{ID: id})
	return a.Rectification, a.Found, err
}
