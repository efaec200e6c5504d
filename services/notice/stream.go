package notice

import (
	"context"
	"sync"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// MaxStreams is how many live streams one person may have open in a process.
const MaxStreams = 5

// Hub knows the live streams of this process. Safe for concurrent use.
type Hub struct {
	mu     sync.Mutex
	seats  map[string]map[*seat]struct{}
	closed bool
}

type seat struct {
	woken chan struct{}
	gone  chan struct{}
}

// NewHub makes a hub without streams.
func NewHub() *Hub { return &Hub{seats: map[string]map[*seat]struct{}{}} }

// Wake has the streams of these people look for news.
func (h *Hub) Wake(personIDs ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range personIDs {
		for s := range h.seats[p] {
			select {
			case s.woken <- struct{}{}:
			default: // it will look anyway
			}
		}
	}
}

// Close ends all streams and lets no new one begin.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for _, seats := range h.seats {
		for s := range seats {
			close(s.gone)
		}
	}
}

func (h *Hub) join(personID string) (*seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fault.New(fault.Unavailable, "stopping", "The server is about to stop. Connect again in a moment.")
	}
	if len(h.seats[personID]) >= MaxStreams {
		return nil, fault.New(fault.Limited, "too_many_streams", "You have %d live streams open already. Close one, then try again.", MaxStreams)
	}
	s := &seat{woken: make(chan struct{}, 1), gone: make(chan struct{})}
	if h.seats[personID] == nil {
		h.seats[personID] = map[*seat]struct{}{}
	}
	h.seats[personID][s] = struct{}{}
	return s, nil
}

func (h *Hub) leave(personID string, s *seat) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.seats[personID], s)
	if len(h.seats[personID]) == 0 {
		delete(h.seats, personID)
	}
}

// Stream is one person's live view of their inbox.
type Stream struct {
	service  *Service
	personID string
	seat     *seat
	seq      int64 // everything up to here was handed out
}

// Open begins a live stream after the notice with the given id; when that is
// empty or no longer there it begins with what comes from now on. Close it.
func (s *Service) Open(ctx context.Context, a policy.Actor, after string) (*Stream, error) {
	if err := s.may(ctx, a, "read"); err != nil {
		return nil, err
	}
	// The seat comes before the look at the inbox, so that nothing that is
	// committed in between goes unseen.
	seat, err := s.hub.join(a.PersonID)
	if err != nil {
		return nil, err
	}
	st := &Stream{service: s, personID: a.PersonID, seat: seat}
	if st.seq, err = s.position(ctx, a.PersonID, after); err != nil {
		st.Close()
		return nil, err
	}
	return st, nil
}

func (s *Service) position(ctx context.Context, personID, after string) (int64, error) {
	if after != "" {
		n, err := s.store.Get(ctx, personID, after)
		if err == nil || !fault.Is(err, fault.NotFound) {
			return n.Seq, err
		}
	}
	c, err := s.count(ctx, personID)
	return c.LastSeq, err
}

// Woken receives when there may be news.
func (s *Stream) Woken() <-chan struct{} { return s.seat.woken }

// Gone is closed when the server is about to stop.
func (s *Stream) Gone() <-chan struct{} { return s.seat.gone }

// Next returns up to limit notices that were not handed out yet, oldest first.
func (s *Stream) Next(ctx context.Context, limit int) ([]Notice, error) {
	ns, err := s.service.store.After(ctx, s.personID, s.seq, limit)
	if len(ns) > 0 {
		s.seq = ns[len(ns)-1].Seq
	}
	return ns, err
}

// Count is the state of the inbox now.
func (s *Stream) Count(ctx context.Context) (Count, error) {
	return s.service.count(ctx, s.personID)
}

// Close gives the seat back.
func (s *Stream) Close() { s.service.hub.leave(s.personID, s.seat) }
