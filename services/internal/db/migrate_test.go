package db_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/google/go-cmp/cmp"
)

// both runs f on either engine, with a place where no database is yet.
func both(t *testing.T, service string, f func(t *testing.T, cfg db.Config)) {
	t.Helper()
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			f(t, dbtest.Empty(t, service, e))
		})
	}
}

func open(t *testing.T, cfg db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

var errCut = errors.New("the process died here")

// changes tells whether something asked of a database may change it.
func changes(what string) bool {
	head, _, _ := strings.Cut(what, " ")
	return !slices.Contains([]string{"SELECT", "SHOW", "PRAGMA", "CONNECT", "ROLLBACK", "WITH"}, head)
}

// dieEverywhere starts again and again, and dies each time a step later than
// the last time on the same state of the database, before each statement that
// changes something and after each commit, until a start comes to its end. It
// returns how often it died.
func dieEverywhere(t *testing.T, cfg db.Config, migrate func(*db.DB) error) int {
	t.Helper()
	var mu sync.Mutex
	next, commits := map[int]int{}, 0
	for deaths := 0; ; deaths++ {
		at, step := commits, 0
		next[at]++
		dies := func() error {
			if step++; step == next[at] {
				return errCut
			}
			return nil
		}
		tap := &dbtest.Tap{
			Before: func(what string) error {
				mu.Lock()
				defer mu.Unlock()
				if changes(what) {
					return dies()
				}
				return nil
			},
			After: func(what string) error {
				mu.Lock()
				defer mu.Unlock()
				if what == "COMMIT" {
					commits++
					return dies()
				}
				return nil
			},
		}
		cfg.Through = tap.Connector
		d, err := db.Open(context.Background(), cfg)
		if err == nil {
			err = migrate(d)
			_ = d.Close()
		}
		if err == nil {
			return deaths
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("start %d, at step %d after %d commits: %v", deaths+1, next[at], at, err)
		}
	}
}

// whole compares the tables with those of a database that nothing happened to.
func whole(t *testing.T, cfg db.Config) {
	t.Helper()
	cfg.Through = nil
	d := open(t, cfg)
	if n, err := d.Pending(context.Background(), cfg.Service); err != nil || n > 0 {
		t.Errorf("%d migrations wait, %v", n, err)
	}
	query := sqliteColumns
	if d.Engine == db.Postgres {
		query = postgresColumns
	}
	if diff := cmp.Diff(columns(t, dbtest.Open(t, cfg.Service, d.Engine), query), columns(t, d, query)); diff != "" {
		t.Errorf("the tables are others than those of a start that nothing happened to:\n%s", diff)
	}
}

// Case 34: whatever statement of a first start a process dies at, the next
// start goes on by itself.
func TestCase34FirstStartDiesAtEveryStatement(t *testing.T) {
	t.Parallel()
	both(t, "audit", firstStart) // which has triggers, functions and rows
	t.Run("every set", func(t *testing.T) {
		t.Parallel()
		firstStart(t, dbtest.Empty(t, "rectification", db.SQLite))
	})
}

func firstStart(t *testing.T, cfg db.Config) {
	deaths := dieEverywhere(t, cfg, func(d *db.DB) error {
		_, err := d.Migrate(context.Background(), cfg.Service)
		return err
	})
	t.Logf("died %d times", deaths)
	if deaths < 30 {
		t.Errorf("it died %d times only", deaths)
	}
	whole(t, cfg)
}

// series are migrations that add a column and an index, count rows up and make
// more tables: what a later version does to the tables of an earlier one.
var series = fstest.MapFS{
	"20270101000000_first.tx.up.sql": {Data: []byte("CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);\nINSERT INTO things (id, n) VALUES ('a', 1), ('b', 2);")},
	"20270102000000_names.tx.up.sql": {Data: []byte("ALTER TABLE things ADD COLUMN name TEXT NOT NULL DEFAULT '';\nUPDATE things SET n = n + 1, name = id;\nCREATE INDEX things_name ON things (name);")},
	"20270103000000_parts.tx.up.sql": {Data: []byte("CREATE TABLE parts (id TEXT NOT NULL PRIMARY KEY, thing_id TEXT NOT NULL);\nINSERT INTO parts (id, thing_id) SELECT 'p' || id, id FROM things;\nUPDATE things SET n = n * 10;\nCREATE INDEX parts_thing ON parts (thing_id);")},
}

// Case 34: the same for an upgrade of what an earlier version has left: each
// migration takes effect once.
func TestCase34UpgradeDiesAtEveryStatement(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		ctx := context.Background()
		first := fstest.MapFS{"20270101000000_first.tx.up.sql": series["20270101000000_first.tx.up.sql"]}
		d, err := db.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := d.MigrateSeries(ctx, first); err != nil || len(got) != 1 {
			t.Fatalf("%v %v", got, err)
		}
		_ = d.Close()
		deaths := dieEverywhere(t, cfg, func(d *db.DB) error {
			_, err := d.MigrateSeries(ctx, series)
			return err
		})
		if deaths < 10 {
			t.Errorf("it died %d times only", deaths)
		}
		d = open(t, cfg)
		var things []string
		if err := d.Read().NewRaw("SELECT t.id || t.n || t.name || p.id FROM things AS t JOIN parts AS p ON p.thing_id = t.id ORDER BY 1").Scan(ctx, &things); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a20apa", "b30bpb"}; !slices.Equal(things, want) {
			t.Errorf("%v, want %v", things, want)
		}
		if got, err := d.MigrateSeries(ctx, series); err != nil || len(got) > 0 {
			t.Errorf("again: %v %v", got, err)
		}
	})
}

