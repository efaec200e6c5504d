package rest_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/uptrace/bun"
)

// counter is one thing that commands are about.
type counter struct {
	n       atomic.Int64
	commits atomic.Int64
	dies    atomic.Bool // between the commit and the answer
	gone    atomic.Bool // out of the reach of whoever asks
}

type counted struct {
	Version int64 `json:"version"`
}

func (c *counter) serve(t *testing.T, d *db.DB) *resttest.Server {
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	d.OnCommit(func() { c.commits.Add(1) })
	return resttest.Start(t, engine, func(a *rest.API) {
		g := a.Group("counters", "Counters", d, nil)
		op := func(id, method, path string) rest.Op {
			return rest.Op{ID: id, Method: method, Path: path, Summary: "s", Description: "d", Session: true}
		}
		count := func(ctx context.Context) error {
			err := d.InTx(ctx, func(context.Context, bun.Tx) error { c.n.Add(1); return nil })
			if err == nil && c.dies.Load() {
				err = errors.New("the process is gone")
			}
			return err
		}
		rest.Register(g, op("count", http.MethodPost, "/counters/{id}/count"), func(ctx context.Context, _ *rest.ByID) (*rest.Reply[counted], error) {
			return rest.Answer(counted{c.n.Load() + 1}), count(ctx)
		})
		rest.Register(g, op("reset", http.MethodDelete, "/counters/{id}"), func(ctx context.Context, _ *rest.ByID) (*struct{}, error) {
			return nil, count(ctx)
		})
		rest.Register(g, op("get-counter", http.MethodGet, "/counters/{id}"), func(_ context.Context, in *rest.ByID) (*rest.Reply[counted], error) {
			if c.gone.Load() || in.ID != "c" {
				return nil, fault.Missing("counter")
			}
			return rest.Answer(counted{c.n.Load()}), nil
		})
	})
}

// A command under a key is one transaction, and its answer is not lost with
// the process that dies after it has committed.
func TestCommandAndItsKeyAreOneTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "directory", func(t *testing.T, d *db.DB) {
		var x counter
		c := x.serve(t, d).As(t, fixture.Manager)
		const path = "/api/v1/counters/c/count"
		c.With("Idempotency-Key", "k1").Post(path, nil).Is(200).Says(`"version":1`)
		c.With("Idempotency-Key", "k1").Post(path, nil).Is(200).Says(`"version":1`)
		if n, m := x.commits.Load(), x.n.Load(); n != 1 || m != 1 {
			t.Errorf("%d transactions, counted %d times; want one each", n, m)
		}
		x.dies.Store(true)
		c.With("Idempotency-Key", "k2").Post(path, nil).Problem(500, "internal")
		c.With("Idempotency-Key", "k3").Delete("/api/v1/counters/c").Problem(500, "internal")
		x.dies.Store(false)
		a := c.With("Idempotency-Key", "k2").Post(path, nil).Is(200).Says(`"version":3`)
		if tag := a.Header.Get("ETag"); tag != `"3"` {
			t.Errorf("ETag %s", tag)
		}
		c.With("Idempotency-Key", "k3").Delete("/api/v1/counters/c").Is(204)
		if n := x.n.Load(); n != 3 {
			t.Errorf("counted %d times, want 3", n)
		}
		c.With("Idempotency-Key", "k3").Delete("/api/v1/counters/d").Problem(422, "idempotency_mismatch")
		// Whoever may not read it any more is not shown it.
		x.gone.Store(true)
		c.With("Idempotency-Key", "k2").Post(path, nil).Problem(409, "idempotency_unknown")
		x.gone.Store(false)

		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { c.With("Idempotency-Key", "k4").Post(path, nil).Is(200).Says(`"version":4`) })
		}
		wg.Wait()
		if n := x.n.Load(); n != 4 {
			t.Errorf("counted %d times, want 4", n)
		}
	})
}
