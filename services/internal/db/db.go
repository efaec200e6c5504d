// Package db opens a service's own database, SQLite or PostgreSQL, and runs
// its transactions. It knows no table but the migration bookkeeping.
//
// On SQLite all writes of a service go through one connection; transactions
// that wait for it at the same moment share one commit (see group.go), because
// with synchronous=FULL the fsync is what a write costs.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
)

// Engine names the database product behind a DB.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Config says where a service's database is.
type Config struct {
	// Service names the SQLite file and the PostgreSQL schema.
	Service string
	// Dir holds the SQLite file; used when URL is empty.
	Dir string
	// URL is a PostgreSQL address; the schema in it is made when missing.
	URL string
	// Schema overrides the PostgreSQL schema; empty means Service.
	Schema string
	// MaxConns bounds the PostgreSQL pool; 0 means 10.
	MaxConns int
	// Log hears what a migration waits for; nil means slog.Default.
	Log *slog.Logger
	// Through, if set, stands between the program and the driver: tests count
	// there what is asked, and cut the line.
	Through func(driver.Connector) driver.Connector
}

// DB is the database of one service. Safe for concurrent use.
type DB struct {
	// Engine tells which product is behind it.
	Engine Engine

	cfg      Config
	postgres *pgx.ConnConfig // PostgreSQL only

	read         *bun.DB
	write        *bun.DB
	group        *group        // SQLite only
	checkpointer *checkpointer // SQLite only

	mu       sync.Mutex
	onCommit []func()
	onDid    map[string][]func()
	awaited  []awaited
}

// Open connects; it makes and changes no table, see Migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Through == nil {
		cfg.Through = func(c driver.Connector) driver.Connector { return c }
	}
	if cfg.URL != "" {
		return openPostgres(ctx, cfg)
	}
	return openSQLite(ctx, cfg)
}

func openSQLite(ctx context.Context, cfg Config) (*DB, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	path := cfg.path(".db")
	// busy_timeout comes first, so that switching to WAL waits as well.
	dsn := func(extra string) string {
		return "file:" + (&url.URL{Path: path}).EscapedPath() +
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
			"&_pragma=foreign_keys(1)&_pragma=cache_size(-2000)" + extra
	}
	// What a savepoint would restore is kept in memory.
	w, err := openPrepared(dsn("&_txlock=immediate&_pragma=temp_store(MEMORY)&_pragma=wal_autocheckpoint("+autoCheckpoint+")"), cfg.Through)
	if err != nil {
		return nil, err
	}
	w.SetMaxOpenConns(1)
	if err := firstPing(ctx, w, path, cfg.Log); err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	r, err := openPrepared(dsn("&_pragma=query_only(1)"), cfg.Through)
	if err != nil {
		w.Close()
		return nil, err
	}
	// More readers than cores halve the reads and multiply the memory.
	n := max(2, min(4, runtime.NumCPU()))
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	d := &DB{Engine: SQLite, cfg: cfg, read: bun.NewDB(r, sqlitedialect.New()), write: bun.NewDB(w, sqlitedialect.New())}
	c, err := openPrepared(dsn(""), cfg.Through)
	if err != nil {
		w.Close()
		r.Close()
		return nil, err
	}
	d.checkpointer = newCheckpointer(c)
	d.group = newGroup(d.write, d.checkpointer.wrote)
	return d, nil
}

// path is that of a file of the service beside its database.
func (c Config) path(ending string) string { return filepath.Join(c.Dir, c.Service+ending) }

// firstPing opens a connection. A file that is new becomes one with a
// write-ahead log, which only one process may do at a time.
func firstPing(ctx context.Context, w *sql.DB, path string, log *slog.Logger) error {
	if f, err := os.Stat(path); err == nil && f.Size() > 0 {
		return w.PingContext(ctx)
	}
	release, err := lockFile(ctx, strings.TrimSuffix(path, ".db")+migrateLock, log)
	if err != nil {
		return err
	}
	defer release()
	return w.PingContext(ctx)
}

// Read is for queries outside a transaction. On SQLite it refuses to write.
func (d *DB) Read() bun.IDB { return d.read }

// Writer is the pool that may write, for migrations and maintenance only:
// use cases write through InTx.
func (d *DB) Writer() *bun.DB { return d.write }

// OnCommit has f called after every commit that InTx makes: of bookkeeping as
// well, so that f must not have InTx commit anew. f must not block.
func (d *DB) OnCommit(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.onCommit = append(d.onCommit, f)
}

// OnDid has f called after every commit of a transaction that did what is
// named; see Did. f must not block.
func (d *DB) OnDid(what string, f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.onDid == nil {
		d.onDid = map[string][]func(){}
	}
	d.onDid[what] = append(d.onDid[what], f)
}

