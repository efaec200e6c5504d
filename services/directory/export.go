package directory

import (
	"context"
	"iter"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

const (
	// MaxExport is how many units are exported at most.
	MaxExport = 800_000
	// exportChunk is how many are in memory at once.
	exportChunk = 500
)

// UnitLine is a unit as a file of units has it.
type UnitLine struct {
	Unit
	ParentCode string // empty where the parent may not be read
}

// EachUnit gives all the units that Units lists, by code. It ends with the
// fault too_many_rows after MaxExport.
func (s *Service) EachUnit(ctx context.Context, actor policy.Actor, f UnitFilter) iter.Seq2[UnitLine, error] {
	rights := s.policy.Rights(ctx, actor, "unit")
	return func(yield func(UnitLine, error) bool) {
		codes := map[string]string{"": ""}
		for n := 0; ; {
			f.Limit = exportChunk
			us, err := s.listed(ctx, rights, f)
			if err == nil {
				err = s.parentCodes(ctx, rights, us, codes)
			}
			if n += len(us); err == nil && n > MaxExport {
				err = fault.New(fault.Invalid, "too_many_rows", "More than %d units are selected; choose a part of the tree.", MaxExport)
			}
			if err != nil {
				yield(UnitLine{}, err)
				return
			}
			for _, u := range us {
				if !yield(UnitLine{u, codes[u.ParentID]}, nil) {
					return
				}
			}
			if len(us) < exportChunk {
				return
			}
			f.After = us[len(us)-1].Code
		}
	}
}

// parentCodes looks up the codes of the parents of us that codes lacks.
func (s *Service) parentCodes(ctx context.Context, rights policy.Rights, us []Unit, codes map[string]string) error {
	var unknown []string
	for _, u := range us {
		if _, ok := codes[u.ParentID]; !ok {
			codes[u.ParentID] = ""
			unknown = append(unknown, u.ParentID)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	parents, err := s.store.UnitsByID(ctx, unknown)
	for _, p := range parents {
		if rights.Covers("read", p.target()) {
			codes[p.ID] = p.Code
		}
	}
	return err
}
