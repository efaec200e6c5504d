package notice

import (
	"context"

	"github.com/duban/duban/policy"
)

// Follow is a stream without an inbox.
func (s *Service) Follow(ctx context.Context, a policy.Actor) (*Stream, error) {
	seat, err := s.hub.join(a.PersonID, s.reach(ctx, a), nil)
	return &Stream{service: s, personID: a.PersonID, seat: seat}, err
}
