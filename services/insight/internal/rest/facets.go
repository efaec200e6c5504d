package rest

import (
	"context"
	"maps"
	"math"
	"net/url"

	"github.com/duban/duban/services/insight"
	"github.com/duban/duban/services/internal/rest"
)

// Months bound findings to those found in some months. Embed it, exported.
type Months struct {
	From string `query:"from" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" patternDescription:"a month" doc:"Only found in this month or later" example:"2026-01"`
	To   string `query:"to" pattern:"^[0-9]{4}-(0[1-9]|1[0-2])$" patternDescription:"a month" doc:"Only found in this month or earlier" example:"2026-12"`
}

// FindingStatistics are the numbers of findings alike.
type FindingStatistics struct {
	Query               string  `json:"query" doc:"Path and query, below /api/v1, of the list of them. With &counted= and found, open, closed, relapses, on_time or on_time_original it is the list of those that make that number up" example:"/findings?under=01985b2e-7c1a-7000-8000-000000000012&distinct=true&category=technical"`
	Value               string  `json:"value,omitempty" doc:"What they have in common: a category, severity, clause, sector or month; of a checklist item its series and key" example:"technical"`
	Title               string  `json:"title,omitempty" doc:"What the checklist called the item" example:"安装杀毒软件并保持更新"`
	Found               int64   `json:"found" doc:"Found; without dismissed ones and those that record an earlier one again" example:"12"`
	Open                int64   `json:"open" doc:"Open or being rectified now" example:"5"`
	Closed              int64   `json:"closed" doc:"Closed" example:"7"`
	OnTime              int64   `json:"on_time" doc:"Of the closed ones, those whose report was made by the deadline in force" example:"6"`
	OnTimeShare         float64 `json:"on_time_share" doc:"Their share of the closed ones, 0 to 1" example:"0.857"`
	OnTimeOriginal      int64   `json:"on_time_original" doc:"Of the closed ones, those whose report was made by the deadline they were ordered with" example:"5"`
	OnTimeOriginalShare float64 `json:"on_time_original_share" doc:"Their share of the closed ones, 0 to 1" example:"0.714"`
	Relapses            int64   `json:"relapses" doc:"Repeats of an earlier finding" example:"1"`
	RelapseRate         float64 `json:"relapse_rate" doc:"Their share of what was found, 0 to 1" example:"0.083"`
	MeanDays            float64 `json:"mean_days_to_close" doc:"From finding to closing on average, in days; 0 where none is closed" example:"8.5"`
}

// FindingNumbers are the numbers of findings at a unit.
type FindingNumbers struct {
	Unit       Unit                `json:"unit" doc:"The unit"`
	OwnOnly    bool                `json:"own_only" doc:"True where it is the unit itself and nothing below it" example:"false"`
	Total      FindingStatistics   `json:"total" doc:"Of the unit and everything below it"`
	OldestOpen string              `json:"oldest_open_on,omitempty" doc:"Local day on which the oldest one was found that is open now, in whatever month" example:"2026-03-02"`
	Items      []FindingStatistics `json:"items" doc:"By what was asked for: at most 200, those with the most findings first; months in their order"`
}

// share is a share in three digits.
func share(v float64) float64 { return parts(v, 1000) }

// mean is a mean to three digits.
func mean(v float64) float64 { return math.Round(v*1000) / 1000 }

// listed is the list of the findings that are counted at a node; where it is
// the unit alone, of that unit.
func listed(n insight.FindingNumbers, q insight.FacetQuery) url.Values {
	v := url.Values{"distinct": {"true"}}
	for name, value := range map[string]string{"campaign_id": q.CampaignID, "from": q.From, "to": q.To} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if n.OwnOnly {
		v.Set("unit_id", n.Unit.ID)
	} else {
		v.Set("under", n.Unit.ID)
	}
	return v
}

