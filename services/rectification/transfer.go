package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/deed"
)

// MaxBounces is how often an order is given back and forth; after that an
// arbiter says whose it is.
const MaxBounces = 2

// What a line of transfers records.
const (
	MoveTransfer = "transfer" // an inspector gave it to another unit
	MoveBounce   = "bounce"   // that unit gave it back
	MoveContest  = "contest"  // the unit says it is not its own; an arbiter decides
	MoveSettle   = "settle"   // the arbiter decided
)

// Move is one line of how an order went from unit to unit.
type Move struct {
	ID         string
	Kind       string
	FromUnitID string
	ToUnitID   string
	Reason     string
	ByID       string
	ByName     string
	At         time.Time
	Dropped    bool // before the last reopening
}

// move stores a line of how the order went.
func (t *turn) move(kind, from, to, reason string) {
	m := Move{ID: id.New(), Kind: kind, FromUnitID: from, ToUnitID: to, Reason: reason, ByID: t.Actor.PersonID, ByName: t.Actor.Name, At: t.Now}
	t.also(func(ctx context.Context, tx Tx) error { return tx.AddMove(ctx, t.c.ID, m) })
}

// held tells whether the order was with the unit before, since it was ordered
// or last reopened.
func (c Case) held(unitID string) bool {
	return slices.ContainsFunc(c.Moves, func(m Move) bool { return !m.Dropped && m.FromUnitID == unitID && m.ToUnitID != unitID })
}

// bouncesTo is the unit an order goes back to when the one that has it now
// bounces it: who had it before an inspector transferred it. Empty when only
// an arbiter can help.
func (c Case) bouncesTo() string {
	for _, m := range slices.Backward(c.Moves) {
		if !m.Dropped && m.FromUnitID != m.ToUnitID {
			if m.Kind != MoveTransfer || c.Bounces >= MaxBounces {
				return ""
			}
			return m.FromUnitID
		}
	}
	return ""
}

// handOver gives the case to another unit, which begins by acknowledging. The
// plan of the old one stays in the record.
func (s *Service) handOver(t *turn, u Unit, th clock.Thresholds, reason string) error {
	if err := t.endExtension(); err != nil {
		return err
	}
	c := t.c
	c.UnitID, c.UnitPath = u.ID, u.Path
	c.AckAt, c.AckDueAt = nil, s.cal.AddWorkdays(t.Now, th.AckDays)
	c.ResponsibleID, c.Responsible, c.Suspended, c.Contested = "", "", false, false
	t.also(func(ctx context.Context, tx Tx) error { return tx.SetUnit(ctx, c.ID, u.ID) })
	t.giveFindings(u, reason)
	t.dropPlan()
	return nil
}

