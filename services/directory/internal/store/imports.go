package store

import (
	"context"
	"time"

	"github.com/duban/duban/services/directory"
	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// imported is a line of the table imports; it converts to directory.Import.
type imported struct {
	ID        string `bun:",pk"`
	Kind      string
	PersonID  string
	Name      string
	State     string
	LineCount int64
	Created   int64
	Updated   int64
	Unchanged int64
	Chunks    int64
	Applied   int64
	Reason    string
	CreatedAt time.Time
	TouchedAt time.Time
	Owner     string
}

const importTable = "imports AS imported"

type importChunk struct {
	bun.BaseModel `bun:"table:import_chunks"`

	ImportID string `bun:",pk"`
	Number   int64  `bun:",pk"`
	Payload  string
}

func (r reader) Import(ctx context.Context, id string) (directory.Import, error) {
	var i imported
	err := r.q.NewSelect().Model(&i).ModelTableExpr(importTable).Where("id = ?", id).Scan(ctx)
	return directory.Import(i), one(err, "import")
}

func (t *tx) LockImport(ctx context.Context, id string) (directory.Import, error) {
	var i imported
	err := t.locked(t.q.NewSelect().Model(&i).ModelTableExpr(importTable).Where("id = ?", id)).Scan(ctx)
	return directory.Import(i), one(err, "import")
}

func (r reader) OpenImports(ctx context.Context) ([]directory.Import, error) {
	var rows []imported
	err := r.q.NewSelect().Model(&rows).ModelTableExpr(importTable).
		Where("state IN (?, ?)", directory.Staging, directory.Applying).OrderExpr("id").Scan(ctx)
	is := make([]directory.Import, len(rows))
	for i, x := range rows {
		is[i] = directory.Import(x)
	}
	return is, db.Translate(err)
}

func (t *tx) InsertImport(ctx context.Context, i directory.Import) error {
	row := imported(i)
	_, err := t.tx.NewInsert().Model(&row).ModelTableExpr("imports").Exec(ctx)
	return err
}

func (t *tx) UpdateImport(ctx context.Context, i directory.Import) error {
	row := imported(i)
	return must(t.tx.NewUpdate().Model(&row).ModelTableExpr(importTable).WherePK().Exec(ctx))
}

func (t *tx) InsertChunk(ctx context.Context, importID string, number int64, payload []byte) error {
	_, err := t.tx.NewInsert().Model(&importChunk{ImportID: importID, Number: number, Payload: string(payload)}).Exec(ctx)
	return err
}

func (t *tx) Chunk(ctx context.Context, importID string, number int64) ([]byte, error) {
	var c importChunk
	err := t.tx.NewSelect().Model(&c).Where("import_id = ?", importID).Where("number = ?", number).Scan(ctx)
	return []byte(c.Payload), one(err, "part of the import")
}

func (t *tx) DropChunks(ctx context.Context, importID string, number int64) error {
	q := t.tx.NewDelete().Model((*importChunk)(nil)).Where("import_id = ?", importID)
	if number >= 0 {
		q = q.Where("number = ?", number)
	}
	_, err := q.Exec(ctx)
	return err
}
