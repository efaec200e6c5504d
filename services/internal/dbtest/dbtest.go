// Package dbtest gives tests a fresh, migrated database on either engine.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

const localPostgres = "postgres://postgres@127.0.0.1:5432/test?sslmode=disable&connect_timeout=3"

// Each runs f as a parallel subtest on SQLite and on PostgreSQL, each with a
// fresh database of service. PostgreSQL is taken from DATABASE_URL or the
// local server; where there is none the subtest says so and is skipped,
// except with CI=true, where it fails.
//
// Under the race detector it is one of them, PostgreSQL where there is one: what
// is watched is the same Go, and there more of it runs at once.
func Each(t *testing.T, service string, f func(t *testing.T, d *db.DB)) {
	t.Helper()
	engines := []db.Engine{db.SQLite, db.Postgres}
	if raced {
		_, away := probe()
		if away == nil {
			engines = engines[1:]
		} else {
			engines = engines[:1]
		}
	}
	for _, e := range engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			f(t, Open(t, service, e))
		})
	}
}

// Open gives a fresh, migrated database of service on engine e; it is gone
// when the test ends, or on PostgreSQL kept for a later one (see pool).
func Open(t testing.TB, service string, e db.Engine) *db.DB {
	t.Helper()
	var cfg db.Config
	if e == db.Postgres {
		PostgresURL(t) // skips without one
		if p := pooled(); p != nil {
			cfg = p.lend(t, service)
		}
	}
	if cfg.Service == "" {
		cfg = Empty(t, service, e)
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("open %s: %v", e, err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	if _, err := d.Migrate(context.Background(), service); err != nil {
		t.Fatal(err)
	}
	return d
}

// Empty is a place on engine e where no database of service is yet; what is
// made there is gone when the test ends.
func Empty(t testing.TB, service string, e db.Engine) db.Config {
	t.Helper()
	cfg := db.Config{Service: service}
	switch e {
	case db.SQLite:
		cfg.Dir = t.TempDir()
	case db.Postgres:
		cfg.URL = PostgresURL(t)
		cfg.Schema = Schema(t, service)
	}
	return cfg
}

// Schema makes up a schema name and drops that schema when the test ends.
func Schema(t testing.TB, service string) string {
	t.Helper()
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	name := "t_" + service + "_" + hex.EncodeToString(b)
	DropSchema(t, name)
	return name
}

// DropSchema drops a schema of the test server when the test ends.
func DropSchema(t testing.TB, name string) {
	t.Helper()
	server := PostgresURL(t)
	t.Cleanup(func() {
		c, err := sql.Open("pgx", server)
		if err != nil {
			t.Errorf("drop schema: %v", err)
			return
		}
		defer c.Close()
		if _, err := c.Exec(`DROP SCHEMA IF EXISTS "` + name + `" CASCADE`); err != nil {
			t.Errorf("drop schema: %v", err)
		}
	})
}

// Database makes a PostgreSQL database of the test's own, with the given
// settings as its defaults, gives its address and drops it when the test ends.
// options follow CREATE DATABASE.
func Database(t testing.TB, options string, settings ...string) string {
	t.Helper()
	server := PostgresURL(t)
	b := make([]byte, 6)
	_, _ = rand.Read(b)
	name := "t_" + hex.EncodeToString(b)
	run := func(statements ...string) error {
		c, err := sql.Open("pgx", server)
		if err != nil {
			return err
		}
		defer c.Close()
		for _, s := range statements {
			if _, err := c.Exec(s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	}
	all := []string{"CREATE DATABASE " + name + " " + options}
	for _, s := range settings {
		all = append(all, "ALTER DATABASE "+name+" SET "+s)
	}
	t.Cleanup(func() {
		if err := run("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	if err := run(all...); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

var probe = sync.OnceValues(func() (string, error) {
	url := os.Getenv("DATABASE_URL")
	if url == "" {
		url = localPostgres
	}
	c, err := sql.Open("pgx", url)
	if err != nil {
		return url, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return url, c.PingContext(ctx)
})

// PostgresURL is the server that tests use; without one it skips the test, or
// fails it where CI=true.
func PostgresURL(t testing.TB) string {
	t.Helper()
	url, err := probe()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("PostgreSQL is needed with CI=true: %v", err)
		}
		t.Skip("SKIPPED: no PostgreSQL. Set DATABASE_URL, or start one on 127.0.0.1:5432 with a database \"test\", to run this.")
	}
	return url
}
