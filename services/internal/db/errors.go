package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/duban/duban/services/internal/fault"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Translate turns what a driver reports into a fault where the caller can do
// something about it; everything else is returned as it is. It is the only
// place that knows the drivers' error types. The edges call it as well, so
// that an error of a read which nobody translated does not become an incident.
func Translate(err error) error {
	if err == nil || fault.As(err) != nil {
		return err
	}
	var lost *unknown
	switch {
	case errors.As(err, &lost):
		return fault.New(fault.Unavailable, "outcome_unknown", "The database went away while it saved; it may have saved this or not. Look before you try again, or repeat it with the same Idempotency-Key.").WithCause(err)
	case IsUnique(err):
		return fault.New(fault.Conflict, "duplicate", "Something with the same key exists already.").WithCause(err)
	case isFull(err):
		return fault.New(fault.Unavailable, "storage_full", "The storage is full; nothing was saved. Tell the system administrator, then try again.").WithCause(err)
	case isReadOnly(err):
		return fault.New(fault.Unavailable, "database_read_only", "The database takes no changes at the moment; nothing was saved. Tell the system administrator, then try again.").WithCause(err)
	case isBusy(err):
		return fault.New(fault.Unavailable, "database_busy", "The database has too much to do; nothing was saved. Try again in a moment.").WithCause(err)
	case isAway(err):
		return fault.New(fault.Unavailable, "database_away", "The database does not answer; nothing was saved. Try again in a moment.").WithCause(err)
	}
	return err
}

// unknown is an error of a commit whose outcome nobody was told.
type unknown struct{ err error }

func (u *unknown) Error() string { return "commit: " + u.err.Error() }
func (u *unknown) Unwrap() error { return u.err }

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

func isReadOnly(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "25006" // it has become a standby, or was set so
	}
	var sq *sqlite.Error
	return errors.As(err, &sq) && sq.Code()&0xff == sqlite3.SQLITE_READONLY
}

// isBusy tells whether another moment is the remedy: a limit of time or of
// memory was reached, or others were in the way once more after all retries.
func isBusy(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code {
		case "55P03", "57014", "25P03", "25P04", "53000", "53200", "53400", "40001", "40P01":
			return true
		}
		return false
	}
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		c := sq.Code() & 0xff
		return c == sqlite3.SQLITE_BUSY || c == sqlite3.SQLITE_LOCKED || c == sqlite3.SQLITE_PROTOCOL || c == sqlite3.SQLITE_NOMEM
	}
	return false
}

// isAway tells whether the database, or the way to it, was not there. It is
// not asked about errors of anything but a database.
func isAway(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		// connection exception, too many connections, shutting down or starting
		// up, an error of the system below
		return strings.HasPrefix(pg.Code, "08") || pg.Code == "53300" || strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "58")
	}
	var sq *sqlite.Error
	if errors.As(err, &sq) {
		return sq.Code()&0xff == sqlite3.SQLITE_CANTOPEN
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // the caller's own
	}
	var ce *pgconn.ConnectError
	var ne net.Error
	return errors.As(err, &ce) || errors.As(err, &ne) || pgconn.SafeToRetry(err) ||
		errors.Is(err, errClosed) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func retryable(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}