// Tables from before the first release have other marks: the start says so,
// and changes nothing.
func TestTablesFromBeforeTheFirstRelease(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		d := open(t, cfg)
		ctx := context.Background()
		if _, err := d.MigrateSeries(ctx, series); err != nil {
			t.Fatal(err)
		}
		later := fstest.MapFS{"20270104000000_first.tx.up.sql": series["20270101000000_first.tx.up.sql"]}
		if got, err := d.MigrateSeries(ctx, later); err == nil || len(got) > 0 || !strings.Contains(err.Error(), "before the first release") {
			t.Errorf("%v %v", got, err)
		}
	})
}

// A table that is there already was made by somebody else: the error names it,
// and nothing was done.
func TestCase34SomebodyElsesTable(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		d := open(t, cfg)
		ctx := context.Background()
		all, err := d.Pending(ctx, "audit")
		if err != nil {
			t.Fatal(err)
		}
		if d.Engine == db.Postgres {
			if _, err := d.Writer().Exec(`CREATE SCHEMA ` + cfg.Schema); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Writer().ExecContext(ctx, "CREATE TABLE outbox (id TEXT)"); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Migrate(ctx, "audit"); err == nil || !strings.Contains(err.Error(), "outbox") || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("%v", err)
		}
		if n, err := d.Pending(ctx, "audit"); err != nil || n != all {
			t.Errorf("%d of %d wait, %v", n, all, err)
		}
	})
}

// Case 40: processes that start together on an empty database all start.
func TestCase40StartTogether(t *testing.T) {
	t.Parallel()
	both(t, "directory", func(t *testing.T, cfg db.Config) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		applied := 0
		for range 8 {
			wg.Go(func() {
				d, err := db.Open(context.Background(), cfg)
				if err != nil {
					t.Error(err)
					return
				}
				defer d.Close()
				got, err := d.Migrate(context.Background(), cfg.Service)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				applied += len(got)
			})
		}
		wg.Wait()
		files := 0
		for _, set := range migrations.Sets(cfg.Service) {
			fsys, err := migrations.FS(set, "sqlite")
			if err != nil {
				t.Fatal(err)
			}
			es, _ := fs.ReadDir(fsys, ".")
			files += len(es)
		}
		if applied != files {
			t.Errorf("%d migrations were applied, there are %d", applied, files)
		}
		whole(t, cfg)
	})
}

