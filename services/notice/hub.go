package notice

import (
	"slices"
	"sync"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// MaxStreams is how many live streams one person may have open in a process.
const MaxStreams = 5

// maxRemembered bounds what a process remembers for streams that connect
// again: about two megabytes.
const maxRemembered = 8192

// Hub knows the live streams of this process, and the latest changes. Safe
// for concurrent use.
type Hub struct {
	mu     sync.Mutex
	seats  map[string]map[*seat]struct{}
	closed bool

	// The changes after floor, up to last; both are positions on the event
	// stream, which epoch names: another one counts anew.
	epoch       string
	floor, last uint64
	past        []moment
	remembered  int
}

type moment struct {
	seq    uint64
	hints  []hint
	rights []string // people whose rights it changed
}

func (m moment) weight() int { return len(m.hints) + len(m.rights) }

// NewHub makes a hub without streams.
func NewHub() *Hub { return &Hub{seats: map[string]map[*seat]struct{}{}} }

// Begin says that Happened is called from here on with everything that comes
// after floor on the event stream epoch. When it is not the first time, what
// came since the call before is lost, and the streams there are are told so.
func (h *Hub) Begin(epoch string, floor uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	first := h.epoch == ""
	h.epoch = epoch
	h.forget(floor)
	h.each(func(s *seat) {
		if first {
			s.begin(epoch, floor)
		} else {
			s.over(epoch, floor, false)
		}
	})
}

// Last is where on which event stream the hub is.
func (h *Hub) Last() (epoch string, seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.epoch, h.last
}

func (h *Hub) forget(floor uint64) {
	h.past, h.remembered = nil, 0
	h.floor, h.last = floor, floor
}

// Happened tells the streams of the event at seq.
func (h *Hub) Happened(seq uint64, x Happened) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq <= h.last {
		return
	}
	if x.moved {
		// Who sees what is not as it was, also for what is remembered.
		h.forget(seq)
		h.each(func(s *seat) { s.over(h.epoch, seq, true) })
		return
	}
	h.last = seq
	for _, p := range x.rights {
		for s := range h.seats[p] {
			s.over(h.epoch, seq, true)
		}
	}
	now := moment{seq, x.hints, x.rights}
	if now.weight() == 0 {
		return
	}
	h.past = append(h.past, now)
	for h.remembered += now.weight(); h.remembered > maxRemembered; {
		h.remembered -= h.past[0].weight()
		h.floor, h.past[0] = h.past[0].seq, moment{}
		h.past = h.past[1:]
	}
	h.each(func(s *seat) { s.look(seq, x.hints) })
}

// Progress tells a person's streams how far work is that they have started.
func (h *Hub) Progress(p Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.seats[p.PersonID] {
		s.advance(p)
	}
}

// Wake has the streams of these people look into their inbox.
func (h *Hub) Wake(personIDs ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range personIDs {
		for s := range h.seats[p] {
			poke(s.woken)
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
	h.each(func(s *seat) { close(s.gone) })
}

func (h *Hub) each(f func(*seat)) {
	for _, seats := range h.seats {
		for s := range seats {
			f(s)
		}
	}
}

// join gives a stream its seat. It begins after the position where another
// one has ended, with what has changed since; or, where that is no longer
// known, with a reset; or, without one, now.
func (h *Hub) join(personID string, reach map[policy.Right]policy.Reach, after *position) (*seat, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, fault.New(fault.Unavailable, "stopping", "The server is about to stop. Connect again in a moment.")
	}
	if len(h.seats[personID]) >= MaxStreams {
		return nil, fault.New(fault.Limited, "too_many_streams", "You have %d live streams open already. Close one, then try again.", MaxStreams)
	}
	s := newSeat(h.epoch, reach)
	switch {
	case after == nil:
		s.seq = h.last
	case after.epoch != h.epoch || h.epoch == "" || after.changes < h.floor:
		s.over(h.epoch, h.last, false)
	default:
		s.seq = after.changes
		for _, m := range h.past {
			if m.seq > after.changes && slices.Contains(m.rights, personID) {
				s.over(h.epoch, h.last, false)
				break
			}
			s.look(m.seq, m.hints)
		}
		s.seq = max(s.seq, h.last)
	}
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
