package clock

import (
	"math"
	"sync"
	"time"

	"github.com/6tail/lunar-go/HolidayUtil"
)

// Calendar knows the official holidays and make-up workdays (国务院办公厅
// 节假日安排通知). Years whose notice is unknown count as plain weekdays and
// are reported by Known, so that callers can warn.
type Calendar struct {
	mu    sync.RWMutex
	years map[int]map[string]bool // local day → is a working day, for the days a notice names
}

// Official is the calendar that ships with Duban.
var Official = &Calendar{years: map[int]map[string]bool{}}

func (c *Calendar) year(y int) map[string]bool {
	c.mu.RLock()
	days, ok := c.years[y]
	c.mu.RUnlock()
	if ok {
		return days
	}
	days = map[string]bool{}
	for e := HolidayUtil.GetHolidaysByYear(y).Front(); e != nil; e = e.Next() {
		h := e.Value.(*HolidayUtil.Holiday)
		days[h.GetDay()] = h.IsWork()
	}
	c.mu.Lock()
	c.years[y] = days
	c.mu.Unlock()
	return days
}

// Known tells whether the official notice of that year is in the calendar.
func (c *Calendar) Known(year int) bool {
	_, ok := c.year(year)[time.Date(year, 10, 1, 0, 0, 0, 0, Shanghai).Format(time.DateOnly)]
	return ok
}

// Workday tells whether the local day of t is a working day.
func (c *Calendar) Workday(t time.Time) bool {
	t = t.In(Shanghai)
	if work, named := c.year(t.Year())[t.Format(time.DateOnly)]; named {
		return work
	}
	wd := t.Weekday()
	return wd != time.Saturday && wd != time.Sunday
}

// AddWorkdays returns the end of the n-th working day after t's local day
// (before it, when n is negative), in UTC. It ends at the bounds of AddDays.
func (c *Calendar) AddWorkdays(t time.Time, n int) time.Time {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	d := t.In(Shanghai)
	d = time.Date(d.Year(), d.Month(), d.Day(), 23, 59, 59, 0, Shanghai)
	for n > 0 && InBounds(d.AddDate(0, 0, step)) {
		d = d.AddDate(0, 0, step)
		if c.Workday(d) {
			n--
		}
	}
	return d.UTC()
}

// WorkdaysBetween counts the working days after from's local day up to and
// including to's. It is negative when to lies before from.
func (c *Calendar) WorkdaysBetween(from, to time.Time) int {
	if to.Before(from) {
		return -c.WorkdaysBetween(to, from)
	}
	return c.workdays(from, to, math.MaxInt)
}

// workdays is WorkdaysBetween for to not before from; it stops counting at limit.
func (c *Calendar) workdays(from, to time.Time, limit int) int {
	d, end := from.In(Shanghai), to.In(Shanghai)
	end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, Shanghai)
	n := 0
	for d.Before(end) && n < limit {
		d = d.AddDate(0, 0, 1)
		if c.Workday(d) {
			n++
		}
	}
	return n
}

// Light is the traffic light of something with a deadline.
type Light string

// The lights, from the best to the worst. Each is always shown with its word, never by colour alone.
const (
	Green  Light = "green"  // in time
	Blue   Light = "blue"   // the deadline is near
	Yellow Light = "yellow" // past the deadline, or done late
	Red    Light = "red"    // seriously overdue
)

// Thresholds are a campaign's limits for lights, in working days.
type Thresholds struct {
	NearDays    int `json:"near_days" minimum:"0" maximum:"30" default:"3" doc:"Blue from so many working days before the deadline" example:"3"`
	OverdueDays int `json:"overdue_days" minimum:"0" maximum:"60" default:"5" doc:"Red after more than so many working days past the deadline" example:"5"`
	AckDays     int `json:"ack_days" minimum:"1" maximum:"30" default:"2" doc:"Acknowledging is due within so many working days of issue" example:"2"`
}

// DefaultThresholds are the limits used where a campaign sets none.
func DefaultThresholds() Thresholds { return Thresholds{NearDays: 3, OverdueDays: 5, AckDays: 2} }

// LightOf computes the light of something due at due. done is when it was
// finished, nil while it is open. A deadline that needs no action is green.
func (c *Calendar) LightOf(now, due time.Time, done *time.Time, th Thresholds) Light {
	if due.IsZero() {
		return Green
	}
	if done != nil {
		if Past(*done, due) {
			return Yellow
		}
		return Green
	}
	if Past(now, due) {
		if c.workdays(due, now, th.OverdueDays+1) > th.OverdueDays {
			return Red
		}
		return Yellow
	}
	if c.workdays(now, due, th.NearDays+1) <= th.NearDays {
		return Blue
	}
	return Green
}
