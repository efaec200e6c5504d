package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
)

func (r reader) OfficeTemplates(ctx context.Context, reach policy.Reach, id string) ([]assignment.OfficeTemplate, error) {
	var rows []templateRow
	q := scope.Where(r.q.NewSelect().Model(&rows), reach, scope.Columns{UnitID: "ct.unit_id", UnitPath: "ct.unit_path", Offices: []string{"ct.office_id"}})
	if id != "" {
		q = q.Where("ct.id = ?", id)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, db.Translate(fmt.Errorf("templates: %w", err))
	}
	out := make([]assignment.OfficeTemplate, len(rows))
	for i := range rows {
		out[i] = rows[i].OfficeTemplate
	}
	slices.SortFunc(out, func(a, b assignment.OfficeTemplate) int {
		return strings.Compare(a.Content.Title+a.ID, b.Content.Title+b.ID)
	})
	return out, nil
}

func (w *writer) InsertTemplate(ctx context.Context, t assignment.OfficeTemplate) error {
	_, err := w.tx.NewInsert().Model(&templateRow{OfficeTemplate: t}).Exec(ctx)
	return err
}

func (w *writer) UpdateTemplate(ctx context.Context, t assignment.OfficeTemplate, had int64) error {
	return one(w.tx.NewUpdate().Model(&templateRow{OfficeTemplate: t}).Column("content", "updated_at", "version").
		Where("ct.id = ?", t.ID).Where("ct.version = ?", had).Exec(ctx))
}

func (w *writer) DeleteTemplate(ctx context.Context, id string, had int64) error {
	return one(w.tx.NewDelete().Model((*templateRow)(nil)).Where("ct.id = ?", id).Where("ct.version = ?", had).Exec(ctx))
}
