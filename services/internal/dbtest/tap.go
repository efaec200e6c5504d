package dbtest

import (
	"context"
	"database/sql/driver"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// Tap stands between a program and its database (see db.Config.Through): it
// hears everything that is asked, and may cut the line.
type Tap struct {
	// Before is called before a statement, and with BEGIN, COMMIT, ROLLBACK and
	// CONNECT; After once one has been carried out. An error cuts the line: the
	// connection is closed as that of a process which died is, and every later
	// use of the tap fails. Both may be nil, and be called from many goroutines.
	Before, After func(what string) error

	mu   sync.Mutex
	dead error
}

// Connector is what db.Config.Through asks for.
func (t *Tap) Connector(c driver.Connector) driver.Connector { return tapped{c, t} }

func (t *Tap) tell(f func(string) error, what string) error {
	t.mu.Lock()
	dead := t.dead
	t.mu.Unlock()
	if dead != nil || f == nil {
		return dead
	}
	if err := f(what); err != nil {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.dead = err
		return err
	}
	return nil
}

// do carries out f between Before and After.
func do[T any](t *Tap, what string, f func() (T, error)) (T, error) {
	var none T
	if err := t.tell(t.Before, what); err != nil {
		return none, err
	}
	v, err := f()
	if err != nil {
		return none, err
	}
	return v, t.tell(t.After, what)
}

type tapped struct {
	driver.Connector
	t *Tap
}

// Connect implements driver.Connector.
func (c tapped) Connect(ctx context.Context) (driver.Conn, error) {
	return do(c.t, "CONNECT", func() (driver.Conn, error) {
		x, err := c.Connector.Connect(ctx)
		if err != nil {
			return nil, err
		}
		return &tappedConn{wholeConn: x.(wholeConn), t: c.t}, nil
	})
}

// wholeConn is what the connections of both drivers can do.
type wholeConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

type tappedConn struct {
	wholeConn
	t *Tap
}

// Conn is the connection of PostgreSQL's driver.
func (c *tappedConn) Conn() *pgx.Conn { return c.wholeConn.(interface{ Conn() *pgx.Conn }).Conn() }

// CheckNamedValue implements driver.NamedValueChecker.
func (c *tappedConn) CheckNamedValue(v *driver.NamedValue) error {
	if x, ok := c.wholeConn.(driver.NamedValueChecker); ok {
		return x.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// IsValid implements driver.Validator: a connection that was cut is not used again.
func (c *tappedConn) IsValid() bool {
	if c.t.tell(nil, "") != nil {
		return false
	}
	x, ok := c.wholeConn.(driver.Validator)
	return !ok || x.IsValid()
}

// BeginTx implements driver.ConnBeginTx.
func (c *tappedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := do(c.t, "BEGIN", func() (driver.Tx, error) { return c.wholeConn.BeginTx(ctx, o) })
	if err != nil {
		return nil, err
	}
	return tappedTx{tx, c.t}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *tappedConn) ExecContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Result, error) {
	return do(c.t, strings.TrimSpace(q), func() (driver.Result, error) { return c.wholeConn.ExecContext(ctx, q, args) })
}

// QueryContext implements driver.QueryerContext. Nothing comes between a query
// and its rows.
func (c *tappedConn) QueryContext(ctx context.Context, q string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.t.tell(c.t.Before, strings.TrimSpace(q)); err != nil {
		return nil, err
	}
	return c.wholeConn.QueryContext(ctx, q, args)
}

type tappedTx struct {
	driver.Tx
	t *Tap
}

// Commit implements driver.Tx.
func (x tappedTx) Commit() error {
	_, err := do(x.t, "COMMIT", func() (struct{}, error) { return struct{}{}, x.Tx.Commit() })
	return err
}

// Rollback implements driver.Tx; a line that was cut takes nothing back.
func (x tappedTx) Rollback() error {
	_, err := do(x.t, "ROLLBACK", func() (struct{}, error) { return struct{}{}, x.Tx.Rollback() })
	return err
}
