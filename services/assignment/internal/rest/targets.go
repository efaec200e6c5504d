package rest

import (
	"context"
	"net/http"

	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/rest"
)

// Targets say which units a task is for.
type Targets struct {
	Under        []string   `json:"under,omitempty" doc:"Only these units and what is below them, all below the campaign's unit or it itself; empty for everything below it"`
	Levels       []string   `json:"levels,omitempty" doc:"Only units of these levels"`
	Kinds        []string   `json:"kinds,omitempty" doc:"Only units of these kinds" example:"[\"school\"]"`
	ExcludeKinds []string   `json:"exclude_kinds,omitempty" doc:"No units of these kinds" example:"[\"village\"]"`
	Sectors      []string   `json:"sectors,omitempty" doc:"Only units of these lines" example:"[\"finance\"]"`
	MoreThan     []MoreThan `json:"more_than,omitempty" doc:"Only units of which more than these numbers are on record"`
	UnitIDs      []string   `json:"unit_ids,omitempty" doc:"These units too, whatever the filters say; all below the campaign's unit"`
	ExcludeIDs   []string   `json:"exclude_ids,omitempty" doc:"Never these units"`
}

// MoreThan keeps the units of which more than a number are on record.
type MoreThan struct {
	Denominator string `json:"denominator" doc:"What is counted: a value of the code list of denominators" example:"classes"`
	Than        int64  `json:"than" doc:"More than so many" example:"0"`
}

func targets(t assignment.Targets) Targets {
	return Targets{
		Under: t.Under, Levels: t.Levels, Kinds: t.Kinds, ExcludeKinds: t.ExcludeKinds, Sectors: t.Sectors,
		MoreThan: moreThan(t.MoreThan), UnitIDs: t.UnitIDs, ExcludeIDs: t.ExcludeIDs,
	}
}

func moreThan(ms []assignment.MoreThan) []MoreThan {
	if len(ms) == 0 {
		return nil
	}
	return mapped(ms, func(m assignment.MoreThan) MoreThan { return MoreThan(m) })
}

func (t Targets) domain() assignment.Targets {
	return assignment.Targets{
		Under: t.Under, Levels: t.Levels, Kinds: t.Kinds, ExcludeKinds: t.ExcludeKinds, Sectors: t.Sectors,
		MoreThan: mapped(t.MoreThan, func(m MoreThan) assignment.MoreThan { return assignment.MoreThan(m) }), UnitIDs: t.UnitIDs, ExcludeIDs: t.ExcludeIDs,
	}
}

// NamedUnit names a unit.
type NamedUnit struct {
	ID   string `json:"id" doc:"Id" example:"01900000-0000-7000-8000-000000000007"`
	Name string `json:"name" doc:"Name" example:"东一村"`
}

func namedUnits(us []assignment.Unit) []NamedUnit {
	return mapped(us, func(u assignment.Unit) NamedUnit { return NamedUnit{u.ID, u.Name} })
}

// Chosen is one of what units are chosen by.
type Chosen struct {
	List string `json:"list" enum:"level,kind,sector" doc:"Level, kind of unit or line" example:"kind"`
	Code string `json:"code" doc:"The level, or the code of the code list" example:"school"`
}

// ChosenCount counts the units that have a value.
type ChosenCount struct {
	Chosen
	Units int64 `json:"units" doc:"How many units have it" example:"4"`
}

// IdleValue is a value that was chosen and adds no unit.
type IdleValue struct {
	Chosen
	Nowhere bool `json:"nowhere" doc:"No unit of the area has it; otherwise the other parts leave out all that do" example:"false"`
}

// LeftOut are the units that one part of the targets alone leaves out.
type LeftOut struct {
	Part   string      `json:"part" enum:"exclude_ids,exclude_kinds,more_than" doc:"The part that leaves them out" example:"exclude_kinds"`
	Units  int64       `json:"units" doc:"How many more would get it without that part" example:"33"`
	Sample []NamedUnit `json:"sample" doc:"The first of them"`
}

// Reached is whom targets would reach.
type Reached struct {
	Units        int64         `json:"units" doc:"How many units would get the task" example:"34"`
	Sample       []NamedUnit   `json:"sample" doc:"The first of them, at most 20"`
	Values       []ChosenCount `json:"values" doc:"How many units there are of each level, kind and line, where under says; a unit of several lines counts in each"`
	Idle         []IdleValue   `json:"idle" doc:"Chosen values that add nobody"`
	LeftOut      []LeftOut     `json:"left_out" doc:"Whom parts leave out that would get it otherwise"`
	DroppedCount int           `json:"dropped_count" doc:"How many units were chosen by name and get nothing" example:"0"`
	Dropped      []DroppedUnit `json:"dropped" doc:"At most 20 of them"`
}

