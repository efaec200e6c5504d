package assignment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
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
	Under        []string `json:"under,omitempty" maxItems:"500" doc:"Only these units and what is below them, all below the campaign's unit or it itself; empty for everything below it"`
	Levels       []string `json:"levels,omitempty" maxItems:"5" enum:"county,town,unit,city,province" doc:"Only units of these levels"`
	Kinds        []string `json:"kinds,omitempty" maxItems:"50" doc:"Only units of these kinds" example:"[\"school\"]"`
	ExcludeKinds []string `json:"exclude_kinds,omitempty" maxItems:"50" doc:"No units of these kinds" example:"[\"village\"]"`
	Sectors      []string `json:"sectors,omitempty" maxItems:"50" doc:"Only units of these sectors" example:"[\"finance\"]"`
	UnitIDs      []string `json:"unit_ids,omitempty" maxItems:"5000" doc:"These units too, whatever the filters say; all below the campaign's unit"`
	ExcludeIDs   []string `json:"exclude_ids,omitempty" maxItems:"5000" doc:"Never these units"`
}

// Empty tells that nothing was chosen.
func (t Targets) Empty() bool { return !t.Filtered() && len(t.UnitIDs) == 0 }

// Filtered tells that units are chosen by a filter, not only by name.
func (t Targets) Filtered() bool {
	return len(t.Under)+len(t.Levels)+len(t.Kinds)+len(t.Sectors)+len(t.ExcludeKinds) > 0
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

// Wire is the task as events carry it.
func (t Task) Wire() event.Task {
	return event.Task{
		ID: t.ID, Title: t.Title, ThemedDay: t.ThemedDay, DueAt: t.DueAt, Weight: t.Weight,
		Review: t.Review, Requirements: t.Requirements,
	}
}

var (
	kinds       = []string{"number", "document", "photo", "video", "link", "text", "table", "pledge", "checklist"}
	aggregates  = []string{"", "sum", "max", "last"}
	per         = []string{"", "class", "staff", "resident"}
	columnTypes = []string{"text", "number", "day", "yes_no"}
	fileKinds   = []string{"document", "photo", "video", "pledge", "checklist"}
	acceptable  = []string{
		"jpg", "png", "gif", "webp", "heic", "pdf", "ofd", "docx", "xlsx", "pptx", "doc", "xls", "ppt", "wps", "et", "dps",
		"txt", "csv", "mp4", "mov", "mp3", "m4a", "zip", "docm", "xlsm", "pptm",
	}
	// withMacros are endings of documents that are taken only where macros are allowed.
	withMacros = []string{"docm", "xlsm", "pptm"}
	allowable  = []string{"macros", "encrypted"}
)

const whyNeeded = "a compulsory photo or video needs the reason why it is necessary"

// maxMinutes bounds what a unit is expected to spend on one item: a working week.
const maxMinutes = 2400

// maxRequirements bounds what one task may ask for.
const maxRequirements = 50

func (t Task) validate() error {
	p := &problems{}
	p.text("title", t.Title, 1, 200)
	p.text("description", t.Description, 0, 20000)
	if t.ThemedDay != "" {
		p.day("themed_day", t.ThemedDay)
	}
	if t.DueAt.IsZero() || t.DueAt.Year() < 2000 || t.DueAt.Year() > 2200 {
		p.add("due_on", "expected a local day like 2026-09-20", nil)
	}
	p.between("weight", t.Weight, 0, 1000)
	if t.Review != Direct && t.Review != Levels {
		p.add("review", "expected direct or levels", t.Review)
	}
	for _, l := range t.Targets.Levels {
		if !slices.Contains(policy.Levels, l) {
			p.add("targets.levels", fault.Textf("expected levels of units: %s", strings.Join(policy.Levels, ", ")), l)
		}
	}
	for field, list := range map[string][]string{
		"under": t.Targets.Under, "kinds": t.Targets.Kinds, "exclude_kinds": t.Targets.ExcludeKinds, "sectors": t.Targets.Sectors,
		"unit_ids": t.Targets.UnitIDs, "exclude_ids": t.Targets.ExcludeIDs,
	} {
		if len(list) > 5000 {
			p.add("targets."+field, "expected at most 5000", len(list))
		}
		for _, s := range list {
			p.id("targets."+field, s)
		}
	}
	if len(t.Requirements) > maxRequirements {
		p.add("requirements", fault.Textf("expected at most %d requirements", maxRequirements), len(t.Requirements))
	}
	seen, summed := map[string]bool{}, map[string]event.Requirement{}
	for i, r := range t.Requirements {
		at := fmt.Sprintf("requirements[%d]", i)
		if seen[r.ID] {
			p.add(at+".id", "the same id is used twice in this task", r.ID)
		}
		seen[r.ID] = true
		if r.Kind == "number" && r.Figure != "" {
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
	p.id(at+".id", r.ID)
	p.text(at+".title", r.Title, 1, 200)
	p.text(at+".why", r.Why, 0, 500)
	p.text(at+".figure", r.Figure, 0, 60)
	p.text(at+".measure", r.Measure, 0, 20)
	oneOf := func(field, v string, of []string) {
		if !slices.Contains(of, v) {
			p.add(at+"."+field, fault.Textf("expected one of %s", strings.Join(of, ", ")), v)
		}
	}
	oneOf("kind", r.Kind, kinds)
	oneOf("aggregate", r.Aggregate, aggregates)
	oneOf("per", r.Per, per)
	p.between(at+".max_count", r.MaxCount, 0, 200)
	for i, ext := range r.Accept {
		if !slices.Contains(acceptable, ext) {
			p.add(fmt.Sprintf("%s.accept[%d]", at, i), fault.Textf("expected one of %s", strings.Join(acceptable, ", ")), ext)
		} else if slices.Contains(withMacros, ext) && !slices.Contains(r.Allow, "macros") {
			p.add(fmt.Sprintf("%s.accept[%d]", at, i), "such documents contain macros; put macros into allow as well", ext)
		}
	}
	for i, what := range r.Allow {
		if !slices.Contains(allowable, what) {
			p.add(fmt.Sprintf("%s.allow[%d]", at, i), fault.Textf("expected one of %s", strings.Join(allowable, ", ")), what)
		}
	}
	for field, of := range map[string][]string{"accept": r.Accept, "allow": r.Allow} {
		if len(of) > 0 && !slices.Contains(fileKinds, r.Kind) {
			p.add(at+"."+field, fault.Textf("belongs to %s", strings.Join(fileKinds, ", ")), nil)
		}
	}
	if r.Kind != "number" && (r.Minimum != nil || r.Figure != "" || r.Per != "") {
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
	p.between(at+".minutes", r.Minutes, 0, maxMinutes)
	p.text(at+".register", r.Register, 0, 60)
	if r.Register != "" && r.Kind != "table" {
		p.add(at+".register", "belongs to a table", nil)
	}
	p.text(at+".text", r.Text, 0, 5000)
	if r.Text != "" && r.Kind != "pledge" {
		p.add(at+".text", "belongs to a pledge", nil)
	}
	if r.PeriodFrom != "" || r.PeriodTo != "" {
		p.day(at+".period_from", r.PeriodFrom)
		p.day(at+".period_to", r.PeriodTo)
		if r.PeriodTo < r.PeriodFrom {
			p.add(at+".period_to", "expected a day not before period_from", r.PeriodTo)
		}
	}
	if r.Kind == "table" && len(r.Columns) == 0 || len(r.Columns) > 40 {
		p.add(at+".columns", "expected 1 to 40 columns for a table", len(r.Columns))
	}
	keys := map[string]bool{}
	for i, c := range r.Columns {
		col := fmt.Sprintf("%s.columns[%d]", at, i)
		p.text(col+".key", c.Key, 1, 60)
		p.text(col+".title", c.Title, 1, 100)
		if keys[c.Key] {
			p.add(col+".key", "the same key is used twice", c.Key)
		}
		keys[c.Key] = true
		if !slices.Contains(columnTypes, c.Type) {
			p.add(col+".type", fault.Textf("expected one of %s", strings.Join(columnTypes, ", ")), c.Type)
		}
	}
}
