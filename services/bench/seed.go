package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/internal/tree"
	"github.com/uptrace/bun"
)

// perTown is how many units lie below each town: with ten tasks, a thousand
// assignments below each.
const perTown = 100

// person is somebody who is signed in already.
type person struct{ id, token string }

// installation is a set of databases with a county in it, and the process
// that runs on them.
type installation struct {
	cfg      host.Config
	dbs      map[string]*db.DB
	profiled bool

	root, county event.Unit
	towns        []event.Unit
	leaves       []event.Unit // ascending by id
	leafAt       map[string]int
	managers     []person // campaign managers of the county
	coordinators []person // one a town, at most 64
	reporters    []person // one a leaf

	*child
}

// create opens and migrates the databases of an installation.
func create(ctx context.Context, dir, databaseURL string) (*installation, error) {
	in := &installation{dbs: map[string]*db.DB{}, leafAt: map[string]int{}}
	in.cfg = host.Config{Data: dir, DatabaseURL: databaseURL}
	if databaseURL != "" {
		in.cfg.SchemaPrefix = "bench_" + strings.ReplaceAll(id.New(), "-", "")[8:24] + "_"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	for _, name := range migrations.Services {
		d, err := db.Open(ctx, db.Config{Service: name, Dir: dir, URL: databaseURL, Schema: in.cfg.SchemaPrefix + name, MaxConns: 3})
		if err != nil {
			return nil, err
		}
		in.dbs[name] = d
		if _, err := d.Migrate(ctx, name); err != nil {
			return nil, err
		}
	}
	return in, nil
}

// drop stops what runs and removes the data.
func (in *installation) drop(ctx context.Context) error {
	var errs []error
	if in.child != nil {
		errs = append(errs, in.stop())
		in.child = nil
	}
	for name, d := range in.dbs {
		if d.Engine == db.Postgres {
			_, err := d.Writer().ExecContext(ctx, `DROP SCHEMA IF EXISTS "`+in.cfg.SchemaPrefix+name+`" CASCADE`)
			errs = append(errs, err)
		}
		errs = append(errs, d.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(in.cfg.Data))...)
}

// start runs the system on the data.
func (in *installation) start() (err error) {
	in.child, err = spawn(roleServe, role{Data: in.cfg.Data, DatabaseURL: in.cfg.DatabaseURL, Prefix: in.cfg.SchemaPrefix, Profile: in.profiled})
	return err
}

// seed writes a county of towns × perTown units, with people who are signed
// in, straight into the tables: what is measured comes afterwards.
func (in *installation) seed(ctx context.Context, towns int) error {
	unit := func(parent *event.Unit, level, kind, code, name string) event.Unit {
		u := event.Unit{ID: id.New(), Level: level, Kind: kind, Code: code, Name: name, Active: true, Staff: 10, Version: 1}
		u.Path = u.ID + "/"
		if parent != nil {
			u.ParentID, u.Path = parent.ID, parent.Path+u.Path
		}
		return u
	}
	in.root = unit(nil, "city", "", "3702", "青岛市")
	in.county = unit(&in.root, "county", "", "370283", "平度市")
	for t := range towns {
		in.towns = append(in.towns, unit(&in.county, "town", "town", fmt.Sprintf("370283%04d", t), fmt.Sprintf("第%d镇", t+1)))
	}
	type member struct {
		person
		unit  *event.Unit
		roles []string
		name  string
	}
	var people []member
	add := func(name string, u *event.Unit, roles ...string) person {
		p := person{id: id.New()}
		p.token = "bench-" + p.id
		people = append(people, member{p, u, roles, name})
		return p
	}
	for i, r := range []string{"system_administrator", "security_administrator", "auditor"} {
		add(fmt.Sprintf("管理员%d", i+1), &in.root, r)
	}
	for i := range 16 {
		in.managers = append(in.managers, add(fmt.Sprintf("督办员%d", i+1), &in.county, "campaign_manager"))
	}
	for t := range in.towns {
		p := add(fmt.Sprintf("联络员%d", t+1), &in.towns[t], "coordinator")
		if t < 64 {
			in.coordinators = append(in.coordinators, p)
		}
	}
	for t := range in.towns {
		for i := range perTown {
			in.leaves = append(in.leaves, unit(&in.towns[t], "unit", "village", fmt.Sprintf("370283%04d%03d", t, i), fmt.Sprintf("第%d镇第%d村", t+1, i+1)))
		}
	}
	for i := range in.leaves {
		u := &in.leaves[i]
		in.leafAt[u.ID] = i
		p := add("填报员", u, "reporter")
		u.ContactID = p.id
		in.reporters = append(in.reporters, p)
	}
	units := append(append([]event.Unit{in.root, in.county}, in.towns...), in.leaves...)
	now := time.Now().UTC().Truncate(time.Microsecond)

	for _, name := range []string{"assignment", "evidence", "rectification", "insight", "notice"} {
		for from := 0; from < len(units); from += 2000 {
			err := in.dbs[name].InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				for f := from; f < min(len(units), from+2000); f += 500 {
					if err := tree.Put(ctx, tx, units[f:min(len(units), f+500)]); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	dir := in.dbs["directory"]
	err := insert(ctx, dir, rows{"units", "id, parent_id, path, code, level, kind, sectors, sector, name, initials, classes, staff, residents, contact_id, phone, active, version, created_at, updated_at, longitude, latitude, successor_id, name_fold, code_fold, spellings, folded, shares_name"},
		len(units), func(i int) []any {
			u := units[i]
			return []any{u.ID, u.ParentID, u.Path, u.Code, u.Level, u.Kind, "[]", "", u.Name, "dzdc", 0, u.Staff, 0, u.ContactID, "", true, 1, now, now, 0, 0, "", "", "", "", 0, false}
		})
	if err != nil {
		return err
	}
	err = insert(ctx, dir, rows{"people", "id, account, account_key, name, initials, unit_id, unit_path, title, phone, disabled, must_change, password_hash, failures, version, created_at, updated_at, name_fold, spellings, folded"},
		len(people), func(i int) []any {
			p := people[i]
			return []any{p.id, "a" + p.id, "a" + p.id, p.name, "tby", p.unit.ID, p.unit.Path, "", "", false, false, "", 0, 1, now, now, "", "", 0}
		})
	if err != nil {
		return err
	}
	err = insert(ctx, dir, rows{"sessions", "id, token_hash, person_id, address, user_agent, created_at, seen_at, expires_at"}, len(people), func(i int) []any {
		sum := sha256.Sum256([]byte(people[i].token))
		return []any{id.New(), hex.EncodeToString(sum[:]), people[i].id, "", "", now, now, now.Add(7 * 24 * time.Hour)}
	})
	if err != nil {
		return err
	}
	type grant struct {
		id, person, role string
		unit             *event.Unit
	}
	var grants []grant
	for _, p := range people {
		for _, r := range p.roles {
			grants = append(grants, grant{id.New(), p.id, r, p.unit})
		}
	}
	err = insert(ctx, dir, rows{"grants", "id, person_id, role, unit_id, unit_path, level, given_by, created_at, office_id"}, len(grants), func(i int) []any {
		g := grants[i]
		return []any{g.id, g.person, g.role, g.unit.ID, g.unit.Path, g.unit.Level, "", now, g.unit.ID}
	})
	if err != nil {
		return err
	}
	for _, service := range []string{"assignment", "rectification", "notice"} {
		err = insert(ctx, in.dbs[service], rows{"known_people", "id, name, unit_id, disabled, version"}, len(people), func(i int) []any {
			return []any{people[i].id, people[i].name, people[i].unit.ID, false, 1}
		})
		if err != nil {
			return err
		}
		err = insert(ctx, in.dbs[service], rows{"known_grants", "id, person_id, role, unit_id, withdrawn, office_id"}, len(grants), func(i int) []any {
			g := grants[i]
			return []any{g.id, g.person, g.role, g.unit.ID, false, g.unit.ID}
		})
		if err != nil {
			return err
		}
	}
	for _, d := range in.dbs {
		if d.Engine == db.Postgres {
			if _, err := d.Writer().ExecContext(ctx, "ANALYZE"); err != nil {
				return err
			}
		}
	}
	return nil
}

// rows are of a table, with these columns.
type rows struct{ table, columns string }

// insert writes n rows, 500 a statement and 5,000 a transaction.
func insert(ctx context.Context, d *db.DB, into rows, n int, row func(int) []any) error {
	marks := "(" + strings.TrimSuffix(strings.Repeat("?,", strings.Count(into.columns, ",")+1), ",") + ")"
	for from := 0; from < n; from += 5000 {
		err := d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
			for f := from; f < min(n, from+5000); f += 500 {
				to := min(n, f+500)
				var args []any
				for i := f; i < to; i++ {
					args = append(args, row(i)...)
				}
				text := "INSERT INTO " + into.table + " (" + into.columns + ") VALUES " + strings.TrimSuffix(strings.Repeat(marks+",", to-f), ",")
				if _, err := tx.NewRaw(text, args...).Exec(ctx); err != nil {
					return fmt.Errorf("seed %s: %w", into.table, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// check is what `duban check` finds.
func (in *installation) check(ctx context.Context) ([]string, error) {
	var out strings.Builder
	n, err := host.Check(ctx, in.cfg, false, &out)
	if err != nil || n == 0 {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n"), nil
}
