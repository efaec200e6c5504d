package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
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
	OfficeID  string
	Version   int64

	// The unit that has to rectify it, where that is another one.
	ResponsibleUnitID   string
	ResponsibleUnitPath string
}

func (r reader) ShowsFinding(ctx context.Context, fileID, under string, reach policy.Reach) (bool, error) {
	q := r.q.NewSelect().Model((*findingFileRow)(nil)).Where("n.file_id = ?", fileID).Where("substr(n.unit_path, 1, length(?)) = ?", under, under)
	office := []string{"n.office_id"}
	shows, err := scope.Where(q, reach, scope.Columns{UnitID: "n.unit_id", UnitPath: "n.unit_path", Offices: office},
		scope.Columns{UnitID: "n.responsible_unit_id", UnitPath: "n.responsible_unit_path", Offices: office}).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("find what a file shows: %w", db.Translate(err))
	}
	return shows, nil
}

func (t *txn) PutFindingFiles(ctx context.Context, of evidence.FindingFiles) error {
	row := findingFileRow{
		FindingID: of.FindingID, UnitID: of.At.UnitID, UnitPath: of.At.UnitPath, OfficeID: of.OfficeID,
		ResponsibleUnitID: of.Duty.UnitID, ResponsibleUnitPath: of.Duty.UnitPath, Version: of.Version,
	}
	unsaid := []string{"file_id", "finding_id"}
	if of.OfficeID == "" {
		unsaid = append(unsaid, "office_id") // older events tell of none
	}
	_, err := t.tx.NewUpdate().Model(&row).ExcludeColumn(unsaid...).
		Where("finding_id = ?", of.FindingID).Where("version <= ?", of.Version).Exec(ctx)
	if err != nil || len(of.FileIDs) == 0 {
		return err
	}
	rows := make([]findingFileRow, len(of.FileIDs))
	for i, f := range of.FileIDs {
		rows[i] = row
		rows[i].FileID = f
	}
	_, err = t.tx.NewInsert().Model(&rows).On("CONFLICT (file_id, finding_id) DO NOTHING").Exec(ctx)
	return err
}
