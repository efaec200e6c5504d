package rest

import (
	"context"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// lives are the requests that are under way, by session: a download, an upload
// or a live stream goes on for long, and none of them longer than its session.
type lives struct {
	mu sync.Mutex
	by map[string]map[*life]struct{}
	// ended are sessions that have ended lately: a request may have been let in
	// by an answer that is a moment old.
	ended *lru.Cache[string, struct{}]
}

type life struct {
	cancel context.CancelFunc
	ctl    *http.ResponseController
	over   chan struct{} // closed when the request is
	cut    sync.WaitGroup
}

func newLives() *lives {
	ended, _ := lru.New[string, struct{}](maxKnown) // fails for sizes below 1 only
	return &lives{by: map[string]map[*life]struct{}{}, ended: ended}
}

// begin lets a request live as long as its session; false when that is over.
// Call done when the request is.
func (l *lives) begin(ctx context.Context, session string, w http.ResponseWriter) (_ context.Context, done func(), ok bool) {
	ctx, cancel := context.WithCancel(ctx)
	x := &life{cancel: cancel, ctl: http.NewResponseController(w), over: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended.Contains(session) {
		cancel()
		return ctx, nil, false
	}
	if l.by[session] == nil {
		l.by[session] = map[*life]struct{}{}
	}
	l.by[session][x] = struct{}{}
	return ctx, func() { l.leave(session, x) }, true
}

func (l *lives) leave(session string, x *life) {
	l.mu.Lock()
	delete(l.by[session], x)
	if len(l.by[session]) == 0 {
		delete(l.by, session)
	}
	l.mu.Unlock()
	close(x.over)
	x.cut.Wait()
	x.cancel()
}

// end cuts what is under way for a session.
func (l *lives) end(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended.Add(session, struct{}{})
	for x := range l.by[session] {
		x.cancel()
		x.cut.Go(x.hold)
	}
}

// hold keeps a request from reading and writing any more. It may set deadlines
// of its own at any moment, so they are set again until it is over; then they
// are taken back, for the connection may serve others.
func (x *life) hold() {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	past := time.Unix(1, 0)
	for {
		_ = x.ctl.SetReadDeadline(past)
		_ = x.ctl.SetWriteDeadline(past)
		select {
		case <-t.C:
		case <-x.over:
			_ = x.ctl.SetReadDeadline(time.Time{})
			_ = x.ctl.SetWriteDeadline(time.Time{})
			return
		}
	}
}
