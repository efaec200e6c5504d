package feed

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/notice"
)

// Subject is where processes tell each other whose inbox has changed.
const Subject = "duban.signal.notice"

const (
	// most is how many people one announcement names.
	most = 500
	// giveUp is when an expected notice has not come: its transaction failed.
	giveUp = time.Minute
)

type announcement struct {
	From   string   `json:"from"`
	People []string `json:"people"`
}

type expected struct {
	seq   int64
	since time.Time
}

// Announcer implements notice.Announcer. What a transaction is about to
// change is announced once it is seen committed, so that no stream looks too
// early and then no more.
type Announcer struct {
	bus    *bus.Bus
	hub    *notice.Hub
	clock  clock.Clock
	log    *slog.Logger
	self   string
	commit chan struct{}

	mu   sync.Mutex
	wait map[string]expected
}

var _ notice.Announcer = (*Announcer)(nil)

// NewAnnouncer makes the announcer of a process and listens to the others;
// Run works it.
func NewAnnouncer(d *db.DB, b *bus.Bus, hub *notice.Hub, clk clock.Clock, log *slog.Logger) (*Announcer, error) {
	a := &Announcer{
		bus: b, hub: hub, clock: clk, log: log, self: id.New(),
		commit: make(chan struct{}, 1), wait: map[string]expected{},
	}
	d.OnCommit(func() {
		select {
		case a.commit <- struct{}{}:
		default:
		}
	})
	return a, b.OnSignal(Subject, func(_ string, data []byte) {
		var x announcement
		if json.Unmarshal(data, &x) == nil && x.From != a.self {
			hub.Wake(x.People...)
		}
	})
}

func (a *Announcer) Expect(personID string, seq int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.wait[personID] = expected{seq: max(seq, a.wait[personID].seq), since: a.clock.Now()}
}

func (a *Announcer) Changed(personID string) { a.tell([]string{personID}) }

func (a *Announcer) tell(people []string) {
	a.hub.Wake(people...)
	raw, err := json.Marshal(announcement{From: a.self, People: people})
	if err != nil {
		a.log.Error("announce", "error", err)
		return
	}
	a.bus.Signal(Subject, raw)
}

// Run announces until ctx ends. counts reads the inboxes as they are committed.
func (a *Announcer) Run(ctx context.Context, counts func(context.Context, []string) (map[string]notice.Count, error)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.commit:
		}
		for people := range slices.Chunk(a.waiting(), most) {
			now, err := counts(ctx, people)
			if err != nil {
				if ctx.Err() == nil {
					a.log.Warn("announce notices", "error", err)
				}
				break // with the next commit, or the streams' heartbeat
			}
			if done := a.settle(people, now); len(done) > 0 {
				a.tell(done)
			}
		}
	}
}

func (a *Announcer) waiting() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	people := make([]string, 0, len(a.wait))
	for p := range a.wait {
		people = append(people, p)
	}
	return people
}

// settle takes those off the list whose notices are committed, and returns them.
func (a *Announcer) settle(people []string, now map[string]notice.Count) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var done []string
	for _, p := range people {
		x, ok := a.wait[p]
		switch {
		case !ok:
		case now[p].LastSeq >= x.seq:
			delete(a.wait, p)
			done = append(done, p)
		case a.clock.Now().Sub(x.since) > giveUp:
			delete(a.wait, p)
		}
	}
	return done
}
