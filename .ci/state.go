//go:build ignore

// Command state writes what stands in the SQLite databases of a folder, as of
// the migrations up to a name, as lines of JSON: what the tests of upgrades
// begin with. The first line says which migrations and when, each other one is
// a table or a stored file. What is of a process or a secret is left out.
//
//	go run .ci/state.go .demo 20261130230000 | gzip -9n > services/host/testdata/states/20261130230000.jsonl.gz
package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/duban/duban/migrations"
	_ "modernc.org/sqlite"
)

// left are tables that no upgrade needs to keep: sessions and the answers of
// commands hold secrets, and the stream is one that is gone.
var left = map[string]bool{"sessions": true, "idempotency_keys": true, "outbox_streams": true}

type table struct {
	Service string            `json:"service"`
	Table   string            `json:"table"`
	Columns []string          `json:"columns"`
	Types   map[string]string `json:"types"` // of the columns that JSON has no type of: time, bytes, bool
	Rows    [][]any           `json:"rows"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: state DIR MIGRATION")
		os.Exit(2)
	}
	w := bufio.NewWriter(os.Stdout)
	err := run(json.NewEncoder(w), os.Args[1], os.Args[2])
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "state:", err)
		os.Exit(1)
	}
}

func run(out *json.Encoder, dir, last string) error {
	if err := out.Encode(map[string]any{"migration": last, "at": time.Now().UTC().Truncate(time.Second)}); err != nil {
		return err
	}
	for _, service := range migrations.Services {
		shape, err := shapeOf(service, last)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		d, err := sql.Open("sqlite", "file:"+filepath.Join(dir, service+".db"))
		if err != nil {
			return err
		}
		for _, t := range shape {
			if err := t.read(d); err != nil {
				return fmt.Errorf("%s.%s: %w", service, t.Table, err)
			}
			if len(t.Rows) == 0 {
				continue
			}
			if err := out.Encode(t); err != nil {
				return err
			}
		}
		_ = d.Close()
	}
	return filepath.WalkDir(filepath.Join(dir, "evidence"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return out.Encode(map[string]any{"file": name, "bytes": b})
	})
}

// shapeOf are the tables of a service as the migrations up to last make them,
// in the order in which they are made.
func shapeOf(service, last string) ([]*table, error) {
	d, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	d.SetMaxOpenConns(1)
	for _, set := range migrations.Sets(service) {
		files, err := migrations.FS(set, "sqlite")
		if err != nil {
			return nil, err
		}
		names, err := fs.Glob(files, "*.sql")
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if number, _, _ := strings.Cut(name, "_"); number > last {
				continue
			}
			raw, err := fs.ReadFile(files, name)
			if err != nil {
				return nil, err
			}
			if _, err := d.Exec(string(raw)); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	rows, err := d.Query("SELECT m.name, c.name, c.type FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table' ORDER BY m.rowid, c.cid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*table
	for rows.Next() {
		var name, column, kind string
		if err := rows.Scan(&name, &column, &kind); err != nil {
			return nil, err
		}
		if left[name] {
			continue
		}
		if len(all) == 0 || all[len(all)-1].Table != name {
			all = append(all, &table{Service: service, Table: name, Types: map[string]string{}})
		}
		t := all[len(all)-1]
		t.Columns = append(t.Columns, column)
		if of, ok := map[string]string{"TIMESTAMP": "time", "BLOB": "bytes", "BOOLEAN": "bool"}[kind]; ok {
			t.Types[column] = of
		}
	}
	return all, rows.Err()
}

func (t *table) read(d *sql.DB) error {
	rows, err := d.Query("SELECT " + strings.Join(t.Columns, ", ") + " FROM " + t.Table)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		values, to := make([]any, len(t.Columns)), make([]any, len(t.Columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			switch v := values[i].(type) {
			case []byte:
				if t.Types[c] != "bytes" {
					values[i] = string(v)
				}
			case int64:
				if t.Types[c] == "bool" {
					values[i] = v != 0
				}
			}
			if c == "password_hash" || c == "setup_hash" {
				values[i] = ""
			}
		}
		t.Rows = append(t.Rows, values)
	}
	return rows.Err()
}
