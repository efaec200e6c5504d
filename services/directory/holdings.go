package directory

import (
	"context"
	"slices"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// UnitContacts is the kind of what hangs on a person here: the units whose
// responsible person they are. Other services name the kinds of theirs.
const UnitContacts = "unit_contacts"

// Holding is how much of one kind hangs on a person.
type Holding struct {
	Kind  string
	Count int64
}

// HandOver says who has one kind of what a person held; To is empty where
// nobody is to have it.
type HandOver struct{ Kind, To string }

// AskHoldings has ask answer what hangs on a person in other services; before
// anything runs. A service that is away is passed over: by itself it takes what
// it has from whoever is disabled.
func (s *Service) AskHoldings(ask func(ctx context.Context, personID string) ([]Holding, error)) {
	s.holdings = ask
}

// Holdings lists what hangs on a person the caller may change, kinds without
// any left out.
func (s *Service) Holdings(ctx context.Context, actor policy.Actor, personID string) ([]Holding, error) {
	if err := knownID("person", personID); err != nil {
		return nil, err
	}
	rights := s.policy.Rights(ctx, actor, "person")
	p, err := s.store.Person(ctx, personID)
	if err != nil {
		return nil, err
	}
	if err := fault.Unless(rights.Covers("write", p.target()), rights.Covers("read", p.target()), "person", personVerbs.Denied("change")); err != nil {
		return nil, err
	}
	return s.held(ctx, p)
}

func (s *Service) held(ctx context.Context, p Person) ([]Holding, error) {
	us, err := s.store.ContactOf(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	hs := []Holding{{Kind: UnitContacts, Count: int64(len(us))}}
	if s.holdings != nil {
		more, err := s.holdings(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		hs = append(hs, more...)
	}
	return slices.DeleteFunc(hs, func(h Holding) bool { return h.Count == 0 }), nil
}

// leaving refuses to take a person away from what hangs on them, unless it is
// said for each kind who has it instead, or that nobody has. It is asked before
// the transaction, for other services are.
func (s *Service) leaving(ctx context.Context, actor policy.Actor, personID string, over []HandOver) error {
	p, err := s.store.Person(ctx, personID)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil // as the command itself will say
	case err != nil || p.Disabled:
		return err
	}
	if !s.policy.Can(ctx, actor, "person", "write", p.target()) {
		return nil
	}
	hs, err := s.held(ctx, p)
	if err != nil {
		return err
	}
	for _, h := range hs {
		if !slices.ContainsFunc(over, func(o HandOver) bool { return o.Kind == h.Kind }) {
			return fault.New(fault.Conflict, "holdings_left", "Work hangs on this person. Say for each kind, with hand_over, who has it from now on, or that nobody has.").WithCurrent(listed(hs))
		}
	}
	return nil
}

// listed is the list of holdings as a refusal carries it.
func listed(hs []Holding) map[string]any {
	items := make([]map[string]any, len(hs))
	for i, h := range hs {
		items[i] = map[string]any{"kind": h.Kind, "count": h.Count}
	}
	return map[string]any{"items": items}
}

// handOver gives the units whose contact p is to whom they were handed over,
// and notes for other services who has what of theirs.
func (s *Service) handOver(ctx context.Context, tx Tx, actor policy.Actor, p *edited, over []HandOver) error {
	contact := ""
	for i, o := range over {
		h := event.HandedOver{Kind: o.Kind, To: o.To}
		if o.To != "" {
			to, err := tx.Person(ctx, o.To)
			if fault.Is(err, fault.NotFound) || err == nil && (to.Disabled || to.ID == p.ID || to.UnitID != p.UnitID) {
				return fault.BadField("body.hand_over", "expected another person who works at the same unit and is not disabled", o.To)
			}
			if err != nil {
				return err
			}
			h.Name = to.Name
		}
		if slices.ContainsFunc(over[:i], func(x HandOver) bool { return x.Kind == o.Kind }) {
			return fault.BadField("body.hand_over", "each kind is given once", o.Kind)
		}
		if o.Kind == UnitContacts {
			contact = o.To
		}
		p.over = append(p.over, h)
	}
	us, err := tx.ContactOf(ctx, p.ID)
	if err != nil || len(us) == 0 {
		return err
	}
	now := s.clock.Now()
	for i := range us {
		if us[i], err = tx.LockUnit(ctx, us[i].ID); err != nil {
			return err
		}
		us[i].ContactID, us[i].UpdatedAt = contact, now
		us[i].Version++
		if err := tx.UpdateUnit(ctx, us[i]); err != nil {
			return err
		}
	}
	return tx.Emit(ctx, unitsChanged(now, us...).By(actor.PersonID, actor.Name))
}
