package db

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DropSchemas removes the schemas of a PostgreSQL whose names begin with
// prefix, which may not be empty, and all that is in them. It is for trials
// that had schemas of their own.
func DropSchemas(ctx context.Context, url, prefix string) error {
	if prefix == "" {
		return fmt.Errorf("drop schemas: no prefix")
	}
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("drop schemas: %w", err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	rows, err := c.Query(ctx, "SELECT nspname FROM pg_namespace")
	if err != nil {
		return fmt.Errorf("drop schemas: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("drop schemas: %w", err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if _, err := c.Exec(ctx, "DROP SCHEMA "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
			return fmt.Errorf("drop schema %s: %w", name, err)
		}
	}
	return nil
}
