package db_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"
)

// What is written comes back, whatever it looks like, and a statement whose
// rows are being read can be run again.
func TestValuesInTexts(t *testing.T) {
	dbtest.Each(t, "audit", testValuesInTexts)
}

func testValuesInTexts(t *testing.T, d *db.DB) {
	ctx := context.Background()
	w := d.Writer()
	if _, err := w.ExecContext(ctx, "CREATE TABLE x (id BIGINT, a TEXT, n BIGINT)"); err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		a := rapid.StringOf(rapid.RuneFrom([]rune(`ab'"?;-/*9 _%王$`))).Draw(rt, "a")
		num := rapid.Int64().Draw(rt, "n")
		if _, err := w.NewRaw("INSERT INTO x (id, a, n) VALUES (?, ?, ?)", n, a, num).Exec(ctx); err != nil {
			rt.Fatal(err)
		}
		var got string
		var back int64
		if err := d.Read().NewRaw("SELECT a, n FROM x WHERE id = ? AND a = ? AND n = ?", n, a, num).Scan(ctx, &got, &back); err != nil || got != a || back != num {
			rt.Fatalf("%q %d: %v, got %q %d", a, num, err, got, back)
		}
	})
	if d.Engine == db.SQLite { // a session of PostgreSQL reads one answer at a time
		testRowsInsideRows(t, w)
	}
	// A change of the table is seen by statements that were prepared before it.
	if _, err := w.ExecContext(ctx, "ALTER TABLE x ADD COLUMN b TEXT NOT NULL DEFAULT 'new'"); err != nil {
		t.Fatal(err)
	}
	var b string
	if err := d.Read().NewRaw("SELECT b FROM x WHERE id = ?", 1).Scan(ctx, &b); err != nil || b != "new" {
		t.Fatalf("%q %v", b, err)
	}
}

func testRowsInsideRows(t *testing.T, w *bun.DB) {
	ctx := context.Background()
	query := func(v int) string { return fmt.Sprintf("SELECT id FROM x WHERE n <> 10%d LIMIT 3", 10+v) }
	err := func() error {
		tx, err := w.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback()
		outer, err := tx.QueryContext(ctx, query(1))
		if err != nil {
			return err
		}
		defer outer.Close()
		for outer.Next() {
			if rows, err := counted(ctx, tx, query(2)); err != nil || rows != 3 {
				return fmt.Errorf("%d rows inside: %w", rows, err)
			}
		}
		return outer.Err()
	}()
	if err != nil {
		t.Fatal(err)
	}
}

// counted reads a query to its end and tells how many rows it has.
func counted(ctx context.Context, tx bun.Tx, query string) (n int, err error) {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
