package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/scope"
	"github.com/duban/duban/services/rectification/checklist"
)

// Checklists implements checklist.Store.
type Checklists struct{ *Store }

var (
	_ checklist.Store = (*Checklists)(nil)
	_ checklist.Tx    = (*tx)(nil)
)

func (s Checklists) InTx(ctx context.Context, fn func(ctx context.Context, tx checklist.Tx) error) error {
	return s.inTx(ctx, func(ctx context.Context, x *tx) error { return fn(ctx, x) })
}

func (r reader) Place(ctx context.Context, unitID string) (string, error) {
	u, err := r.Unit(ctx, unitID)
	return u.Path, err
}

func (r reader) Checklist(ctx context.Context, id string) (checklist.Checklist, error) {
	var row checklistRow
	if err := r.q.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return checklist.Checklist{}, missing(err, "checklist")
	}
	c := checklist.Checklist{Head: row.Head}
	return c, fromJSON(row.Items, &c.Items)
}

// published is the condition for the targeted reach: built in, or of a unit
// at or above the grant's.
const published = `c.unit_path = '' OR (substr(?, 1, length(c.unit_path)) = c.unit_path AND c.unit_path < ? AND c.state = 'published')`

func (s Checklists) Checklists(ctx context.Context, q checklist.Query) ([]checklist.Head, error) {
	var rows []checklistRow
	sel := s.q.NewSelect().Model(&rows).ExcludeColumn("items").Where("c.purpose = ''").OrderExpr("c.id DESC").Limit(int64(q.Limit))
	scope.Where(sel, q.Reach, scope.Columns{UnitID: "c.unit_id", UnitPath: "c.unit_path", Targeted: published, Offices: []string{"c.office_id"}})
	states(sel, "c.state", q.States)
	if !q.AllVersions {
		sel.Where("c.state = 'draft' OR NOT EXISTS (SELECT 1 FROM checklists AS n WHERE n.series = c.series AND n.number > c.number AND n.state = 'published')")
	}
	if q.AfterID != "" {
		sel.Where("c.id < ?", q.AfterID)
	}
	if err := sel.Scan(ctx); err != nil {
		return nil, fmt.Errorf("list checklists: %w", err)
	}
	out := make([]checklist.Head, len(rows))
	for i, c := range rows {
		out[i] = c.Head
	}
	return out, nil
}

func rowOf(c checklist.Checklist) *checklistRow {
	return &checklistRow{Head: c.Head, Items: toJSON(c.Items)}
}

func (x *tx) SeedChecklist(ctx context.Context, c checklist.Checklist) (bool, error) {
	res, err := x.t.NewInsert().Model(rowOf(c)).On("CONFLICT DO NOTHING").Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

func (x *tx) InsertChecklist(ctx context.Context, c checklist.Checklist) error {
	return insert(ctx, x, "checklist", []checklistRow{*rowOf(c)})
}

// UpdateChecklist implements checklist.Tx. A published version is never
// written again, whatever the caller thinks.
func (x *tx) UpdateChecklist(ctx context.Context, c checklist.Checklist, was int64) error {
	res, err := x.t.NewUpdate().Model(rowOf(c)).ExcludeColumn("id", "series", "number", "unit_id", "unit_path").
		Where("id = ?", c.ID).Where("version = ?", was).Where("state = 'draft'").Exec(ctx)
	if err != nil {
		return fmt.Errorf("update checklist: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		if err != nil {
			return err
		}
		return fault.Meanwhile()
	}
	return nil
}

func (x *tx) LastChecklist(ctx context.Context, series string) (checklist.Head, error) {
	var row checklistRow
	err := x.t.NewSelect().Model(&row).ExcludeColumn("items").Where("series = ?", series).OrderExpr("number DESC").Limit(1).Scan(ctx)
	return row.Head, missing(err, "checklist")
}
