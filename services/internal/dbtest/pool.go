package dbtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/db"
	"github.com/jackc/pgx/v5"
)

// Making the tables of a service on PostgreSQL and dropping them again takes
// ten times the processor time of most tests, and a file of each index. So a
// schema that a test has done with is emptied for the next one, of this process
// or of a later one, as long as nobody has changed a definition in it. Its name
// tells the migrations it was made from, its comment what it was like then, and
// an advisory lock that somebody has it.

const (
	// poolLock is the first half of the keys of the locks.
	poolLock = 0x7e57
	// poolIdle is when a schema of other migrations is dropped: another branch
	// may still be at work with them.
	poolIdle = 12 * time.Hour
	// poolLarge is how many bytes a table may have that is to be empty, and
	// poolRoom those that a schema may have grown by: what a test with much
	// data leaves would slow the others down.
	poolLarge = 512 << 10
	poolRoom  = 16 << 20
)

// made is the comment of a schema.
type made struct {
	At     time.Time
	Print  string // of its definitions
	Size   int64
	Tables []string
	Seeds  map[string]string // table → its rows, as JSON
}

// pool is the session that holds the locks of this process. It has no
// goroutine: tests look for those.
type pool struct {
	mu   sync.Mutex
	conn *pgx.Conn
	free []string // schemas locked by this process that no test has
}

// pooled gives the pool of this process; nil where the user may not put
// triggers aside, which emptying takes.
var pooled = sync.OnceValue(func() *pool {
	ctx := context.Background()
	server, _ := probe()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return nil
	}
	if _, err := c.Exec(ctx, "SET session_replication_role = replica; SET lock_timeout = '30s'"); err != nil {
		_ = c.Close(ctx)
		return nil
	}
	return &pool{conn: c}
})

// lend gives a migrated schema of service without a row that the migrations
// did not make, until the test ends. It must be called before the database is
// opened, so that it is closed when the schema goes back.
func (p *pool) lend(t testing.TB, service string) db.Config {
	t.Helper()
	family := "pool_" + service + "_" + migrationsOf(t, service) + "_"
	name, err := p.take(context.Background(), family)
	if err != nil {
		t.Fatalf("a schema of %s: %v", service, err)
	}
	fresh := name == ""
	if fresh {
		b := make([]byte, 4)
		_, _ = rand.Read(b)
		name = family + hex.EncodeToString(b)
	}
	server := PostgresURL(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	// Who is at work in the schema is seen by the name of the session.
	q := u.Query()
	q.Set("application_name", name)
	u.RawQuery = q.Encode()
	cfg := db.Config{Service: service, URL: u.String(), Schema: name}
	if fresh {
		if err := p.make(cfg, "pool_"+service+"_", family); err != nil {
			t.Fatalf("make a schema of %s: %v", service, err)
		}
	}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.free = append(p.free, name)
	})
	return cfg
}

// take gives a schema of the family that nobody has, emptied; "" without one.
func (p *pool) take(ctx context.Context, family string) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 0; i < len(p.free); i++ {
		name := p.free[i]
		if !strings.HasPrefix(name, family) {
			continue
		}
		p.free = append(p.free[:i], p.free[i+1:]...)
		i--
		if ok, err := p.empty(ctx, name); ok || err != nil {
			return name, err
		}
	}
	names, err := p.strings(ctx, "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1)"+
		" AND NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $2 AND objid::bigint = hashtext(nspname)::bigint & 4294967295)", family, poolLock)
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if locked, err := p.lock(ctx, name); err != nil || !locked {
			if err != nil {
				return "", err
			}
			continue
		}
		if ok, err := p.empty(ctx, name); ok || err != nil {
			return name, err
		}
	}
	return "", nil
}

func (p *pool) lock(ctx context.Context, name string) (locked bool, err error) {
	err = p.conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", poolLock, name).Scan(&locked)
	return locked, err
}

// empty makes a schema that this process has locked like new. One that cannot
// be made so is dropped.
func (p *pool) empty(ctx context.Context, name string) (bool, error) {
	var comment *string
	err := p.conn.QueryRow(ctx, "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = $1", name).Scan(&comment)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, p.unlock(ctx, name)
	}
	if err != nil {
		return false, err
	}
	var m made
	if comment == nil || json.Unmarshal([]byte(*comment), &m) != nil { // whoever made it died meanwhile
		return false, p.drop(ctx, name)
	}
	// What a session of the test before still does must not come afterwards.
	for wait := 0; ; wait++ {
		var n int
		err := p.conn.QueryRow(ctx, "SELECT COUNT(pg_terminate_backend(pid) OR TRUE) FROM pg_stat_activity WHERE application_name = $1", name).Scan(&n)
		if err != nil {
			return false, err
		}
		if n == 0 {
			break
		}
		if wait == 1000 {
			return false, fmt.Errorf("%d sessions do not leave %s", n, name)
		}
		time.Sleep(time.Millisecond)
	}
	is, size, err := p.look(ctx, name)
	if err != nil {
		return false, err
	}
	if is != m.Print || size > m.Size+poolRoom {
		return false, p.drop(ctx, name)
	}
	var q strings.Builder
	in := pgx.Identifier{name}.Sanitize() + "."
	for _, t := range m.Tables {
		table := in + pgx.Identifier{t}.Sanitize()
		q.WriteString("DELETE FROM " + table + ";")
		if rows, ok := m.Seeds[t]; ok {
			q.WriteString("INSERT INTO " + table + " SELECT * FROM json_populate_recordset(NULL::" + table + ", " + quoted(rows) + ");")
		}
	}
	// One text without values is one transaction.
	if _, err := p.conn.PgConn().Exec(ctx, q.String()).ReadAll(); err != nil {
		return false, fmt.Errorf("empty %s: %w", name, err)
	}
	large, err := p.strings(ctx, "SELECT relname FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relkind = 'r' AND pg_relation_size(oid) > $2", name, poolLarge)
	if err != nil {
		return false, err
	}
	for _, t := range large {
		if _, err := p.conn.Exec(ctx, "VACUUM "+in+pgx.Identifier{t}.Sanitize()); err != nil {
			return false, fmt.Errorf("empty %s: %w", name, err)
		}
	}
	return true, nil
}

