package directory

import (
	"context"
	"time"
)

// Run does the background work until ctx ends: it applies imports, stores
// when sessions were last used, and ends those nobody uses.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for n := 0; ; n++ {
		s.try(ctx, "imports", s.workImports)
		if n%6 == 0 {
			s.try(ctx, "sessions in use", s.noteSeen)
		}
		if n%12 == 0 {
			s.try(ctx, "expired sessions", s.expireSessions)
		}
		select {
		case <-ctx.Done():
			// Otherwise a restart would make everybody's session older.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			s.try(last, "sessions in use", s.noteSeen)
			cancel()
			return
		case <-s.work:
		case <-tick.C:
		}
	}
}

func (s *Service) try(ctx context.Context, what string, f func(context.Context) error) {
	if err := f(ctx); err != nil && ctx.Err() == nil {
		s.log.Warn("directory: will try again", "what", what, "error", err)
	}
}

// Check verifies what must always hold and returns a sentence for each
// breach: paths are the parent's path and the own id (so there is no cycle),
// people's and grants' paths are those of their units, nobody holds two of
// the administrator roles. repair recomputes the paths.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	breaches, err := s.store.Breaches(ctx, repair)
	if repair {
		s.resolved.forget()
	}
	return breaches, err
}
