package insight

import (
	"context"
	"strings"

	"github.com/duban/duban/api/event"
)

// reseatChunk is how many units are counted anew at a time.
const reseatChunk = 500

// TakeUnits runs put, which changes the copy of the tree, and moves the
// numbers of the units whose path is another one afterwards.
func (s *Service) TakeUnits(ctx context.Context, tx Tx, e event.Units, put func() error) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	ids := make([]string, len(e.Units))
	for i, u := range e.Units {
		ids[i] = u.ID
	}
	before, err := tx.Paths(ctx, ids)
	if err != nil {
		return err
	}
	sectors, err := tx.Sectors(ctx, ids)
	if err != nil {
		return err
	}
	if err := put(); err != nil {
		return err
	}
	if err := s.takeSectors(ctx, tx, ids, before, sectors); err != nil {
		return err
	}
	after, err := tx.TreePaths(ctx, ids)
	if err != nil {
		return err
	}
	var from []Seat
	for _, u := range ids {
		if p := before[u]; p != "" && after[u] != "" && p != after[u] {
			from = append(from, Seat{u, p})
		}
	}
	if err := s.reseat(ctx, tx, from, func(u Seat) string { return after[u.UnitID] }); err != nil {
		return err
	}
	return tx.DropStrays(ctx, ids)
}

// takeSectors counts the findings of units again whose sector is another one
// now, where the units are still counted.
func (s *Service) takeSectors(ctx context.Context, tx Tx, ids []string, paths, was map[string]string) error {
	now, err := tx.Sectors(ctx, ids)
	if err != nil {
		return err
	}
	var changed []string
	for _, u := range ids {
		if paths[u] != "" && was[u] != now[u] {
			changed = append(changed, u)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	es, err := tx.FindingsOf(ctx, changed)
	if err != nil {
		return err
	}
	d := NewDeltas()
	for _, e := range es {
		d.facets(paths[e.UnitID], e, -1)
		e.Sector = now[e.UnitID]
		d.facets(paths[e.UnitID], e, 1)
		if err := tx.PutEntry(ctx, e); err != nil {
			return err
		}
	}
	return s.add(ctx, tx, d)
}

// TakeMove runs follow, which changes the paths in the copy of the tree and
// among the strays, and moves the numbers of everything below the unit.
func (s *Service) TakeMove(ctx context.Context, tx Tx, m event.Move, follow func() error) error {
	if err := tx.Lock(ctx); err != nil {
		return err
	}
	if m.OldPath == m.NewPath {
		return follow()
	}
	known, err := tx.Paths(ctx, []string{m.UnitID})
	if err != nil {
		return err
	}
	arrived, err := tx.Under(ctx, m.NewPath, "", 1)
	if err != nil {
		return err
	}
	if known[m.UnitID] == m.OldPath && len(arrived) == 0 {
		// All that is counted at the unit is at the old place: the counters
		// of the unit itself say what its ancestors lose and gain.
		held, err := s.held(ctx, tx, m.UnitID)
		if err != nil {
			return err
		}
		d := NewDeltas()
		d.shift(held, Above(m.OldPath), Above(m.NewPath))
		if err := s.add(ctx, tx, d); err != nil {
			return err
		}
		return follow()
	}
	// Some of it has already been told to be at the new place: unit by unit.
	for after := ""; ; {
		seats, err := tx.Under(ctx, m.OldPath, after, reseatChunk)
		if err != nil {
			return err
		}
		if len(seats) == 0 {
			return follow()
		}
		after = seats[len(seats)-1].UnitID
		err = s.reseat(ctx, tx, seats, func(u Seat) string { return m.NewPath + strings.TrimPrefix(u.Path, m.OldPath) })
		if err != nil {
			return err
		}
	}
}

// held is everything counted at a unit: its own and what is below.
func (s *Service) held(ctx context.Context, tx Tx, unitID string) (*Deltas, error) {
	held, err := tx.Below(ctx, unitID)
	if err != nil {
		return nil, err
	}
	own, err := tx.Own(ctx, []string{unitID})
	if err != nil {
		return nil, err
	}
	if o := own[unitID]; o != nil {
		held.merge(o)
	}
	return held, nil
}

// merge adds the numbers of o, whatever node they were read from.
func (d *Deltas) merge(o *Deltas) {
	d.all("", o, 1)
}

// reseat moves the own numbers of units from where they were counted.
func (s *Service) reseat(ctx context.Context, tx Tx, from []Seat, to func(Seat) string) error {
	for len(from) > 0 {
		n := min(len(from), reseatChunk)
		ids := make([]string, n)
		for i, u := range from[:n] {
			ids[i] = u.UnitID
		}
		own, err := tx.Own(ctx, ids)
		if err != nil {
			return err
		}
		d := NewDeltas()
		for _, u := range from[:n] {
			if o := own[u.UnitID]; o != nil {
				d.shift(o, Above(u.Path), Above(to(u)))
			}
		}
		if err := s.add(ctx, tx, d); err != nil {
			return err
		}
		from = from[n:]
	}
	return nil
}
