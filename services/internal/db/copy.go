package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
)

// connKey marks the PostgreSQL connection that the transaction of a context
// runs on.
type connKey struct{}

// WorthCopying tells whether Copy works in the transaction of ctx, and n rows
// are enough for it to pay, also when it must first be found out which exist.
func WorthCopying(ctx context.Context, n int) bool {
	_, ok := ctx.Value(connKey{}).(bun.Conn)
	return ok && n >= 20
}

// Copy stores n rows, in ascending order of their key, with PostgreSQL's COPY,
// which takes a fifth of the time of INSERT. It belongs to the transaction
// that InTx opened, whose context ctx must be, and works on PostgreSQL only
// (see WorthCopying). A row that exists already fails the whole transaction (see
// IsUnique).
func Copy(ctx context.Context, table string, columns []string, n int, row func(i int) []any) error {
	if n == 0 {
		return nil
	}
	c, ok := ctx.Value(connKey{}).(bun.Conn)
	if !ok {
		return errors.New("copy: not in a transaction on PostgreSQL")
	}
	err := c.Raw(func(dc any) error {
		_, err := dc.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns,
			pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
		return err
	})
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table, err)
	}
	return nil
}
