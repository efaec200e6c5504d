package insight

import (
	"context"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// MaxFacets bounds how many values of a facet are shown: those with the most
// findings.
const MaxFacets = 200

// FacetQuery selects findings by what they belong to and when they were found.
type FacetQuery struct {
	UnitID     string
	CampaignID string
	From, To   string // months, both included; empty for no bound
}

// FacetNumbers are the numbers of findings alike.
type FacetNumbers struct {
	Value string
	Title string // of a checklist item
	FacetTally
}

// RelapseRate is the share of relapses; 0 to 1.
func (n FacetNumbers) RelapseRate() float64 { return ratio(n.Relapses, n.Found) }

// OnTimeShare is the share of the closed ones whose report was in time; 0 to 1.
func (n FacetNumbers) OnTimeShare() float64 { return ratio(n.OnTime, n.Closed) }

// OnTimeOriginalShare is the share of the closed ones whose report was in time
// against the deadline they were ordered with; 0 to 1.
func (n FacetNumbers) OnTimeOriginalShare() float64 { return ratio(n.OnTimeOriginal, n.Closed) }

// MeanDays is how long it took from finding to closing on average, in days.
func (n FacetNumbers) MeanDays() float64 { return ratio(n.Seconds, n.Closed) / (24 * 60 * 60) }

// FindingNumbers are the numbers of the findings at a node that are open to whoever
// looks.
type FindingNumbers struct {
	Unit    Unit
	OwnOnly bool
	Total   FacetNumbers
	// OldestOpen is the local day on which the oldest one was found that is
	// open now, whenever that was; empty when none is.
	OldestOpen string
	By         []FacetNumbers
}

// FindingNumbers reads the numbers of findings at a node, altogether and by a
// facet: the values with the most findings first, months in their order.
func (s *Service) FindingNumbers(ctx context.Context, a policy.Actor, q FacetQuery, by string) (FindingNumbers, error) {
	u, w, err := s.openRegister(ctx, a, q.UnitID, q.CampaignID)
	if err != nil {
		return FindingNumbers{}, err
	}
	out := FindingNumbers{Unit: u, OwnOnly: w.OwnOnly}
	totals, oldest, err := s.facetTotals(ctx, q, w)
	if err != nil {
		return out, err
	}
	out.Total, out.OldestOpen = totals[u.ID], oldest[u.ID]
	switch by {
	case "":
		return out, nil
	case FacetCategory, FacetSeverity, FacetClause, FacetItem, FacetSector, FacetMonth:
	default:
		return out, fault.BadField("by", "expected category, severity, clause, item, sector or month", by)
	}
	out.By, err = s.store.Facets(ctx, by, q, w, MaxFacets)
	return out, err
}

// facetTotals are the totals of the nodes of a window, and their oldest open.
func (s *Service) facetTotals(ctx context.Context, q FacetQuery, w Window) (map[string]FacetNumbers, map[string]string, error) {
	ts, err := s.store.FacetTotals(ctx, q, w)
	if err != nil {
		return nil, nil, err
	}
	totals := map[string]FacetNumbers{}
	for n, t := range ts {
		totals[n] = FacetNumbers{FacetTally: t}
	}
	oldest, err := s.store.OldestOpen(ctx, q.CampaignID, w)
	return totals, oldest, err
}

// FindingNumbersChildren reads the totals at up to limit children of a node.
func (s *Service) FindingNumbersChildren(ctx context.Context, a policy.Actor, q FacetQuery, after string, limit int) ([]FindingNumbers, error) {
	u, w, err := s.openRegister(ctx, a, q.UnitID, q.CampaignID)
	if err != nil {
		return nil, err
	}
	units, below, err := s.below(ctx, u, w, Page{after, limit})
	if err != nil || len(units) == 0 {
		return nil, err
	}
	totals, oldest, err := s.facetTotals(ctx, q, below)
	if err != nil {
		return nil, err
	}
	out := make([]FindingNumbers, len(units))
	for i, u := range units {
		out[i] = FindingNumbers{Unit: u, OwnOnly: below.OwnOnly, Total: totals[u.ID], OldestOpen: oldest[u.ID]}
	}
	return out, nil
}

// Relapsed lists the units at and below a node where findings were found again,
// in the order of their ids: it is no ranking.
func (s *Service) Relapsed(ctx context.Context, a policy.Actor, q FacetQuery, after string, limit int) ([]FindingNumbers, error) {
	_, w, err := s.openRegister(ctx, a, q.UnitID, q.CampaignID)
	if err != nil {
		return nil, err
	}
	ids, err := s.store.RelapsedUnits(ctx, q, w, after, limit)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	units, err := s.store.UnitsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	// Of the units themselves: what lies below them is listed as theirs.
	totals, oldest, err := s.facetTotals(ctx, q, Window{NodeIDs: ids, OwnOnly: true, Offices: w.Offices})
	if err != nil {
		return nil, err
	}
	out := make([]FindingNumbers, len(ids))
	for i, x := range ids {
		u, ok := units[x]
		if !ok {
			u = Unit{ID: x}
		}
		out[i] = FindingNumbers{Unit: u, OwnOnly: true, Total: totals[x], OldestOpen: oldest[x]}
	}
	return out, nil
}
