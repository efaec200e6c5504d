package db

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, text string
		values      []any // nil: left alone
	}{
		{`SELECT "a"."id" FROM "t" WHERE (id = '0198-x') LIMIT 50`, `SELECT "a"."id" FROM "t" WHERE (id = ?) LIMIT 50`, []any{"0198-x"}},
		{`SELECT 1 FROM t WHERE state <> 'issued' AND name = 'O''Brien' AND x = ''`, `SELECT 1 FROM t WHERE state <> 'issued' AND name = ? AND x = ''`, []any{"O'Brien"}},
		{`INSERT INTO t VALUES (X'00ff', 1234, -56789, 12.5, 123, TRUE, NULL, '王''')`, `INSERT INTO t VALUES (X'00ff', ?, -?, 12.5, 123, TRUE, NULL, ?)`, []any{int64(1234), int64(56789), "王'"}},
		{`SELECT column1, t2000.x FROM t2000`, `SELECT column1, t2000.x FROM t2000`, []any{}},
		{`SELECT "it's" FROM t`, `SELECT "it's" FROM t`, []any{}},
		{`SELECT 99999999999999999999`, `SELECT 99999999999999999999`, []any{}},
		{`SELECT 1 -- it's`, "", nil},
		{`SELECT 'open`, "", nil},
		{"SELECT 'a\x00b'", "", nil},
		{`SELECT 1; SELECT 2`, "", nil},
		{`CREATE TABLE t (a TEXT DEFAULT '2026')`, "", nil},
		{`SELECT ? || '2026'`, "", nil},
	} {
		text, values, ok := split(c.query, SQLite)
		if ok != (c.values != nil) {
			t.Errorf("%s: %v", c.query, ok)
		}
		if !ok {
			continue
		}
		got := []any{}
		for i, v := range values {
			if v.Ordinal != i+1 {
				t.Errorf("%s: value %d is numbered %d", c.query, i, v.Ordinal)
			}
			got = append(got, v.Value)
		}
		if d := cmp.Diff(c.values, got); d != "" || text != c.text {
			t.Errorf("%s: %s\n%s", c.query, text, d)
		}
	}
}

// What differs on PostgreSQL: values are texts, a number says what its digits
// say, and what is compared as an expression stays as it is.
func TestSplitForPostgres(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, text string
		values      []any // nil: left alone
	}{
		{`SELECT "a"."id" FROM "t" WHERE (id = '0198-x') AND n = 2026 LIMIT 50`, `SELECT "a"."id" FROM "t" WHERE (id = $1) AND n = $2::int4 LIMIT 50`, []any{"0198-x", "2026"}},
		{`INSERT INTO t VALUES ('\x00ff', 9999999999, -56789, 12.5, '{"a":1}'::jsonb)`, `INSERT INTO t VALUES ($1, $2::int8, -56789, 12.5, $3::jsonb)`, []any{`\x00ff`, "9999999999", `{"a":1}`}},
		{`SELECT at + interval '1 day', E'it\'s'`, `SELECT at + interval '1 day', E'it\'s'`, nil},
		{`SELECT at + INTERVAL '1 day', timestamp '2026-01-01' FROM t`, `SELECT at + INTERVAL '1 day', timestamp '2026-01-01' FROM t`, []any{}},
		{`SELECT f(x, '%Y') FROM t GROUP BY f(x, '%Y')`, "", nil},
		{`SELECT DISTINCT f(x, '%Y') FROM t ORDER BY f(x, '%Y')`, "", nil},
		{`SELECT x FROM t WHERE y = '%Y' GROUP BY x HAVING COUNT(*) > 5`, `SELECT x FROM t WHERE y = $1 GROUP BY x HAVING COUNT(*) > 5`, []any{"%Y"}},
		{`SELECT $1`, "", nil},
	} {
		text, values, ok := split(c.query, Postgres)
		if ok != (c.values != nil) {
			t.Errorf("%s: %v", c.query, ok)
		}
		if !ok {
			continue
		}
		got := []any{}
		for _, v := range values {
			got = append(got, v.Value)
		}
		if d := cmp.Diff(c.values, got); d != "" || text != c.text {
			t.Errorf("%s: %s\n%s", c.query, text, d)
		}
	}
}
