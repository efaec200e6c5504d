package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// set is one set of migrations of a service.
type set struct {
	name  string
	files fs.FS
	all   migrate.MigrationSlice // ascending
}

func (s set) table() string { return s.name + "_migrations" }

func (d *DB) sets(service string) ([]set, error) {
	var ss []set
	for _, name := range migrations.Sets(service) {
		fsys, err := migrations.FS(name, string(d.Engine))
		if err != nil {
			return nil, err
		}
		s, err := setOf(name, fsys)
		if err != nil {
			return nil, err
		}
		ss = append(ss, s)
	}
	return ss, nil
}

func setOf(name string, files fs.FS) (set, error) {
	ms := migrate.NewMigrations()
	if err := ms.Discover(files); err != nil {
		return set{}, fmt.Errorf("read migrations of %s: %w", name, err)
	}
	return set{name: name, files: files, all: ms.Sorted()}, nil
}

// Migrate brings the tables of service up to date and returns the names of
// the migrations it applied. What a migration does and the mark that it was
// done commit together: a process killed at any moment leaves nothing that the
// next one does not go on from. Several processes may call it at once; the
// others wait for the first, and say so in the log.
func (d *DB) Migrate(ctx context.Context, service string) ([]string, error) {
	sets, err := d.sets(service)
	if err != nil {
		return nil, err
	}
	return d.migrate(ctx, service, sets)
}

// MigrateUpTo is Migrate as far as the migration called last, whose name begins
// with when it was written, as a version of then did it: where the tests of
// upgrades begin.
func (d *DB) MigrateUpTo(ctx context.Context, service, last string) error {
	sets, err := d.sets(service)
	if err != nil {
		return err
	}
	var then []set
	for _, s := range sets {
		s.all = slices.DeleteFunc(s.all, func(m migrate.Migration) bool { return m.Name > last })
		if len(s.all) > 0 {
			then = append(then, s)
		}
	}
	_, err = d.migrate(ctx, service, then)
	return err
}

func (d *DB) migrate(ctx context.Context, service string, sets []set) ([]string, error) {
	if err := d.writable(ctx); err != nil {
		return nil, fmt.Errorf("migrate %s: %w", service, err)
	}
	n, err := waiting(ctx, d.read, sets)
	if err != nil || n == 0 {
		return nil, err // the usual start: nothing to wait for
	}
	c, free, err := d.alone(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate %s: %w", service, err)
	}
	defer free()
	if d.Engine == Postgres {
		if err := makeSchema(ctx, c, d.cfg.schema()); err != nil {
			return nil, fmt.Errorf("make schema %s: %w", d.cfg.schema(), err)
		}
	}
	var applied []string
	for _, s := range sets {
		names, err := apply(ctx, c, s)
		applied = append(applied, names...)
		if err != nil {
			return applied, fmt.Errorf("migrate %s: %w", s.name, err)
		}
	}
	return applied, nil
}

// Pending counts the migrations of service that are not applied yet. It
// changes nothing.
func (d *DB) Pending(ctx context.Context, service string) (int, error) {
	sets, err := d.sets(service)
	if err != nil {
		return 0, err
	}
	return waiting(ctx, d.read, sets)
}

func waiting(ctx context.Context, q bun.IDB, sets []set) (n int, err error) {
	for _, s := range sets {
		p, err := s.pending(ctx, q)
		if err != nil {
			return n, fmt.Errorf("migrations of %s: %w", s.name, err)
		}
		n += len(p)
	}
	return n, nil
}

// pending are the migrations of the set that have no mark, ascending.
func (s set) pending(ctx context.Context, q bun.IDB) (migrate.MigrationSlice, error) {
	there := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = ?"
	if engineOf(q) == Postgres {
		there = "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = ?"
	}
	var n int
	if err := q.NewRaw(there, s.table()).Scan(ctx, &n); err != nil {
		return nil, err
	}
	marked := map[string]bool{}
	if n > 0 {
		var names []string
		if err := q.NewRaw("SELECT name FROM ?", bun.Ident(s.table())).Scan(ctx, &names); err != nil {
			return nil, err
		}
		for _, x := range names {
			marked[x] = true
		}
	}
	if len(marked) > 0 && !marked[s.all[0].Name] {
		return nil, errors.New("its tables are from before the first release, and no later one takes them over: begin with an empty database")
	}
	var left migrate.MigrationSlice
	for _, m := range s.all {
		if !marked[m.Name] {
			left = append(left, m)
		}
	}
	return left, nil
}

// apply applies what waits of a set, on a connection that nobody else
// migrates with.
func apply(ctx context.Context, c bun.Conn, s set) ([]string, error) {
	left, err := s.pending(ctx, c)
	if err != nil || len(left) == 0 {
		return nil, err
	}
	// The table of bun/migrate, which kept the marks before.
	_, err = c.NewCreateTable().Model((*migrate.Migration)(nil)).ModelTableExpr("?", bun.Ident(s.table())).IfNotExists().Exec(ctx)
	if err != nil {
		return nil, fmt.Errorf("make the table of marks: %w", err)
	}
	var group int64
	if err := c.NewRaw("SELECT COALESCE(MAX(group_id), 0) + 1 FROM ?", bun.Ident(s.table())).Scan(ctx, &group); err != nil {
		return nil, err
	}
	var applied []string
	for _, m := range left {
		raw, err := fs.ReadFile(s.files, m.Name+"_"+m.Comment+".tx.up.sql")
		if err != nil {
			return applied, err
		}
		text := string(raw)
		err = c.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			if err := run(ctx, tx, text); err != nil {
				return err
			}
			mark := migrate.Migration{Name: m.Name, GroupID: group, MigratedAt: time.Now().UTC()}
			_, err := tx.NewInsert().Model(&mark).ModelTableExpr("?", bun.Ident(s.table())).Exec(ctx)
			return err
		})
		if err != nil {
			return applied, fmt.Errorf("%s: %w", m, err)
		}
		applied = append(applied, s.name+"/"+m.String())
	}
	return applied, nil
}

func run(ctx context.Context, tx bun.Tx, text string) error {
	for i, statement := range statementsOf(text) {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			head, _, _ := strings.Cut(strings.TrimSpace(statement), "\n")
			return fmt.Errorf("statement %d (%s): %w", i+1, head, err)
		}
	}
	return nil
}

func makeSchema(ctx context.Context, c bun.Conn, name string) error {
	var n int
	// Whoever was given the schema may not have the right to make one.
	if err := c.NewRaw("SELECT COUNT(*) FROM pg_namespace WHERE nspname = ?", name).Scan(ctx, &n); err != nil || n > 0 {
		return err
	}
	_, err := c.ExecContext(ctx, "CREATE SCHEMA "+pgx.Identifier{name}.Sanitize())
	return err
}

// writable fails where the database takes no writes: reads alone would be
// answered, and every command refused.
func (d *DB) writable(ctx context.Context) error {
	if d.Engine != Postgres {
		return nil
	}
	var ro string
	if err := d.read.NewRaw("SHOW transaction_read_only").Scan(ctx, &ro); err != nil {
		return err
	}
	if ro == "on" {
		return errors.New("the database is read-only: it is a standby, or default_transaction_read_only is on for the server, the database or the role")
	}
	return nil
}
