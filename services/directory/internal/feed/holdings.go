package feed

import (
	"context"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/fault"
)

// holders are the questions to the services on whose things people are named, with
// the kinds that each answers.
var holders = []struct {
	subject string
	kinds   []string
}{
	{rpc.AssignmentHoldings, []string{event.HeldAssignments}},
	{rpc.RectificationHoldings, []string{
		event.HeldRectifications, event.HeldMeasures, event.HeldVerifications, event.HeldInspections, event.HeldDraws,
	}},
}

// Holdings asks what hangs on people in other services, for each of them every kind.
// What belongs to a service that is away is unknown; it is asked no more.
func Holdings(b *bus.Bus) func(context.Context, []string) (map[string][]directory.Holding, error) {
	return func(ctx context.Context, personIDs []string) (map[string][]directory.Holding, error) {
		hs := make(map[string][]directory.Holding, len(personIDs))
		for _, x := range holders {
			away := false
			for _, id := range personIDs {
				var a rpc.HoldingsReply
				var err error
				if !away {
					a, err = bus.Ask[rpc.HoldingsRequest, rpc.HoldingsReply](ctx, b, x.subject, rpc.HoldingsRequest{PersonID: id})
				}
				if away = away || fault.Is(err, fault.Unavailable); !away && err != nil {
					return nil, err
				}
				for _, kind := range x.kinds {
					h := directory.Holding{Kind: kind, Unknown: away}
					if i := slices.IndexFunc(a.Holdings, func(h rpc.Holding) bool { return h.Kind == kind }); i >= 0 {
						h.Count = a.Holdings[i].Count
					}
					hs[id] = append(hs[id], h)
				}
			}
		}
		return hs, nil
	}
}
