package host_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// copied are the tables that hold nothing but what other services have told.
var copied = map[string][]string{
	"assignment":    {"tree_units", "known_people", "known_grants"},
	"rectification": {"tree_units", "known_people", "known_grants", "campaigns"},
	"notice":        {"tree_units", "known_people", "known_grants"},
	"evidence":      {"tree_units", "finding_files", "targets"},
	"insight": {
		"tree_units", "campaigns", "tasks", "assignments", "presences", "tallies", "submissions", "figure_tallies",
		"entries", "entry_tallies", "facet_tallies", "day_tallies",
	},
}

// Copies that were emptied fill themselves at the next start, without a command:
// they are what they were, and what is counted from them is what a recount says.
func TestEmptiedCopiesFillThemselves(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			cfg := host.Config{Listen: "127.0.0.1:0", Version: "test", Log: slog.New(slog.DiscardHandler)}
			if engine == db.Postgres {
				cfg.DatabaseURL = dbtest.Database(t, "")
			}
			w := found(t, cfg)
			cfg.Data = w.data
			w.campaigns(t)
			w.evidence(t)
			w.inspections(t)
			shown := finding(w.places["V11"].id)
			shown["file_ids"] = []string{w.upload(t, "insp-c", w.places["C"].id, "a.txt", "hello world")}
			w.post(t, "insp-c", "/api/v1/findings", shown)
			w.settle(t)
			ctx := context.Background()
			holds := func() bool {
				n, err := host.Check(ctx, cfg, false, io.Discard)
				if err != nil {
					t.Fatal(err)
				}
				return n == 0
			}
			until(t, "everything holds", holds)
			if err := w.h.Stop(); err != nil {
				t.Fatal(err)
			}
			each := func(f func(service string, d *db.DB, table string)) {
				for service, tables := range copied {
					d, err := db.Open(ctx, db.Config{Service: service, Dir: cfg.Data, URL: cfg.DatabaseURL})
					if err != nil {
						t.Fatal(err)
					}
					for _, table := range tables {
						f(service, d, table)
					}
					if err := d.Close(); err != nil {
						t.Fatal(err)
					}
				}
			}
			contents := func() map[string][]string {
				m := map[string][]string{}
				each(func(service string, d *db.DB, table string) { m[service+"."+table] = rowsOf(t, d, table) })
				return m
			}
			was := contents()
			each(func(service string, d *db.DB, table string) {
				if len(was[service+"."+table]) == 0 {
					t.Errorf("%s.%s is empty: it proves nothing", service, table)
				}
				for _, x := range []string{table, "asked_copies"} {
					if _, err := d.Writer().ExecContext(ctx, "DELETE FROM "+x); err != nil {
						t.Fatal(err)
					}
				}
			})
			h, err := host.Start(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Stop()
			differ := map[string][2][]string{}
			defer func() {
				for name, x := range differ {
					t.Logf("%s is\n%s\nwas\n%s", name, strings.Join(x[0], "\n"), strings.Join(x[1], "\n"))
				}
			}()
			until(t, "the copies are what they were", func() bool {
				clear(differ)
				for name, now := range contents() {
					if !slices.Equal(now, was[name]) {
						differ[name] = [2][]string{now, was[name]}
					}
				}
				return len(differ) == 0
			})
			until(t, "everything holds again", holds)
		})
	}
}

// rowsOf are the rows of a table, each as one text, in order.
func rowsOf(t *testing.T, d *db.DB, table string) []string {
	t.Helper()
	rows, err := d.Read().QueryContext(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		values := make([]any, len(names))
		to := make([]any, len(names))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for i, n := range names {
			if n == "version" && (table == "known_people" || table == "tasks") {
				continue // a person's goes on with each sign-in, of which copies hear nothing; a task's is its campaign's of when it was told
			}
			if table == "targets" {
				// What evidence does not hear of changes nothing but these: whether
				// a target takes a submission stays, and its day, and what is open below.
				if n == "version" {
					continue
				}
				if s := fmt.Sprint(values[i]); n == "state" && slices.Contains([]string{"issued", "ordered", "acknowledged"}, s) {
					values[i] = "open"
				}
			}
			fmt.Fprintf(&b, "%s=%v ", n, values[i])
		}
		if table == "campaigns" && strings.Contains(b.String(), "state=cancelled") {
			continue // a draft that was thrown away: its owner has nothing left to tell
		}
		all = append(all, b.String())
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}