// make makes a schema of the family, and drops what is left of families of the
// service that nobody uses any more.
func (p *pool) make(cfg db.Config, families, family string) error {
	ctx := context.Background()
	p.mu.Lock()
	locked, err := p.lock(ctx, cfg.Schema)
	p.mu.Unlock()
	if err != nil || !locked {
		return fmt.Errorf("lock: %t, %w", locked, err)
	}
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return err
	}
	_, err = d.Migrate(ctx, cfg.Service)
	if err := errors.Join(err, d.Close()); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	m := made{At: time.Now().UTC(), Seeds: map[string]string{}}
	if m.Print, m.Size, err = p.look(ctx, cfg.Schema); err != nil {
		return err
	}
	if m.Tables, err = p.strings(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = $1", cfg.Schema); err != nil {
		return err
	}
	for _, t := range m.Tables {
		var rows *string
		if err := p.conn.QueryRow(ctx, "SELECT json_agg(x)::text FROM "+pgx.Identifier{cfg.Schema, t}.Sanitize()+" x").Scan(&rows); err != nil {
			return err
		}
		if rows != nil {
			m.Seeds[t] = *rows
		}
	}
	comment, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := p.conn.Exec(ctx, "COMMENT ON SCHEMA "+pgx.Identifier{cfg.Schema}.Sanitize()+" IS "+quoted(string(comment))); err != nil {
		return err
	}
	old, err := p.strings(ctx, "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, $1) AND NOT starts_with(nspname, $2)"+
		" AND (obj_description(oid, 'pg_namespace')::json->>'At')::timestamptz < $3", families, family, time.Now().Add(-poolIdle))
	if err != nil {
		return err
	}
	for _, name := range old {
		if locked, err := p.lock(ctx, name); err != nil || !locked {
			if err != nil {
				return err
			}
			continue
		}
		if err := p.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (p *pool) drop(ctx context.Context, name string) error {
	if _, err := p.conn.Exec(ctx, "DROP SCHEMA "+pgx.Identifier{name}.Sanitize()+" CASCADE"); err != nil {
		return err
	}
	return p.unlock(ctx, name)
}

func (p *pool) unlock(ctx context.Context, name string) error {
	_, err := p.conn.Exec(ctx, "SELECT pg_advisory_unlock($1, hashtext($2))", poolLock, name)
	return err
}

// look tells what the definitions in a schema are, by the transactions that
// made them, and how many bytes its tables and indexes have.
func (p *pool) look(ctx context.Context, name string) (print string, size int64, err error) {
	err = p.conn.QueryRow(ctx, `
		WITH c AS MATERIALIZED (SELECT * , xmin AS since FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)),
		d (x) AS (
			SELECT 'c' || oid || ' ' || since FROM c
			UNION ALL SELECT 'a' || a.attrelid || ' ' || a.attnum || ' ' || a.xmin FROM pg_attribute a JOIN c ON c.oid = a.attrelid WHERE c.relkind = 'r'
			UNION ALL SELECT 't' || t.oid || ' ' || t.xmin FROM pg_trigger t JOIN c ON c.oid = t.tgrelid
			UNION ALL SELECT 'k' || k.oid || ' ' || k.xmin FROM pg_constraint k JOIN c ON c.oid = k.conrelid
			UNION ALL SELECT 'p' || oid || ' ' || xmin FROM pg_proc WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1))
		SELECT (SELECT md5(string_agg(x, ',' ORDER BY x)) FROM d), (SELECT SUM(pg_relation_size(oid)) FROM c)`, name).Scan(&print, &size)
	return print, size, err
}

func (p *pool) strings(ctx context.Context, q string, args ...any) ([]string, error) {
	rows, err := p.conn.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// quoted is a text as PostgreSQL reads it, with standard_conforming_strings.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// migrationsOf is the digest of the migrations of a service.
func migrationsOf(t testing.TB, service string) string {
	t.Helper()
	h := sha256.New()
	for _, set := range migrations.Sets(service) {
		files, err := migrations.FS(set, string(db.Postgres))
		if err != nil {
			t.Fatal(err)
		}
		err = fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			text, err := fs.ReadFile(files, path)
			fmt.Fprintf(h, "%s/%s %d\n%s", set, path, len(text), text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:5])
}
