package assignment

import (
	"context"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/id"
)

// takeOverChunk is how many assignments are looked at at once after a move.
const takeOverChunk = 500

// Superior is who takes an assignment over whose unit has moved away from its
// issuer: the county the unit is in now, or its town where it is in none. There is
// none where the unit still lies below whom the campaign was launched for, whose
// office decides then.
func Superior(unitPath, issuerPath, campaignPath string, units map[string]Unit) (Unit, bool) {
	if strings.HasPrefix(unitPath, issuerPath) || strings.HasPrefix(unitPath, campaignPath) {
		return Unit{}, false
	}
	ids := id.InPath(unitPath)
	for _, uid := range ids[:len(ids)-1] {
		u, ok := units[uid]
		if !ok || u.Level != "county" && u.Level != "town" {
			continue
		}
		return u, true
	}
	return Unit{}, false
}

// TakeMove has the new superior of units that have moved take over what was
// issued to them and has not ended: the office that acts for it reviews, and
// decides about declines and later deadlines. The campaign stays its office's. moved is the event that
// told of the move; paths have followed already.
func (s *Service) TakeMove(ctx context.Context, tx Tx, moved event.Event, m event.Move) error {
	for after := ""; ; {
		vs, err := tx.Away(ctx, m.NewPath, after, takeOverChunk)
		if err != nil || len(vs) == 0 {
			return err
		}
		after = vs[len(vs)-1].ID
		var ids []string
		for _, v := range vs {
			ids = append(ids, id.InPath(v.UnitPath)...)
		}
		units, err := tx.Units(ctx, ids)
		if err != nil {
			return err
		}
		for _, v := range vs {
			if u, ok := Superior(v.UnitPath, v.IssuerPath, v.CampaignPath, units); ok && v.CampaignState.Takes(Approve) {
				if err := s.takeOver(ctx, tx, moved, v, u); err != nil {
					return err
				}
			}
		}
	}
}

func (s *Service) takeOver(ctx context.Context, tx Tx, moved event.Event, v View, to Unit) error {
	st := &step{
		now: s.clock.Now(), actor: policy.Actor{PersonID: moved.ActorID, Name: moved.ActorName}, was: v.Assignment, v: v,
		typ: event.AssignmentTakenOver, cause: moved.ID, hist: History{Action: TakeOver, Text: to.Name, RelatedID: to.ID},
	}
	office, err := tx.OfficeAt(ctx, to.ID)
	if err != nil {
		return err
	}
	if st.v.Assignment, err = v.Apply(TakeOver, st.now); err != nil {
		return err
	}
	st.v.IssuerID, st.v.IssuerPath, st.v.IssuerName, st.v.IssuerOfficeID = to.ID, to.Path, to.Name, office
	if v.State == Submitted {
		st.v.unreview()
		st.v.reviewedBy(to)
	}
	st.more = append(st.more, func(ctx context.Context, tx Tx) error { return tx.SetIssuer(ctx, v.ID, to, office) })
	return s.write(ctx, tx, st)
}
