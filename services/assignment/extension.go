package assignment

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// ExtensionDetail is an extension request as one caller sees it.
type ExtensionDetail struct {
	ExtensionView
	May ExtensionMay
	// Blocked says why a request that waits cannot be granted now.
	Blocked fault.Text
}

// ExtensionMay says what the caller may do to an extension request now.
type ExtensionMay struct{ Grant, Refuse, Withdraw bool }

// RequestExtension asks the issuer for a later deadline.
func (s *Service) RequestExtension(ctx context.Context, actor policy.Actor, assignmentID string, w ExtensionWanted) (ExtensionDetail, error) {
	if err := fault.Check(w); err != nil {
		return ExtensionDetail{}, err
	}
	var x Extension
	d, err := s.act(ctx, actor, errand{id: assignmentID, act: RequestExtension}, func(st *step) error {
		if !w.DueAt.After(st.v.DueAt) || clock.Past(st.now, w.DueAt) {
			return fault.BadField("due_at", fault.Textf("expected a day whose end is in the future and after the deadline, %s", fault.Day(st.v.DueAt)), w.DueAt)
		}
		x = Extension{
			ID: id.New(), AssignmentID: st.v.ID, CampaignID: st.v.CampaignID, UnitID: st.v.UnitID, UnitPath: st.v.UnitPath,
			IssuerPath: st.v.IssuerPath, OfficeID: st.v.OfficeID, IssuerOfficeID: st.v.IssuerOfficeID, State: Requested, AskedDueAt: w.DueAt, DueAt: w.DueAt, Reason: w.Reason,
			RequestedBy: actor.PersonID, RequestedByName: actor.Name, RequestedAt: st.now, Version: 1,
		}
		st.typ, st.ev.Extension, st.hist.RelatedID = event.ExtensionRequested, x.wire(), x.ID
		st.hist.Text, st.reason = w.Reason, w.Reason
		st.more = append(st.more, func(ctx context.Context, tx Tx) error { return tx.InsertExtension(ctx, x) })
		return nil
	})
	if err != nil {
		return ExtensionDetail{}, err
	}
	return s.extension(d.View, x, s.policy.Rights(ctx, actor, "assignment")), nil
}

func (s *Service) extension(v View, x Extension, r policy.Rights) ExtensionDetail {
	return s.extensionDetail(ExtensionView{
		Extension: x, UnitName: v.UnitName, TaskTitle: v.TaskTitle, CampaignTitle: v.CampaignTitle,
		AssignmentState: v.State, CurrentDueAt: v.DueAt, OriginalDueAt: v.OriginalDueAt, CampaignState: v.CampaignState,
	}, r)
}

func (s *Service) extensionDetail(v ExtensionView, r policy.Rights) ExtensionDetail {
	a := Assignment{UnitID: v.UnitID, UnitPath: v.UnitPath, OfficeID: v.OfficeID, IssuerOfficeID: v.IssuerOfficeID, State: v.AssignmentState}
	open := v.State == Requested && v.CampaignState.Open()
	may := func(act Action) bool { return open && a.Allows(act) && allowed(r, a, act) }
	d := ExtensionDetail{ExtensionView: v, May: ExtensionMay{
		Grant: may(GrantExtension), Refuse: may(RefuseExtension), Withdraw: may(WithdrawExtension),
	}}
	if open && v.AssignmentState == Submitted {
		d.Blocked = inReview
	}
	return d
}

// inReview: a deadline is moved for what the unit has still to hand in; moved
// under a submission that waits, it would make late work look timely.
const inReview fault.Text = "The unit has handed in, and its submission waits for a review: return it, and the deadline can be moved; or refuse the request."

// extensionEnd is one of the three ways a request ends: by which action, in
// which state, and told by which event.
type extensionEnd struct {
	act   Action
	state string
	told  event.Type
}

var (
	extensionGranted   = extensionEnd{GrantExtension, Granted, event.ExtensionGranted}
	extensionRefused   = extensionEnd{RefuseExtension, Refused, event.ExtensionRefused}
	extensionWithdrawn = extensionEnd{WithdrawExtension, Withdrawn, event.ExtensionWithdrawn}
)

