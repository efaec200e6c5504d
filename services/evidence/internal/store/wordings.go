package store

import (
	"context"
	"fmt"

	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

type wordingRow struct {
	bun.BaseModel `bun:"table:wordings,alias:w"`

	FileID string `bun:",pk"`
	Hashes []byte
}

type bandRow struct {
	bun.BaseModel `bun:"table:wording_bands,alias:b"`

	Band   int64  `bun:",pk"`
	FileID string `bun:",pk"`
}

// TextCandidates implements evidence.Reader. Bands are looked up in the primary
// key, as the codes of pictures are.
func (r reader) TextCandidates(ctx context.Context, fileID string, w evidence.Wording, limit int) ([]evidence.TextCandidate, error) {
	var ids []string
	err := r.q.NewRaw("SELECT file_id FROM wording_bands WHERE band IN (?) AND file_id <> ? GROUP BY file_id ORDER BY count(*) DESC, file_id LIMIT ?",
		bun.List(w.Bands()), fileID, limit).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("look for texts: %w", db.Translate(err))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []wordingRow
	if err := r.q.NewSelect().Model(&rows).Where("file_id IN (?)", bun.List(ids)).Scan(ctx); err != nil {
		return nil, fmt.Errorf("read texts: %w", db.Translate(err))
	}
	out := make([]evidence.TextCandidate, len(rows))
	for i, row := range rows {
		out[i] = evidence.TextCandidate{FileID: row.FileID, Wording: evidence.WordingFrom(row.Hashes)}
	}
	return out, nil
}

func (t *txn) PutWording(ctx context.Context, fileID string, w evidence.Wording) error {
	if _, err := t.tx.NewDelete().Model((*bandRow)(nil)).Where("file_id = ?", fileID).Exec(ctx); err != nil {
		return err
	}
	_, err := t.tx.NewInsert().Model(&wordingRow{FileID: fileID, Hashes: w.Bytes()}).
		On("CONFLICT (file_id) DO UPDATE").Set("hashes = EXCLUDED.hashes").Exec(ctx)
	if err != nil {
		return err
	}
	var rows []bandRow
	for _, b := range w.Bands() {
		rows = append(rows, bandRow{Band: b, FileID: fileID})
	}
	_, err = t.tx.NewInsert().Model(&rows).On("CONFLICT DO NOTHING").Exec(ctx)
	return err
}
