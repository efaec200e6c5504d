package directory

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/id"
)

// Run does the background work until ctx ends: it applies imports, stores
// when sessions were last used, and ends those nobody uses.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(30 * time.Second)
	defer tick.Stop()
	rested := true
	for {
		s.try(ctx, "imports", s.workImports)
		if rested {
			s.try(ctx, "sessions in use", s.noteSeen)
			s.try(ctx, "expired sessions", s.expireSessions)
		}
		rested = false
		select {
		case <-ctx.Done():
			// Otherwise a restart would make everybody's session older.
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			s.try(last, "sessions in use", s.noteSeen)
			cancel()
			return
		case <-s.work:
		case <-tick.C:
			rested = true
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
// the administrator roles. repair recomputes the paths, and tells the other
// services as of any other change.
func (s *Service) Check(ctx context.Context, repair bool) ([]string, error) {
	if !repair {
		return s.store.Breaches(ctx, nil)
	}
	defer s.resolved.forget()
	return s.store.Breaches(ctx, s.mended)
}

// mended publishes what a repair has changed. Copies follow the same way as
// after a move: what they keep below the old path goes below the new one.
// That is only said of a path that was the unit's own, ending in its id: any
// other may be one that several units had.
func (s *Service) mended(ctx context.Context, tx Tx, m Mended) error {
	st, err := tx.Lock(ctx)
	if err != nil {
		return err
	}
	st.Version++ // an import that was checked before is checked again
	if err := tx.PutState(ctx, st); err != nil {
		return err
	}
	now := s.clock.Now()
	const why = "repair of what the check found"
	if len(m.Units) > 0 {
		byID, err := tx.UnitsByID(ctx, slices.Collect(maps.Keys(m.Units)))
		if err != nil {
			return err
		}
		us := slices.SortedFunc(maps.Values(byID), func(a, b Unit) int { return strings.Compare(a.Path, b.Path) })
		for _, u := range us {
			was := m.Units[u.ID]
			if was == u.Path || was != u.ID+"/" && !strings.HasSuffix(was, "/"+u.ID+"/") {
				continue
			}
			moved := event.Move{UnitID: u.ID, OldParentID: u.ParentID, NewParentID: u.ParentID, OldPath: was, NewPath: u.Path}
			if err := tx.Emit(ctx, event.New(id.New(), now, event.UnitMoved, u.ID, u.Version, moved).For(u.ID, u.Path).Because(why)); err != nil {
				return err
			}
		}
		if err := tx.Emit(ctx, unitsChanged(now, us...).Because(why)); err != nil {
			return err
		}
	}
	if len(m.People) == 0 {
		return nil
	}
	byID, err := tx.PeopleByID(ctx, m.People)
	if err != nil || len(byID) == 0 {
		return err
	}
	grants, err := tx.GrantsOf(ctx, m.People)
	if err != nil {
		return err
	}
	ps := slices.SortedFunc(maps.Values(byID), func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	return tx.Emit(ctx, personsChanged(now, ps, grants).Because(why))
}
