package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/duban/duban/services/internal/fault"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Translate turns what a driver reports into a fault where the caller can do
// something about it; everything else is returned as it is. It is the only
// place that knows the drivers' error types.
func Translate(err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	switch {
	case IsUnique(err):
		return fault.New(fault.Conflict, "duplicate", "Something with the same key exists already.").WithCause(err)
	case isFull(err):
		return fault.New(fault.Unavailable, "storage_full", "The storage is full; nothing was saved. Tell the system administrator, then try again.").WithCause(err)
	case isAway(err):
		return fault.New(fault.Unavailable, "database_away", "The database does not answer; nothing was saved. Try again in a moment.").WithCause(err)
	}
	return err
}

// NoRows tells whether err says that a query for one row found none.
func NoRows(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// IsUnique tells whether err is the violation of a primary key or unique index.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		return sq.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || sq.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

func isFull(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100"
	}
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		c := sq.Code() & 0xff
		return c == sqlite3.SQLITE_FULL || c == sqlite3.SQLITE_IOERR
	}
	return false
}

func isAway(err error) bool {
	var ce *pgconn.ConnectError
	if errors.As(err, &ce) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// connection exception, too many connections, shutting down
		return strings.HasPrefix(pg.Code, "08") || pg.Code == "53300" || strings.HasPrefix(pg.Code, "57P")
	}
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		return sq.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return errors.Is(err, errClosed) || errors.Is(err, sql.ErrConnDone)
}

func retryable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
