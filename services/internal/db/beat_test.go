package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/fault"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"
)

// What another process has written and did not work is found within seconds;
// what a transaction of this one did is told at once, and only once it has
// committed.
func TestCase35WhatWaitsIsFound(t *testing.T) {
	t.Parallel()
	both(t, "audit", func(t *testing.T, cfg db.Config) {
		ctx := context.Background()
		mine := open(t, cfg)
		if _, err := mine.Migrate(ctx, "audit"); err != nil {
			t.Fatal(err)
		}
		found, told := make(chan struct{}, 1), make(chan struct{}, 10)
		mine.Await("idempotency_keys", "key = 'left'", func() {
			select {
			case found <- struct{}{}:
			default:
			}
		})
		mine.OnDid("something", func() { told <- struct{}{} })
		beating, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		wg.Go(func() { db.Beat(beating, slog.New(slog.DiscardHandler), mine) })
		defer wg.Wait()
		defer stop()

		do := func(fail error, did ...string) {
			t.Helper()
			err := mine.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
				for _, x := range did {
					db.Did(ctx, x)
				}
				return fail
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		do(nil)
		do(nil, "something else")
		do(errors.New("no"), "something")
		if len(told) != 0 {
			t.Error("told of what was not done")
		}
		do(nil, "something")
		if len(told) != 1 {
			t.Error("not told of what was done")
		}
		if err := insert(ctx, open(t, cfg), "left", ""); err != nil {
			t.Fatal(err)
		}
		select {
		case <-found:
		case <-time.After(20 * time.Second):
			t.Error("what another has left is not found")
		}
	})
}

// Case 39: whatever a database that goes away answers is worth a retry.
func TestCase39WhatADatabaseThatIsAwayAnswers(t *testing.T) {
	t.Parallel()
	pg := func(code string) error { return &pgconn.PgError{Code: code} }
	for err, code := range map[error]string{
		driver.ErrBadConn: "database_away", sql.ErrConnDone: "database_away", pgconn.ErrConnClosed: "database_away", io.ErrUnexpectedEOF: "database_away",
		&net.OpError{Op: "read", Err: syscall.ECONNRESET}: "database_away", syscall.EPIPE: "database_away", net.ErrClosed: "database_away",
		pg("57P01"): "database_away", pg("57P02"): "database_away", pg("57P03"): "database_away", pg("57P05"): "database_away",
		pg("08006"): "database_away", pg("53300"): "database_away", pg("58030"): "database_away",
		pg("53100"): "storage_full", pg("25006"): "database_read_only",
		pg("57014"): "database_busy", pg("55P03"): "database_busy", pg("25P03"): "database_busy", pg("40001"): "database_busy", pg("40P01"): "database_busy", pg("53200"): "database_busy",
	} {
		got := db.Translate(fmt.Errorf("read things: %w", err))
		if !fault.Is(got, fault.Unavailable) || !fault.IsCode(got, code) {
			t.Errorf("%v: %v, want %s", err, got, code)
		}
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, pg("42P01"), pg("22P02"), errors.New("a mistake"), io.EOF} {
		if got := db.Translate(err); fault.As(got) != nil {
			t.Errorf("%v: %v, want it as it is", err, got)
		}
	}
}

// Case 39: when the line breaks while a transaction commits, nobody says that
// nothing was saved.
func TestCase39CommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	cfg := pgEmpty(t, "audit")
	ctx := context.Background()
	d := open(t, cfg)
	if _, err := d.Migrate(ctx, "audit"); err != nil {
		t.Fatal(err)
	}
	cfg.Through = cutAfter("COMMIT").Connector
	err := insert(ctx, open(t, cfg), "a", "")
	if !fault.IsCode(err, "outcome_unknown") {
		t.Errorf("%v", err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}
