package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
)

// pinned are the settings of a session that the program takes for granted. A
// server, a database or a role may have others by default: what the program
// asks for at the start of a session goes before them.
var pinned = map[string]string{
	"timezone":           "UTC",
	"client_encoding":    "UTF8",
	"datestyle":          "ISO",
	"intervalstyle":      "postgres",
	"bytea_output":       "hex",
	"extra_float_digits": "3", // numbers come back as they went in

	"standard_conforming_strings":    "on",
	"transform_null_equals":          "off",
	"default_transaction_isolation":  "read committed",
	"default_transaction_deferrable": "off",
	// Our statements are short: compiling one takes longer than it runs, and
	// where the planner has no statistics yet it would compile many.
	"jit": "off",
	// A process whose machine is gone frees its locks within a minute.
	"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3",
}

// limits end what should have ended long ago. An operator may set others in
// the address.
var limits = map[string]string{
	"statement_timeout":                   "300000",
	"lock_timeout":                        "30000",
	"idle_in_transaction_session_timeout": "120000",
}

// leastPostgres is the oldest version that is tested.
const leastPostgres = 15

// sessionConfig is how sessions of the service in cfg are opened, and the
// schema they work in.
func sessionConfig(cfg Config) (*pgx.ConnConfig, error) {
	pc, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	// bun writes values into the SQL text. What is worth preparing of it says
	// so itself, see repeated.
	pc.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pc.StatementCacheCapacity = maxKnown
	maps.Copy(pc.RuntimeParams, pinned)
	for name, value := range limits {
		if pc.RuntimeParams[name] == "" {
			pc.RuntimeParams[name] = value
		}
	}
	pc.RuntimeParams["search_path"] = cfg.schema()
	if pc.RuntimeParams["application_name"] == "" {
		pc.RuntimeParams["application_name"] = "duban-" + cfg.Service
	}
	return pc, nil
}

func (c Config) schema() string {
	if c.Schema != "" {
		return c.Schema
	}
	return c.Service
}

// settle is asked once in each new session: settings that only some versions
// know, and the one that would have us acknowledge what a power cut takes back.
const settle = `SELECT
	CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END,
	CASE WHEN current_setting('idle_session_timeout', true) <> '0' THEN set_config('idle_session_timeout', '0', false) END,
	CASE WHEN current_setting('transaction_timeout', true) <> '0' THEN set_config('transaction_timeout', '0', false) END`

func connected(ctx context.Context, c *pgx.Conn) error {
	if e := c.PgConn().ParameterStatus("server_encoding"); e != "UTF8" {
		_ = c.Close(ctx)
		return fmt.Errorf("the database %s has the encoding %s, which cannot hold what people write; make one with: createdb --encoding UTF8 --template template0", c.Config().Database, e)
	}
	if _, err := c.Exec(ctx, settle); err != nil {
		_ = c.Close(ctx)
		return fmt.Errorf("settings of the session: %w", err)
	}
	return nil
}

// sessions opens a pool of sessions.
func (c Config) sessions(pc *pgx.ConnConfig) *sql.DB {
	var dc driver.Connector = stdlib.GetConnector(*pc, stdlib.OptionAfterConnect(connected), stdlib.OptionShouldPing(doubtful))
	if !c.unprepared() {
		dc = repeating{Connector: dc, seen: newSeen()}
	}
	return sql.OpenDB(c.Through(dc))
}

// unprepared tells whether the address asks that nothing is kept in a session,
// with pgx's default_query_exec_mode=simple_protocol: a pooler that hands out
// sessions by the transaction may not know prepared statements.
func (c Config) unprepared() bool {
	pc, err := pgx.ParseConfig(c.URL)
	return err == nil && pc.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement
}

// doubtful tells whether the server is asked for a sign of life before a
// session is used again, which costs it a transaction: where it has restarted
// meanwhile, whoever waits for an answer is to notice nothing. The beat would
// do so each time, and may fail.
func doubtful(ctx context.Context, p stdlib.ShouldPingParams) bool {
	return ctx.Value(beatKey{}) == nil && p.IdleDuration > time.Second
}

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	pc, err := sessionConfig(cfg)
	if err != nil {
		return nil, err
	}
	sq := cfg.sessions(pc)
	n := cfg.MaxConns
	if n == 0 {
		n = 10
	}
	sq.SetMaxOpenConns(n)
	sq.SetMaxIdleConns(n)
	sq.SetConnMaxIdleTime(5 * time.Minute)
	if err := sq.PingContext(ctx); err != nil {
		sq.Close()
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	b := bun.NewDB(sq, pgdialect.New())
	return &DB{Engine: Postgres, cfg: cfg, postgres: pc, read: b, write: b}, nil
}

// Unfit names what a PostgreSQL database has that no session can set aside; an
// error says that it cannot be asked.
func Unfit(ctx context.Context, url string) ([]string, error) {
	pc, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	pc.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	pc.RuntimeParams["standard_conforming_strings"], pc.RuntimeParams["client_encoding"] = "on", "UTF8"
	c, err := pgx.ConnectConfig(ctx, pc)
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	var bad []string
	if v := c.PgConn().ParameterStatus("server_version"); major(v) < leastPostgres {
		bad = append(bad, fmt.Sprintf("it is PostgreSQL %s; %d or newer is needed", v, leastPostgres))
	}
	if e := c.PgConn().ParameterStatus("server_encoding"); e != "UTF8" {
		bad = append(bad, "its encoding is "+e+"; UTF8 is needed (createdb --encoding UTF8 --template template0)")
	}
	var readOnly, standby bool
	var fsync, pages string
	err = c.QueryRow(ctx, `SELECT current_setting('transaction_read_only') = 'on', pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes')`).
		Scan(&readOnly, &standby, &fsync, &pages)
	if err != nil {
		return bad, err
	}
	switch {
	case standby:
		bad = append(bad, "it is a standby, which takes no writes; name the primary (several hosts with target_session_attrs=read-write)")
	case readOnly:
		bad = append(bad, "it is read-only (default_transaction_read_only is on for the server, the database or the role)")
	}
	if fsync != "on" || pages != "on" {
		bad = append(bad, "fsync or full_page_writes is off: a power cut would take back what was acknowledged")
	}
	return bad, nil
}

// major is the first number of a version like "15.14 (Debian 15.14-0)"; 0 when
// there is none.
func major(version string) int {
	n, _ := strconv.Atoi(version[:len(version)-len(strings.TrimLeft(version, "0123456789"))])
	return n
}
