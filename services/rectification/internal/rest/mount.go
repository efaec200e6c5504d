package rest

import (
	"context"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/document"
)

// Services are the use cases that the operations offer.
type Services struct {
	Checklists  *checklist.Service
	Inspections *rectification.Inspections
	Orders      *rectification.Service
	Documents   *document.Service
}

// Mount adds the operations.
func Mount(g *rest.Group, s Services) {
	mountChecklists(g, s.Checklists)
	mountSheets(g, s.Checklists)
	mountInspections(g, s.Inspections)
	mountResponses(g, s.Inspections)
	mountDraws(g, s.Inspections)
	mountDevices(g, s.Inspections)
	mountFindings(g, s.Orders)
	mountOrders(g, s.Orders)
	mountUnitSide(g, s.Orders)
	mountVerification(g, s.Orders)
	mountPapers(g, s.Documents)
	mountDocuments(g, s.Documents)
}

// register adds an operation whose faults show wire types.
func register[I, O any](g *rest.Group, op rest.Op, f func(context.Context, *I) (*O, error)) {
	rest.Register(g, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		return out, shown(err)
	})
}

// shown turns what a conflict shows into its wire form.
func shown(err error) error {
	f := fault.As(err)
	if f == nil {
		return err
	}
	switch v := f.Current.(type) {
	case rectification.InspectionView:
		f.Current = wholeInspection(v)
	case rectification.Registered:
		f.Current = deviceWire(rectification.Row[rectification.Registered, *rectification.DeviceMay]{Thing: v})
	case rectification.DrawView:
		f.Current = wholeDraw(v)
	case rectification.FindingView:
		f.Current = findingRow(v)
	}
	return err
}

func one[W, V any](conv func(V) W) func(V, error) (*rest.Reply[W], error) {
	return func(v V, err error) (*rest.Reply[W], error) {
		if err != nil {
			return nil, err
		}
		return rest.Answer(conv(v)), nil
	}
}

var (
	replyChecklist  = one(checklistOf)
	replyInspection = one(wholeInspection)
	replyFinding    = one(findingRow)
	replyCase       = one(wholeCase)
)
