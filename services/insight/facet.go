package insight

import (
	"strings"
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// The facets that findings are counted by. Each has the month they were found
// in as well.
const (
	FacetAll      = "all"
	FacetCategory = "category"
	FacetSeverity = "severity"
	FacetClause   = "clause"
	FacetItem     = "item" // series and key of the checklist item, with a slash between
	FacetSector   = "sector"
	FacetMonth    = "month" // not counted apart: all, by month

	FacetRelapsed = "relapsed" // unit, of relapses only
	FacetOpenOn   = "open_on"  // local day they were found on, of open ones only
)

// Facets are what the source row of a finding holds to be counted by.
type Facets struct {
	Clause    string
	Item      string
	ItemTitle string
	Sector    string // the lines of its unit, a blank between
	FoundUS   int64  // 0 for one told of by an older version, which is not counted by facets
	ClosedUS  int64
	OnTime    int64 // 1 when the report it was closed by was made by the deadline in force
	// OnTimeOriginal is 1 when it was made by the deadline it was ordered with.
	OnTimeOriginal int64
	Duplicate      int64 // 1 when it records an earlier one again
	Transferred    int64 // 1 when its unit is not the one where it was found
}

// FacetKey names a counter of findings.
type FacetKey struct {
	NodeID     string
	CampaignID string
	OfficeID   string
	Own        bool
	Facet      string
	Value      string
	Month      string
}

// FacetTally counts findings.
type FacetTally struct {
	Found    int64
	Open     int64 // open or being rectified
	Closed   int64
	OnTime   int64 // of the closed ones, against the deadline in force
	Relapses int64
	Seconds  int64 // from finding to closing, of the closed ones
	// OnTimeOriginal counts those of the closed ones that were in time against
	// the deadline they were ordered with.
	OnTimeOriginal int64
}

func (t FacetTally) plus(o FacetTally, sign int64) FacetTally {
	t.Found += sign * o.Found
	t.Open += sign * o.Open
	t.Closed += sign * o.Closed
	t.OnTime += sign * o.OnTime
	t.OnTimeOriginal += sign * o.OnTimeOriginal
	t.Relapses += sign * o.Relapses
	t.Seconds += sign * o.Seconds
	return t
}

// facetTally is what a finding adds. A dismissed one was none, and a duplicate
// is counted where it was recorded first.
func (e Entry) facetTally() FacetTally {
	if e.Kind != KindFinding || e.FoundUS == 0 || e.State == "dismissed" || e.Duplicate > 0 {
		return FacetTally{}
	}
	t := FacetTally{Found: 1, Relapses: e.Relapses}
	if e.State != "closed" {
		t.Open = 1
		return t
	}
	t.Closed, t.OnTime, t.OnTimeOriginal = 1, e.OnTime, e.OnTimeOriginal
	t.Seconds = max(0, (e.ClosedUS-e.FoundUS)/int64(time.Second/time.Microsecond))
	return t
}

// facets adds what a finding contributes, at its unit and above it.
func (d *Deltas) facets(path string, e Entry, sign int64) {
	t := e.facetTally()
	if t == (FacetTally{}) {
		return
	}
	day := clock.Day(Instant(e.FoundUS))
	add := func(facet, value string, t FacetTally) {
		k := FacetKey{NodeID: e.UnitID, CampaignID: e.CampaignID, OfficeID: e.OfficeID, Own: true, Facet: facet, Value: value, Month: day[:len("2026-09")]}
		d.facet(k, t, sign)
		k.Own = false
		for _, n := range Above(path) {
			k.NodeID = n
			d.facet(k, t, sign)
		}
	}
	for facet, value := range map[string]string{
		FacetAll: "", FacetCategory: e.Category, FacetSeverity: e.Severity, FacetClause: e.Clause, FacetItem: e.Item,
	} {
		if facet == FacetAll || value != "" {
			add(facet, value, t)
		}
	}
	for _, line := range strings.Fields(e.Sector) {
		add(FacetSector, line, t)
	}
	if t.Relapses > 0 {
		add(FacetRelapsed, e.UnitID, FacetTally{Found: t.Found, Relapses: t.Relapses})
	}
	if t.Open > 0 {
		add(FacetOpenOn, day, FacetTally{Open: t.Open})
	}
}

func (d *Deltas) facet(k FacetKey, t FacetTally, sign int64) { d.Facets[k] = d.Facets[k].plus(t, sign) }
