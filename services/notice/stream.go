package notice

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/duban/duban/policy"
)

// position is where a stream is: in the inbox, and among the changes on an
// event stream.
type position struct {
	inbox   int64
	epoch   string
	changes uint64
}

func (p position) String() string { return fmt.Sprintf("%d.%s.%d", p.inbox, p.epoch, p.changes) }

// parsePosition reads what String has written; ok is false for anything else.
func parsePosition(s string) (p position, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return p, false
	}
	var err1, err2 error
	p.inbox, err1 = strconv.ParseInt(parts[0], 10, 64)
	p.epoch = parts[1]
	p.changes, err2 = strconv.ParseUint(parts[2], 10, 64)
	return p, err1 == nil && err2 == nil
}

// Stream is one person's live view of their inbox and of what changes in
// their reach.
type Stream struct {
	service  *Service
	personID string
	seat     *seat
	told     position // everything up to here was handed out
}

// Open begins a live stream after a Position of an earlier one. When that is
// empty it begins with what comes from now on; when it is no longer known,
// with a reset as well. Close it.
func (s *Service) Open(ctx context.Context, a policy.Actor, after string) (*Stream, error) {
	if err := s.may(ctx, a, "read"); err != nil {
		return nil, err
	}
	var from *position
	p, ok := parsePosition(after)
	if after != "" {
		from = &p
	}
	// The seat comes before the look at the inbox, so that nothing that is
	// committed in between goes unseen.
	seat, err := s.hub.join(a.PersonID, s.reach(ctx, a), from)
	if err != nil {
		return nil, err
	}
	st := &Stream{service: s, personID: a.PersonID, seat: seat}
	st.told.epoch, st.told.changes = seat.at()
	c, err := s.count(ctx, a.PersonID)
	if err != nil {
		st.Close()
		return nil, err
	}
	st.told.inbox = c.LastSeq
	if ok {
		st.told.inbox = min(max(p.inbox, 0), c.LastSeq)
	}
	if ok && p.epoch == st.told.epoch {
		st.told.changes = min(p.changes, st.told.changes)
	}
	return st, nil
}

func (s *Service) reach(ctx context.Context, a policy.Actor) map[policy.Right]policy.Reach {
	return s.policy.Reaches(ctx, a, bounds()...)
}

// Woken receives when there may be something in the inbox.
func (s *Stream) Woken() <-chan struct{} { return s.seat.woken }

// Stirred receives when there may be News.
func (s *Stream) Stirred() <-chan struct{} { return s.seat.stir }

// Gone is closed when the server is about to stop.
func (s *Stream) Gone() <-chan struct{} { return s.seat.gone }

// Next returns up to limit notices that were not handed out yet, oldest first.
func (s *Stream) Next(ctx context.Context, limit int) ([]Notice, error) {
	return s.service.store.After(ctx, s.personID, s.told.inbox, limit)
}

// Told says that a notice was handed out.
func (s *Stream) Told(n Notice) { s.told.inbox = n.Seq }

// News returns what has changed since it was asked for last. stale says that
// the person's rights may not be what they were: call See first.
func (s *Stream) News() (n News, stale bool) {
	n, epoch, seq, stale := s.seat.take()
	if !stale {
		s.told.epoch, s.told.changes = epoch, seq
	}
	return n, stale
}

// See goes on with what the person may do now.
func (s *Stream) See(ctx context.Context, a policy.Actor) {
	s.seat.see(s.service.reach(ctx, a))
}

// Position is where a later stream has to begin to miss nothing.
func (s *Stream) Position() string { return s.told.String() }

// Count is the state of the inbox now.
func (s *Stream) Count(ctx context.Context) (Count, error) {
	return s.service.count(ctx, s.personID)
}

// Close gives the seat back.
func (s *Stream) Close() { s.service.hub.leave(s.personID, s.seat) }
