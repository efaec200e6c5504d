package directory

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/duban/duban/services/internal/id"
)

// builtIn are the values that every installation has: those that the program,
// its templates and the demo speak of, and what counties usually have besides.
//
//go:embed codes.json
var builtIn []byte

// SeedCodes adds the built-in values that are not there yet; a name that another
// value has meanwhile is left to that one. Units that had names of new ones get
// their codes first.
func (s *Service) SeedCodes(ctx context.Context) error {
	all, err := s.store.Codes(ctx)
	if err != nil {
		return err
	}
	added, err := s.missingCodes(all)
	if err != nil || len(added) == 0 {
		return err
	}
	if err := s.adoptCodes(ctx, newCodeBook(append(all, added...))); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Lock(ctx); err != nil {
			return err
		}
		all, err := tx.Codes(ctx)
		if err != nil {
			return err
		}
		added, err := s.missingCodes(all)
		if err != nil || len(added) == 0 {
			return err
		}
		if err := tx.InsertCodes(ctx, added); err != nil {
			return err
		}
		return tx.Emit(ctx, codesChanged(s.clock.Now(), added...))
	})
}

// missingCodes are the built-in values that are not among all.
func (s *Service) missingCodes(all []Code) ([]Code, error) {
	var lists map[string][]Code
	if err := json.Unmarshal(builtIn, &lists); err != nil {
		return nil, fmt.Errorf("built-in codes: %w", err)
	}
	now := s.clock.Now()
	have := newCodeBook(all)
	var missing []Code
	for _, list := range []string{KindList, SectorList, DenominatorList} {
		for i, c := range lists[list] {
			if _, known := have.byCode[listed{list, c.Code}]; known {
				continue
			}
			c.ID, c.List, c.Position, c.Open, c.BuiltIn, c.Version = id.New(), list, int64(i+1)*positionStep, true, true, 1
			c.CreatedAt, c.UpdatedAt = now, now
			c.Also = slices.DeleteFunc(c.Also, func(n string) bool { _, taken := have.find(list, n); return taken })
			missing = append(missing, c)
		}
	}
	return missing, nil
}
