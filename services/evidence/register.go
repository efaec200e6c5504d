package evidence

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Register is a register of a unit as it stands: what the unit handed in last
// for any requirement that names it.
type Register struct {
	Name    string
	Title   string // of that requirement
	Columns []event.Column
	Rows    []map[string]any
	From    Earlier
	// RequirementID is the requirement of From that it answered.
	RequirementID string
}

// Registers lists the registers of a unit in reach, by name. A register that
// was last brought up to date before the unit's newest 300 submissions is not
// among them.
func (s *Service) Registers(ctx context.Context, a policy.Actor, unitID string) ([]Register, error) {
	us, err := s.store.Units(ctx, []string{unitID})
	if err != nil {
		return nil, err
	}
	u, ok := us[unitID]
	reach := s.policy.Reach(ctx, a, "submission", "read")
	if !ok || !reach.Anyones(policy.Target{UnitID: u.ID, UnitPath: u.Path}) {
		return nil, fault.Missing("unit")
	}
	earlier, err := s.earlier(ctx, reach, EarlierFilter{UnitID: unitID, Standing: true})
	if err != nil {
		return nil, err
	}
	// What is handed in under one name with other columns is the same register.
	asked := slices.DeleteFunc(earlier, func(e Earlier) bool {
		return !slices.ContainsFunc(e.Requirements, func(r event.Requirement) bool { return r.Register != "" })
	})
	ids := make([]string, len(asked))
	for i, e := range asked {
		ids[i] = e.ID
	}
	items, err := s.store.ItemsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Register
	for _, e := range asked { // the newest first
		for _, r := range e.Requirements {
			i := slices.IndexFunc(items[e.ID], func(it Item) bool { return it.RequirementID == r.ID })
			if r.Register == "" || i < 0 || slices.ContainsFunc(out, func(x Register) bool { return x.Name == r.Register }) {
				continue
			}
			out = append(out, Register{Name: r.Register, Title: r.Title, Columns: r.Columns, Rows: items[e.ID][i].Rows, From: e, RequirementID: r.ID})
		}
	}
	slices.SortFunc(out, func(x, y Register) int { return strings.Compare(x.Name, y.Name) })
	return out, nil
}

// Register reads one register of a unit in reach.
func (s *Service) Register(ctx context.Context, a policy.Actor, unitID, name string) (Register, error) {
	rs, err := s.Registers(ctx, a, unitID)
	if err != nil {
		return Register{}, err
	}
	i := slices.IndexFunc(rs, func(r Register) bool { return r.Name == name })
	if i < 0 {
		return Register{}, fault.Missing("register")
	}
	return rs[i], nil
}
