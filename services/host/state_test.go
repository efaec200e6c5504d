package host_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/uptrace/bun"
)

// state is what .ci/state.go kept of the demo at a release.
type state struct {
	Migration string    `json:"migration"` // the last one then
	At        time.Time `json:"at"`
	tables    []kept
}

// kept are the rows of a table, or a stored file.
type kept struct {
	File    string            `json:"file"`
	Bytes   []byte            `json:"bytes"`
	Service string            `json:"service"`
	Table   string            `json:"table"`
	Columns []string          `json:"columns"`
	Types   map[string]string `json:"types"`
	Rows    [][]any           `json:"rows"`
}

func readState(t *testing.T, name string) state {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	in := json.NewDecoder(bufio.NewReader(z))
	in.UseNumber()
	var s state
	if err := in.Decode(&s); err != nil {
		t.Fatal(err)
	}
	for {
		var k kept
		if err := in.Decode(&k); err == io.EOF {
			return s
		} else if err != nil {
			t.Fatal(err)
		}
		s.tables = append(s.tables, k)
	}
}

// values are the rows as bun stores them.
func (k kept) values() ([][]any, error) {
	all := make([][]any, len(k.Rows))
	for r, row := range k.Rows {
		all[r] = make([]any, len(k.Columns))
		for i, c := range k.Columns {
			v := row[i]
			if text, ok := v.(string); ok {
				var err error
				switch k.Types[c] {
				case "time":
					v, err = time.Parse(time.RFC3339Nano, text)
				case "bytes":
					v, err = base64.StdEncoding.DecodeString(text)
				}
				if err != nil {
					return nil, fmt.Errorf("%s.%s: %w", k.Table, c, err)
				}
			}
			if n, ok := v.(json.Number); ok {
				if whole, err := n.Int64(); err == nil {
					v = whole
				} else if v, err = n.Float64(); err != nil {
					return nil, err
				}
			}
			all[r][i] = v
		}
	}
	return all, nil
}

// followed are tables whose rows the database itself makes.
var followed = []string{"audit_head"}

// fill makes the tables of a release, puts the rows into them, and the files
// into dir.
func (s state) fill(t *testing.T, dir string, cfg func(service string) db.Config) {
	t.Helper()
	for _, k := range s.tables {
		if k.File == "" {
			continue
		}
		path := filepath.Join(dir, k.File)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, k.Bytes, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	ctx := context.Background()
	for _, service := range migrations.Services {
		d, err := db.Open(ctx, cfg(service))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.MigrateUpTo(ctx, service, s.Migration); err != nil {
			t.Fatal(err)
		}
		err = d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			for _, k := range s.tables {
				if k.Service != service || slices.Contains(followed, k.Table) {
					continue
				}
				if _, err := tx.NewRaw("DELETE FROM ?", bun.Ident(k.Table)).Exec(ctx); err != nil {
					return fmt.Errorf("%s: %w", k.Table, err)
				}
				rows, err := k.values()
				if err != nil {
					return err
				}
				for some := range slices.Chunk(rows, 50) {
					row := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(k.Columns)), ", ") + ")"
					query := "INSERT INTO " + k.Table + " (" + strings.Join(k.Columns, ", ") + ") VALUES " + strings.TrimSuffix(strings.Repeat(row+", ", len(some)), ", ")
					if _, err := tx.NewRaw(query, slices.Concat(some...)...).Exec(ctx); err != nil {
						return fmt.Errorf("%s: %w", k.Table, err)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", service, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// count counts the rows of a table.
func count(t *testing.T, cfg db.Config, table string) int {
	t.Helper()
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var n int
	if err := d.Read().NewRaw("SELECT COUNT(*) FROM ?", bun.Ident(table)).Scan(context.Background(), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// What an earlier release has left, filled with the demo, is taken over by the
// program of today: the start migrates it, everything holds, and no row of what
// the services own is gone.
func TestUpgradeFromEveryRelease(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/states/*.jsonl.gz")
	if err != nil || len(names) == 0 {
		t.Fatal("no states of releases", err)
	}
	own := map[string][]string{
		"directory":     {"units", "people", "grants"},
		"assignment":    {"campaigns", "tasks", "assignments", "assignment_history", "extension_requests"},
		"evidence":      {"files", "submissions", "submission_items", "manifests", "matches"},
		"rectification": {"checklists", "inspections", "inspection_answers", "findings", "rectifications", "measures", "history"},
		"notice":        {"notices"},
	}
	for _, name := range names {
		s := readState(t, name)
		for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
			t.Run(s.Migration+"/"+string(engine), func(t *testing.T) {
				t.Parallel()
				clk := clock.NewFake(s.At)
				cfg := host.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Version: "test", Clock: clk, Log: slog.New(slog.DiscardHandler)}
				if engine == db.Postgres {
					cfg.DatabaseURL = dbtest.Database(t, "")
				}
				place := func(service string) db.Config {
					return db.Config{Service: service, Dir: cfg.Data, URL: cfg.DatabaseURL}
				}
				s.fill(t, cfg.Data, place)
				h, err := host.Start(context.Background(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := h.Stop(); err != nil {
						t.Error(err)
					}
				}()
				var told bytes.Buffer
				defer func() {
					if t.Failed() {
						t.Log(told.String())
					}
				}()
				until(t, "everything holds", func() bool {
					told.Reset()
					n, err := host.Check(context.Background(), cfg, false, &told)
					if err != nil {
						t.Fatal(err)
					}
					return n == 0
				})
				for _, k := range s.tables {
					if !slices.Contains(own[k.Service], k.Table) {
						continue
					}
					if n := count(t, place(k.Service), k.Table); n != len(k.Rows) {
						t.Errorf("%s.%s has %d rows, it had %d", k.Service, k.Table, n, len(k.Rows))
					}
				}
			})
		}
	}
}
