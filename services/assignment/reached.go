package assignment

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
)

// Lists of values that units are chosen by.
const (
	ByLevel  = "level"
	ByKind   = "kind"
	BySector = "sector"
)

// Value is one of what units are chosen by: a level, a kind or a line.
type Value struct{ List, Code string }

// ValueCount counts the units that have a value.
type ValueCount struct {
	Value
	Units int64
}

// UnitGroup counts the units of one level, kind and lines.
type UnitGroup struct {
	Level, Kind string
	Sectors     []string
	Units       int64
}

// counted adds groups up by value; a unit of several lines counts in each.
func counted(gs []UnitGroup) (all int64, by map[Value]int64) {
	by = map[Value]int64{}
	for _, g := range gs {
		all += g.Units
		by[Value{ByLevel, g.Level}] += g.Units
		if g.Kind != "" {
			by[Value{ByKind, g.Kind}] += g.Units
		}
		for _, s := range g.Sectors {
			by[Value{BySector, s}] += g.Units
		}
	}
	return all, by
}

// Parts of targets that leave units out.
const (
	PartExcludeIDs   = "exclude_ids"
	PartExcludeKinds = "exclude_kinds"
	PartMoreThan     = "more_than"
)

// LeftOut are the units that one part of targets alone leaves out.
type LeftOut struct {
	Part   string
	Units  int64
	Sample []Unit
}

// Idle is a value that was chosen and adds no unit.
type Idle struct {
	Value
	// Nowhere: no unit of the area has it. Otherwise the other parts leave out
	// all that do.
	Nowhere bool
}

// Reached is whom targets would reach, and whom they leave out and why.
type Reached struct {
	Units   int64
	Sample  []Unit
	Values  []ValueCount // of the area, below what Under names
	Idle    []Idle
	LeftOut []LeftOut
	// Dropped are the units chosen by name that get nothing, by reason.
	Dropped []Dropped
}

// chosenValues are the levels, kinds and lines that targets ask for.
func chosenValues(t Targets) (vs []Value) {
	for _, l := range []struct {
		list  string
		codes []string
	}{{ByLevel, t.Levels}, {ByKind, t.Kinds}, {BySector, t.Sectors}} {
		for _, c := range l.codes {
			vs = append(vs, Value{l.list, c})
		}
	}
	return vs
}

// Reach tells whom targets of a draft would reach, while they are chosen.
func (s *Service) Reach(ctx context.Context, actor policy.Actor, campaignID string, t Targets) (Reached, error) {
	if err := fault.Check(t); err != nil {
		return Reached{}, err
	}
	c, _, err := s.draftForEdit(ctx, actor, campaignID)
	if err != nil {
		return Reached{}, err
	}
	if err := s.placed(ctx, c, t); err != nil {
		return Reached{}, err
	}
	area, err := s.store.TargetGroups(ctx, c, Targets{Under: t.Under, Levels: policy.Levels})
	if err != nil {
		return Reached{}, err
	}
	_, there := counted(area)
	var r Reached
	for _, v := range slices.SortedFunc(maps.Keys(there), func(a, b Value) int {
		return strings.Compare(a.List+" "+a.Code, b.List+" "+b.Code)
	}) {
		r.Values = append(r.Values, ValueCount{v, there[v]})
	}
	if t.Empty() {
		return r, nil
	}
	if r.Units, err = s.store.TargetCount(ctx, c, t, false); err != nil {
		return r, err
	}
	if r.Sample, err = s.store.TargetUnits(ctx, c, t, "", ShownDropped); err != nil {
		return r, err
	}
	if r.Idle, err = s.idle(ctx, c, t); err != nil {
		return r, err
	}
	if r.LeftOut, err = s.leftOut(ctx, c, t, r.Units); err != nil {
		return r, err
	}
	r.Dropped, err = s.dropped(ctx, c, t)
	return r, err
}

// idle lists the chosen values that add nobody: those that exist nowhere in the
// campaign's area, and those that the other parts contradict.
func (s *Service) idle(ctx context.Context, c Campaign, t Targets) ([]Idle, error) {
	chosen := chosenValues(t)
	if len(chosen) == 0 {
		return nil, nil
	}
	area, err := s.store.TargetGroups(ctx, c, Targets{Levels: policy.Levels})
	if err != nil {
		return nil, err
	}
	filter := t
	filter.UnitIDs = nil
	reached, err := s.store.TargetGroups(ctx, c, filter)
	if err != nil {
		return nil, err
	}
	_, there := counted(area)
	_, got := counted(reached)
	var out []Idle
	for _, v := range chosen {
		if got[v] == 0 {
			out = append(out, Idle{v, there[v] == 0})
		}
	}
	return out, nil
}