// heard is a log that tests read.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
	said chan struct{}
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case h.said <- struct{}{}:
	default:
	}
	return h.text.Write(b)
}

// Case 72: a lock that somebody holds is waited for, and the log says who it is.
func TestCase72HeldLockIsWaitedForAndNamed(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		holds, goOn := make(chan struct{}), make(chan struct{})
		var once sync.Once
		first := cfg
		first.Through = (&dbtest.Tap{Before: func(what string) error {
			if what == "BEGIN" {
				once.Do(func() { close(holds); <-goOn })
			}
			return nil
		}}).Connector
		done := make(chan error, 2)
		start := func(cfg db.Config) {
			d, err := db.Open(context.Background(), cfg)
			if err == nil {
				_, err = d.Migrate(context.Background(), cfg.Service)
				_ = d.Close()
			}
			done <- err
		}
		go start(first)
		<-holds
		h := &heard{said: make(chan struct{}, 1)}
		second := cfg
		second.Log = slog.New(slog.NewTextHandler(h, nil))
		go start(second)
		<-h.said
		close(goOn)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if !strings.Contains(h.text.String(), "duban migrating, process ") {
			t.Errorf("the log does not say who holds the lock: %s", h.text.String())
		}
		whole(t, cfg)
	})
}

// Case 72: every other error ends the start at once, with its own words.
func TestCase72EveryOtherErrorEndsTheStart(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		for _, at := range []string{"CONNECT", "SELECT", "CREATE TABLE", "BEGIN", "INSERT", "COMMIT"} {
			cfg.Through = (&dbtest.Tap{Before: func(what string) error {
				if strings.HasPrefix(what, at) {
					return fmt.Errorf("no %s today", at)
				}
				return nil
			}}).Connector
			began := time.Now()
			d, err := db.Open(context.Background(), cfg)
			if err == nil {
				_, err = d.Migrate(context.Background(), cfg.Service)
				_ = d.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "no "+at+" today") || strings.Contains(err.Error(), "lock") {
				t.Errorf("%s fails: %v", at, err)
			}
			if d := time.Since(began); d > 10*time.Second {
				t.Errorf("%s fails: known after %v", at, d)
			}
		}
	})
}

func TestStatementsOfMigrations(t *testing.T) {
	t.Parallel()
	const text = "-- one; two\nCREATE TABLE a (x TEXT DEFAULT ';--', \"y;\" TEXT); /* ; */\n" +
		"CREATE TRIGGER t BEFORE UPDATE ON a WHEN NEW.x <> CASE WHEN 1 THEN 'a' END BEGIN SELECT 1; UPDATE a SET x = CASE WHEN 2 THEN 'it''s;' END; END;\n" +
		"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;\nALTER TABLE a ADD COLUMN z TEXT -- ;\n;\n-- the end;\n"
	if got := db.StatementsOf(text); len(got) != 4 {
		t.Errorf("%d statements: %q", len(got), got)
	}
	for _, service := range migrations.Services {
		for _, set := range migrations.Sets(service) {
			for _, engine := range []string{"sqlite", "postgres"} {
				fsys, err := migrations.FS(set, engine)
				if err != nil {
					t.Fatal(err)
				}
				es, err := fs.ReadDir(fsys, ".")
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range es {
					raw, err := fs.ReadFile(fsys, e.Name())
					if err != nil {
						t.Fatal(err)
					}
					if !strings.HasSuffix(e.Name(), ".tx.up.sql") || len(db.StatementsOf(string(raw))) == 0 {
						t.Errorf("%s/%s/%s has no statements, or not the name of a migration", set, engine, e.Name())
					}
				}
			}
		}
	}
}

func pgEmpty(t *testing.T, service string) db.Config {
	t.Helper()
	return dbtest.Empty(t, service, db.Postgres)
}

// cutAfter cuts the line once something was carried out, before its answer.
func cutAfter(what string) *dbtest.Tap {
	return &dbtest.Tap{After: func(x string) error {
		if x == what {
			return driver.ErrBadConn
		}
		return nil
	}}
}
