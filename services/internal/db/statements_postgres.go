package db

import (
	"context"
	"database/sql/driver"
	"hash/maphash"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/jackc/pgx/v5"
)

// maxSeen bounds the texts that a pool remembers to have run once.
const maxSeen = 1024

// repeating makes sessions of PostgreSQL in which a statement that comes again
// is planned once and not at each use: planning a join takes five times as long
// as running it, but see ranges. One that came only once is sent as it is, because preparing it
// asks the server once more.
type repeating struct {
	driver.Connector
	seen *seen
}

// Connect implements driver.Connector.
func (r repeating) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &repeated{postgresConn: c.(postgresConn), seen: r.seen}, nil
}

// postgresConn is what the driver's sessions can do.
type postgresConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.NamedValueChecker

	Conn() *pgx.Conn // for what database/sql has no word for, see Copy
}

// repeated is such a session. pgx keeps its statements.
type repeated struct {
	postgresConn
	seen *seen
}

// statement gives the text to send and what goes with it.
func (c *repeated) statement(query string, args []driver.NamedValue) (string, []driver.NamedValue) {
	if len(args) > 0 {
		return query, args
	}
	text, values, ok := split(query, Postgres)
	if !ok || !c.seen.before(text) {
		return query, args
	}
	mode := driver.NamedValue{Ordinal: 1, Value: pgx.QueryExecModeCacheStatement}
	if ranges(text) {
		mode.Value = pgx.QueryExecModeCacheDescribe
	}
	for i := range values {
		values[i].Ordinal++
	}
	return text, append([]driver.NamedValue{mode}, values...)
}

// ranges tells whether a statement looks for what lies below some unit. That may
// be one row or all there are, and only the path says which: such a statement is
// planned for its values each time. A plan for any path takes the index of paths
// and sorts what it finds, where a walk in order would be over after 50 rows.
func ranges(text string) bool { return strings.Contains(text, "path >= $") }

// ExecContext implements driver.ExecerContext.
func (c *repeated) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	query, args = c.statement(query, args)
	return c.postgresConn.ExecContext(ctx, query, args)
}

// QueryContext implements driver.QueryerContext.
func (c *repeated) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	query, args = c.statement(query, args)
	return c.postgresConn.QueryContext(ctx, query, args)
}

// seen remembers the texts of a pool that ran lately, by their hash.
type seen struct {
	seed maphash.Seed

	mu sync.Mutex
	m  *simplelru.LRU[uint64, struct{}]
}

func newSeen() *seen {
	m, _ := simplelru.NewLRU[uint64, struct{}](maxSeen, nil) // fails for sizes below 1 only
	return &seen{seed: maphash.MakeSeed(), m: m}
}

// before tells whether the text ran before, and remembers that it does now.
func (s *seen) before(text string) bool {
	h := maphash.String(s.seed, text)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.m.Get(h); ok {
		return true
	}
	s.m.Add(h, struct{}{})
	return false
}
