package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/rectification"
)

func (r reader) Device(ctx context.Context, id string) (rectification.Registered, error) {
	var row registeredRow
	err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx)
	return row.Registered, missing(err, "device")
}

func (s *Store) Devices(ctx context.Context, q rectification.DeviceQuery) ([]rectification.Registered, error) {
	var rows []registeredRow
	sel := s.q.NewSelect().Model(&rows).OrderExpr("d.id").Limit(int64(q.Limit))
	scope.Where(sel, q.Reach, scope.Columns{UnitID: "d.unit_id", UnitPath: "d.unit_path"})
	if err := s.under(ctx, sel, "d.unit_path", q.UnderID); err != nil {
		return nil, err
	}
	states(sel, "d.state", q.States)
	equal(sel, map[string]string{"d.unit_id": q.UnitID, "d.network": q.Network})
	if q.AfterID != "" {
		sel.Where("d.id > ?", q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list devices: %w", err)
	}
	out := make([]rectification.Registered, len(rows))
	for i, r := range rows {
		out[i] = r.Registered
	}
	return out, nil
}

func (x *tx) InsertDevice(ctx context.Context, d rectification.Registered) error {
	return insert(ctx, x, "device", []registeredRow{{Registered: d}})
}

func (x *tx) UpdateDevice(ctx context.Context, d rectification.Registered, was int64) error {
	return x.update(ctx, versioned{"device", d.ID, was, &registeredRow{Registered: d}}, "content_hash", "unit_id", "unit_path", "created_by", "created_at")
}
