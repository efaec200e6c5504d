package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// copyRow is a line of the table copies.
type copyRow struct {
	bun.BaseModel `bun:"table:copies"`

	Service string `bun:",pk"`
	Tables  string
}

func (s *Store) FindingNumbers(ctx context.Context) (map[string]int64, error) {
	m := map[string]int64{}
	return m, s.db.Tally(ctx, m, `SELECT campaign_id, SUM(1 + CASE WHEN on_time THEN 1 ELSE 0 END + CASE WHEN on_time_original THEN 1 ELSE 0 END
		+ CASE WHEN responsible_unit_id <> '' THEN 1 ELSE 0 END)
		FROM findings GROUP BY campaign_id`)
}

func (s *Store) Agreed(ctx context.Context, service string) (string, error) {
	c := copyRow{Service: service}
	if err := s.q.NewSelect().Model(&c).WherePK().Scan(ctx); err != nil && !db.NoRows(err) {
		return "", fmt.Errorf("which tables of %s agree: %w", service, err)
	}
	return c.Tables, nil
}

func (s *Store) SetAgreed(ctx context.Context, service, tables string) error {
	return s.db.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&copyRow{Service: service, Tables: tables}).On("CONFLICT (service) DO UPDATE").Set("tables = EXCLUDED.tables").Exec(ctx)
		return err
	})
}
