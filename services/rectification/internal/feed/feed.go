// Package feed takes the events that the rectification service builds on, and
// answers other services' questions.
package feed

import (
	"context"
	"encoding/json"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/document"
	"github.com/uptrace/bun"
)

// Tx is what the use cases take of a consumer's transaction.
type Tx interface {
	rectification.Tx
	document.Tx
}

// Bind makes it.
type Bind func(bun.Tx) Tx

// Consumers are the consumers of the service.
func Consumers(svc *rectification.Service, docs *document.Service, bind Bind, moved []tree.Column) []inbox.Consumer {
	return []inbox.Consumer{
		units(svc, bind, moved),
		people.Feed("rectification", func(ctx context.Context, tx bun.Tx, e event.Event, ps event.Persons) error {
			if err := docs.TakeRights(ctx, bind(tx), ps); err != nil {
				return err
			}
			return svc.TakeLeavers(ctx, bind(tx), e, ps)
		}),
		{
			Name: "rectification-campaigns",
			Types: []event.Type{
				event.CampaignDrafted, event.CampaignRevised, event.CampaignIssuing, event.CampaignActive,
				event.CampaignClosed, event.CampaignArchived, event.CampaignCancelled, event.CampaignsTold,
			},
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				cs := event.Campaigns{Campaigns: make([]event.Campaign, 1)}
				into := any(&cs.Campaigns[0])
				if e.Type == event.CampaignsTold {
					into = &cs
				}
				if err := json.Unmarshal(e.Data, into); err != nil {
					return inbox.Poison(err)
				}
				for _, c := range cs.Campaigns {
					err := svc.TakeCampaign(ctx, bind(tx), rectification.Campaign{
						ID: c.ID, Title: c.Title, UnitID: c.UnitID, UnitPath: c.UnitPath, State: c.State,
						NearDays: c.NearDays, OverdueDays: c.OverdueDays, AckDays: c.AckDays, Version: c.Version,
					})
					if err != nil {
						return err
					}
				}
				return nil
			},
		},
		{
			Name:  "rectification-reports",
			Types: []event.Type{event.SubmissionSealed},
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				s, err := event.Decode[event.Submission](e)
				if err != nil {
					return inbox.Poison(err)
				}
				if s.Target != "rectification" {
					return nil
				}
				sealed := rectification.Sealed{
					SubmissionID: s.ID, RectificationID: s.TargetID, UnitID: s.UnitID, SealedBy: s.SealedBy, SealedByName: e.ActorName,
					SealedAt: e.Time, Note: s.Note, FixedOnSpot: s.FixedOnSpot, CausedBy: e.ID,
				}
				if sealed.SealedBy == "" {
					sealed.SealedBy = e.ActorID
				}
				if s.SealedAt != nil {
					sealed.SealedAt = *s.SealedAt
				}
				err = svc.TakeReport(ctx, bind(tx), sealed)
				if fault.Is(err, fault.NotFound) {
					// Rectifications begin here, so one that is unknown will never come.
					return inbox.Poison(err)
				}
				return err
			},
		},
	}
}

// Respond answers questions of other services.
func Respond(b *bus.Bus, svc *rectification.Service) error {
	err := bus.Respond(b, rpc.RectificationHoldings, func(ctx context.Context, q rpc.HoldingsRequest) (rpc.HoldingsReply, error) {
		counts, err := svc.Holdings(ctx, q.PersonID)
		var a rpc.HoldingsReply
		for _, kind := range rectification.HeldKinds {
			a.Holdings = append(a.Holdings, rpc.Holding{Kind: kind, Count: counts[kind]})
		}
		return a, err
	})
	if err != nil {
		return err
	}
	return bus.Respond(b, rpc.GetRectification, func(ctx context.Context, q rpc.GetRectificationRequest) (rpc.GetRectificationReply, error) {
		r, err := svc.Told(ctx, q.ID)
		if fault.Is(err, fault.NotFound) {
			return rpc.GetRectificationReply{}, nil
		}
		if err != nil {
			return rpc.GetRectificationReply{}, err
		}
		a := rpc.GetRectificationReply{Found: true, Rectification: r}
		if o := q.Offer; o != nil {
			if a.Refused, err = svc.Refuses(ctx, rectification.Sealed{RectificationID: q.ID, UnitID: o.UnitID, FixedOnSpot: o.FixedOnSpot}); err != nil {
				return a, err
			}
		}
		e, typ, report, ok, err := svc.LastDecision(ctx, q.ID)
		if ok {
			a.Decided = &rpc.Decided{ID: e.ID, Type: typ, At: e.At, SubmissionID: report, ActorID: e.ActorID, ActorName: e.Actor, Reason: e.Reason}
		}
		return a, err
	})
}

// units keeps the copy of the tree; what units that moved away brought along is
// taken over.
func units(s *rectification.Service, bind Bind, moved []tree.Column) inbox.Consumer {
	c := tree.Feed("rectification", moved, nil)
	keep := c.Handle
	c.Handle = func(ctx context.Context, tx bun.Tx, e event.Event) error {
		if err := keep(ctx, tx, e); err != nil || e.Type != event.UnitMoved {
			return err
		}
		m, err := event.Decode[event.Move](e)
		if err != nil {
			return inbox.Poison(err)
		}
		return s.TakeMove(ctx, bind(tx), m)
	}
	return c
}
