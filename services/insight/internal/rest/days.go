package rest

import (
	"context"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/rest"
)

// DayCounts are numbers of assignments, of a day or up to it.
type DayCounts struct {
	Issued       int64 `json:"issued" doc:"Issued, without those cancelled since" example:"38"`
	Due          int64 `json:"due" doc:"Whose deadline in force fell due" example:"20"`
	Acknowledged int64 `json:"acknowledged" doc:"Acknowledged" example:"30"`
	Submitted    int64 `json:"submitted" doc:"Handed in, without those returned or recalled since" example:"18"`
	Approved     int64 `json:"approved" doc:"Approved" example:"12"`
}

// TrendDay is a day of a campaign.
type TrendDay struct {
	Day   string    `json:"day" format:"date" doc:"Local day" example:"2026-09-20"`
	On    DayCounts `json:"on" doc:"What happened on the day"`
	Total DayCounts `json:"total" doc:"What was reached by its end"`
}

// Trend is a campaign day by day.
type Trend struct {
	Unit    Unit       `json:"unit" doc:"The unit"`
	OwnOnly bool       `json:"own_only" doc:"True where you may see the unit itself and nothing below it" example:"false"`
	Items   []TrendDay `json:"items" doc:"Every day, also those on which nothing happened, in their order"`
}

// TrendInput is the input of list-campaign-rollup-days.
type TrendInput struct {
	rest.ByID
	Node
	From string `query:"from" format:"date" doc:"The first local day; when left out, the first on which something is counted" example:"2026-09-01"`
	To   string `query:"to" format:"date" doc:"The last local day; when left out, today, or the last day on which something is counted where that is earlier" example:"2026-09-30"`
}

func (h handler) days(ctx context.Context, in *TrendInput) (*rest.Reply[Trend], error) {
	t, err := h.s.CampaignTrend(ctx, rest.Actor(ctx), in.ID, in.UnitID, insight.Days{From: in.From, To: in.To})
	if err != nil {
		return nil, err
	}
	out := Trend{Unit: wireUnit(t.Unit), OwnOnly: t.OwnOnly, Items: make([]TrendDay, len(t.Days))}
	for i, d := range t.Days {
		out.Items[i] = TrendDay{Day: d.Day, On: DayCounts(d.On), Total: DayCounts(d.Total)}
	}
	return rest.Answer(out), nil
}
