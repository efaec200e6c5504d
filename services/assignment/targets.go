package assignment

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/services/internal/fault"
)

// Why a unit that was chosen by name gets nothing.
const (
	Inactive = "inactive"
	Unknown  = "unknown"
	// NotBelow: it has moved away from the campaign's unit since it was chosen.
	NotBelow = "not_below"
)

// Dropped is a unit that was chosen by name and gets nothing.
type Dropped struct {
	UnitID string
	Name   string // only of one below the campaign's unit
	Reason string
}

// ShownDropped bounds how many of them are named, in an answer and in a text.
const ShownDropped = 20

func strictlyBelow(path, above string) bool {
	return len(path) > len(above) && strings.HasPrefix(path, above)
}

// chosenByName are the ids in a list of units, each once, without those that
// are left out on purpose.
func chosenByName(t Targets) []string {
	ids := slices.Compact(slices.Sorted(slices.Values(t.UnitIDs)))
	out := slices.Sorted(slices.Values(t.ExcludeIDs))
	return slices.DeleteFunc(ids, func(id string) bool { _, found := slices.BinarySearch(out, id); return found })
}

// placed refuses targets that do not lie below the campaign's unit. A unit
// elsewhere and one that does not exist are refused alike, so that nobody
// learns which units there are elsewhere.
func (s *Service) placed(ctx context.Context, c Campaign, t Targets) error {
	us, err := s.store.Units(ctx, append(slices.Clone(t.UnitIDs), t.Under...))
	if err != nil {
		return err
	}
	p := &problems{}
	wrong := func(field string, message fault.Text, ids []string, right func(path string) bool) {
		n := 0
		for _, uid := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			if u, ok := us[uid]; ok && right(u.Path) {
				continue
			}
			if n++; n <= ShownDropped {
				p.add(field, message, uid)
			}
		}
		if n > ShownDropped {
			p.add(field, fault.Textf("and %d more", n-ShownDropped), nil)
		}
	}
	wrong("targets.unit_ids", "expected units below the campaign's unit", t.UnitIDs, func(path string) bool { return strictlyBelow(path, c.UnitPath) })
	wrong("targets.under", "expected the campaign's unit or units below it", t.Under, func(path string) bool { return strings.HasPrefix(path, c.UnitPath) })
	return p.err()
}

// dropped lists the units chosen by name that would get nothing, by reason.
func (s *Service) dropped(ctx context.Context, c Campaign, t Targets) ([]Dropped, error) {
	ids := chosenByName(t)
	us, err := s.store.Units(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Dropped
	for _, uid := range ids {
		switch u, ok := us[uid]; {
		case !ok:
			out = append(out, Dropped{UnitID: uid, Reason: Unknown})
		case !strictlyBelow(u.Path, c.UnitPath):
			out = append(out, Dropped{UnitID: uid, Reason: NotBelow})
		case !u.Active:
			out = append(out, Dropped{UnitID: uid, Name: u.Name, Reason: Inactive})
		}
	}
	slices.SortStableFunc(out, func(a, b Dropped) int { return strings.Compare(a.Reason, b.Reason) })
	return out, nil
}

// remark counts and names those dropped for one reason; empty when there are none.
func remark(ds []Dropped, reason string, format fault.Text) fault.Text {
	var names []string
	n := 0
	for _, d := range ds {
		if d.Reason != reason {
			continue
		}
		if n++; n > ShownDropped {
			continue
		}
		if d.Name == "" {
			d.Name = d.UnitID
		}
		names = append(names, d.Name)
	}
	switch {
	case n == 0:
		return ""
	case n > ShownDropped:
		names = append(names, "…")
	}
	return fault.Textf(format, n, strings.Join(names, ", "))
}
