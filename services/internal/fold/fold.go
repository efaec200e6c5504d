// Package fold keeps the columns that searches compare: made by the program
// with text.Fold when a row is stored, so that every engine compares bytes.
package fold

import (
	"context"
	"fmt"
	"strings"

	"github.com/duban/duban/services/internal/db"
	"github.com/uptrace/bun"
)

// batch is how many rows one transaction folds.
const batch = 500

// Contains is the pattern of LIKE … ESCAPE '\' for texts with s, folded,
// somewhere in them.
func Contains(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// Table is one whose rows are folded by a rule, and what they are.
type Table struct {
	What string
	Rule int64
}

// Rows gives put all rows of a table whose column folded is not its rule, some at a
// time in the order of their ids, each time in a transaction, in which it
// stores what they are searched by and the rule. A row that somebody else
// changes meanwhile may be passed over by put: that one was folded by the
// change.
func Rows[R any](ctx context.Context, d *db.DB, t Table, put func(context.Context, bun.Tx, []R) error, id func(R) string) error {
	for after := ""; ; {
		var rows []R
		err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			rows = nil
			err := tx.NewSelect().Model(&rows).
				Where("folded <> ?", t.Rule).Where("id > ?", after).OrderExpr("id").Limit(batch).Scan(ctx)
			if err != nil || len(rows) == 0 {
				return err
			}
			return put(ctx, tx, rows)
		})
		if err != nil {
			return fmt.Errorf("fold %s: %w", t.What, err)
		}
		if len(rows) == 0 {
			return nil
		}
		after = id(rows[len(rows)-1])
	}
}
