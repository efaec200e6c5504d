package db_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/uptrace/bun"
)

type key struct {
	bun.BaseModel `bun:"table:idempotency_keys"`

	Key         string `bun:",pk"`
	RequestHash string
	Response    *string
	CreatedAt   time.Time
}

func insert(ctx context.Context, d *db.DB, k, text string) error {
	return d.InTx(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&key{Key: k, RequestHash: text, CreatedAt: time.Now().UTC()}).Exec(ctx)
		return err
	})
}

func count(t *testing.T, d *db.DB) int {
	t.Helper()
	n, err := d.Read().NewSelect().Model((*key)(nil)).Count(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func TestErrorsOfTheDriversAreFaults(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		if err := insert(ctx, d, "a", ""); err != nil {
			t.Fatal(err)
		}
		if err := insert(ctx, d, "a", ""); !fault.IsCode(err, "duplicate") {
			t.Errorf("same key twice: %v", err)
		}
		if err := insert(ctx, d, "b", "x\x00y"); err == nil {
			t.Error("a NUL was stored")
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := insert(gone, d, "c", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if n := count(t, d); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

// A full disk answers storage_full, loses nothing that was acknowledged and
// takes writes again once there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "audit", db.SQLite)
	ctx := context.Background()
	// What SQLITE_FULL comes from, a disk or a limit, makes no difference to SQLite.
	if _, err := d.Writer().ExecContext(ctx, "PRAGMA max_page_count = 60"); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	stored := map[string]bool{}
	var full error
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			k := strings.Repeat("k", i+1)
			err := insert(ctx, d, k, strings.Repeat("x", 20_000))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				stored[k] = true
			} else if full = err; !fault.IsCode(err, "storage_full") {
				t.Errorf("%v", err)
			}
		})
	}
	wg.Wait()
	if full == nil || len(stored) == 40 {
		t.Fatal("the disk never got full")
	}
	if n := count(t, d); n != len(stored) {
		t.Errorf("%d rows stored, %d were acknowledged", n, len(stored))
	}
	if _, err := d.Writer().ExecContext(ctx, "PRAGMA max_page_count = 10000"); err != nil {
		t.Fatal(err)
	}
	if err := insert(ctx, d, "later", ""); err != nil {
		t.Errorf("after making room: %v", err)
	}
}

func TestMarkOfACommandIsInItsFirstTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		runs := 0
		ctx := d.Once(context.Background(), func(ctx context.Context, tx bun.Tx) error {
			runs++
			_, err := tx.NewInsert().Model(&key{Key: "guard", CreatedAt: time.Now().UTC()}).Exec(ctx)
			return err
		})
		if err := d.InTx(ctx, func(context.Context, bun.Tx) error { return errors.New("no") }); err == nil {
			t.Fatal("no error")
		}
		if n := count(t, d); n != 0 {
			t.Errorf("the guard's row outlived its transaction")
		}
		// What was asked on the way is no part of the command.
		err := d.Aside(ctx, func(context.Context, bun.Tx) error { return nil })
		if n := count(t, d); n != 0 || err != nil {
			t.Errorf("the command is marked by what was done aside: %v", err)
		}
		for _, k := range []string{"a", "b"} {
			if err := insert(ctx, d, k, ""); err != nil {
				t.Fatal(err)
			}
		}
		if n := count(t, d); n != 3 || runs != 2 {
			t.Errorf("%d rows, guard ran %d times; want 3 rows and 2 runs", n, runs)
		}
	})
}

func TestPanicReachesItsOwnCallerOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "audit", func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = d.InTx(ctx, func(context.Context, bun.Tx) error { panic("oops") })
		}()
		if err := insert(ctx, d, "a", ""); err != nil {
			t.Errorf("after a panic: %v", err)
		}
	})
}
