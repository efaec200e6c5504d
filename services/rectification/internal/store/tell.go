package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/rectification"
	"github.com/uptrace/bun"
)

func (x *tx) InspectionsAfter(ctx context.Context, after string, limit int) ([]rectification.InspectionHead, error) {
	var rows []inspectionRow
	if err := x.t.NewSelect().Model(&rows).Where("i.id > ?", after).OrderExpr("i.id").Limit(int64(limit)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("inspections: %w", err)
	}
	out := make([]rectification.InspectionHead, len(rows))
	for i, r := range rows {
		out[i] = r.InspectionHead
	}
	return out, nil
}

func (x *tx) RectificationsAfter(ctx context.Context, after string, limit int) ([]rectification.Rectification, map[string][]string, error) {
	var rows []rectificationRow
	if err := x.t.NewSelect().Model(&rows).Where("r.id > ?", after).OrderExpr("r.id").Limit(int64(limit)).Scan(ctx); err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	out, ids := make([]rectification.Rectification, len(rows)), make([]string, len(rows))
	for i, r := range rows {
		out[i], ids[i] = r.Rectification, r.ID
	}
	var links []linkRow
	if err := x.t.NewSelect().Model(&links).Where("rectification_id IN (?)", bun.List(ids)).OrderExpr("finding_id").Scan(ctx); err != nil {
		return nil, nil, fmt.Errorf("findings of rectifications: %w", err)
	}
	findings := map[string][]string{}
	for _, l := range links {
		findings[l.RectificationID] = append(findings[l.RectificationID], l.FindingID)
	}
	return out, findings, nil
}
