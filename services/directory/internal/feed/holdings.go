package feed

import (
	"context"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/fault"
)

// holders are the questions to the services on whose things people are named.
var holders = []string{rpc.AssignmentHoldings}

// Holdings asks what hangs on a person in other services. One that is away is
// passed over, for an account must be possible to disable all the same.
func Holdings(b *bus.Bus) func(context.Context, string) ([]directory.Holding, error) {
	return func(ctx context.Context, personID string) ([]directory.Holding, error) {
		var hs []directory.Holding
		for _, subject := range holders {
			a, err := bus.Ask[rpc.HoldingsRequest, rpc.HoldingsReply](ctx, b, subject, rpc.HoldingsRequest{PersonID: personID})
			if fault.Is(err, fault.Unavailable) {
				continue
			}
			if err != nil {
				return nil, err
			}
			for _, h := range a.Holdings {
				hs = append(hs, directory.Holding(h))
			}
		}
		return hs, nil
	}
}
