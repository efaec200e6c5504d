package directory

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
)

// Holding is how much of one kind, one of event.Held..., hangs on a person.
type Holding struct {
	Kind  string
	Count int64
	// Unknown: the service whose it is does not answer.
	Unknown bool
}

// none tells that nothing of the kind hangs on the person, for certain.
func (h Holding) none() bool { return h.Count == 0 && !h.Unknown }

// HandOver says who has one kind of what a person held; To is empty where
// nobody is to have it.
type HandOver struct {
	Kind string `limit:"..40"`
	To   string `limit:"..64"`
}

// AskHoldings has ask answer what hangs on people in other services, for each of
// them every kind there is; before anything runs. Kinds of a service that does not
// answer are unknown.
func (s *Service) AskHoldings(ask func(ctx context.Context, personIDs []string) (map[string][]Holding, error)) {
	s.holdings = ask
}

// Holdings lists what hangs on a person the caller may change, and what may,
// because it is not known; kinds without any left out.
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
	hs, err := s.held(ctx, p)
	return slices.DeleteFunc(hs[p.ID], Holding.none), err
}

// held is what hangs on people, by their id, every kind there is.
func (s *Service) held(ctx context.Context, ps ...Person) (map[string][]Holding, error) {
	hs := map[string][]Holding{}
	ids := make([]string, len(ps))
	for i, p := range ps {
		us, err := s.store.ContactOf(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		ids[i], hs[p.ID] = p.ID, []Holding{{Kind: event.HeldUnits, Count: int64(len(us))}}
	}
	if s.holdings == nil {
		return hs, nil
	}
	more, err := s.holdings(ctx, ids)
	for id, m := range more {
		hs[id] = append(hs[id], m...)
	}
	return hs, err
}

// leaving refuses to take people away from what hangs on them, unless it is
// said for each kind who has it instead, or that nobody has. Where a service does
// not answer, that has to be said of its kinds as well. It is asked before the
// transaction, for other services are. The answer is over with every kind there
// is: what comes to hang on somebody in the meantime is nobody's.
func (s *Service) leaving(ctx context.Context, actor policy.Actor, personIDs []string, over []HandOver) ([]HandOver, error) {
	var ps []Person
	for _, id := range personIDs {
		p, err := s.store.Person(ctx, id)
		switch {
		case fault.Is(err, fault.NotFound):
			continue // as the command itself will say
		case err != nil:
			return nil, err
		}
		if !p.Disabled && s.policy.Can(ctx, actor, "person", "write", p.target()) {
			ps = append(ps, p)
		}
	}
	hs, err := s.held(ctx, ps...)
	if err != nil {
		return nil, err
	}
	var items []map[string]any
	left, unknown := false, false
	whole := slices.Clone(over)
	for _, p := range ps {
		for _, h := range hs[p.ID] {
			said := slices.ContainsFunc(over, func(o HandOver) bool { return o.Kind == h.Kind })
			if !slices.ContainsFunc(whole, func(o HandOver) bool { return o.Kind == h.Kind }) {
				whole = append(whole, HandOver{Kind: h.Kind})
			}
			if h.none() {
				continue
			}
			items = append(items, map[string]any{"person_id": p.ID, "name": p.Name, "kind": h.Kind, "count": h.Count, "unknown": h.Unknown})
			left, unknown = left || !said && !h.Unknown, unknown || !said && h.Unknown
		}
	}
	current := map[string]any{"items": items}
	switch {
	case left:
		return nil, fault.New(fault.Conflict, "holdings_left", "Work hangs on this person. Say for each kind, with hand_over, who has it from now on, or that nobody has.").WithCurrent(current)
	case unknown:
		return nil, fault.New(fault.Unavailable, "holdings_unknown", "A part of the system does not answer, and work of this person may be there. Try again in a moment, or say with hand_over what becomes of each kind that is unknown.").
			WithCurrent(current).After(5 * time.Second)
	}
	return whole, nil
}

// handOver gives the units whose contact p is to whom they were handed over,
// and notes for other services who has what of theirs.
func (s *Service) handOver(ctx context.Context, d deed, p *edited, over []HandOver) error {
	contact := ""
	for i, o := range over {
		h := event.HandedOver{Kind: o.Kind, To: o.To}
		if o.To != "" {
			to, err := d.Person(ctx, o.To)
			if fault.Is(err, fault.NotFound) || err == nil && (to.Disabled || to.ID == p.ID || to.UnitID != p.UnitID) {
				return fault.BadField("hand_over", "expected another person who works at the same unit and is not disabled", o.To)
			}
			if err != nil {
				return err
			}
			h.Name = to.Name
		}
		if slices.ContainsFunc(over[:i], func(x HandOver) bool { return x.Kind == o.Kind }) {
			return fault.BadField("hand_over", "each kind is given once", o.Kind)
		}
		if o.Kind == event.HeldUnits {
			contact = o.To
		}
		p.over = append(p.over, h)
	}
	us, err := d.ContactOf(ctx, p.ID)
	if err != nil || len(us) == 0 {
		return err
	}
	now := s.clock.Now()
	for i := range us {
		if us[i], err = d.LockUnit(ctx, us[i].ID); err != nil {
			return err
		}
		us[i].ContactID, us[i].UpdatedAt = contact, now
		us[i].Version++
		if err := d.UpdateUnit(ctx, us[i]); err != nil {
			return err
		}
	}
	return d.Emit(ctx, unitsChanged(now, us...).By(d.actor.PersonID, d.actor.Name))
}
