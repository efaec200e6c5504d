package rectification

import (
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// FindingDue is by when a finding of an order has to be rectified.
type FindingDue struct {
	FindingID     string
	DueAt         time.Time
	OriginalDueAt time.Time // never changes
}

// dues works out the deadline of an order and of each finding in it. A finding
// with a deadline of its own keeps it; the others have the order's. An order
// without one has the shortest that its findings usually have or, where some
// were given their own, the last of them.
func (s *Service) dues(now time.Time, in OrderInput, fs []Finding) (time.Time, []FindingDue, error) {
	var none time.Time
	own := map[string]time.Time{}
	for i, d := range in.Deadlines {
		loc := fmt.Sprintf("deadlines[%d]", i)
		if !slices.ContainsFunc(fs, func(f Finding) bool { return f.ID == d.FindingID }) {
			return none, nil, fault.BadField(loc+".finding_id", "this finding is not part of the order", d.FindingID)
		}
		if _, twice := own[d.FindingID]; twice {
			return none, nil, fault.BadField(loc+".finding_id", "given twice", d.FindingID)
		}
		due, _, err := s.deadline(now, d.Deadline, loc+".at")
		if err != nil {
			return none, nil, err
		}
		own[d.FindingID] = due
	}
	order, err := s.orderDue(now, in, fs, own)
	if err != nil {
		return none, nil, err
	}
	dues := make([]FindingDue, len(fs))
	for i, f := range fs {
		due, ok := own[f.ID]
		switch {
		case !ok:
			due = order
		case due.After(order):
			return none, nil, fault.BadField("deadlines", "a finding is due after its order; give the order a later deadline, or none", f.ID)
		}
		dues[i] = FindingDue{FindingID: f.ID, DueAt: due, OriginalDueAt: due}
	}
	return order, dues, nil
}

// orderDue is the deadline of the order; own gets those of findings whose
// usual one counts.
func (s *Service) orderDue(now time.Time, in OrderInput, fs []Finding, own map[string]time.Time) (time.Time, error) {
	d := in.Due
	if d.Given() || len(own) == 0 {
		for _, f := range fs {
			if !in.Due.Given() && f.DeadlineDays > 0 && (d.Workdays == 0 || f.DeadlineDays < d.Workdays) {
				d.Workdays = f.DeadlineDays
			}
		}
		due, _, err := s.deadline(now, d, "at")
		return due, err
	}
	var last time.Time
	for _, f := range fs {
		if _, ok := own[f.ID]; !ok {
			if f.DeadlineDays == 0 {
				return last, fault.BadField("deadlines", "this finding has no usual deadline; give it one, or the order", f.ID)
			}
			own[f.ID] = s.cal.AddWorkdays(now, f.DeadlineDays)
		}
		if own[f.ID].After(last) {
			last = own[f.ID]
		}
	}
	return last, nil
}

// due is the deadline of a finding of the case.
func (c Case) due(findingID string) FindingDue {
	i := slices.IndexFunc(c.Dues, func(d FindingDue) bool { return d.FindingID == findingID })
	if i < 0 {
		return FindingDue{FindingID: findingID, DueAt: c.DueAt, OriginalDueAt: c.OriginalDueAt}
	}
	return c.Dues[i]
}

// findingLights are the lights of the findings of a case.
func (c Case) findingLights(cal *clock.Calendar, now time.Time, th clock.Thresholds) map[string]clock.Light {
	m := map[string]clock.Light{}
	for _, f := range c.Findings {
		m[f.ID] = c.term(f.ID).light(cal, now, th)
	}
	return m
}

// unfixed are the findings that were not found fixed.
func unfixed(rs []Result) []string {
	var ids []string
	for _, r := range rs {
		if r.Result != ResultFixed {
			ids = append(ids, r.FindingID)
		}
	}
	return ids
}
