package db

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"log/slog"
	"maps"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"golang.org/x/sys/unix"
)

// migrateLock is the ending of the file that is locked while a SQLite
// database is made or changed.
const migrateLock = ".migrate.lock"

const (
	// askAgain is how long after the first time a held lock is asked for again,
	// and seldom the longest time in between.
	askAgain = 2 * time.Millisecond
	seldom   = 100 * time.Millisecond
	// sayAfter is how long a lock is waited for in silence, sayAgain when the
	// log is told once more.
	sayAfter = time.Second
	sayAgain = 30 * time.Second
)

// alone gives a connection on which the tables of the service may be made and
// changed, by this process only. The system, or the server, takes the lock
// away when the process ends, however it ends; on PostgreSQL it belongs to the
// very session that changes the tables, so that whoever loses the lock has
// lost the transaction too. A lock that another process holds is waited for,
// as long as that process lives.
func (d *DB) alone(ctx context.Context) (bun.Conn, func(), error) {
	if d.Engine == SQLite {
		unlock, err := lockFile(ctx, d.cfg.path(migrateLock), d.cfg.Log)
		if err != nil {
			return bun.Conn{}, nil, err
		}
		c, err := d.write.Conn(ctx)
		if err != nil {
			unlock()
			return bun.Conn{}, nil, err
		}
		return c, func() { _ = c.Close(); unlock() }, nil
	}
	pc := d.postgres.Copy()
	// Tables may be large, and other processes at work on them.
	for name := range maps.Keys(limits) {
		pc.RuntimeParams[name] = "0"
	}
	pc.RuntimeParams["application_name"] = holder()
	b := bun.NewDB(d.cfg.sessions(pc), pgdialect.New())
	c, err := b.Conn(ctx)
	if err != nil {
		_ = b.Close()
		return bun.Conn{}, nil, err
	}
	end := func() { _ = c.Close(); _ = b.Close() } // the lock ends with its session
	if err := d.lockSession(ctx, c); err != nil {
		end()
		return bun.Conn{}, nil, err
	}
	return c, end, nil
}

// holder names this process to those who wait for it.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return "duban migrating, process " + strconv.Itoa(os.Getpid()) + " on " + host[:min(len(host), 24)]
}

// waitFor calls try until it has the lock. Only a lock that is held is waited
// for: every error ends it.
func waitFor(ctx context.Context, log *slog.Logger, what string, try func() (bool, error), who func() string) error {
	say := time.Now().Add(sayAfter)
	for wait := askAgain; ; wait = min(2*wait, seldom) {
		got, err := try()
		if err != nil || got {
			return err
		}
		if time.Now().After(say) {
			log.Warn("migrations wait for another process that is migrating", "database", what, "holder", who())
			say = time.Now().Add(sayAgain)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("while another process migrates %s (%s): %w", what, who(), ctx.Err())
		case <-time.After(wait):
		}
	}
}

// lockFile locks a file for this process; the system frees it at its end.
func lockFile(ctx context.Context, path string, log *slog.Logger) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock of migrations: %w", err)
	}
	try := func() (bool, error) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("lock %s: %w", path, err)
		}
		return true, nil
	}
	who := func() string {
		b, _ := io.ReadAll(io.NewSectionReader(f, 0, 200))
		return strings.TrimSpace(string(b))
	}
	if err := waitFor(ctx, log, path, try, who); err != nil {
		_ = f.Close()
		return nil, err
	}
	// For those who wait; without it they only know less.
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt([]byte(holder()+"\n"), 0)
	}
	return func() { _ = f.Close() }, nil
}

// lockSession locks the schema of the service for the session of c.
func (d *DB) lockSession(ctx context.Context, c bun.Conn) error {
	h := fnv.New64a()
	_, _ = h.Write([]byte("duban migrations of " + d.cfg.schema()))
	key := int64(h.Sum64())
	try := func() (got bool, err error) {
		err = c.QueryRowContext(ctx, "SELECT pg_try_advisory_lock(?)", key).Scan(&got)
		return got, err
	}
	who := func() string {
		var s string
		_ = c.QueryRowContext(context.WithoutCancel(ctx), `
			SELECT a.application_name || ', from ' || COALESCE(HOST(a.client_addr), 'this machine') || ', session ' || a.pid || ' since ' || a.backend_start
			FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
			WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND CAST(l.classid AS BIGINT) = ? AND CAST(l.objid AS BIGINT) = ?`, int64(uint64(key)>>32), int64(uint64(key)&0xffffffff)).Scan(&s)
		return s
	}
	return waitFor(ctx, d.cfg.Log, "schema "+d.cfg.schema(), try, who)
}
