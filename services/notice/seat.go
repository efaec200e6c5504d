package notice

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/duban/duban/policy"
)

const (
	// maxPending bounds the changes that wait for one stream; beyond it the
	// page is told to fetch everything again.
	maxPending = 256
	// maxOfCampaign is from how many changes within one campaign on they are
	// told as one change of the campaign.
	maxOfCampaign = 20
	// maxProgress bounds the jobs whose progress waits for one stream.
	maxProgress = 32
)

// seat is where a live stream waits, and what waits for it: however much
// happens and however slow the reader, no more than the bounds above.
type seat struct {
	woken chan struct{} // look into the inbox
	stir  chan struct{} // take
	gone  chan struct{}

	mu       sync.Mutex
	reach    map[policy.Right]policy.Reach // nil while it has to be found out anew
	pending  map[Change]waiting            // by kind and id
	within   map[string]int                // how many of pending belong to a campaign
	progress map[string]Progress
	reset    bool
	// Everything on the event stream epoch up to seq was looked at.
	epoch string
	seq   uint64
}

type waiting struct {
	version  int64
	campaign string
}

func newSeat(epoch string, reach map[policy.Right]policy.Reach) *seat {
	return &seat{
		woken: make(chan struct{}, 1), stir: make(chan struct{}, 1), gone: make(chan struct{}), reach: reach, epoch: epoch,
		pending: map[Change]waiting{}, within: map[string]int{}, progress: map[string]Progress{},
	}
}

// poke sends on a channel that holds one token.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it will look anyway
	}
}

// look takes in what an event means.
func (s *seat) look(seq uint64, hints []hint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seq <= s.seq {
		return // the stream comes from a process that is ahead of this one
	}
	s.seq = seq
	if s.reset || s.reach == nil {
		return // everything is fetched anew anyway
	}
	told := false
	for _, h := range hints {
		if h.campaign != "" && s.within[h.campaign] > maxOfCampaign {
			continue // told already, as a whole
		}
		if c, ok := h.shown(s.reach[h.bound()]); ok {
			s.add(c, h.campaign)
			told = true
		}
	}
	if told {
		poke(s.stir)
	}
}

func (s *seat) add(c Change, campaign string) {
	if s.reset {
		return
	}
	k := Change{Kind: c.Kind, ID: c.ID}
	w, known := s.pending[k]
	s.pending[k] = waiting{max(w.version, c.Version), campaign}
	if !known && campaign != "" {
		if s.within[campaign]++; s.within[campaign] > maxOfCampaign {
			for k, w := range s.pending {
				if w.campaign == campaign {
					delete(s.pending, k)
				}
			}
			s.pending[Change{Kind: KindCampaign, ID: campaign}] = waiting{}
		}
	}
	if len(s.pending) > maxPending {
		s.clear()
		s.reset = true
	}
}

func (s *seat) clear() {
	clear(s.pending)
	clear(s.within)
}

// begin says where on which event stream a seat is that was there before the
// stream was known.
func (s *seat) begin(epoch string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch, s.seq = epoch, seq
}

// over drops what waits: the reader has to fetch everything anew. stale says
// that the reader's rights have to be found out first.
func (s *seat) over(epoch string, seq uint64, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	s.reset, s.epoch, s.seq = true, epoch, seq
	if stale {
		s.reach = nil
	}
	poke(s.stir)
}

func (s *seat) advance(p Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.progress[p.ID]; known || len(s.progress) < maxProgress {
		s.progress[p.ID] = p
		poke(s.stir)
	}
}

// News is what a live stream tells besides the inbox.
type News struct {
	// Reset says that anything may have changed.
	Reset    bool
	Changes  []Change
	Progress []Progress
}

// take hands over what waits, and says up to where on the event stream that
// is. While the reader's rights are unknown there is nothing: stale says so.
func (s *seat) take() (n News, epoch string, seq uint64, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reach == nil {
		return n, s.epoch, s.seq, true
	}
	n.Reset = s.reset
	for c, w := range s.pending {
		n.Changes = append(n.Changes, Change{c.Kind, c.ID, w.version})
	}
	for _, p := range s.progress {
		n.Progress = append(n.Progress, p)
	}
	s.clear()
	clear(s.progress)
	s.reset = false
	slices.SortFunc(n.Changes, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
	})
	slices.SortFunc(n.Progress, func(a, b Progress) int { return strings.Compare(a.ID, b.ID) })
	return n, s.epoch, s.seq, false
}

// at is up to where on which event stream everything was looked at.
func (s *seat) at() (epoch string, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch, s.seq
}

// see goes on with these rights.
func (s *seat) see(reach map[policy.Right]policy.Reach) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reach = reach
	poke(s.stir)
}
