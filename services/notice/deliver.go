package notice

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
)

// chunk bounds how many notices one statement stores or removes.
const chunk = 500

// ErrEarly says that an event names a unit the copy of the tree does not know yet.
var ErrEarly = errors.New("unit not known yet")

// Deliver stores the notices of one event. It fails with ErrEarly when the
// event names a unit that is not known yet; then nothing is stored.
func (s *Service) Deliver(ctx context.Context, tx Tx, e event.Event, ls []Letter) error {
	if len(ls) == 0 {
		return nil
	}
	b, err := newBook(ctx, tx, ls)
	if err != nil {
		return err
	}
	if err := b.fill(ctx, tx, e, ls); err != nil {
		return err
	}
	type post struct {
		letter Letter
		more   int
	}
	posts := map[string]*post{}
	for _, l := range ls {
		l.Params["unit"] = b.units[l.UnitID].Name
		seen := map[string]bool{}
		for _, c := range l.To {
			for _, p := range b.people(c) {
				if seen[p] || p == e.ActorID && !l.Actor {
					continue
				}
				seen[p] = true
				if x := posts[p]; x == nil {
					posts[p] = &post{letter: l}
				} else if x.letter.Kind == l.Kind {
					x.more++
				}
			}
		}
		if l.Actor && e.ActorID != "" && b.enabled[e.ActorID] && posts[e.ActorID] == nil {
			posts[e.ActorID] = &post{letter: l}
		}
	}
	now := s.clock.Now()
	ns := make([]Notice, 0, len(posts))
	for p, x := range posts {
		l := merge(x.letter, x.more)
		maps.DeleteFunc(l.Params, func(_, v string) bool { return v == "" })
		ns = append(ns, Notice{
			ID: e.ID, PersonID: p, Kind: l.Kind, SubjectType: l.SubjectType, SubjectID: l.SubjectID, UnitID: l.UnitID,
			Params: l.Params, ActorID: e.ActorID, ActorName: e.ActorName, At: e.Time.Truncate(time.Microsecond), CreatedAt: now,
		})
	}
	// Ascending, so that two replicas lock inboxes in the same order.
	slices.SortFunc(ns, func(a, b Notice) int { return strings.Compare(a.PersonID, b.PersonID) })
	for c := range slices.Chunk(ns, chunk) {
		counts, err := tx.Insert(ctx, c)
		if err != nil {
			return fmt.Errorf("store notices: %w", err)
		}
		for p, n := range counts {
			s.announce.Expect(p, n.LastSeq)
		}
	}
	return nil
}

// book is what has to be known to find the people of one event's letters,
// read in a handful of queries whatever the number of letters.
type book struct {
	units    map[string]Unit
	holders  map[string][]Holder // by unit
	serving  map[string][]Holder // by office
	anywhere map[string][]string // role → people
	enabled  map[string]bool
}

func newBook(ctx context.Context, tx Tx, ls []Letter) (*book, error) {
	ids := map[string]bool{}
	for _, l := range ls {
		ids[l.UnitID] = true
		for _, c := range l.To {
			ids[c.UnitID], ids[c.OfficeID] = true, true
		}
	}
	delete(ids, "")
	b := &book{holders: map[string][]Holder{}, serving: map[string][]Holder{}, anywhere: map[string][]string{}}
	var err error
	if b.units, err = tx.Units(ctx, keys(ids)); err != nil {
		return nil, err
	}
	for id := range ids {
		if _, ok := b.units[id]; !ok {
			return nil, fmt.Errorf("%w: %s", ErrEarly, id)
		}
	}
	return b, nil
}

// fill finds the people.
func (b *book) fill(ctx context.Context, tx Tx, e event.Event, ls []Letter) error {
	at, roles, anywhere, named := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{e.ActorID: true}
	serves := map[string][]string{} // office → roles
	for _, l := range ls {
		for _, c := range l.To {
			named[c.Person] = true
			if c.Contact {
				named[b.units[c.UnitID].ContactID] = true
			}
			if c.OfficeID != "" {
				serves[c.OfficeID] = append(serves[c.OfficeID], c.Roles...)
				continue
			}
			for _, r := range c.Roles {
				if c.Anywhere {
					anywhere[r] = true
				} else if u := b.place(c); u != "" {
					at[u], roles[r] = true, true
				}
			}
		}
	}
	delete(named, "")
	if len(at) > 0 {
		hs, err := tx.Holders(ctx, keys(at), keys(roles))
		if err != nil {
			return err
		}
		for _, h := range hs {
			b.holders[h.UnitID] = append(b.holders[h.UnitID], h)
		}
	}
	for o, roles := range serves {
		var err error
		if b.serving[o], err = tx.Serving(ctx, o, roles); err != nil {
			return err
		}
	}
	if len(anywhere) > 0 {
		hs, err := tx.Holders(ctx, nil, keys(anywhere))
		if err != nil {
			return err
		}
		for _, h := range hs {
			b.anywhere[h.Role] = append(b.anywhere[h.Role], h.PersonID)
		}
	}
	var err error
	if b.enabled, err = tx.Enabled(ctx, keys(named)); err != nil {
		return err
	}
	return b.nameAccounts(ctx, tx, ls)
}

// nameAccounts gives the letters about a person that person's name.
func (b *book) nameAccounts(ctx context.Context, tx Tx, ls []Letter) error {
	for _, l := range ls {
		if l.SubjectType != "person" {
			continue
		}
		names, err := tx.Names(ctx, []string{l.SubjectID})
		if err != nil {
			return err
		}
		l.Params["person"] = names[l.SubjectID]
	}
	return nil
}

// place is the unit whose holders a circle means.
func (b *book) place(c Circle) string {
	if c.Superior {
		return b.units[c.UnitID].ParentID
	}
	return c.UnitID
}

func (b *book) people(c Circle) []string {
	var ps []string
	if c.Person != "" && b.enabled[c.Person] {
		ps = append(ps, c.Person)
	}
	if c.Contact {
		if p := b.units[c.UnitID].ContactID; p != "" && b.enabled[p] {
			ps = append(ps, p)
		}
	}
	for _, r := range c.Roles {
		if c.Anywhere {
			ps = append(ps, b.anywhere[r]...)
		}
	}
	holders := b.holders[b.place(c)]
	if c.OfficeID != "" {
		holders = b.serving[c.OfficeID]
	}
	if !c.Anywhere {
		for _, h := range holders {
			if slices.Contains(c.Roles, h.Role) {
				ps = append(ps, h.PersonID)
			}
		}
	}
	return ps
}

// keys are the members of a set, ascending.
func keys(m map[string]bool) []string {
	ks := make([]string, 0, len(m))
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}
