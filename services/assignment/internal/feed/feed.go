// Package feed takes in events of other services and answers their questions.
package feed

import (
	"context"
	"errors"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// Moved are the columns that follow when a unit moves.
var Moved = []tree.Column{
	{Table: "campaigns", Column: "unit_path"}, {Table: "campaign_templates", Column: "unit_path"},
	{Table: "assignments", Column: "unit_path"}, {Table: "assignments", Column: "issuer_path"}, {Table: "assignments", Column: "reviewer_path"},
	{Table: "extension_requests", Column: "unit_path"}, {Table: "extension_requests", Column: "issuer_path"},
}

// Consumers are the events the service takes. open makes the store's writing
// side of a transaction.
func Consumers(s *assignment.Service, open func(bun.Tx) assignment.Tx) []inbox.Consumer {
	return []inbox.Consumer{
		units(s, open),
		people.Feed("assignment", func(ctx context.Context, tx bun.Tx, e event.Event, ps event.Persons) error {
			return s.TakeLeavers(ctx, open(tx), e, ps)
		}),
		{
			Name: "assignment-submissions", Types: []event.Type{event.SubmissionSealed},
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				sub, err := event.Decode[event.Submission](e)
				if err != nil {
					return inbox.Poison(err)
				}
				if sub.Target != "assignment" {
					return nil
				}
				if sub.ID == "" || sub.Number < 1 {
					return inbox.Poison(errors.New("a sealed submission without id or number"))
				}
				err = s.TakeSubmission(ctx, open(tx), e, sub)
				if fault.Is(err, fault.NotFound) {
					// Assignments are made here: one that is unknown will stay so.
					return inbox.Poison(fmt.Errorf("assignment %s: %w", sub.TargetID, err))
				}
				return err
			},
		},
	}
}

// units keeps the copy of the tree; what is issued to a unit that moves is
// taken over where it has to be.
func units(s *assignment.Service, open func(bun.Tx) assignment.Tx) inbox.Consumer {
	c := tree.Feed("assignment", Moved, nil)
	keep := c.Handle
	c.Handle = func(ctx context.Context, tx bun.Tx, e event.Event) error {
		if err := keep(ctx, tx, e); err != nil || e.Type != event.UnitMoved {
			return err
		}
		m, err := event.Decode[event.Move](e)
		if err != nil {
			return inbox.Poison(err)
		}
		return s.TakeMove(ctx, open(tx), e, m)
	}
	return c
}

// Progress tells on the bus how far a job is.
func Progress(b *bus.Bus) func(assignment.Job) {
	return func(j assignment.Job) {
		b.Progress(rpc.Progress{
			PersonID: j.ActorID, ID: j.ID, Kind: j.Kind, CampaignID: j.CampaignID, State: j.State, Done: j.Done, Total: j.Total,
		})
	}
}

// Respond answers questions of other services.
func Respond(b *bus.Bus, s *assignment.Service) error {
	err := bus.Respond(b, rpc.AssignmentHoldings, func(ctx context.Context, q rpc.HoldingsRequest) (rpc.HoldingsReply, error) {
		n, err := s.Holdings(ctx, q.PersonID)
		return rpc.HoldingsReply{Holdings: []rpc.Holding{{Kind: event.HeldAssignments, Count: n}}}, err
	})
	if err != nil {
		return err
	}
	return bus.Respond(b, rpc.GetAssignment, func(ctx context.Context, q rpc.GetAssignmentRequest) (rpc.GetAssignmentReply, error) {
		is, err := s.Issued(ctx, q.ID)
		if fault.Is(err, fault.NotFound) {
			return rpc.GetAssignmentReply{}, nil
		}
		if err != nil {
			return rpc.GetAssignmentReply{}, err
		}
		a := rpc.GetAssignmentReply{Found: true, Issued: is}
		if o := q.Offer; o != nil {
			if a.Refused, err = s.Refuses(ctx, q.ID, event.Submission{UnitID: o.UnitID, ChildrenReason: o.ChildrenReason}); err != nil {
				return a, err
			}
		}
		h, typ, ok, err := s.LastDecision(ctx, q.ID)
		if ok {
			a.Decided = &rpc.Decided{ID: h.ID, Type: typ, At: h.At, SubmissionID: h.RelatedID, ActorID: h.ActorID, ActorName: h.ActorName, Reason: h.Text}
		}
		return a, err
	})
}
