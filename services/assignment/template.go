package assignment

import (
	_ "embed" // the templates
	"encoding/json"
	"fmt"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

//go:embed templates.json
var templatesJSON []byte

// Template is a ready-made campaign. Its dates are offsets in days from the
// first day, so that it fits any year.
type Template struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	TitleEN     string         `json:"title_en"`
	Description string         `json:"description"`
	Theme       string         `json:"theme"`
	Days        int            `json:"days"` // length
	ThemedDays  []TemplateDay  `json:"themed_days"`
	Materials   []Material     `json:"materials"`
	Tasks       []TemplateTask `json:"tasks"`
	NearDays    int            `json:"near_days"`
	OverdueDays int            `json:"overdue_days"`
	AckDays     int            `json:"ack_days"`
}

// TemplateDay is a themed day of a template.
type TemplateDay struct {
	Offset int    `json:"offset"`
	Title  string `json:"title"`
}

// TemplateTask is a task of a template; offsets count from the first day.
type TemplateTask struct {
	Title        string              `json:"title"`
	Description  string              `json:"description"`
	DueOffset    int                 `json:"due_offset"`
	ThemedOffset *int                `json:"themed_offset"`
	Weight       int                 `json:"weight"`
	Review       string              `json:"review"`
	Targets      Targets             `json:"targets"`
	Requirements []event.Requirement `json:"requirements"`
}

var templates = func() []Template {
	var ts []Template
	if err := json.Unmarshal(templatesJSON, &ts); err != nil {
		panic("templates.json: " + err.Error())
	}
	return ts
}()

// Templates lists the built-in templates.
func Templates() []Template { return templates }

// TemplateNamed finds a built-in template.
func TemplateNamed(name string) (Template, bool) {
	for _, t := range templates {
		if t.Name == name {
			return t, true
		}
	}
	return Template{}, false
}

// reach is how many days after its first a campaign made of the template has
// anything to do.
func (t Template) reach() int {
	n := t.Days
	for _, d := range t.ThemedDays {
		n = max(n, d.Offset)
	}
	for _, x := range t.Tasks {
		n = max(n, x.DueOffset)
		if x.ThemedOffset != nil {
			n = max(n, *x.ThemedOffset)
		}
	}
	return n
}

// fill writes the template into a campaign that starts on the local day start.
func (t Template) fill(c *Campaign, start string) ([]Task, error) {
	first, err := clock.ParseDay(start)
	if err != nil {
		p := &problems{}
		p.day("starts_on", start)
		return nil, p.err()
	}
	if !clock.InBounds(first.AddDate(0, 0, t.reach())) {
		return nil, fault.BadField("starts_on", fault.Textf("with this template the work would end after %s", clock.LastDay), start)
	}
	day := func(offset int) string { return clock.Day(first.AddDate(0, 0, offset)) }
	c.Template, c.Title, c.Theme = t.Name, t.Title, t.Theme
	c.StartsOn, c.EndsOn = start, day(t.Days-1)
	if t.AckDays > 0 {
		c.Thresholds = clock.Thresholds{NearDays: t.NearDays, OverdueDays: t.OverdueDays, AckDays: t.AckDays}
	}
	for _, d := range t.ThemedDays {
		c.Days = append(c.Days, ThemedDay{Day: day(d.Offset), Title: d.Title})
	}
	c.Materials = append(c.Materials, t.Materials...)
	tasks := make([]Task, len(t.Tasks))
	for i, x := range t.Tasks {
		due, err := clock.EndOfDay(day(x.DueOffset))
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", t.Name, err)
		}
		k := Task{
			ID: newID(), CampaignID: c.ID, Position: i, Title: x.Title, Description: x.Description, DueAt: due,
			Weight: max(1, x.Weight), Review: x.Review, Targets: x.Targets, Requirements: []event.Requirement{}, Version: 1,
		}
		if k.Review == "" {
			k.Review = Direct
		}
		if x.ThemedOffset != nil {
			k.ThemedDay = day(*x.ThemedOffset)
		}
		for _, r := range x.Requirements {
			r.ID = newID()
			k.Requirements = append(k.Requirements, r)
		}
		tasks[i] = k
	}
	return tasks, nil
}
