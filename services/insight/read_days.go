package insight

import (
	"cmp"
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// MaxDays is how many days a trend has at most.
const MaxDays = 366

// Trend is a campaign at a node day by day.
type Trend struct {
	Unit Unit
	// OwnOnly tells that the caller sees the unit itself and nothing below it.
	OwnOnly bool
	Days    []TrendDay
}

// TrendDay is a local day: what happened on it, and what was reached by its end.
type TrendDay struct {
	Day   string
	On    DayTally
	Total DayTally
}

// Days are local days, from one to another. When empty, From is the first day on
// which something is counted and To is today or, where that is earlier, the last
// day on which something is.
type Days struct{ From, To string }

// CampaignTrend reads a campaign at a node day by day. Of more than MaxDays days
// it tells the last ones, unless the first is given.
func (s *Service) CampaignTrend(ctx context.Context, a policy.Actor, campaignID, unitID string, days Days) (Trend, error) {
	from, to := days.From, days.To
	for field, day := range map[string]string{"from": from, "to": to} {
		if wrong := fault.WrongDay(cmp.Or(day, clock.FirstDay)); wrong != "" {
			return Trend{}, fault.BadField(field, wrong, day)
		}
	}
	c, u, w, err := s.open(ctx, a, campaignID, unitID)
	if err != nil {
		return Trend{}, err
	}
	counted, err := s.store.Days(ctx, c.Tasks, w)
	if err != nil {
		return Trend{}, err
	}
	out := Trend{Unit: u, OwnOnly: w.OwnOnly}
	if len(counted) == 0 {
		return out, nil
	}
	first, last := "", ""
	for day := range counted {
		if first == "" || day < first {
			first = day
		}
		last = max(last, day)
	}
	to = cmp.Or(to, min(last, clock.Day(s.clock.Now())))
	if from == "" {
		from = max(first, addDays(to, 1-MaxDays))
	}
	out.Days = trend(counted, from, to)
	return out, nil
}
