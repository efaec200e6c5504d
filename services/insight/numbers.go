package insight

import (
	"time"

	"github.com/duban/duban/services/internal/clock"
)

// Numbers is how far the work is at a node, at one moment.
type Numbers struct {
	Tally
	Overdue          int64 // open after the deadline in force
	SeriouslyOverdue int64 // of these, by more than the campaign's limit
	Near             int64 // open, deadline near
	OverdueOriginal  int64 // open after the original deadline
	AckOverdue       int64 // not acknowledged in time
	Light            clock.Light
	AckLight         clock.Light

	weighted, weight int64
}

// Progress is the share approved of what is live, tasks weighted; 0 to 1.
func (n Numbers) Progress() float64 { return ratio(n.weighted, n.weight) }

// Share is part of the live assignments; 0 to 1, 0 where there are none.
func (n Numbers) Share(part int64) float64 { return ratio(part, n.Live()) }

func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// counting turns counters into Numbers at one moment. Lights are computed once
// per deadline, not once per counter.
type counting struct {
	now    int64
	at     time.Time
	cal    *clock.Calendar
	th     map[string]clock.Thresholds // by campaign
	weight map[string]int64            // by task
	lights map[lightKey]clock.Light
}

type lightKey struct {
	campaign string
	ack      bool
	due      int64
}

func (s *Service) counting(cs ...Campaign) *counting {
	now := clock.Second(s.clock.Now())
	c := &counting{
		now: Micros(now), at: now, cal: s.cal,
		th: map[string]clock.Thresholds{}, weight: map[string]int64{}, lights: map[lightKey]clock.Light{},
	}
	for _, x := range cs {
		c.th[x.ID] = x.Thresholds()
		for _, t := range x.Tasks {
			c.weight[x.ID+"/"+t.ID] = max(1, t.Weight)
		}
	}
	return c
}

func (c *counting) light(campaign string, ack bool, due int64) clock.Light {
	k := lightKey{campaign, ack, due}
	l, ok := c.lights[k]
	if !ok {
		th := c.th[campaign]
		if ack {
			th.NearDays = 0 // near is its last day
		}
		l = c.cal.LightOf(c.at, Instant(due), nil, th)
		c.lights[k] = l
	}
	return l
}

func (c *counting) add(n *Numbers, r TallyRow) {
	t := r.Tally
	n.Tally = n.Tally.Plus(t, 1)
	w := c.weight[r.CampaignID+"/"+r.TaskID]
	n.weighted += w * t.Approved
	n.weight += w * t.Live()
	if open := t.Open(); open > 0 {
		l := c.light(r.CampaignID, false, r.DueUS)
		n.Light = worse(n.Light, l)
		switch l {
		case clock.Red:
			n.SeriouslyOverdue += open
			n.Overdue += open
		case clock.Yellow:
			n.Overdue += open
		case clock.Blue:
			n.Near += open
		}
		if r.OriginalUS > 0 && c.now > r.OriginalUS {
			n.OverdueOriginal += open
		}
	}
	if t.Unacknowledged > 0 {
		n.AckLight = worse(n.AckLight, c.light(r.CampaignID, true, r.AckUS))
		if r.AckUS > 0 && c.now > r.AckUS {
			n.AckOverdue += t.Unacknowledged
		}
	}
}

func newNumbers() *Numbers { return &Numbers{Light: clock.Green, AckLight: clock.Green} }

var severityOfLight = map[clock.Light]int{clock.Green: 0, clock.Blue: 1, clock.Yellow: 2, clock.Red: 3}

func worse(a, b clock.Light) clock.Light {
	if severityOfLight[b] > severityOfLight[a] {
		return b
	}
	return a
}

// FigureSum is a figure at a node. Reported and Accepted are the sums, or the
// greatest values for AggregateMax.
type FigureSum struct {
	Figure      string
	Title       string
	Measure     string
	Aggregate   string
	Reported    float64
	Accepted    float64
	Reports     int64 // submissions that gave it
	Acceptances int64
}

// sums puts the rows of one node together, of all tasks or of one.
func sums(rows []FigureRow, c Campaign, taskID string) []FigureSum {
	titles := map[[2]string]string{}
	for _, t := range c.Tasks {
		for _, f := range t.Figures {
			if k := [2]string{f.Figure, f.Measure}; titles[k] == "" && (taskID == "" || taskID == t.ID) {
				titles[k] = f.Title
			}
		}
	}
	type key struct{ figure, measure, aggregate string }
	at := map[key]int{}
	var out []FigureSum
	greatest := map[key][2]*float64{}
	for _, r := range rows {
		if taskID != "" && r.TaskID != taskID {
			continue
		}
		// Campaign-wide, a figure of which the last counts has a sum of its own.
		if taskID == "" && (r.Aggregate == AggregateLast) != (r.TaskID == "") {
			continue
		}
		k := key{r.Figure, r.Measure, r.Aggregate}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, FigureSum{Figure: r.Figure, Title: titles[[2]string{r.Figure, r.Measure}], Measure: r.Measure, Aggregate: r.Aggregate})
		}
		f := &out[i]
		f.Reports += r.Reports
		f.Acceptances += r.Acceptances
		if r.Aggregate == AggregateMax {
			g := greatest[k]
			g[0], g[1] = greater(g[0], r.Max), greater(g[1], r.MaxAccepted)
			greatest[k] = g
			f.Reported, f.Accepted = orZero(g[0]), orZero(g[1])
			continue
		}
		f.Reported += r.Reported.Float()
		f.Accepted += r.Accepted.Float()
	}
	return out
}

func greater(a, b *float64) *float64 {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func orZero(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}
