// Package feed is what the insight service takes in: the events of the other
// services, from which its counters are kept.
package feed

import (
	"context"
	"errors"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// Consumers are all consumers of the service. open gives the domain's view of
// a transaction.
func Consumers(s *insight.Service, open func(bun.Tx) insight.Tx) []inbox.Consumer {
	f := feed{s, open}
	return []inbox.Consumer{
		f.tree(),
		{Name: "insight-campaigns", Types: event.Carrying(event.Campaign{}), Handle: take(f, s.TakeCampaign)},
		{Name: "insight-told", Types: []event.Type{
			event.CampaignsTold, event.AssignmentsTold, event.SubmissionsTold, event.InspectionsTold, event.RectificationsTold,
		}, Handle: f.told},
		{Name: "insight-assignments", Types: event.Carrying(event.Issued{}, event.AssignmentChange{}), HandleAll: f.assignments},
		{Name: "insight-figures", Types: event.Carrying(event.Submission{}), Handle: take(f, s.TakeSubmission)},
		{Name: "insight-findings", Types: event.Carrying(event.Finding{}), Handle: take(f, s.TakeFinding)},
		{Name: "insight-findings-told", Types: event.Carrying(event.Findings{}), Handle: take(f, s.TakeToldFindings)},
		{Name: "insight-inspections", Types: event.Carrying(event.Inspection{}), Handle: take(f, s.TakeInspection)},
		{Name: "insight-rectifications", Types: event.Carrying(event.RectificationChange{}), Handle: take(f, func(ctx context.Context, tx insight.Tx, c event.RectificationChange) error {
			return s.TakeRectification(ctx, tx, c.Rectification)
		})},
	}
}

type feed struct {
	service *insight.Service
	open    func(bun.Tx) insight.Tx
}

// take makes a handler of a use case.
func take[T any](f feed, use func(context.Context, insight.Tx, T) error) func(context.Context, bun.Tx, event.Event) error {
	return func(ctx context.Context, tx bun.Tx, e event.Event) error {
		data, err := event.Decode[T](e)
		if err != nil {
			return inbox.Poison(err)
		}
		return judge(use(ctx, f.open(tx), data))
	}
}

func judge(err error) error {
	switch {
	case errors.Is(err, insight.ErrBroken):
		return inbox.Poison(err)
	case errors.Is(err, insight.ErrEarly):
		return inbox.Later(err.Error())
	}
	return err
}

// assignments takes the changes between two chunks of a fan-out together.
func (f feed) assignments(ctx context.Context, tx bun.Tx, es []event.Event) error {
	var changes []event.AssignmentChange
	flush := func() error {
		if len(changes) == 0 {
			return nil
		}
		err := judge(f.service.TakeAssignments(ctx, f.open(tx), changes))
		changes = changes[:0]
		return err
	}
	for _, e := range es {
		if e.Type == event.AssignmentsIssued {
			if err := flush(); err != nil {
				return err
			}
			if err := take(f, f.service.TakeIssued)(ctx, tx, e); err != nil {
				return err
			}
			continue
		}
		c, err := event.Decode[event.AssignmentChange](e)
		if err != nil {
			return inbox.Poison(err)
		}
		changes = append(changes, c)
	}
	return flush()
}

// tree keeps the copy of the unit tree, and the counters with it.
func (f feed) tree() inbox.Consumer {
	c := tree.Feed("insight", []tree.Column{{Table: "campaigns", Column: "unit_path"}, {Table: "strays", Column: "path"}}, nil)
	keep := c.Handle
	c.Handle = func(ctx context.Context, tx bun.Tx, e event.Event) error {
		put := func() error { return keep(ctx, tx, e) }
		if e.Type == event.UnitMoved {
			return take(f, func(ctx context.Context, tx insight.Tx, m event.Move) error {
				return f.service.TakeMove(ctx, tx, m, put)
			})(ctx, tx, e)
		}
		return take(f, func(ctx context.Context, tx insight.Tx, us event.Units) error {
			return f.service.TakeUnits(ctx, tx, us, put)
		})(ctx, tx, e)
	}
	return c
}

// told takes what its owner tells again.
func (f feed) told(ctx context.Context, tx bun.Tx, e event.Event) error {
	s := f.service
	switch e.Type {
	case event.CampaignsTold:
		return each(f, func(d event.Campaigns) []event.Campaign { return d.Campaigns }, s.TakeCampaign)(ctx, tx, e)
	case event.AssignmentsTold:
		return each(f, func(d chunks) []insight.Chunk { return d.Issued }, s.TakeToldAssignments)(ctx, tx, e)
	case event.SubmissionsTold:
		return each(f, func(d event.Submissions) []event.Submission { return d.Submissions }, s.TakeToldSubmission)(ctx, tx, e)
	case event.InspectionsTold:
		return each(f, func(d event.Inspections) []event.Inspection { return d.Inspections }, s.TakeToldInspection)(ctx, tx, e)
	}
	return each(f, func(d event.Rectifications) []event.Rectification { return d.Rectifications }, s.TakeToldRectification)(ctx, tx, e)
}

// chunks is event.Assignments as far as it is counted.
type chunks struct {
	Issued []insight.Chunk `json:"issued"`
}

// each makes a handler of a use case that takes one of the things of an event.
func each[D, T any](f feed, of func(D) []T, use func(context.Context, insight.Tx, T) error) func(context.Context, bun.Tx, event.Event) error {
	return take(f, func(ctx context.Context, tx insight.Tx, data D) error {
		for _, x := range of(data) {
			if err := use(ctx, tx, x); err != nil {
				return err
			}
		}
		return nil
	})
}
