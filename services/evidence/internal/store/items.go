package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type itemRow struct {
	bun.BaseModel `bun:"table:submission_items,alias:i"`

	SubmissionID  string `bun:",pk"`
	RequirementID string `bun:",pk"`
	Value         *float64
	Content       string
	Links         string
	TableRows     string
	FileIDs       string `bun:"file_ids"`
	Signatory     string
	SignedAt      *time.Time
	// FromSubmission and FromRequirement are empty for what was given anew.
	FromSubmission  string
	FromRequirement string
	UpdatedBy       string
	UpdatedAt       time.Time
}

// useRow says that a submission uses a file.
type useRow struct {
	bun.BaseModel `bun:"table:submission_files,alias:x"`

	FileID        string `bun:",pk"`
	SubmissionID  string `bun:",pk"`
	RequirementID string `bun:",pk"`
}

func (r reader) Items(ctx context.Context, submissionID string) ([]evidence.Item, error) {
	all, err := r.ItemsOf(ctx, []string{submissionID})
	return all[submissionID], err
}

func (r reader) ItemsOf(ctx context.Context, submissionIDs []string) (map[string][]evidence.Item, error) {
	var rows []itemRow
	err := r.q.NewSelect().Model(&rows).Where("submission_id IN (?)", bun.List(submissionIDs)).OrderExpr("submission_id, requirement_id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("find items: %w", db.Translate(err))
	}
	out := make(map[string][]evidence.Item, len(submissionIDs))
	for _, row := range rows {
		it := evidence.Item{
			RequirementID: row.RequirementID, Value: row.Value, Text: row.Content, Signatory: row.Signatory, SignedAt: row.SignedAt,
			UpdatedBy: row.UpdatedBy, UpdatedAt: row.UpdatedAt,
		}
		if row.FromSubmission != "" {
			it.From = &evidence.Source{SubmissionID: row.FromSubmission, RequirementID: row.FromRequirement}
		}
		var e1, e2, e3 error
		it.Links, e1 = fromJSON[[]string](row.Links)
		it.Rows, e2 = fromJSON[[]map[string]any](row.TableRows)
		it.FileIDs, e3 = fromJSON[[]string](row.FileIDs)
		if err := errors.Join(e1, e2, e3); err != nil {
			return nil, fmt.Errorf("item %s of submission %s: %w", row.RequirementID, row.SubmissionID, err)
		}
		out[row.SubmissionID] = append(out[row.SubmissionID], it)
	}
	return out, nil
}

func (t *txn) PutItem(ctx context.Context, submissionID string, it evidence.Item) error {
	if _, err := t.DropItem(ctx, submissionID, it.RequirementID); err != nil {
		return err
	}
	row := itemRow{
		SubmissionID: submissionID, RequirementID: it.RequirementID, Value: it.Value, Content: it.Text,
		Links: toJSON(it.Links), TableRows: toJSON(it.Rows), FileIDs: toJSON(it.FileIDs),
		Signatory: it.Signatory, SignedAt: it.SignedAt, UpdatedBy: it.UpdatedBy, UpdatedAt: it.UpdatedAt,
	}
	if it.From != nil {
		row.FromSubmission, row.FromRequirement = it.From.SubmissionID, it.From.RequirementID
	}
	if _, err := t.tx.NewInsert().Model(&row).Exec(ctx); err != nil || len(it.FileIDs) == 0 {
		return err
	}
	uses := make([]useRow, len(it.FileIDs))
	for i, f := range it.FileIDs {
		uses[i] = useRow{FileID: f, SubmissionID: submissionID, RequirementID: it.RequirementID}
	}
	_, err := t.tx.NewInsert().Model(&uses).Exec(ctx)
	return err
}

func (t *txn) DropItem(ctx context.Context, submissionID, requirementID string) (bool, error) {
	_, err := t.tx.NewDelete().Model((*useRow)(nil)).Where("submission_id = ?", submissionID).Where("requirement_id = ?", requirementID).Exec(ctx)
	if err != nil {
		return false, err
	}
	return changed(t.tx.NewDelete().Model((*itemRow)(nil)).Where("submission_id = ?", submissionID).Where("requirement_id = ?", requirementID).Exec(ctx))
}

func (t *txn) CopyItems(ctx context.Context, from, to string) error {
	const columns = "requirement_id, value, content, links, table_rows, file_ids, signatory, signed_at, from_submission, from_requirement, updated_by, updated_at"
	_, err := t.tx.NewRaw("INSERT INTO submission_items (submission_id, "+columns+") SELECT ?, "+columns+" FROM submission_items WHERE submission_id = ?", to, from).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = t.tx.NewRaw(`INSERT INTO submission_files (file_id, submission_id, requirement_id)
		SELECT file_id, ?, requirement_id FROM submission_files WHERE submission_id = ?`, to, from).Exec(ctx)
	return err
}
