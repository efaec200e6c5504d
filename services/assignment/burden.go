package assignment

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// BurdenQuery bounds a burden report.
type BurdenQuery struct {
	Reach        policy.Reach
	Since, Until time.Time // of issue; Until is the first moment after
	UnderID      string    // only of this unit and those below it
	UnderPath    string
}

// Burden is what one office asked of others.
type Burden struct {
	OfficeID, Office string
	Campaigns, Tasks int64
	Load
	Of []BurdenOf // the most minutes first
}

// BurdenOf is what an office asked of units of one kind.
type BurdenOf struct {
	Level, Kind string
	Load
}

// Load is how much was asked.
type Load struct {
	Units       int64 // that were asked
	Assignments int64
	Items       int64
	Minutes     int64 // estimated
	Pictures    int64 // compulsory photos and videos
}

func (l *Load) add(n int64, rs []event.Requirement) {
	l.Assignments += n
	l.Items += n * int64(len(rs))
	l.Minutes += n * int64(minutesOf(rs))
	l.Pictures += n * int64(pictures(rs))
}

// Asking is how many assignments of one task an office gave to units of a kind.
type Asking struct {
	OfficeID, CampaignID, TaskID, Level, Kind string
	Requirements                              []event.Requirement
	Assignments                               int64
}

// AskedUnits is how many units an office asked; of one kind, or all where kind
// and level are empty.
type AskedUnits struct {
	OfficeID, Level, Kind string
	Units                 int64
}

// maxBurdenDays bounds a burden report.
const maxBurdenDays = 400

// Burden reports which office asked how much of whom, of the units in reach:
// what the offices issued, and what towns passed on. Cancelled assignments do
// not count.
func (s *Service) Burden(ctx context.Context, actor policy.Actor, q BurdenQuery) ([]Burden, error) {
	q.Reach = s.policy.Rights(ctx, actor, "assignment").Reach("read")
	if q.Until.IsZero() {
		q.Until = s.clock.Now().Add(time.Second) // what was issued just now counts
	}
	if q.Since.IsZero() {
		q.Since = clock.AddDays(q.Until, -90)
	}
	if !q.Since.Before(q.Until) || q.Until.Sub(q.Since) > maxBurdenDays*24*time.Hour {
		return nil, fault.BadField("since", "expected a day before the last one, at most 400 days", nil)
	}
	if q.UnderID != "" {
		us, err := s.store.Units(ctx, []string{q.UnderID})
		if err != nil {
			return nil, err
		}
		u, ok := us[q.UnderID]
		if !ok {
			return nil, nil // of a unit that does not exist nothing was asked
		}
		q.UnderPath = u.Path
	}
	askings, units, err := s.store.Burden(ctx, q)
	if err != nil {
		return nil, err
	}
	by := map[string]*Burden{}
	type at struct{ office, level, kind string }
	of := map[at]*BurdenOf{}
	campaigns, tasks := map[[2]string]bool{}, map[[2]string]bool{}
	for _, a := range askings {
		b := by[a.OfficeID]
		if b == nil {
			b = &Burden{OfficeID: a.OfficeID}
			by[a.OfficeID] = b
		}
		k := at{a.OfficeID, a.Level, a.Kind}
		if of[k] == nil {
			of[k] = &BurdenOf{Level: a.Level, Kind: a.Kind}
		}
		b.add(a.Assignments, a.Requirements)
		of[k].add(a.Assignments, a.Requirements)
		campaigns[[2]string{a.OfficeID, a.CampaignID}] = true
		tasks[[2]string{a.OfficeID, a.TaskID}] = true
	}
	for _, u := range units {
		if b, o := by[u.OfficeID], of[at{u.OfficeID, u.Level, u.Kind}]; u.Level == "" && u.Kind == "" && b != nil {
			b.Units = u.Units
		} else if o != nil {
			o.Units = u.Units
		}
	}
	for k := range campaigns {
		by[k[0]].Campaigns++
	}
	for k := range tasks {
		by[k[0]].Tasks++
	}
	for k, o := range of {
		by[k.office].Of = append(by[k.office].Of, *o)
	}
	ids := make([]string, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	names, err := s.store.UnitNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Burden, 0, len(by))
	for id, b := range by {
		b.Office = names[id]
		slices.SortFunc(b.Of, func(x, y BurdenOf) int {
			return cmp.Or(cmp.Compare(y.Minutes, x.Minutes), cmp.Compare(x.Level, y.Level), cmp.Compare(x.Kind, y.Kind))
		})
		out = append(out, *b)
	}
	slices.SortFunc(out, func(x, y Burden) int {
		return cmp.Or(cmp.Compare(y.Minutes, x.Minutes), cmp.Compare(x.OfficeID, y.OfficeID))
	})
	return out, nil
}
