package assignment

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
)

// MinutesFor is how long one unit is expected to take for an item.
func MinutesFor(r event.Requirement) int {
	if r.Minutes > 0 {
		return r.Minutes
	}
	return r.Kind.Facts().Minutes
}

func minutesOf(rs []event.Requirement) int {
	n := 0
	for _, r := range rs {
		n += MinutesFor(r)
	}
	return n
}

// pictures counts the photos and videos that a unit must give.
func pictures(rs []event.Requirement) int {
	n := 0
	for _, r := range rs {
		if r.Compulsory && pictorial(r) {
			n++
		}
	}
	return n
}

var pictureEndings = []string{"jpg", "png", "gif", "webp", "heic", "mp4", "mov"}

// pictorial tells whether only pictures or videos answer a requirement: a
// document that takes nothing but jpg is a photo by another name.
func pictorial(r event.Requirement) bool {
	if r.Kind.Pictorial() {
		return true
	}
	return len(r.Accept) > 0 && !slices.ContainsFunc(r.Accept, func(ext string) bool { return !slices.Contains(pictureEndings, ext) })
}

// Cost is what issuing would ask of all units together.
type Cost struct {
	Items    int64 // units × items
	Minutes  int64 // units × the estimated minutes of the items
	Pictures int64 // units × compulsory photos and videos
}

// Overlap is how much of it was asked of the same units lately.
type Overlap struct {
	Items    int64 // units × items
	Repeated int64 // of these, asked of the same unit for another task
	// Repeats are the requirements behind Repeated, the most repeated first.
	Repeats []Repeat
}

// Percent is the repeated part of the items, rounded down: 100 only where all
// are, and 0 only where none is.
func (o Overlap) Percent() int {
	if o.Items == 0 || o.Repeated == 0 {
		return 0
	}
	return int(max(o.Repeated*100/o.Items, 1))
}

// Repeat is a requirement that asks again for what was asked lately.
type Repeat struct {
	TaskID        string
	RequirementID string
	Title         string
	Units         int64  // that were asked for it
	CampaignID    string // that asked for it last
	Campaign      string
}

// Earlier is a task that was issued lately.
type Earlier struct {
	TaskID       string
	CampaignID   string
	Campaign     string
	Requirements []event.Requirement
}

// maxRepeats bounds what a dry run names.
const maxRepeats = 50

// overlap finds which items of a draft were asked of the same units since.
func (s *Service) overlap(ctx context.Context, c Campaign, tasks []TaskPlan, since time.Time) (Overlap, error) {
	var o Overlap
	lately, err := s.store.TasksSince(ctx, c, since)
	if err != nil {
		return o, err
	}
	// The newest first, so that the first that matches asked last.
	by := map[string][]Earlier{}
	for _, e := range lately {
		for _, r := range e.Requirements {
			k := r.Sameness()
			if n := len(by[k]); n == 0 || by[k][n-1].TaskID != e.TaskID {
				by[k] = append(by[k], e)
			}
		}
	}
	for _, p := range tasks {
		o.Items += p.Units * int64(len(p.Task.Requirements))
		if p.Units == 0 {
			continue
		}
		counted := map[string]int64{} // by the tasks that asked
		for _, r := range p.Task.Requirements {
			es := by[r.Sameness()]
			if len(es) == 0 {
				continue
			}
			ids, key := make([]string, len(es)), ""
			for i, e := range es {
				ids[i] = e.TaskID
				key += e.TaskID + " "
			}
			n, ok := counted[key]
			if !ok {
				if n, err = s.store.CountAsked(ctx, c, p.Task.Targets, ids, since); err != nil {
					return o, err
				}
				counted[key] = n
			}
			if n == 0 {
				continue
			}
			o.Repeated += n
			o.Repeats = append(o.Repeats, Repeat{
				TaskID: p.Task.ID, RequirementID: r.ID, Title: r.Title, Units: n, CampaignID: es[0].CampaignID, Campaign: es[0].Campaign,
			})
		}
	}
	slices.SortStableFunc(o.Repeats, func(a, b Repeat) int { return int(b.Units - a.Units) })
	o.Repeats = o.Repeats[:min(len(o.Repeats), maxRepeats)]
	return o, nil
}
