package insight

import (
	"iter"
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// DayKey names a counter of the assignments strictly below a node by a local day.
type DayKey struct {
	CampaignID string
	NodeID     string
	Day        string // 2026-09-20
}

// DayTally counts the assignments to which something happened on a day, as
// they stand now: what was returned since was not handed in, and what was
// cancelled was never issued. Over all days it comes to what Numbers tells.
type DayTally struct {
	Issued       int64
	Due          int64 // by the deadline in force; a declined one is due for nobody
	Acknowledged int64
	Submitted    int64
	Approved     int64
}

// Plus adds o, sign times.
func (t DayTally) Plus(o DayTally, sign int64) DayTally {
	t.Issued += sign * o.Issued
	t.Due += sign * o.Due
	t.Acknowledged += sign * o.Acknowledged
	t.Submitted += sign * o.Submitted
	t.Approved += sign * o.Approved
	return t
}

// days are local days of instants. A chunk has few different ones.
type days map[int64]string

func (d days) of(us int64) string {
	day, ok := d[us]
	if !ok {
		day = clock.Day(Instant(us))
		d[us] = day
	}
	return day
}

// byDay gives f what the assignment contributes to days, possibly several
// times the same one. Nothing for one told of by an older version, which left
// out when it was issued.
func (a Assignment) byDay(d days, f func(day string, t DayTally)) {
	if a.IssuedUS == 0 || a.State == StateCancelled {
		return
	}
	f(d.of(a.IssuedUS), DayTally{Issued: 1})
	if a.State == StateDeclined {
		return
	}
	if a.DueUS > 0 {
		f(d.of(a.DueUS), DayTally{Due: 1})
	}
	if a.AckedUS > 0 {
		f(d.of(a.AckedUS), DayTally{Acknowledged: 1})
	}
	if a.SubmittedUS > 0 && (a.State == StateSubmitted || a.State == StateApproved) {
		f(d.of(a.SubmittedUS), DayTally{Submitted: 1})
	}
	if a.ApprovedUS > 0 && a.State == StateApproved {
		f(d.of(a.ApprovedUS), DayTally{Approved: 1})
	}
}

// ByDay sums what as contribute.
func ByDay(as iter.Seq[Assignment]) map[string]DayTally {
	out, d := map[string]DayTally{}, days{}
	for a := range as {
		a.byDay(d, func(day string, t DayTally) { out[day] = out[day].Plus(t, 1) })
	}
	return out
}

// day adds t to the counters of every node in nodes, sign times.
func (d *Deltas) day(nodes []string, k DayKey, t DayTally, sign int64) {
	for _, n := range nodes {
		k.NodeID = n
		d.Days[k] = d.Days[k].Plus(t, sign)
	}
}

// ByDay adds what a contributes to days at every node in nodes, sign times.
func (d *Deltas) ByDay(nodes []string, a Assignment, sign int64) {
	a.byDay(d.local, func(day string, t DayTally) { d.day(nodes, DayKey{CampaignID: a.CampaignID, Day: day}, t, sign) })
}

// trend puts the days from one to another in order, also those without
// anything, each with the sum of it and all before it.
func trend(counted map[string]DayTally, from, to string) []TrendDay {
	var sum DayTally
	for day, t := range counted {
		if day < from {
			sum = sum.Plus(t, 1)
		}
	}
	var out []TrendDay
	for day := from; day <= to && len(out) < MaxDays; day = addDays(day, 1) {
		sum = sum.Plus(counted[day], 1)
		out = append(out, TrendDay{day, counted[day], sum})
	}
	return out
}

// addDays is for days that were given by clock.Day or have been looked at.
func addDays(day string, n int) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic("insight: not a day: " + day)
	}
	return t.AddDate(0, 0, n).Format(time.DateOnly)
}
