package db

import (
	"context"
	"io/fs"
)

// What a migration consists of, and the first number of a version.
var (
	StatementsOf = statementsOf

	Major = major
)

// MigrateSeries applies migrations of a test's own.
func (d *DB) MigrateSeries(ctx context.Context, files fs.FS) ([]string, error) {
	s, err := setOf("series", files)
	if err != nil {
		return nil, err
	}
	return d.migrate(ctx, "series", []set{s})
}
