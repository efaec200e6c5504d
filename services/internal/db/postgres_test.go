package db_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/uptrace/bun"
)

// settings are what a server, a database or a role may have by default.
var settings = []string{
	"datestyle = 'German'", "datestyle = 'SQL, DMY'", "intervalstyle = 'sql_standard'", "timezone = 'Asia/Shanghai'",
	"standard_conforming_strings = off", "extra_float_digits = -3", "bytea_output = 'escape'", "client_encoding = 'GBK'",
	"default_transaction_isolation = 'serializable'", "default_transaction_isolation = 'repeatable read'", "default_transaction_deferrable = on",
	"transform_null_equals = on", "synchronous_commit = off", "search_path = 'pg_catalog'",
	"statement_timeout = '1ms'", "lock_timeout = '1ms'", "idle_in_transaction_session_timeout = '1ms'", "idle_session_timeout = '10s'",
}

// odd is a row of values that a session's settings could change.
type odd struct {
	bun.BaseModel `bun:"table:odd"`

	ID     int64 `bun:",pk"`
	At     time.Time
	Number float64
	Bytes  []byte
	Text   string
	None   *string
}

// Case 71: whatever a database has by default, the program starts on it, and
// what it reads is what it wrote.
func TestCase71SettingsOfOthers(t *testing.T) {
	t.Parallel()
	try := func(t *testing.T, url string) {
		ctx := context.Background()
		cfg := db.Config{Service: "audit", URL: url}
		d := open(t, cfg)
		if _, err := d.Migrate(ctx, "audit"); err != nil {
			t.Fatal(err)
		}
		if n, err := d.Pending(ctx, "audit"); err != nil || n > 0 {
			t.Fatalf("%d migrations wait, %v", n, err)
		}
		if _, err := d.Writer().ExecContext(ctx, "CREATE TABLE odd (id BIGINT, at TIMESTAMPTZ, number DOUBLE PRECISION, bytes BYTEA, text TEXT, none TEXT)"); err != nil {
			t.Fatal(err)
		}
		want := odd{
			ID: 1, At: time.Date(2026, 11, 30, 7, 6, 16, 123456000, time.UTC), Number: -1234567.123456789, Bytes: []byte{0, '\\', 0xff, 'x'}, Text: `督办 \' it's \x41 "`,
		}
		err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewInsert().Model(&want).Exec(ctx)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got odd
		if err := d.Read().NewSelect().Model(&got).Where("text = ?", want.Text).Where("at = ?", want.At).Scan(ctx); err != nil {
			t.Fatal(err)
		}
		if !got.At.Equal(want.At) || math.Float64bits(got.Number) != math.Float64bits(want.Number) || !bytes.Equal(got.Bytes, want.Bytes) || got.None != nil {
			t.Errorf("read %+v, written %+v", got, want)
		}
		var n int
		if err := d.Read().NewRaw("SELECT COUNT(*) FROM odd WHERE none = NULL").Scan(ctx, &n); err != nil || n != 0 {
			t.Errorf("a comparison with NULL finds %d, %v", n, err)
		}
		var durable, isolation, idle string
		err = d.Read().NewRaw("SELECT current_setting('synchronous_commit'), current_setting('transaction_isolation'), current_setting('idle_session_timeout')").Scan(ctx, &durable, &isolation, &idle)
		if err != nil || durable != "on" || isolation != "read committed" || idle != "0" {
			t.Errorf("synchronous_commit %s, isolation %s, idle_session_timeout %s, %v", durable, isolation, idle, err)
		}
	}
	for _, s := range settings {
		t.Run(s, func(t *testing.T) {
			t.Parallel()
			try(t, dbtest.Database(t, "", s))
		})
	}
	t.Run("in the address", func(t *testing.T) {
		t.Parallel()
		try(t, dbtest.Database(t, "")+"&datestyle=German&options=-c%20standard_conforming_strings%3Doff")
	})
}

