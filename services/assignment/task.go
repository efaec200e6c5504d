package assignment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/api/kinds"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
)

// How a task is reviewed.
const (
	// Direct review is by the issuer alone.
	Direct = "direct"
	// Levels review walks up the tree: each town and county between the unit
	// and the issuer approves before the next sees it.
	Levels = "levels"
)

// Targets say which units a task is for: those below the campaign's unit that
// match every filter that is given, and those named in UnitIDs, without those
// in ExcludeIDs.
type Targets struct {
	Under        []string   `json:"under,omitempty" limit:"..500" each:"..64"`
	Levels       []string   `json:"levels,omitempty" limit:"..5" words:"level"`
	Kinds        []string   `json:"kinds,omitempty" limit:"..50" each:"..64"`
	ExcludeKinds []string   `json:"exclude_kinds,omitempty" limit:"..50" each:"..64"`
	Sectors      []string   `json:"sectors,omitempty" limit:"..50" each:"..64"`
	MoreThan     []MoreThan `json:"more_than,omitempty" limit:"..3"`
	UnitIDs      []string   `json:"unit_ids,omitempty" limit:"..5000" each:"..64"`
	ExcludeIDs   []string   `json:"exclude_ids,omitempty" limit:"..5000" each:"..64"`
}

// MoreThan keeps the units of which more than a number are known.
type MoreThan struct {
	Denominator string `json:"denominator" limit:"classes|staff|residents"`
	Than        int64  `json:"than" limit:"0..1000000000"`
}

// Empty tells that nothing was chosen.
func (t Targets) Empty() bool { return !t.Filtered() && len(t.UnitIDs) == 0 }

// Filtered tells that units are chosen by a filter, not only by name.
func (t Targets) Filtered() bool {
	return len(t.Under)+len(t.Levels)+len(t.Kinds)+len(t.Sectors)+len(t.ExcludeKinds)+len(t.MoreThan) > 0
}

// Task is one thing every targeted unit must do.
type Task struct {
	ID           string
	CampaignID   string
	Position     int
	Title        string
	Description  string
	ThemedDay    string
	DueAt        time.Time
	Weight       int
	Review       string
	Targets      Targets
	Requirements []event.Requirement
	Version      int64
}

// move puts off all days of a task of a draft by n days.
func (t *Task) move(n int) {
	t.DueAt = clock.AddDays(t.DueAt, n)
	t.ThemedDay = clock.DayPlus(t.ThemedDay, n)
	t.Version++
}

// Wire is the task as events carry it.
func (t Task) Wire() event.Task {
	return event.Task{
		ID: t.ID, Title: t.Title, ThemedDay: t.ThemedDay, DueAt: t.DueAt, Weight: t.Weight,
		Review: t.Review, Requirements: t.Requirements,
	}
}

var (
	acceptable = []string{
		"jpg", "png", "gif", "webp", "heic", "pdf", "ofd", "docx", "xlsx", "pptx", "doc", "xls", "ppt", "wps", "et", "dps",
		"txt", "csv", "mp4", "mov", "mp3", "m4a", "zip", "docm", "xlsm", "pptm",
	}
	// withMacros are endings of documents that are taken only where macros are allowed.
	withMacros = []string{"docm", "xlsm", "pptm"}
)

const whyNeeded = "a compulsory photo or video needs the reason why it is necessary"

func (t Task) validate() error {
	p := &problems{}
	p.take(fault.Check(TaskPatch{
		Title: &t.Title, Description: &t.Description, Review: &t.Review, Weight: &t.Weight, Position: &t.Position,
		Targets: &t.Targets, Requirements: &t.Requirements,
	}))
	if t.ThemedDay != "" {
		p.day("themed_day", t.ThemedDay)
	}
	if t.DueAt.IsZero() || t.DueAt.Year() < 2000 || t.DueAt.Year() > 2200 {
		p.add("due_at", "expected a local day like 2026-09-20", nil)
	}
	seen, summed := map[string]bool{}, map[string]event.Requirement{}
	for i, r := range t.Requirements {
		at := fmt.Sprintf("requirements[%d]", i)
		if seen[r.ID] {
			p.add(at+".id", "the same id is used twice in this task", r.ID)
		}
		seen[r.ID] = true
		if r.Kind == kinds.Number && r.Figure != "" {
			if was, ok := summed[r.Figure]; ok && (was.Aggregate != r.Aggregate || was.Measure != r.Measure) {
				p.add(at+".figure", "the same figure stands in this task with another measure or aggregate", r.Figure)
			}
			summed[r.Figure] = r
		}
		requirement(p, at, r)
	}
	return p.err()
}

// maxFigure bounds what may be asked for; more is a slip of the hand.
const maxFigure = 1e12

func requirement(p *problems, at string, r event.Requirement) {
	for i, ext := range r.Accept {
		if !slices.Contains(acceptable, ext) {
			p.add(fmt.Sprintf("%s.accept[%d]", at, i), fault.Textf("expected one of %s", strings.Join(acceptable, ", ")), ext)
		} else if slices.Contains(withMacros, ext) && !slices.Contains(r.Allow, "macros") {
			p.add(fmt.Sprintf("%s.accept[%d]", at, i), "such documents contain macros; put macros into allow as well", ext)
		}
	}
	for field, of := range map[string][]string{"accept": r.Accept, "allow": r.Allow} {
		if len(of) > 0 && !r.Kind.Takes(kinds.Files) {
			p.add(at+"."+field, fault.Textf("belongs to %s", strings.Join(kinds.WithFiles(), ", ")), nil)
		}
	}
	if r.Kind != kinds.Number && (r.Minimum != nil || r.Figure != "" || r.Per != "") {
		p.add(at, "figure, minimum and per belong to a number", nil)
	}
	if r.Minimum != nil && !(*r.Minimum >= 0 && *r.Minimum <= maxFigure) {
		p.add(at+".minimum", "expected a number from 0 to 1e12", *r.Minimum)
	}
	// Rule 6: pictures only where the issuer says why they are needed.
	// Places are not asked for at all: there is no kind of requirement for them.
	if r.Compulsory && pictorial(r) && strings.TrimSpace(r.Why) == "" {
		p.add(at+".why", whyNeeded, nil)
	}
	if r.Register != "" && r.Kind != kinds.Table {
		p.add(at+".register", "belongs to a table", nil)
	}
	if r.Text != "" && r.Kind != kinds.Pledge {
		p.add(at+".text", "belongs to a pledge", nil)
	}
	if r.PeriodFrom != "" || r.PeriodTo != "" {
		p.day(at+".period_from", r.PeriodFrom)
		p.day(at+".period_to", r.PeriodTo)
		if r.PeriodTo < r.PeriodFrom {
			p.add(at+".period_to", "expected a day not before period_from", r.PeriodTo)
		}
	}
	if r.Kind == kinds.Table && len(r.Columns) == 0 {
		p.add(at+".columns", "expected 1 to 40 columns for a table", len(r.Columns))
	}
	keys := map[string]bool{}
	for i, c := range r.Columns {
		col := fmt.Sprintf("%s.columns[%d]", at, i)
		if keys[c.Key] {
			p.add(col+".key", "the same key is used twice", c.Key)
		}
		keys[c.Key] = true
	}
}
