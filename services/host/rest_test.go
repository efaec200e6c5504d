package host_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// Case 35: with nobody doing anything, all services together commit no more
// than once a second on PostgreSQL, and ask next to nothing on SQLite.
func TestCase35AtRest(t *testing.T) {
	t.Parallel()
	const span = 4 * time.Second
	for engine, most := range map[db.Engine]int{db.SQLite: 4, db.Postgres: 4} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			cfg := host.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
			if engine == db.Postgres {
				cfg.DatabaseURL = dbtest.Database(t, "")
			}
			var mu sync.Mutex
			var asked []string
			tap := &dbtest.Tap{Before: func(what string) error {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, what)
				return nil
			}}
			h, err := host.Start(context.Background(), cfg.Through(tap.Connector))
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := h.Stop(); err != nil {
					t.Error(err)
				}
			}()
			// What follows a start takes a while; what spins never rests.
			for end := time.Now().Add(30 * time.Second); ; {
				mu.Lock()
				asked = nil
				mu.Unlock()
				time.Sleep(span)
				mu.Lock()
				got := asked
				mu.Unlock()
				if len(got) <= most {
					t.Logf("%d statements in %v: %q", len(got), span, got)
					return
				}
				if time.Now().After(end) {
					t.Fatalf("%d statements in %v at rest, want at most %d: %q", len(got), span, most, got[:min(len(got), 20)])
				}
			}
		})
	}
}
