package db_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// The migrations of both engines must end in the same tables: the same
// columns, of the same sort, in the same key, NULL or not alike.
func TestEnginesHaveTheSameTables(t *testing.T) {
	t.Parallel()
	for _, service := range migrations.Services {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			lite := columns(t, dbtest.Open(t, service, db.SQLite), sqliteColumns)
			pg := columns(t, dbtest.Open(t, service, db.Postgres), postgresColumns)
			if len(lite) < 10 {
				t.Fatalf("%d columns on SQLite", len(lite))
			}
			for _, name := range slices.Sorted(maps.Keys(lite)) {
				if got, ok := pg[name]; !ok {
					t.Errorf("%s is on SQLite only", name)
				} else if got != lite[name] {
					t.Errorf("%s: %s on SQLite, %s on PostgreSQL", name, lite[name], got)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(pg)) {
				if _, ok := lite[name]; !ok {
					t.Errorf("%s is on PostgreSQL only", name)
				}
			}
		})
	}
}

const sqliteColumns = `
	SELECT m.name, c.name, lower(c.type), c."notnull" OR c.pk > 0, c.pk
	FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`

const postgresColumns = `
	SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'NO',
		COALESCE((SELECT k.ordinal_position FROM information_schema.table_constraints t
			JOIN information_schema.key_column_usage k USING (constraint_schema, constraint_name, table_name)
			WHERE t.constraint_type = 'PRIMARY KEY' AND t.table_schema = c.table_schema
			AND t.table_name = c.table_name AND k.column_name = c.column_name), 0)
	FROM information_schema.columns c WHERE c.table_schema = current_schema()`

// sorts of the types that migrations may use.
var sorts = map[string]string{
	"text": "text", "integer": "integer", "bigint": "integer", "boolean": "boolean",
	"real": "number", "double precision": "number",
	"timestamp": "time", "timestamp with time zone": "time", "blob": "bytes", "bytea": "bytes",
}

// columns describes every column but those of bun's own bookkeeping.
func columns(t *testing.T, d *db.DB, query string) map[string]string {
	t.Helper()
	rows, err := d.Read().QueryContext(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	m := map[string]string{}
	for rows.Next() {
		var table, column, typ string
		var notNull bool
		var key int
		if err := rows.Scan(&table, &column, &typ, &notNull, &key); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(table, "_migrations") || strings.HasSuffix(table, "_migration_locks") || strings.HasPrefix(table, "sqlite_") {
			continue
		}
		sort, ok := sorts[typ]
		if !ok {
			t.Errorf("%s.%s has type %q on %s, which no migration may use", table, column, typ, d.Engine)
		}
		null := "NULL"
		if notNull {
			null = "NOT NULL"
		}
		m[table+"."+column] = fmt.Sprintf("%s, %s, place %d in the key", sort, null, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}
