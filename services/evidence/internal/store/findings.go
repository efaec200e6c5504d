package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/scope"
	"github.com/uptrace/bun"
)

type findingFileRow struct {
	bun.BaseModel `bun:"table:finding_files,alias:n"`

	FileID    string `bun:",pk"`
	FindingID string `bun:",pk"`
	UnitID    string
	UnitPath  string
	Version   int64
}

// ShowsFinding implements evidence.Reader.
func (r reader) ShowsFinding(ctx context.Context, fileID, under string, reach policy.Reach) (bool, error) {
	q := r.q.NewSelect().Model((*findingFileRow)(nil)).Where("n.file_id = ?", fileID).Where("substr(n.unit_path, 1, length(?)) = ?", under, under)
	shows, err := scope.Where(q, reach, scope.Columns{UnitID: "n.unit_id", UnitPath: "n.unit_path"}).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("find what a file shows: %w", db.Translate(err))
	}
	return shows, nil
}

// PutFindingFiles implements evidence.Tx.
func (t *txn) PutFindingFiles(ctx context.Context, findingID string, at policy.Target, fileIDs []string, version int64) error {
	_, err := t.tx.NewUpdate().Model((*findingFileRow)(nil)).Set("unit_id = ?", at.UnitID).Set("unit_path = ?", at.UnitPath).Set("version = ?", version).
		Where("finding_id = ?", findingID).Where("version < ?", version).Exec(ctx)
	if err != nil || len(fileIDs) == 0 {
		return err
	}
	rows := make([]findingFileRow, len(fileIDs))
	for i, f := range fileIDs {
		rows[i] = findingFileRow{FileID: f, FindingID: findingID, UnitID: at.UnitID, UnitPath: at.UnitPath, Version: version}
	}
	_, err = t.tx.NewInsert().Model(&rows).On("CONFLICT (file_id, finding_id) DO NOTHING").Exec(ctx)
	return err
}