// giveFindings makes the findings of the case those of the unit that has to
// rectify them now, which is told of each: where a finding counts follows from it.
func (t *turn) giveFindings(u Unit, reason string) {
	t.also(func(ctx context.Context, tx Tx) error {
		for i := range t.work {
			f := &t.work[i].FindingHead
			f.ResponsibleUnitID, f.ResponsibleUnitPath = "", ""
			if u.ID != f.UnitID {
				f.ResponsibleUnitID, f.ResponsibleUnitPath = u.ID, u.Path
			}
			was := f.Version
			f.Version++
			if err := tx.UpdateFinding(ctx, *f, was); err != nil {
				return err
			}
			if err := t.in(tx).Note(ctx, f.thing(), deed.Step{Action: "transfer", From: f.State, Event: event.FindingTransferred, Reason: reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

func contested() error {
	return fault.New(fault.Conflict, "contested", "Units say that this order is not theirs; an arbiter has to settle whose it is first.")
}

func settled() error {
	return fault.New(fault.Conflict, "settled", "An arbiter has settled whose this order is; that stands.")
}

// Transfer gives an order to the unit really responsible. The new unit begins
// by acknowledging, or bounces it. The findings are its own now: they count
// there, and both units read them.
func (s *Service) Transfer(ctx context.Context, actor policy.Actor, on deed.Subject, in Passing) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "transfer", Verb: "transfer"}, func(t *turn) error {
		c := t.c
		switch {
		case !c.State.Allows(ActTransfer):
			return verbs.WrongState("transfer", stateWord(c))
		case c.Contested:
			return contested()
		case c.Settled:
			return settled()
		}
		u, err := s.receiver(ctx, t, in.UnitID)
		if err != nil {
			return err
		}
		if c.held(u.ID) {
			return fault.New(fault.Conflict, "transfer_loop", "This unit had the order before and it went on; let an arbiter settle whose it is instead.").
				WithField("unit_id", "the order was with this unit already", in.UnitID)
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		if err := s.newDue(t, in.Due, th); err != nil {
			return err
		}
		from := c.UnitID
		if err := s.handOver(t, u, th, in.Reason); err != nil {
			return err
		}
		c.Transfers++
		c.TransferredBy = actor.PersonID
		t.move(MoveTransfer, from, u.ID, in.Reason)
		return t.do(ActTransfer, event.RectificationTransferred, said{reason: in.Reason, fromUnit: from})
	})
}

// receiver is the unit an order is to be given to: active, in reach, and not
// the one that has it.
func (s *Service) receiver(ctx context.Context, t *turn, unitID string) (Unit, error) {
	u, err := s.store.Unit(ctx, unitID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return u, err
	}
	if err != nil || !u.Active || !t.rights.Covers("transfer", target(u.ID, u.Path, t.c.OfficeID)) {
		return u, fault.BadField("unit_id", "there is no such active unit in your reach", unitID)
	}
	if u.ID == t.c.UnitID {
		return u, fault.BadField("unit_id", "the order is with this unit already", unitID)
	}
	return u, nil
}

// Bounce is a unit's answer that an order it has not acknowledged is not its
// own. What an inspector transferred goes back to the unit before, up to
// MaxBounces times; anything else waits for an arbiter. The deadline runs on.
func (s *Service) Bounce(ctx context.Context, actor policy.Actor, on deed.Subject, in Reason) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "acknowledge", Verb: "bounce"}, func(t *turn) error {
		c := t.c
		switch {
		case !c.State.Allows(ActBounce):
			return verbs.WrongState("bounce", stateWord(c))
		case c.Contested:
			return contested()
		case c.Settled:
			return settled()
		}
		from := c.UnitID
		if back := c.bouncesTo(); back != "" {
			u, err := s.store.Unit(ctx, back)
			if err != nil {
				return err
			}
			if u.Active {
				th, err := s.thresholds(ctx, c.CampaignID)
				if err != nil {
					return err
				}
				if err := s.handOver(t, u, th, in.Reason); err != nil {
					return err
				}
				c.Bounces++
				t.move(MoveBounce, from, u.ID, in.Reason)
				return t.do(ActBounce, event.RectificationTransferred, said{reason: in.Reason, text: MoveBounce, fromUnit: from})
			}
		}
		c.Contested = true
		t.move(MoveContest, from, from, in.Reason)
		return t.do(ActContest, event.RectificationContested, said{reason: in.Reason})
	})
}

// arbiterError says why somebody cannot be the arbiter of c: they gave it to a
// unit themselves.
func arbiterError(actor policy.Actor, c Rectification) error {
	if actor.PersonID == c.OrderedBy || actor.PersonID == c.TransferredBy {
		return fault.New(fault.Forbidden, "own_order", "You ordered or transferred this yourself; another inspector has to settle whose it is.")
	}
	return nil
}

// Settle is the arbiter's word on whose a contested order is: the unit that
// has it, or another one. It is final until the order is reopened.
func (s *Service) Settle(ctx context.Context, actor policy.Actor, on deed.Subject, in Settlement) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "transfer", Verb: "settle"}, func(t *turn) error {
		c := t.c
		if !c.Contested || !c.State.Allows(ActSettle) {
			return fault.New(fault.Conflict, "not_contested", "No unit says that this order is not its own; there is nothing to settle.")
		}
		if err := arbiterError(actor, c.Rectification); err != nil {
			return err
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		if err := s.newDue(t, in.Due, th); err != nil {
			return err
		}
		c.Contested, c.Settled = false, true
		from := c.UnitID
		if in.UnitID == "" || in.UnitID == from {
			c.AckDueAt = s.cal.AddWorkdays(t.Now, th.AckDays)
			t.move(MoveSettle, from, from, in.Reason)
			return t.do(ActSettle, event.RectificationSettled, said{reason: in.Reason})
		}
		u, err := s.receiver(ctx, t, in.UnitID)
		if err != nil {
			return err
		}
		if err := s.handOver(t, u, th, in.Reason); err != nil {
			return err
		}
		c.Transfers++
		t.move(MoveSettle, from, u.ID, in.Reason)
		return t.do(ActSettle, event.RectificationTransferred, said{reason: in.Reason, text: MoveSettle, fromUnit: from})
	})
}
