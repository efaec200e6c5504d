package job

import (
	"context"
	"log/slog"
	"time"

	"github.com/duban/duban/services/internal/db"
)

const (
	// Usually is how often a loop looks for work that nobody told of.
	Usually = time.Minute
	// patience is how long the end of a loop waits for work that does not heed it.
	patience = 10 * time.Second
)

// Loop has work done whenever there is some.
type Loop struct {
	what  string
	every time.Duration
	log   *slog.Logger
	work  func(context.Context) error
	bell  chan struct{}
	first func(context.Context) error
}

// NewLoop makes a loop that calls work at its start, when it is woken, and at least
// every so often. What names the work in the log.
func NewLoop(what string, every time.Duration, log *slog.Logger, work func(context.Context) error) *Loop {
	return &Loop{what: what, every: every, log: log, work: work, bell: make(chan struct{}, 1), first: func(context.Context) error { return nil }}
}

// Loop makes a loop that is woken by rows of the queue, whoever adds them.
func (q Queue) Loop(d *db.DB, log *slog.Logger, work func(context.Context) error) *Loop {
	l := NewLoop(q.Table, Usually, log, work)
	l.first = func(ctx context.Context) error { return q.Free(ctx, d) }
	d.OnDid(q.did(), l.Wake)
	d.Await(q.Table, q.Open, l.Wake)
	return l
}

// Wake has the loop look now. It never waits.
func (l *Loop) Wake() {
	select {
	case l.bell <- struct{}{}:
	default: // it will look anyway
	}
}

// Run works until ctx ends. It returns once the work has, or some seconds after
// ctx has ended.
func (l *Loop) Run(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(ctx)
	}()
	select {
	case <-done:
		return
	case <-ctx.Done():
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-done:
	case <-late.C:
		l.log.Warn("background work: does not end, and is left", "what", l.what)
	}
}

func (l *Loop) run(ctx context.Context) {
	l.try(ctx, l.first)
	tick := time.NewTicker(l.every)
	defer tick.Stop()
	for {
		l.try(ctx, l.work)
		select {
		case <-ctx.Done():
			return
		case <-l.bell:
		case <-tick.C:
		}
	}
}

func (l *Loop) try(ctx context.Context, f func(context.Context) error) {
	if err := f(ctx); err != nil && ctx.Err() == nil {
		l.log.Warn("background work: will try again", "what", l.what, "error", err)
	}
}
