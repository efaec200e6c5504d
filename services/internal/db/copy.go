package db

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
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

// Copy stores rows, structs that bun knows the table of, with PostgreSQL's
// COPY, which takes a fifth of the time of INSERT. They should come in
// ascending order of their key. It belongs to the transaction that InTx
// opened, whose context ctx must be, and works on PostgreSQL only (see
// WorthCopying). A row that exists already fails the whole transaction (see
// IsUnique).
func Copy[T any](ctx context.Context, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	c, ok := ctx.Value(connKey{}).(bun.Conn)
	if !ok {
		return errors.New("copy: not in a transaction on PostgreSQL")
	}
	table := c.Dialect().Tables().Get(reflect.TypeFor[*T]())
	columns := make([]string, len(table.Fields))
	for i, f := range table.Fields {
		columns[i] = f.Name
	}
	all := reflect.ValueOf(rows)
	err := c.Raw(func(dc any) error {
		_, err := dc.(interface{ Conn() *pgx.Conn }).Conn().CopyFrom(ctx, pgx.Identifier{table.Name}, columns,
			pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
				values := make([]any, len(columns))
				for j, f := range table.Fields {
					values[j] = f.Value(all.Index(i)).Interface()
				}
				return values, nil
			}))
		return err
	})
	if err != nil {
		return fmt.Errorf("copy into %s: %w", table.Name, err)
	}
	return nil
}
