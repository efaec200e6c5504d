package tablefile

import (
	"context"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/fault"
)

// Gate lets so many files be read at once, one of a person's, and has others
// wait for a short while.
type Gate struct {
	atOnce  int
	waiting int // that may wait
	wait    time.Duration

	mu      sync.Mutex
	waits   int
	inside  map[string]bool // by person
	changed chan struct{}
}

// NewGate makes a gate.
func NewGate(atOnce, waiting int, wait time.Duration) *Gate {
	return &Gate{atOnce: atOnce, waiting: waiting, wait: wait, inside: map[string]bool{}, changed: make(chan struct{})}
}

// shared is the gate of the process: what is read costs it, whichever service
// it is read for.
var sharedGate = NewGate(2, 16, 5*time.Second)

// Enter waits to be let in; leave must be called then. The error is a fault of
// the kind Limited where it is the person's own file that is in the way, and
// Unavailable where it is others'.
func (g *Gate) Enter(ctx context.Context, who string) (leave func(), err error) {
	end := time.NewTimer(g.wait)
	defer end.Stop()
	g.mu.Lock()
	defer g.mu.Unlock()
	for waited := false; g.inside[who] || len(g.inside) >= g.atOnce; waited = true {
		if !waited && g.waits >= g.waiting {
			return nil, g.busy(who)
		}
		g.waits++
		changed := g.changed
		g.mu.Unlock()
		over := false
		select {
		case <-changed:
		case <-end.C:
			over = true
		case <-ctx.Done():
			err = ctx.Err()
		}
		g.mu.Lock()
		g.waits--
		switch {
		case err != nil:
			return nil, err
		case over && (g.inside[who] || len(g.inside) >= g.atOnce):
			return nil, g.busy(who)
		}
	}
	g.inside[who] = true
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.inside, who)
		close(g.changed)
		g.changed = make(chan struct{})
	}, nil
}

func (g *Gate) busy(who string) error {
	if g.inside[who] {
		return fault.New(fault.Limited, "limited", "Another table of yours is being read. Send this one again in a moment.")
	}
	return fault.New(fault.Unavailable, "unavailable", "Tables of others are being read. Send this one again in a moment.")
}
