package db_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/uptrace/bun"
)

func copyKeys(ctx context.Context, from, to int) error {
	rows := make([]key, to-from)
	for i := range rows {
		rows[i] = key{Key: fmt.Sprintf("k%04d", from+i), CreatedAt: time.Now().UTC()}
	}
	return db.Copy(ctx, rows)
}

// What is copied belongs to the transaction: to what else it did, and to its end.
func TestCopyIsPartOfTheTransaction(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "audit", db.Postgres)
	ctx := context.Background()
	both := func(end error) error {
		return d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			if !db.WorthCopying(ctx, 100) || db.WorthCopying(ctx, 1) {
				t.Error("100 rows are worth copying, one is not")
			}
			if _, err := tx.NewInsert().Model(&key{Key: "one", CreatedAt: time.Now().UTC()}).Exec(ctx); err != nil {
				return err
			}
			if err := copyKeys(ctx, 0, 100); err != nil {
				return err
			}
			n, err := tx.NewSelect().Model((*key)(nil)).Count(ctx)
			if err != nil || n != 101 {
				t.Errorf("the transaction sees %d rows, %v", n, err)
			}
			return end
		})
	}
	if err := both(errors.New("no")); err == nil || count(t, d) != 0 {
		t.Errorf("undone: %v, %d rows", err, count(t, d))
	}
	if err := both(nil); err != nil || count(t, d) != 101 {
		t.Errorf("done: %v, %d rows", err, count(t, d))
	}
	err := d.InTx(ctx, func(ctx context.Context, _ bun.Tx) error {
		err := copyKeys(ctx, 50, 150)
		if !db.IsUnique(err) {
			t.Errorf("rows that exist: %v", err)
		}
		return err
	})
	if err == nil || count(t, d) != 101 {
		t.Errorf("with rows that exist: %v, %d rows", err, count(t, d))
	}
}

func TestCopyNeedsATransactionOnPostgres(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "audit", db.SQLite)
	err := d.InTx(context.Background(), func(ctx context.Context, _ bun.Tx) error {
		if db.WorthCopying(ctx, 1000) {
			t.Error("SQLite has no COPY")
		}
		return copyKeys(ctx, 0, 10)
	})
	if err == nil || count(t, d) != 0 {
		t.Errorf("on SQLite: %v", err)
	}
}
