package directory

import (
	"context"
	"maps"
	"slices"
)

// adoptCodes puts codes in place of what units were called before there were lists,
// where a list knows it by that name; what none knows stays, and is shown as
// something else. It can be ended at any time and goes on where it was.
func (s *Service) adoptCodes(ctx context.Context, b CodeBook) error {
	said, err := s.store.SaidOfUnits(ctx)
	if err != nil {
		return err
	}
	kinds, sectors := map[string]string{}, map[string][]string{}
	for _, k := range said[KindList] {
		if c, ok := b.find(KindList, k); ok && c.Code != k {
			kinds[k] = c.Code
		}
	}
	for _, line := range said[SectorList] {
		var codes []string
		for _, part := range append([]string{line}, splitSectors(line)...) {
			if c, ok := b.find(SectorList, part); ok {
				codes = append(codes, c.Code)
			}
		}
		if len(codes) > 0 && !slices.Equal(codes, []string{line}) && b.byCode[listed{SectorList, line}].Code == "" {
			sectors[line] = codes
		}
	}
	for more := len(kinds)+len(sectors) > 0; more; {
		err := s.change(ctx, func(ctx context.Context, tx Tx) error {
			us, err := tx.UnitsSaid(ctx, slices.Collect(maps.Keys(kinds)), slices.Collect(maps.Keys(sectors)), batch)
			if err != nil {
				return err
			}
			if more = len(us) > 0; !more {
				return nil
			}
			now := s.clock.Now()
			for i := range us {
				if code := kinds[us[i].Kind]; code != "" {
					us[i].Kind = code
				}
				var codes []string
				for _, line := range us[i].Sectors {
					if to := sectors[line]; to != nil {
						codes = append(codes, to...)
					} else {
						codes = append(codes, line)
					}
				}
				us[i].Sectors, us[i].UpdatedAt = inOrder(codes), now
				us[i].Version++
				if err := tx.UpdateUnit(ctx, us[i]); err != nil {
					return err
				}
			}
			return tx.Emit(ctx, unitsChanged(now, us...).Because("kinds and lines have codes"))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
