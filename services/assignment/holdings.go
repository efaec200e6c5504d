package assignment

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Holdings counts what hangs on a person.
func (s *Service) Holdings(ctx context.Context, personID string) (int64, error) {
	return s.store.Holding(ctx, personID)
}

// TakeLeavers gives what people held who have left it to whom it was handed
// over, and to nobody where nobody was named. changed is the event that told of
// them. What somebody began to review waits for nobody: whoever may review goes on
// with it.
func (s *Service) TakeLeavers(ctx context.Context, tx Tx, changed event.Event, ps event.Persons) error {
	to := ps.Leavers(event.HeldAssignments)
	leavers := slices.Sorted(maps.Keys(to))
	for after := ""; len(leavers) > 0; {
		vs, err := tx.Held(ctx, leavers, after, chunk)
		if err != nil || len(vs) == 0 {
			return err
		}
		after = vs[len(vs)-1].ID
		for _, v := range vs {
			h := to[v.ResponsibleID][event.HeldAssignments]
			if err := s.giveTo(ctx, tx, changed, v, h); err != nil {
				return fmt.Errorf("hand assignment %s over: %w", v.ID, err)
			}
		}
	}
	return nil
}

// giveTo makes somebody, or nobody, responsible for an assignment.
func (s *Service) giveTo(ctx context.Context, tx Tx, changed event.Event, v View, h event.HandedOver) error {
	st := &step{
		now: s.clock.Now(), actor: policy.Actor{PersonID: changed.ActorID, Name: changed.ActorName}, was: v.Assignment, v: v,
		typ: event.AssignmentResponsibleChanged, cause: changed.ID, reason: changed.Reason,
		hist: History{Action: ChangeResponsible, Text: h.Name, RelatedID: h.To},
	}
	if h.To == "" {
		st.hist.Text = string(leftBehind)
	}
	st.v.Version++
	st.v.ResponsibleID, st.v.ResponsibleName = h.To, h.Name
	return s.write(ctx, tx, st)
}

// leftBehind is what the history says where nobody took it over.
const leftBehind fault.Text = "The responsible person has left it; nobody is responsible now."
