package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/fault"
)

// chunkSize is how many lines take effect in one transaction of a large
// import: others wait for it.
const chunkSize = 250

// stageAtOnce is how many chunks are stored in one transaction.
const stageAtOnce = 8

// A process that stores an import holds on to it, with a word every few
// seconds: without one for stagedFor it is taken for dead and its import given
// up, because nobody else can change the directory meanwhile.
const (
	stagedFor  = 15 * time.Second
	stillAlive = 3 * time.Second
)

// chunk is a checked part of an import, as large as one event can carry.
type chunk struct {
	New     []Unit       `json:",omitempty"`
	Changed []unitChange `json:",omitempty"`
	People  []Person     `json:",omitempty"`
	Grants  []Grant      `json:",omitempty"`
}

type unitChange struct {
	ID    string
	Patch UnitPatch
}

func (s *Service) stage(ctx context.Context, imp Import, p *plan) (Import, error) {
	imp.State = Staging
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.claim(ctx, tx, p, imp.ID); err != nil {
			return err
		}
		return tx.InsertImport(ctx, imp)
	})
	if err != nil {
		return imp, err
	}
	defer s.hold(ctx, imp.ID)()
	var some []chunk
	for c := range p.chunks {
		if some = append(some, c); len(some) == stageAtOnce {
			if err = s.stageChunks(ctx, &imp, some); err != nil {
				break
			}
			some = nil
		}
	}
	if err == nil {
		err = s.stageChunks(ctx, &imp, some)
	}
	if err == nil {
		imp.State, imp.TouchedAt = Applying, s.clock.Now()
		err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
			if err := stillStaging(ctx, tx, imp.ID); err != nil {
				return err
			}
			return tx.UpdateImport(ctx, imp)
		})
	}
	if err != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if aerr := s.abandon(clean, imp.ID, "The import was interrupted while it was being stored."); aerr != nil {
			s.log.Warn("import: not cleaned up, will be in a moment", "import", imp.ID, "error", aerr)
		}
		return imp, err
	}
	s.Wake()
	return imp, nil
}

// hold says every few seconds that this process still stores an import, until
// release is called: the check of a large file may take a while between two
// chunks.
func (s *Service) hold(ctx context.Context, importID string) (release func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(stillAlive)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
				imp, err := tx.LockImport(ctx, importID)
				if err != nil || imp.State != Staging {
					return err
				}
				imp.TouchedAt = s.clock.Now()
				return tx.UpdateImport(ctx, imp)
			})
			if err != nil && ctx.Err() == nil {
				s.log.Warn("import: not held", "import", importID, "error", err)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// left tells whether nobody stores the import any more: the process that did
// has gone without a word for long, or is one that came before this, where
// only one process at a time can work on the database.
func (s *Service) left(imp Import) bool {
	return s.clock.Now().Sub(imp.TouchedAt) > stagedFor || s.store.Sole() && imp.Owner != s.process
}

// stillStaging locks an import that this process stores, and fails once another
// one has given it up: after a long pause this process does not know that.
func stillStaging(ctx context.Context, tx Tx, importID string) error {
	now, err := tx.LockImport(ctx, importID)
	if err == nil && now.State != Staging {
		err = fault.New(fault.Unavailable, "import_interrupted", "The import took too long to be stored; nothing was imported. Try again.")
	}
	return err
}

func (s *Service) stageChunks(ctx context.Context, imp *Import, cs []chunk) error {
	raws := make([][]byte, len(cs))
	for i, c := range cs {
		var err error
		if raws[i], err = json.Marshal(c); err != nil {
			return err
		}
	}
	imp.TouchedAt = s.clock.Now()
	err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		if err := stillStaging(ctx, tx, imp.ID); err != nil {
			return err
		}
		for i, raw := range raws {
			if err := tx.InsertChunk(ctx, imp.ID, imp.Chunks+int64(i), raw); err != nil {
				return err
			}
		}
		return tx.UpdateImport(ctx, *imp)
	})
	imp.Chunks += int64(len(cs))
	return err
}

// abandon gives up an import that was not stored whole.
func (s *Service) abandon(ctx context.Context, importID, reason string) error {
	return s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		imp, err := tx.LockImport(ctx, importID)
		if err != nil || imp.State != Staging {
			return err
		}
		imp.State, imp.Reason, imp.TouchedAt = Failed, reason, s.clock.Now()
		if err := tx.DropChunks(ctx, imp.ID, -1); err != nil {
			return err
		}
		if st.ImportID == imp.ID {
			st.ImportID = ""
			if err := tx.PutState(ctx, st); err != nil {
				return err
			}
		}
		return tx.UpdateImport(ctx, imp)
	})
}

