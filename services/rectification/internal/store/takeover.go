package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/internal/scope"
)

// lives are the tables of what an office acts on, with what of them is still to do.
var lives = []struct{ table, open string }{
	{"rectifications", "state NOT IN ('closed', 'withdrawn')"},
	{"findings", "state IN ('open', 'rectifying')"},
	{"inspections", "state = 'planned' OR response = 'objected'"},
}

func (x *tx) OfficesBelow(ctx context.Context, path string) ([]string, error) {
	var offices []string
	for _, l := range lives {
		var some []string
		err := x.t.NewRaw("SELECT DISTINCT office_id FROM "+l.table+" WHERE unit_path >= ? AND unit_path < ? AND ("+l.open+")", path, scope.End(path)).Scan(ctx, &some)
		if err != nil {
			return nil, fmt.Errorf("offices of %s: %w", l.table, err)
		}
		offices = append(offices, some...)
	}
	return offices, nil
}

func (x *tx) InspectsAt(ctx context.Context, unitID string) (string, error) {
	return people.OfficeAt(ctx, x.t, unitID, policy.Inspector)
}

func (x *tx) TakeOver(ctx context.Context, path, from, to string) error {
	for _, l := range lives {
		_, err := x.t.NewRaw("UPDATE "+l.table+" SET office_id = ? WHERE office_id = ? AND unit_path >= ? AND unit_path < ? AND ("+l.open+")",
			to, from, path, scope.End(path)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("take %s over: %w", l.table, err)
		}
	}
	return nil
}
