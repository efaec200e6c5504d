package assignment

import (
	"context"
	"iter"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

const (
	// MaxExport is how many assignments are exported at most.
	MaxExport = 200_000
	// exportChunk is how many are in memory at once.
	exportChunk = 500
)

// EachAssignment gives all that ListAssignments lists, by deadline, with
// nobody standing in. It ends with the fault too_many_rows after MaxExport.
func (s *Service) EachAssignment(ctx context.Context, actor policy.Actor, q AssignmentQuery, under string) (iter.Seq2[Detail, error], error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	if err := s.bound(ctx, r, &q, under); err != nil {
		return nil, err
	}
	q.ByID, q.Limit = false, exportChunk
	return func(yield func(Detail, error) bool) {
		for n := 0; ; {
			vs, err := s.store.Views(ctx, q)
			if err != nil {
				yield(Detail{}, err)
				return
			}
			if n += len(vs); n > MaxExport {
				yield(Detail{}, fault.New(fault.Invalid, "too_many_rows", "More than %d assignments are selected; choose a campaign or a unit.", MaxExport))
				return
			}
			for _, v := range vs {
				if !yield(s.detail(v, r, actor.PersonID, q.Now, false), nil) {
					return
				}
			}
			if len(vs) < exportChunk {
				return
			}
			last := vs[len(vs)-1]
			q.AfterDue, q.AfterID = last.DueAt, last.ID
		}
	}, nil
}
