package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
)

// Case 34: a first start is killed at any moment, again and again; the next
// start serves, without a command.
func TestCase34KilledDuringFirstStart(t *testing.T) {
	t.Parallel()
	for _, engine := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			bin := duban(t)
			left := rounds(10, 60)
			longest := time.Second // from the start of a process until it was ready
			for n := 0; left > 0; n++ {
				dir := t.TempDir()
				env := environment("DUBAN_LISTEN=127.0.0.1:0")
				if engine == db.Postgres {
					prefix := fmt.Sprintf("k%d_%d_", os.Getpid(), n)
					for _, s := range migrations.Services {
						dbtest.DropSchema(t, prefix+s)
					}
					env = append(env, "DATABASE_URL="+dbtest.PostgresURL(t), "DUBAN_SCHEMA_PREFIX="+prefix)
				}
				// Several deaths on the way of one installation, so that a start
				// also goes on from what is half there.
				for range min(left, 1+rand.IntN(4)) {
					p, err := launch(bin, env, "serve", "--data", dir)
					if err != nil {
						t.Fatal(err)
					}
					time.Sleep(rand.N(longest))
					p.kill()
					if code := p.cmd.ProcessState.ExitCode(); code != -1 {
						t.Fatalf("the start ended by itself with %d:\n%s", code, p.log.tail())
					}
					left--
				}
				began := time.Now()
				p, err := launch(bin, env, "serve", "--data", dir)
				if err == nil {
					err = p.wait()
				}
				if err != nil {
					t.Fatalf("installation %d: %v", n, err)
				}
				longest = min(time.Since(began), 5*time.Second)
				answersSetUp(t, p)
				p.kill()
				for _, s := range migrations.Services {
					pending(t, env, dir, s)
				}
			}
		})
	}
}

// answersSetUp tells whether an installation that is new can be set up.
func answersSetUp(t *testing.T, p *process) {
	t.Helper()
	select {
	case <-p.token:
	default:
		t.Error("it prints no setup token")
	}
	r, err := http.Get(p.url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("it is not ready: %s", r.Status)
	}
}

// pending fails when a service has migrations that wait.
func pending(t *testing.T, env []string, dir, service string) {
	t.Helper()
	cfg := db.Config{Service: service, Dir: dir}
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, "DATABASE_URL="); ok {
			cfg.URL = v
		}
		if v, ok := strings.CutPrefix(e, "DUBAN_SCHEMA_PREFIX="); ok {
			cfg.Schema = v + service
		}
	}
	d, err := db.Open(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if n, err := d.Pending(context.Background(), service); err != nil || n != 0 {
		t.Errorf("%d migrations of %s wait, %v", n, service, err)
	}
}