// alike bounds a list to those with a value of a facet.
func alike(v url.Values, by, value string) url.Values {
	v = maps.Clone(v)
	if by == insight.FacetMonth {
		v.Set("from", value)
		by = "to"
	}
	v.Set(by, value)
	return v
}

func statistics(n insight.FacetNumbers, list url.Values) FindingStatistics {
	return FindingStatistics{
		Query: "/findings?" + list.Encode(),
		Value: n.Value, Title: n.Title, Found: n.Found, Open: n.Open, Closed: n.Closed, OnTime: n.OnTime, OnTimeShare: share(n.OnTimeShare()),
		OnTimeOriginal: n.OnTimeOriginal, OnTimeOriginalShare: share(n.OnTimeOriginalShare()),
		Relapses: n.Relapses, RelapseRate: share(n.RelapseRate()), MeanDays: mean(n.MeanDays()),
	}
}

func numbersOf(n insight.FindingNumbers, q insight.FacetQuery, by string) FindingNumbers {
	list := listed(n, q)
	w := FindingNumbers{Unit: wireUnit(n.Unit), OwnOnly: n.OwnOnly, Total: statistics(n.Total, list), OldestOpen: n.OldestOpen, Items: []FindingStatistics{}}
	for _, x := range n.By {
		w.Items = append(w.Items, statistics(x, alike(list, by, x.Value)))
	}
	return w
}

// NumbersInput is the input of get-finding-numbers.
type NumbersInput struct {
	Node
	OfCampaign
	Months
	By string `query:"by" enum:"category,severity,clause,item,sector,month" doc:"Divide them by this: item is the item of a checklist that failed, whatever its version" example:"item"`
}

func (h handler) findingNumbers(ctx context.Context, in *NumbersInput) (*rest.Reply[FindingNumbers], error) {
	q := insight.FacetQuery{UnitID: in.UnitID, CampaignID: in.CampaignID, From: in.From, To: in.To}
	n, err := h.s.FindingNumbers(ctx, rest.Actor(ctx), q, in.By)
	if err != nil {
		return nil, err
	}
	return rest.Answer(numbersOf(n, q, in.By)), nil
}

// NumbersOfUnitsInput is the input of the lists of finding numbers by unit.
type NumbersOfUnitsInput struct {
	Node
	OfCampaign
	Months
	rest.Page
}

type numbersOfUnits func(ctx context.Context, q insight.FacetQuery, after string, limit int) ([]insight.FindingNumbers, error)

func listNumbers(ctx context.Context, in *NumbersOfUnitsInput, list numbersOfUnits) (*rest.Reply[rest.List[FindingNumbers]], error) {
	var k after
	if _, err := in.Decode(&k); err != nil {
		return nil, err
	}
	q := insight.FacetQuery{UnitID: in.UnitID, CampaignID: in.CampaignID, From: in.From, To: in.To}
	ns, err := list(ctx, q, k.ID, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := make([]FindingNumbers, len(ns))
	for i, n := range ns {
		out[i] = numbersOf(n, q, "")
	}
	return rest.Answer(rest.Items(out, in.Limit, func(x FindingNumbers) any { return after{x.Unit.ID} })), nil
}

func (h handler) findingNumbersChildren(ctx context.Context, in *NumbersOfUnitsInput) (*rest.Reply[rest.List[FindingNumbers]], error) {
	return listNumbers(ctx, in, func(ctx context.Context, q insight.FacetQuery, after string, limit int) ([]insight.FindingNumbers, error) {
		return h.s.FindingNumbersChildren(ctx, rest.Actor(ctx), q, after, limit)
	})
}

func (h handler) relapsed(ctx context.Context, in *NumbersOfUnitsInput) (*rest.Reply[rest.List[FindingNumbers]], error) {
	return listNumbers(ctx, in, func(ctx context.Context, q insight.FacetQuery, after string, limit int) ([]insight.FindingNumbers, error) {
		return h.s.Relapsed(ctx, rest.Actor(ctx), q, after, limit)
	})
}
