package evidence

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/policy"
)

// What is odd about a figure. It refuses nothing: somebody may have done three
// times as much.
const (
	// UnlikeLastYear: more than three times, or less than a third, of what the
	// same unit gave for the same thing a year before.
	UnlikeLastYear = "unlike_last_year"
	// UnlikeSimilar: the same against the median of units of the same kind.
	UnlikeSimilar = "unlike_similar"
)

const (
	// oddBy is how many times a figure may differ before it is marked.
	oddBy = 3
	// fewest is with how many units a median says something.
	fewest = 5
	// maxCompared bounds how many values are read for a median.
	maxCompared = 2000
)

// Comparison sets a figure beside others, for whoever reviews it.
type Comparison struct {
	RequirementID string
	LastYear      *LastYear
	Similar       *Similar // only for those who review
	Odd           []string
}

// LastYear is what the same unit gave for the same thing a year before.
type LastYear struct {
	SubmissionID string
	Period       Period
	Value        float64
}

// Similar is what units of the same kind gave for the same requirement: by the
// requirement's denominator where it has one.
type Similar struct {
	Units             int
	Kind              string // of the units
	Per               string // denominator; empty for none
	Low, Median, High float64
	Own               float64 // the figure itself, by the same denominator
}

// UnitValue is a number a unit gave for a requirement.
type UnitValue struct {
	RequirementID string
	Unit          UnitInfo
	Value         float64
}

// compare sets the figures of a submission beside those of a year ago and,
// for reviewers, beside those of similar units; both within reach.
func (s *Service) compare(ctx context.Context, reach policy.Reach, reviewer bool, v *View) error {
	numbers := map[string]float64{}
	for _, it := range v.Items {
		if it.Value != nil {
			numbers[it.RequirementID] = *it.Value
		}
	}
	if len(numbers) == 0 || v.Target != Assignment {
		return nil
	}
	last, err := s.lastYear(ctx, reach, v, numbers)
	if err != nil {
		return err
	}
	u, err := s.unit(ctx, v.UnitID, v.UnitPath)
	if err != nil {
		return err
	}
	var others []UnitValue
	if reviewer && u.Kind != "" {
		if others, err = s.store.Values(ctx, v.TaskID, u, reach, maxCompared); err != nil {
			return err
		}
	}
	for _, r := range v.Requirements {
		own, ok := numbers[r.ID]
		if !ok || r.Kind != kinds.Number {
			continue
		}
		c := Comparison{RequirementID: r.ID, Similar: similar(r, own, u, others)}
		if l, ok := last[r.ID]; ok {
			c.LastYear = &l
			if far(own, l.Value) {
				c.Odd = append(c.Odd, UnlikeLastYear)
			}
		}
		if c.Similar != nil && far(c.Similar.Own, c.Similar.Median) {
			c.Odd = append(c.Odd, UnlikeSimilar)
		}
		if c.LastYear != nil || c.Similar != nil {
			v.Comparisons = append(v.Comparisons, c)
		}
	}
	return nil
}

// far tells whether two figures differ by more than oddBy times.
func far(a, b float64) bool {
	low, high := min(a, b), max(a, b)
	return high > oddBy*low && high-low >= 1
}

// lastYear finds, by requirement, what the unit gave for the same thing for
// days that began nine to fifteen months earlier; the newest where there are
// several.
func (s *Service) lastYear(ctx context.Context, reach policy.Reach, v *View, numbers map[string]float64) (map[string]LastYear, error) {
	campaign, err := s.store.CampaignPeriod(ctx, v.CampaignID, v.DueAt)
	if err != nil {
		return nil, err
	}
	earlier, err := s.earlier(ctx, reach, EarlierFilter{UnitID: v.UnitID, Standing: true, NotFor: v.TargetID})
	if err != nil {
		return nil, err
	}
	type pick struct {
		e   Earlier
		old event.Requirement
	}
	picks := map[string]pick{}
	var ids []string
	for _, r := range v.Requirements {
		if _, ok := numbers[r.ID]; !ok {
			continue
		}
		for _, e := range earlier {
			i := slices.IndexFunc(e.Requirements, func(o event.Requirement) bool {
				return o.Sameness() == r.Sameness() && yearBefore(periodOf(o, e.Period), periodOf(r, campaign))
			})
			if i >= 0 {
				picks[r.ID] = pick{e, e.Requirements[i]}
				ids = append(ids, e.ID)
				break
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	items, err := s.store.ItemsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]LastYear{}
	for id, p := range picks {
		for _, it := range items[p.e.ID] {
			if it.RequirementID == p.old.ID && it.Value != nil {
				out[id] = LastYear{SubmissionID: p.e.ID, Period: periodOf(p.old, p.e.Period), Value: *it.Value}
			}
		}
	}
	return out, nil
}

func yearBefore(old, now Period) bool {
	a, err1 := time.Parse(time.DateOnly, old.From)
	b, err2 := time.Parse(time.DateOnly, now.From)
	return err1 == nil && err2 == nil && a.After(b.AddDate(0, -15, 0)) && a.Before(b.AddDate(0, -9, 0))
}

// similar is the middle of what other units gave; nil when they are too few.
func similar(r event.Requirement, own float64, u UnitInfo, others []UnitValue) *Similar {
	by := func(u UnitInfo, v float64) (float64, bool) {
		per := u.per(r.Per)
		return v / per, per > 0
	}
	mine, ok := by(u, own)
	if !ok {
		return nil
	}
	var vs []float64
	for _, o := range others {
		if o.RequirementID != r.ID || o.Unit.ID == u.ID {
			continue
		}
		if x, ok := by(o.Unit, o.Value); ok {
			vs = append(vs, x)
		}
	}
	if len(vs) < fewest {
		return nil
	}
	slices.Sort(vs)
	at := func(q float64) float64 { return vs[int(math.Round(q*float64(len(vs)-1)))] }
	return &Similar{Units: len(vs), Kind: u.Kind, Per: r.Per, Low: at(0.25), Median: at(0.5), High: at(0.75), Own: mine}
}
