package feed

import (
	"context"

	"github.com/duban/duban/api/rpc"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/rectification"
)

// Insight asks the insight service.
type Insight struct{ Bus *bus.Bus }

var _ rectification.Copy = (*Insight)(nil)

func (i Insight) FindingNumbers(ctx context.Context) (map[string]int64, string, error) {
	a, err := bus.Ask[rpc.CountFindingsRequest, rpc.CountFindingsReply](ctx, i.Bus, rpc.CountFindings, rpc.CountFindingsRequest{})
	return a.Numbers, a.Tables, err
}
