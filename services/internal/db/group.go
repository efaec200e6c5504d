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
// after the first in a savepoint of its own: one caller's failure undoes only
// its own work.
type group struct {
	db    *bun.DB
	wrote func() // called after each commit
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

func newGroup(db *bun.DB, wrote func()) *group {
	g := &group{db: db, wrote: wrote, calls: make(chan *call, maxGroup), stop: make(chan struct{}), done: make(chan struct{})}
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
	tx, err := g.db.BeginTx(context.Background(), nil)
	if err != nil {
		first.err = err
		return
	}
	// The first needs no savepoint, which costs a copy of every page it
	// changes: when it fails there is nothing else to keep.
	if first.attempt(tx); first.failed() {
		_ = tx.Rollback()
		return
	}
	var broken error
	for broken == nil && len(calls) < maxGroup {
		select {
		case c := <-g.calls:
			calls = append(calls, c)
			broken = c.inSavepoint(tx)
			continue
		default:
		}
		break
	}
	if broken != nil {
		err = fmt.Errorf("shared transaction: %w", broken)
	} else {
		err = tx.Commit()
	}
	if err != nil {
		_ = tx.Rollback()
		for _, c := range calls {
			if !c.failed() {
				c.err = err
			}
		}
		return
	}
	g.wrote()
}

func (c *call) failed() bool { return c.err != nil || c.panic != nil }

// attempt does the work of the call unless its caller has given up.
func (c *call) attempt(tx bun.Tx) {
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	defer func() {
		if p := recover(); p != nil {
			c.panic = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
	}()
	c.err = c.fn(context.WithoutCancel(c.ctx), tx)
}

// inSavepoint does the work of the call so that its failure undoes nobody
// else's; an error says that the transaction is of no use any more.
func (c *call) inSavepoint(tx bun.Tx) error {
	sp, err := tx.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if c.attempt(sp); c.failed() {
		return sp.Rollback()
	}
	return sp.Commit()
}

func (g *group) close() {
	close(g.stop)
	<-g.done
}