// leftOut tells for each part that takes units away how many would be reached
// without it.
func (s *Service) leftOut(ctx context.Context, c Campaign, t Targets, reached int64) ([]LeftOut, error) {
	var out []LeftOut
	for _, p := range []struct {
		part  string
		given bool
		drop  func(*Targets)
	}{
		{PartExcludeIDs, len(t.ExcludeIDs) > 0, func(t *Targets) { t.ExcludeIDs = nil }},
		{PartExcludeKinds, len(t.ExcludeKinds) > 0, func(t *Targets) { t.ExcludeKinds = nil }},
		{PartMoreThan, len(t.MoreThan) > 0, func(t *Targets) { t.MoreThan = nil }},
	} {
		if !p.given {
			continue
		}
		wider := t
		p.drop(&wider)
		n, err := s.store.TargetCount(ctx, c, wider, false)
		if err != nil {
			return nil, err
		}
		if n <= reached {
			continue
		}
		l := LeftOut{Part: p.part, Units: n - reached}
		if l.Sample, err = s.store.LeftOut(ctx, c, wider, t, ShownDropped); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// nowhere are the chosen values that no unit of the campaign's area has.
func nowhere(t Targets, there map[Value]int64) (vs []Value) {
	vs = chosenValues(t)
	for _, k := range t.ExcludeKinds {
		vs = append(vs, Value{ByKind, k})
	}
	return slices.DeleteFunc(vs, func(v Value) bool { return v.List == ByLevel || there[v] > 0 })
}

// MaxPasted bounds a list of units that is pasted.
const MaxPasted = 5000

// Pasted is a list of units by name or code, a line for each, with a tab between
// the cells of one.
type Pasted struct {
	Lines []string `limit:"1..5000" each:"..500"`
}

// FoundUnit is what one line of a pasted list means.
type FoundUnit struct {
	Line   int // from 1
	Text   string
	UnitID string // empty where no unit, or more than one, is meant
	Name   string
	// Several are those that may be meant.
	Several []Unit
}

// FindUnits looks for the units of a pasted list below a draft's unit; lines that
// show nothing are passed over.
func (s *Service) FindUnits(ctx context.Context, actor policy.Actor, campaignID string, in Pasted) ([]FoundUnit, error) {
	if err := fault.Check(in); err != nil {
		return nil, err
	}
	c, _, err := s.draftForEdit(ctx, actor, campaignID)
	if err != nil {
		return nil, err
	}
	var out []FoundUnit
	var keys []string
	for i, l := range in.Lines {
		cells := cellsOf(l)
		if len(cells) == 0 {
			continue
		}
		out = append(out, FoundUnit{Line: i + 1, Text: strings.Join(cells, " ")})
		keys = append(keys, cells...)
	}
	us, err := s.store.UnitsCalled(ctx, c, slices.Compact(slices.Sorted(slices.Values(keys))))
	if err != nil {
		return nil, err
	}
	called := map[string][]Unit{}
	for _, u := range us {
		for _, k := range slices.Compact(slices.Sorted(slices.Values([]string{strings.ToLower(u.Code), u.Name, u.Bare}))) {
			called[k] = append(called[k], u.Unit)
		}
	}
	for i := range out {
		for _, cell := range cellsOf(in.Lines[out[i].Line-1]) {
			is := called[cell]
			if len(is) == 0 {
				is = called[strings.ToLower(cell)]
			}
			if len(is) == 1 {
				out[i].UnitID, out[i].Name, out[i].Several = is[0].ID, is[0].Name, nil
				break
			}
			if len(is) > 1 && out[i].Several == nil {
				out[i].Several = is[:min(len(is), ShownDropped)]
			}
		}
	}
	return out, nil
}

func cellsOf(line string) []string {
	var cells []string
	for cell := range strings.SplitSeq(line, "\t") {
		if cell = text.Line(cell); cell != "" {
			cells = append(cells, cell)
		}
	}
	return cells
}
