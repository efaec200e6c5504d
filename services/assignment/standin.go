package assignment

import (
	"context"
	"slices"
	"strings"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// reviewRoles are the roles that the policy lets review assignments of whatever
// office: the levels between a unit and the office that issued.
func reviewRoles(e *policy.Engine) []string {
	var roles []string
	for _, r := range e.Rules() {
		if r.Resource == "assignment" && r.Action == "review" && r.Whose == policy.Anyone && !slices.Contains(roles, r.Role) {
			roles = append(roles, r.Role)
		}
	}
	return roles
}

// standsAbove tells whether the caller reviews for an office whose it is, at a unit
// that stands above the reviewer whose turn it is, and is the issuer or stands
// above that too: they may review in the reviewer's place where there is nobody.
func standsAbove(r policy.Rights, a Assignment) bool {
	if a.State != Submitted || a.ReviewerPath == "" || !strings.HasPrefix(a.UnitPath, a.ReviewerPath) {
		return false
	}
	return r.Reach("review").Some(targetOf(a), func(s policy.Span) bool {
		return s.For(a.OfficeID, a.IssuerOfficeID) && strictlyBelow(a.ReviewerPath, s.Path) && strings.HasPrefix(a.IssuerPath, s.Path)
	})
}

// able tells whether somebody who reviews at a unit can review a: they are not
// of the unit that did the work, and did not hand it in.
func able(p policy.Actor, a Assignment, roles []string) bool {
	return !a.HandedInBy(p.PersonID) && !p.Owns(a.UnitID) &&
		slices.ContainsFunc(p.Grants, func(g policy.Grant) bool { return g.UnitID == a.ReviewerID && slices.Contains(roles, g.Role) })
}

// standIns finds those of vs whose reviewing unit has nobody who is able, and
// in whose place the caller may review. It asks the store only where the
// caller stands above a reviewer at all.
func (s *Service) standIns(ctx context.Context, r policy.Rights, vs ...View) (map[string]bool, error) {
	var above []Assignment
	var units []string
	for _, v := range vs {
		if standsAbove(r, v.Assignment) {
			above = append(above, v.Assignment)
			units = append(units, v.ReviewerID)
		}
	}
	if len(above) == 0 {
		return nil, nil
	}
	people, err := s.store.Reviewers(ctx, units, s.reviewRoles)
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, a := range above {
		if !slices.ContainsFunc(people, func(p policy.Actor) bool { return able(p, a, s.reviewRoles) }) {
			in[a.ID] = true
		}
	}
	return in, nil
}

// stand records that the caller reviews in the place of a level that has
// nobody, and why; a reviewer whose turn it is says nothing of the kind.
func stand(st *step, why string) error {
	why = strings.TrimSpace(why)
	switch {
	case st.standsIn && why == "":
		return fault.New(fault.Invalid, "stand_in_reason", "The %s that reviews now has nobody who could. To review in its place, say why with stand_in.", fault.Word("level", st.was.ReviewLevel)).
			WithField("stand_in", "compulsory for a review in the place of another level", nil)
	case !st.standsIn && why != "":
		return fault.BadField("stand_in", "it is your own turn to review; leave this out", why)
	case st.standsIn:
		st.hist.StandIn = why
		st.ev.StandIn = &event.StandIn{UnitID: st.was.ReviewerID, Level: st.was.ReviewLevel, Reason: why}
	}
	return nil
}
