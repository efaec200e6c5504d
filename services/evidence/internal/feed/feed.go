// Package feed takes the events of other services and asks them what is missing.
package feed

import (
	"context"
	"errors"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/policy"
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
			Name: "evidence-assignments", Types: slices.DeleteFunc(event.Carrying(event.Issued{}, event.Assignments{}, event.AssignmentChange{}), evidence.Idle),
			HandleAll: func(ctx context.Context, tx bun.Tx, es []event.Event) error { return assignments(ctx, s, in(tx), es) },
		},
		{
			Name: "evidence-campaigns", Types: []event.Type{event.CampaignIssuing, event.CampaignClosed, event.CampaignArchived, event.CampaignCancelled, event.CampaignsTold},
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				if e.Type == event.CampaignsTold {
					return take(e, func(cs event.Campaigns) error { return s.TakeToldCampaigns(ctx, in(tx), cs) })
				}
				if e.Type == event.CampaignIssuing {
					return take(e, func(c event.Campaign) error {
						if err := s.CampaignKnown(ctx, in(tx), c); err != nil {
							return err
						}
						return s.CampaignBegins(ctx, in(tx), c, e.Time)
					})
				}
				return take(e, func(c event.Campaign) error { return s.CampaignEnds(ctx, in(tx), e, c) })
			},
		},
		{
			Name: "evidence-findings", Types: event.Carrying(event.Finding{}, event.Findings{}),
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				if e.Type == event.FindingsTold {
					return take(e, func(fs event.Findings) error { return s.TakeToldFindings(ctx, in(tx), fs) })
				}
				return take(e, func(f event.Finding) error { return s.TakeFinding(ctx, in(tx), f) })
			},
		},
		{
			Name: "evidence-rectifications", Types: slices.DeleteFunc(event.Carrying(event.RectificationChange{}, event.Rectifications{}), evidence.Idle),
			Handle: func(ctx context.Context, tx bun.Tx, e event.Event) error {
				if e.Type == event.RectificationsTold {
					return take(e, func(rs event.Rectifications) error { return s.KeepRectifications(ctx, in(tx), rs) })
				}
				return take(e, func(x event.RectificationChange) error { return s.TakeRectification(ctx, in(tx), e, x) })
			},
		},
	}
}

// assignments keeps what happened between two decisions together.
func assignments(ctx context.Context, s *evidence.Service, tx evidence.Tx, es []event.Event) error {
	var changes []event.AssignmentChange
	keep := func() error {
		defer func() { changes = changes[:0] }()
		return s.KeepAssignments(ctx, tx, changes)
	}
	for _, e := range es {
		var err error
		switch {
		case e.Type == event.AssignmentsIssued:
			if err = keep(); err == nil {
				err = take(e, func(x event.Issued) error { return s.TakeIssued(ctx, tx, x) })
			}
		case e.Type == event.AssignmentsTold:
			if err = keep(); err == nil {
				err = take(e, func(x event.Assignments) error { return s.TakeToldAssignments(ctx, tx, x) })
			}
		case evidence.Decides(e.Type):
			if err = keep(); err == nil {
				err = take(e, func(c event.AssignmentChange) error { return s.TakeAssignment(ctx, tx, e, c) })
			}
		default:
			err = take(e, func(c event.AssignmentChange) error { changes = append(changes, c); return nil })
		}
		if err != nil {
			return err
		}
	}
	return keep()
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

var _ evidence.Owners = (*Owners)(nil)

func (o Owners) Assignment(ctx context.Context, id string, x *evidence.Offer) (event.Issued, evidence.Standing, bool, error) {
	a, err := bus.Ask[rpc.GetAssignmentRequest, rpc.GetAssignmentReply](ctx, o.Bus, rpc.GetAssignment, rpc.GetAssignmentRequest{ID: id, Offer: (*rpc.Offer)(x)})
	return a.Issued, standing(a.Refused, a.Decided, id), a.Found, err
}

func (o Owners) Rectification(ctx context.Context, id string, x *evidence.Offer) (event.Rectification, evidence.Standing, bool, error) {
	a, err := bus.Ask[rpc.GetRectificationRequest, rpc.GetRectificationReply](ctx, o.Bus, rpc.GetRectification, rpc.GetRectificationRequest{ID: id, Offer: (*rpc.Offer)(x)})
	return a.Rectification, standing(a.Refused, a.Decided, id), a.Found, err
}

func standing(refused string, d *rpc.Decided, subject string) evidence.Standing {
	st := evidence.Standing{Refused: refused}
	if d != nil {
		st.SubmissionID = d.SubmissionID
		st.Decided = event.Event{ID: d.ID, Type: d.Type, Time: d.At, Subject: subject, ActorID: d.ActorID, ActorName: d.ActorName, Reason: d.Reason}
	}
	return st
}

// Respond answers questions of other services.
func Respond(b *bus.Bus, s *evidence.Service) error {
	return bus.Respond(b, rpc.ShowFiles, func(ctx context.Context, q rpc.ShowFilesRequest) (rpc.ShowFilesReply, error) {
		given := make([]evidence.GivenFile, len(q.Files))
		for i, f := range q.Files {
			given[i] = evidence.GivenFile(f)
		}
		got, err := s.Asked(ctx, actor(q.Asker), evidence.Asking{Files: given, SubmissionIDs: q.SubmissionIDs, Pictures: q.Pictures}, rpc.MaxShownFiles)
		if err != nil {
			return rpc.ShowFilesReply{}, err
		}
		out := rpc.ShowFilesReply{Files: make([]rpc.ShownFile, len(got.Files)), SubmissionIDs: got.Submissions, Left: got.Left}
		for i, f := range got.Files {
			out.Files[i] = rpc.ShownFile{
				ID: f.ID, SubmissionID: f.SubmissionID, RequirementID: f.RequirementID, Name: f.Name, Type: f.Type, Thumbnail: f.Thumbnail,
			}
		}
		return out, nil
	})
}

func actor(a rpc.Asker) policy.Actor {
	out := policy.Actor{PersonID: a.PersonID, Name: a.Name, UnitID: a.UnitID, UnitPath: a.UnitPath, UnitLevel: a.UnitLevel}
	for _, g := range a.Grants {
		out.Grants = append(out.Grants, policy.Grant(g))
	}
	return out
}