// Did says what the transaction of ctx does, for those who are to hear of it
// once it has committed. ctx is the one that InTx gives.
func Did(ctx context.Context, what string) {
	if m, ok := ctx.Value(didKey{}).(map[string]bool); ok {
		m[what] = true
	}
}

type didKey struct{}

func (d *DB) committed(did map[string]bool) {
	d.mu.Lock()
	fs := slices.Clone(d.onCommit)
	for what := range did {
		fs = append(fs, d.onDid[what]...)
	}
	d.mu.Unlock()
	for _, f := range fs {
		f()
	}
}

type onceKey struct{ d *DB }

// Once makes ctx that of a command that is to be done once: the first of its
// transactions in this database runs mark, inside it and before anything else,
// and no other does. An error of mark ends the transaction; one that did not
// commit leaves no mark, and the next runs it again. What is no part of the
// command has Aside.
func (d *DB) Once(ctx context.Context, mark func(context.Context, bun.Tx) error) context.Context {
	return context.WithValue(ctx, onceKey{d}, &once{mark: mark})
}

type once struct {
	mu   sync.Mutex
	done bool
	mark func(context.Context, bun.Tx) error
}

// Aside is InTx for what is kept whatever becomes of the command in hand, as
// what somebody else was asked on its way: see Once.
func (d *DB) Aside(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	return d.InTx(context.WithValue(ctx, onceKey{d}, (*once)(nil)), fn)
}

type fenceKey struct{ d *DB }

// Fenced has every InTx of this database under ctx run fence first, inside the
// same transaction; an error from it ends the transaction.
func (d *DB) Fenced(ctx context.Context, fence func(context.Context, bun.Tx) error) context.Context {
	return context.WithValue(ctx, fenceKey{d}, fence)
}

// InTx runs fn in a transaction that commits when fn returns nil. fn must
// touch nothing but tx and must be quick: on SQLite other writers wait for it.
// What Fenced and Once said about ctx is held inside the same transaction.
// Errors of the driver come back translated (see Translate); fn may run more
// than once on PostgreSQL when the server asks for a retry.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx bun.Tx) error) error {
	run := fn
	if fence, ok := ctx.Value(fenceKey{d}).(func(context.Context, bun.Tx) error); ok {
		run = func(ctx context.Context, tx bun.Tx) error {
			if err := fence(ctx, tx); err != nil {
				return err
			}
			return fn(ctx, tx)
		}
	}
	did := map[string]bool{}
	ctx = context.WithValue(ctx, didKey{}, did)
	command, _ := ctx.Value(onceKey{d}).(*once)
	if command != nil {
		command.mu.Lock()
		defer command.mu.Unlock()
		if !command.done {
			unmarked := run
			run = func(ctx context.Context, tx bun.Tx) error {
				if err := command.mark(ctx, tx); err != nil {
					return err
				}
				return unmarked(ctx, tx)
			}
		}
	}
	var err error
	if d.group != nil {
		err = d.group.do(ctx, run)
	} else {
		err = d.inPostgresTx(ctx, run)
	}
	if err != nil {
		return Translate(err)
	}
	if command != nil {
		command.done = true
	}
	d.committed(did)
	return nil
}

func (d *DB) inPostgresTx(ctx context.Context, fn func(context.Context, bun.Tx) error) error {
	for try := 1; ; try++ {
		err := d.oncePostgres(ctx, fn)
		if err == nil || try == 5 || !retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try*try) * 5 * time.Millisecond):
		}
	}
}

func (d *DB) oncePostgres(ctx context.Context, fn func(context.Context, bun.Tx) error) error {
	c, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	committing := false
	err = c.RunInTx(context.WithValue(ctx, connKey{}, c), nil, func(ctx context.Context, tx bun.Tx) error {
		err := fn(ctx, tx)
		committing = err == nil
		return err
	})
	if err != nil && committing && isAway(err) {
		return &unknown{err}
	}
	return err
}

// Close ends all connections; on SQLite it folds the write-ahead log back.
func (d *DB) Close() error {
	if d.group != nil {
		d.group.close()
		rerr := errors.Join(d.checkpointer.close(), d.read.Close())
		if _, err := d.write.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
			d.write.Close()
			return fmt.Errorf("checkpoint: %w", err)
		}
		if err := d.write.Close(); err != nil {
			return err
		}
		return rerr
	}
	return d.write.Close()
}

// Tally reads a query of two columns, a key and a number, and adds them to sum.
func (d *DB) Tally(ctx context.Context, sum map[string]int64, query string) error {
	rows, err := d.read.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("tally: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var n int64
		if err := rows.Scan(&key, &n); err != nil {
			return fmt.Errorf("tally: %w", err)
		}
		sum[key] += n
	}
	return rows.Err()
}
