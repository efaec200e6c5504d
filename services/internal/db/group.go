package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/uptrace/bun"
)

// maxGroup bounds how many callers share one commit, so that the first of
// them does not wait for an endless stream of others.
const maxGroup = 64

var errClosed = errors.New("database is closed")

// group folds transactions that arrive while another commits into one, each
// in a savepoint of its own: one caller's failure undoes only its own work.
type group struct {
	db    *bun.DB
	calls chan *call
	stop  chan struct{}
	done  chan struct{}
}

type call struct {
	ctx   context.Context
	fn    func(context.Context, bun.Tx) error
	err   error
	panic any
	ready chan struct{}
}

func newGroup(db *bun.DB) *group {
	g := &group{db: db, calls: make(chan *call, maxGroup), stop: make(chan struct{}), done: make(chan struct{})}
	go g.loop()
	return g
}

func (g *group) do(ctx context.Context, fn func(context.Context, bun.Tx) error) error {
	// SQLite rolls the whole transaction back when one of its statements is
	// interrupted, which would take the other callers' work along: a caller
	// may give up before its turn, not in the middle of it.
	c := &call{ctx: ctx, fn: fn, ready: make(chan struct{})}
	select {
	case g.calls <- c:
	case <-ctx.Done():
		return ctx.Err()
	case <-g.stop:
		return errClosed
	}
	select {
	case <-c.ready:
	case <-g.done:
		select {
		case <-c.ready:
		default:
			return errClosed
		}
	}
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

func (g *group) loop() {
	defer close(g.done)
	for {
		select {
		case c := <-g.calls:
			g.commit(c)
		case <-g.stop:
			for {
				select {
				case c := <-g.calls:
					g.commit(c)
				default:
					return
				}
			}
		}
	}
}

func (g *group) commit(first *call) {
	calls := []*call{first}
	defer func() {
		for _, c := range calls {
			close(c.ready)
		}
	}()
	bg := context.Background()
	tx, err := g.db.BeginTx(bg, nil)
	if err != nil {
		first.err = err
		return
	}
	live := 0 // calls whose work is in tx
	run := func(c *call) error {
		if c.err = c.ctx.Err(); c.err != nil {
			return nil //nolint:nilerr // it ends this call only
		}
		sp, err := tx.BeginTx(bg, nil)
		if err != nil {
			return err
		}
		if c.err = c.run(sp); c.err != nil || c.panic != nil {
			return sp.Rollback()
		}
		live++
		return sp.Commit()
	}
	broken := run(first)
	for broken == nil && len(calls) < maxGroup {
		select {
		case c := <-g.calls:
			calls = append(calls, c)
			broken = run(c)
			continue
		default:
		}
		break
	}
	switch {
	case broken != nil:
		_ = tx.Rollback()
		err = fmt.Errorf("shared transaction: %w", broken)
	case live == 0:
		err = tx.Rollback()
	default:
		if err = tx.Commit(); err != nil {
			_ = tx.Rollback()
		}
	}
	if err != nil {
		for _, c := range calls {
			if c.err == nil && c.panic == nil {
				c.err = err
			}
		}
	}
}

func (c *call) run(tx bun.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c.panic = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	return c.fn(context.WithoutCancel(c.ctx), tx)
}

func (g *group) close() {
	close(g.stop)
	<-g.done
}