func reached(r assignment.Reached) Reached {
	return Reached{
		Units: r.Units, Sample: namedUnits(r.Sample),
		Values:       mapped(r.Values, func(v assignment.ValueCount) ChosenCount { return ChosenCount{Chosen(v.Value), v.Units} }),
		Idle:         mapped(r.Idle, func(i assignment.Idle) IdleValue { return IdleValue{Chosen(i.Value), i.Nowhere} }),
		LeftOut:      mapped(r.LeftOut, func(l assignment.LeftOut) LeftOut { return LeftOut{l.Part, l.Units, namedUnits(l.Sample)} }),
		DroppedCount: len(r.Dropped), Dropped: dropped(r.Dropped),
	}
}

func dropped(ds []assignment.Dropped) []DroppedUnit {
	return mapped(ds[:min(len(ds), assignment.ShownDropped)], func(d assignment.Dropped) DroppedUnit {
		return DroppedUnit{ID: d.UnitID, Name: d.Name, Reason: d.Reason}
	})
}

// PastedList is a list of units as it was pasted.
type PastedList struct {
	Lines []string `json:"lines" doc:"One unit a line, by name or code; of several cells with a tab between, the first that names one counts" example:"[\"370283101\",\"第一实验小学\"]"`
}

// FoundUnit is what a line of a pasted list means.
type FoundUnit struct {
	Line    int         `json:"line" doc:"The line, from 1" example:"1"`
	Text    string      `json:"text" doc:"What stands there" example:"第一实验小学"`
	UnitID  string      `json:"unit_id,omitempty" doc:"The unit; absent where none, or more than one, is meant" example:"01900000-0000-7000-8000-000000000007"`
	Name    string      `json:"name,omitempty" doc:"Its name" example:"第一实验小学"`
	Several []NamedUnit `json:"several,omitempty" doc:"Units of that name where there are several, at most 20"`
}

// FoundUnits are the lines of a pasted list.
type FoundUnits struct {
	Items []FoundUnit `json:"items" doc:"A line each; empty ones are left out"`
}

func (h *handlers) mountTargets(g *rest.Group) {
	rest.Register(g, rest.Op{ID: "count-targets", Input: assignment.Targets{}, Method: http.MethodPost, Path: "/campaigns/{id}/targets/count", Resource: "campaign", Action: "update", Errors: []int{409},
		Summary: "See whom targets would reach", Description: "How many units, and which, would get a task of this draft; how many there are of each level, kind and line; which chosen values add nobody, and whom parts that contradict each other leave out. Changes nothing.",
		Example: map[string]any{"kinds": []string{"school"}, "sectors": []string{"education"}}},
		func(ctx context.Context, in *rest.Act[Targets]) (*rest.Reply[Reached], error) {
			r, err := h.svc.Reach(ctx, rest.Actor(ctx), in.ID, in.Body.domain())
			return answer(r, err, reached)
		})
	rest.Register(g, rest.Op{ID: "find-targets", Input: assignment.Pasted{}, Method: http.MethodPost, Path: "/campaigns/{id}/targets/find", Resource: "campaign", Action: "update", Errors: []int{409},
		Summary: "Find the units of a pasted list", Description: "Which units below the campaign's unit the lines name, by code in any case or by name; those that are not found, and names that several units have, are told. Changes nothing.",
		Example: PastedList{Lines: []string{"370283101", "第一实验小学"}}},
		func(ctx context.Context, in *rest.Act[PastedList]) (*rest.Reply[FoundUnits], error) {
			fs, err := h.svc.FindUnits(ctx, rest.Actor(ctx), in.ID, assignment.Pasted{Lines: in.Body.Lines})
			return answer(fs, err, func(fs []assignment.FoundUnit) FoundUnits {
				return FoundUnits{Items: mapped(fs, func(f assignment.FoundUnit) FoundUnit {
					out := FoundUnit{Line: f.Line, Text: f.Text, UnitID: f.UnitID, Name: f.Name}
					if f.UnitID == "" && len(f.Several) > 0 {
						out.Several = namedUnits(f.Several)
					}
					return out
				})}
			})
		})
}