// Case 71: what no session can set aside ends the start in words that say
// what to do, and doctor names it.
func TestCase71WhatCannotBeSet(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, options, setting, says string }{
		{"encoding", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0", "", "encoding"},
		{"read-only", "", "default_transaction_read_only = on", "read-only"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var set []string
			if c.setting != "" {
				set = append(set, c.setting)
			}
			url := dbtest.Database(t, c.options, set...)
			ctx := context.Background()
			d, err := db.Open(ctx, db.Config{Service: "audit", URL: url})
			if err == nil {
				_, err = d.Migrate(ctx, "audit")
				_ = d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the start: %v", err)
			}
			unfit, err := db.Unfit(ctx, url)
			if err != nil || len(unfit) == 0 || !strings.Contains(unfit[0], c.says) {
				t.Errorf("doctor: %q, %v", unfit, err)
			}
		})
	}
	for version, want := range map[string]int{"15.14 (Debian 15.14-0+deb12u1)": 15, "9.2.4": 9, "18beta1": 18, "": 0, "openGauss": 0} {
		if got := db.Major(version); got != want {
			t.Errorf("version %q: %d", version, got)
		}
	}
}

// Case 74: a statement that comes again is planned once, whatever its values;
// behind a pooler, by a word in the address, no session keeps anything.
func TestCase74PlannedOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, c := range []struct {
		option string
		want   int
	}{{"", 1}, {"&default_query_exec_mode=simple_protocol", 0}} {
		d := open(t, db.Config{Service: "audit", URL: dbtest.Database(t, "") + c.option, MaxConns: 1})
		if _, err := d.Migrate(ctx, "audit"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Writer().ExecContext(ctx, "CREATE TABLE x (a TEXT, at TIMESTAMPTZ)"); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			var n int
			err := d.Read().NewRaw("SELECT COUNT(*) FROM x WHERE a = ? AND at < ?", fmt.Sprint("value ", i), time.Now()).Scan(ctx, &n)
			if err != nil {
				t.Fatal(err)
			}
		}
		var kept int
		if err := d.Read().NewRaw("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT COUNT(*) FROM x%'").Scan(ctx, &kept); err != nil || kept != c.want {
			t.Errorf("%q: %d statements are kept, want %d; %v", c.option, kept, c.want, err)
		}
	}
}

// How much lies below a unit only its path says: no plan for any path is kept,
// which would read and sort all of a county for its first 50 rows.
func TestRangesOfPathsArePlannedForTheirValues(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	d := open(t, db.Config{Service: "audit", URL: dbtest.Database(t, ""), MaxConns: 1})
	if _, err := d.Migrate(ctx, "audit"); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"CREATE TABLE x (path TEXT COLLATE \"C\", due BIGINT)", "CREATE INDEX x_path ON x (path)", "CREATE INDEX x_due ON x (due)",
		"INSERT INTO x SELECT 'c/t' || n % 100 || '/', n FROM generate_series(1, 10000) AS g (n)", "ANALYZE x",
	} {
		if _, err := d.Writer().ExecContext(ctx, q); err != nil {
			t.Fatal(err)
		}
	}
	below := func(path string) (due []int64) {
		t.Helper()
		err := d.Read().NewRaw("SELECT due FROM x WHERE path >= ? AND path < ? ORDER BY due LIMIT 50", path, path[:len(path)-1]+"0").Scan(ctx, &due)
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	for i := range 20 {
		if due := below(fmt.Sprintf("c/t%d/", i)); len(due) != 50 || due[0]%100 != int64(i) {
			t.Fatalf("below t%d: %v", i, due)
		}
	}
	if due := below("c/"); len(due) != 50 || due[0] != 1 || due[49] != 50 {
		t.Errorf("below c: %v", due)
	}
	var kept int
	if err := d.Read().NewRaw("SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE '%path%'").Scan(ctx, &kept); err != nil || kept != 0 {
		t.Errorf("%d plans are kept; %v", kept, err)
	}
}
