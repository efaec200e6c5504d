package db_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// A list comes out as it went in, whatever stands in it and however long it is.
func TestEachGivesEveryValue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		for _, want := range [][]string{{}, {"a"}, {`it's`, `"q"`, `back\slash`, "?", "平度市", ""}, slices.Repeat([]string{"same"}, 200)} {
			var got []string
			if err := d.Read().NewRaw("SELECT value FROM ?", db.Each(d.Read(), want)).Scan(context.Background(), &got); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q came out as %q", want, got)
			}
		}
	})
}

// Only the columns that differ are set.
func TestChangedColumns(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "audit", db.SQLite)
	at := time.Date(2026, 9, 20, 1, 2, 3, 0, time.UTC)
	was := key{Key: "one", CreatedAt: at}
	for _, x := range []struct {
		now  key
		want []string
	}{
		{key{Key: "one", CreatedAt: at}, nil},
		{key{Key: "two", CreatedAt: at}, []string{"key"}},
		{key{Key: "two", CreatedAt: at.Add(time.Second)}, []string{"key", "created_at"}},
	} {
		if got := db.Changed(d.Read(), &was, &x.now); !slices.Equal(got, x.want) {
			t.Errorf("%+v differs in %q, want %q", x.now, got, x.want)
		}
	}
}
