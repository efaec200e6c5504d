package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/internal/people"
	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

func (s Documents) RectificationsByID(ctx context.Context, ids []string) (map[string]rectification.Rectification, error) {
	out := map[string]rectification.Rectification{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []rectificationRow
	if err := s.q.NewSelect().Model(&rows).Where("id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("rectifications: %w", err)
	}
	for _, r := range rows {
		out[r.ID] = r.Rectification
	}
	return out, nil
}

func (s Documents) Plans(ctx context.Context, ids []string) (map[string][]rectification.Measure, error) {
	out := map[string][]rectification.Measure{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []measureRow
	err := s.q.NewSelect().Model(&rows).Where("rectification_id IN (?)", bun.List(ids)).Where("NOT dropped").OrderExpr("position, id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	for _, m := range rows {
		out[m.RectificationID] = append(out[m.RectificationID], m.Measure)
	}
	return out, nil
}

func (s Documents) PersonNames(ctx context.Context, ids []string) (map[string]string, error) {
	return people.Names(ctx, s.q, ids)
}