// decideExtension is the common part of them; the deadline of g counts where
// one is granted.
func (s *Service) decideExtension(ctx context.Context, actor policy.Actor, requestID string, end extensionEnd, g Granting) (ExtensionDetail, error) {
	if err := fault.Check(g); err != nil {
		return ExtensionDetail{}, err
	}
	x, err := s.store.Extension(ctx, requestID)
	if err != nil {
		return ExtensionDetail{}, err
	}
	d, err := s.act(ctx, actor, errand{id: x.AssignmentID, act: end.act}, func(st *step) error {
		had := x.Version
		if x, err = x.Decide(end.state, st.now); err != nil {
			return err
		}
		x.Answer, x.DecidedBy, x.DecidedByName = g.Answer, actor.PersonID, actor.Name
		if end.act == GrantExtension {
			if g.DueAt != nil {
				x.DueAt = *g.DueAt
			}
			if !x.DueAt.After(st.v.DueAt) {
				return fault.BadField("due_at", fault.Textf("expected a day after the deadline, %s", fault.Day(st.v.DueAt)), x.DueAt)
			}
			if err := s.withinParent(ctx, st.v, x.DueAt); err != nil {
				return err
			}
			st.v.DueAt = x.DueAt
		}
		st.typ, st.ev.Extension, st.hist.RelatedID = end.told, x.wire(), x.ID
		st.hist.Text, st.reason = g.Answer, g.Answer
		st.more = append(st.more, func(ctx context.Context, tx Tx) error { return tx.UpdateExtension(ctx, x, had) })
		return nil
	})
	if fault.Is(err, fault.NotFound) {
		err = fault.Missing("extension request")
	}
	if err != nil {
		return ExtensionDetail{}, err
	}
	return s.extension(d.View, x, s.policy.Rights(ctx, actor, "assignment")), nil
}

// withinParent keeps a delegated deadline within the one it came from.
func (s *Service) withinParent(ctx context.Context, v View, due time.Time) error {
	if v.ParentID == "" {
		return nil
	}
	p, err := s.store.View(ctx, v.ParentID)
	if err != nil {
		return err
	}
	if due.After(p.DueAt) {
		return fault.New(fault.Conflict, "after_parent", "The delegating unit's own deadline is %s; ask for an extension of that first.", fault.Day(p.DueAt))
	}
	return nil
}

// GrantExtension moves the deadline to the one asked for, or to that of g. The
// original deadline stays what it was.
func (s *Service) GrantExtension(ctx context.Context, actor policy.Actor, requestID string, g Granting) (ExtensionDetail, error) {
	return s.decideExtension(ctx, actor, requestID, extensionGranted, g)
}

// RefuseExtension leaves the deadline; answer says why and is needed.
func (s *Service) RefuseExtension(ctx context.Context, actor policy.Actor, requestID, answer string) (ExtensionDetail, error) {
	if err := fault.Check(Refusing{answer}); err != nil {
		return ExtensionDetail{}, err
	}
	return s.decideExtension(ctx, actor, requestID, extensionRefused, Granting{Answer: answer})
}

// WithdrawExtension takes a request back.
func (s *Service) WithdrawExtension(ctx context.Context, actor policy.Actor, requestID string) (ExtensionDetail, error) {
	return s.decideExtension(ctx, actor, requestID, extensionWithdrawn, Granting{})
}

// ListExtensions lists the requests in the caller's reach; toDecide keeps
// those that wait for the caller's decision.
func (s *Service) ListExtensions(ctx context.Context, actor policy.Actor, q ExtensionQuery, toDecide bool) ([]ExtensionDetail, error) {
	r := s.policy.Rights(ctx, actor, "assignment")
	q.Reach = r.Reach("open")
	if q.AssignmentID != "" {
		if _, err := s.opened(ctx, r, q.AssignmentID); err != nil {
			return nil, err
		}
	}
	if toDecide {
		mine := r.Reach("decide_extension")
		q.Mine, q.States = &mine, []string{Requested}
	}
	vs, err := s.store.Extensions(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([]ExtensionDetail, len(vs))
	for i, v := range vs {
		out[i] = s.extensionDetail(v, r)
	}
	return out, nil
}