// workImports applies imports that are stored whole and gives up those that are not
// and that nobody stores any more. One that cannot be applied keeps no other
// from it.
func (s *Service) workImports(ctx context.Context) error {
	open, err := s.store.OpenImports(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, imp := range open {
		switch {
		case imp.State != Staging:
			if err := s.applyAll(ctx, imp.ID); err != nil {
				errs = append(errs, fmt.Errorf("apply import %s: %w", imp.ID, err))
			}
		case s.left(imp):
			errs = append(errs, s.abandon(ctx, imp.ID, "The import was interrupted while it was being stored."))
		}
	}
	return errors.Join(errs...)
}

func (s *Service) applyAll(ctx context.Context, importID string) error {
	for more := true; more; {
		var now Import
		var err error
		if now, more, err = s.applyNext(ctx, importID); err != nil {
			return err
		}
		s.progress(now)
	}
	return s.store.Settle(ctx)
}

// applyNext applies one chunk; chunk and cursor commit together, so that each
// takes effect once however often the process dies.
func (s *Service) applyNext(ctx context.Context, importID string) (imp Import, more bool, err error) {
	err = s.change(ctx, func(ctx context.Context, tx Tx) error {
		st, err := tx.Lock(ctx)
		if err != nil {
			return err
		}
		if imp, err = tx.LockImport(ctx, importID); err != nil || imp.State != Applying {
			more = false
			return err
		}
		raw, err := tx.Chunk(ctx, imp.ID, imp.Applied)
		if fault.Is(err, fault.NotFound) {
			more = false
			return s.broken(ctx, tx, st, &imp)
		}
		if err != nil {
			return err
		}
		var c chunk
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		if err := s.apply(ctx, tx, imp, c); err != nil {
			return err
		}
		if err := tx.DropChunks(ctx, imp.ID, imp.Applied); err != nil {
			return err
		}
		imp.Applied++
		imp.TouchedAt = s.clock.Now()
		if more = imp.Applied < imp.Chunks; !more {
			imp.State = Done
			st.ImportID = ""
			st.Version++
			if err := tx.PutState(ctx, st); err != nil {
				return err
			}
		}
		return tx.UpdateImport(ctx, imp)
	})
	return imp, more, err
}

// broken ends an import of which a part is missing, which cannot happen unless
// somebody has changed the tables: it must not be in the way of all others.
func (s *Service) broken(ctx context.Context, tx Tx, st State, imp *Import) error {
	s.log.Error("import: a part of it is missing; it ends here", "import", imp.ID, "applied", imp.Applied, "parts", imp.Chunks)
	imp.State, imp.TouchedAt = Failed, s.clock.Now()
	imp.Reason = fmt.Sprintf("Part %d of %d is missing. What stands before it took effect; import the file again.", imp.Applied+1, imp.Chunks)
	st.ImportID = ""
	st.Version++
	return errors.Join(tx.DropChunks(ctx, imp.ID, -1), tx.PutState(ctx, st), tx.UpdateImport(ctx, *imp))
}

// apply has one chunk take effect.
func (s *Service) apply(ctx context.Context, tx Tx, imp Import, c chunk) error {
	now := s.clock.Now()
	by := func(e event.Event) event.Event { return e.By(imp.PersonID, imp.Name).Because("import " + imp.ID) }
	var namesakes []Unit // that were not in the file, or not in this chunk of it
	if len(c.New) > 0 {
		var err error
		if namesakes, err = tx.ShareNames(ctx, c.New, now); err != nil {
			return err
		}
		if err := tx.InsertUnits(ctx, c.New); err != nil {
			return err
		}
		if err := tx.Emit(ctx, by(unitsChanged(now, c.New...))); err != nil {
			return err
		}
	}
	var changed []Unit
	for _, x := range c.Changed {
		u, err := tx.LockUnit(ctx, x.ID)
		if err != nil {
			return err
		}
		was := u.Name
		x.Patch.apply(&u)
		others, err := renamed(ctx, tx, was, &u, now)
		if err != nil {
			return err
		}
		namesakes = append(namesakes, others...)
		u.Version++
		u.UpdatedAt = now
		if err := tx.UpdateUnit(ctx, u); err != nil {
			return err
		}
		changed = append(changed, u)
	}
	if len(changed) > 0 {
		if err := tx.Emit(ctx, by(unitsChanged(now, changed...))); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(namesakes, batch) {
		if err := tx.Emit(ctx, by(unitsChanged(now, part...))); err != nil {
			return err
		}
	}
	if len(c.People) > 0 {
		if err := tx.InsertPeople(ctx, c.People); err != nil {
			return err
		}
		if err := tx.Emit(ctx, by(personsChanged(now, c.People, nil))); err != nil {
			return err
		}
	}
	if len(c.Grants) > 0 {
		return s.applyGrants(ctx, tx, c.Grants, now, by)
	}
	return nil
}

// Wake has Run look for imports now.
func (s *Service) Wake() {
	select {
	case s.work <- struct{}{}:
	default:
	}
}
