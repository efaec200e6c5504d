package rectification

import (
	"context"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// TakeMove has the office that inspects in a county take over what units brought
// along that have moved into it from another one: it acts on it as it stands, under
// the number it has. Paths have followed already.
func (s *Service) TakeMove(ctx context.Context, tx Tx, m event.Move) error {
	county, err := countyOf(ctx, tx, m.NewPath)
	if err != nil || county.ID == "" {
		return err
	}
	offices, err := tx.OfficesBelow(ctx, m.NewPath)
	if err != nil {
		return err
	}
	for _, o := range offices {
		u, err := tx.Unit(ctx, o)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if strings.HasPrefix(u.Path, county.Path) {
			continue
		}
		to, err := tx.InspectsAt(ctx, county.ID)
		if err != nil {
			return err
		}
		if err := tx.TakeOver(ctx, m.NewPath, o, to); err != nil {
			return err
		}
	}
	return nil
}

// countyOf is the county that a path lies in; none where it lies above.
func countyOf(ctx context.Context, tx Tx, path string) (Unit, error) {
	for _, x := range id.InPath(path) {
		u, err := tx.Unit(ctx, x)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Unit{}, err
		}
		if u.Level == "county" {
			return u, nil
		}
	}
	return Unit{}, nil
}
