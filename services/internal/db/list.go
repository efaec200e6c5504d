package db

import (
	"encoding/json"
	"reflect"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/schema"
)

// Each is a table of one column, value, that has a row for each of xs. A
// statement that takes its list from it reads the same for any length, so it is
// compiled once and not for every length anew:
//
//	q.Where("id IN (SELECT value FROM ?)", db.Each(q, ids))
func Each(q bun.IDB, xs []string) schema.QueryWithArgs {
	raw, err := json.Marshal(xs)
	if err != nil {
		panic(err) // strings can always be written
	}
	if engineOf(q) == Postgres {
		return bun.SafeQuery("jsonb_array_elements_text(?::jsonb) AS each_one(value)", string(raw))
	}
	return bun.SafeQuery("json_each(?)", string(raw))
}

func engineOf(q bun.IDB) Engine {
	if q.Dialect().Name() == dialect.PG {
		return Postgres
	}
	return SQLite
}

// Changed lists the columns in which two states of a row, structs that bun
// knows the table of, differ. An update that sets no others leaves the indexes
// of the others alone.
func Changed[T any](q bun.IDB, was, now *T) []string {
	a, b := reflect.ValueOf(was).Elem(), reflect.ValueOf(now).Elem()
	var columns []string
	for _, f := range q.Dialect().Tables().Get(reflect.TypeFor[*T]()).Fields {
		if !reflect.DeepEqual(f.Value(a).Interface(), f.Value(b).Interface()) {
			columns = append(columns, f.Name)
		}
	}
	return columns
}
