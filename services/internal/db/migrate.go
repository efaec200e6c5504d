package db

import (
	"context"
	"fmt"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/uptrace/bun/migrate"
)

// Migrate brings the tables of service up to date and returns the names of
// the migrations it applied. Two processes may call it at once: the second
// waits up to a minute for the first.
func (d *DB) Migrate(ctx context.Context, service string) ([]string, error) {
	var applied []string
	for _, set := range migrations.Sets(service) {
		m, err := d.migrator(ctx, set)
		if err != nil {
			return applied, err
		}
		if ms, err := m.MigrationsWithStatus(ctx); err == nil && len(ms.Unapplied()) == 0 {
			continue // the usual start: nothing to wait for
		}
		if err := lock(ctx, m); err != nil {
			return applied, fmt.Errorf("migrate %s: %w (if no other process is migrating, run: duban migrate unlock)", set, err)
		}
		g, err := m.Migrate(ctx)
		if uerr := m.Unlock(context.WithoutCancel(ctx)); err == nil {
			err = uerr
		}
		if err != nil {
			return applied, fmt.Errorf("migrate %s: %w", set, err)
		}
		for _, x := range g.Migrations {
			applied = append(applied, set+"/"+x.Name+"_"+x.Comment)
		}
	}
	return applied, nil
}

// Unlock removes the lock that a migration which died has left behind.
func (d *DB) Unlock(ctx context.Context, service string) error {
	for _, set := range migrations.Sets(service) {
		m, err := d.migrator(ctx, set)
		if err != nil {
			return err
		}
		if err := m.Unlock(ctx); err != nil {
			return fmt.Errorf("unlock %s: %w", set, err)
		}
	}
	return nil
}

func (d *DB) migrator(ctx context.Context, set string) (*migrate.Migrator, error) {
	fsys, err := migrations.FS(set, string(d.Engine))
	if err != nil {
		return nil, err
	}
	ms := migrate.NewMigrations()
	if err := ms.Discover(fsys); err != nil {
		return nil, fmt.Errorf("read migrations of %s: %w", set, err)
	}
	m := migrate.NewMigrator(d.write, ms,
		migrate.WithTableName(set+"_migrations"),
		migrate.WithLocksTableName(set+"_migration_locks"),
		// Without this a migration that failed counts as applied.
		migrate.WithMarkAppliedOnSuccess(true))
	if err := m.Init(ctx); err != nil {
		return nil, fmt.Errorf("prepare migrations of %s: %w", set, err)
	}
	return m, nil
}

func lock(ctx context.Context, m *migrate.Migrator) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		err := m.Lock(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("another migration holds the lock: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// Pending counts the migrations of service that are not applied yet.
func (d *DB) Pending(ctx context.Context, service string) (int, error) {
	n := 0
	for _, set := range migrations.Sets(service) {
		m, err := d.migrator(ctx, set)
		if err != nil {
			return n, err
		}
		ms, err := m.MigrationsWithStatus(ctx)
		if err != nil {
			return n, fmt.Errorf("migrations of %s: %w", set, err)
		}
		n += len(ms.Unapplied())
	}
	return n, nil
}
