package insight

import "github.com/duban/duban/services/internal/id"

// Deltas are changes of counters, summed per counter before they are written:
// a chunk of 500 assignments becomes one line per unit above them.
type Deltas struct {
	Tallies map[TallyKey]Tally
	Figures map[FigureKey]FigureTally
	Values  map[ValueKey]ValueTally
	Entries map[EntryKey]EntryTally
	Facets  map[FacetKey]FacetTally
	Days    map[DayKey]DayTally

	local days
}

// NewDeltas makes an empty one.
func NewDeltas() *Deltas {
	return &Deltas{map[TallyKey]Tally{}, map[FigureKey]FigureTally{}, map[ValueKey]ValueTally{}, map[EntryKey]EntryTally{}, map[FacetKey]FacetTally{}, map[DayKey]DayTally{}, days{}}
}

// Above lists the ids of the units strictly above the one at path, from the top.
func Above(path string) []string {
	ids := id.InPath(path)
	return ids[:len(ids)-1]
}

// tally adds t to the counters of every node in nodes, sign times.
func (d *Deltas) tally(nodes []string, k TallyKey, t Tally, sign int64) {
	for _, n := range nodes {
		k.NodeID = n
		d.Tallies[k] = d.Tallies[k].Plus(t, sign)
	}
}

func (d *Deltas) assignment(path string, a Assignment, sign int64) {
	above := Above(path)
	d.tally(above, TallyKey{CampaignID: a.CampaignID, TaskID: a.TaskID, Deadlines: a.Deadlines}, a.Tally(), sign)
	d.ByDay(above, a, sign)
}

func (d *Deltas) figure(k FigureKey, t FigureTally, sign int64) {
	d.Figures[k] = d.Figures[k].plus(t, sign)
}

func (d *Deltas) value(k ValueKey, t ValueTally, sign int64) {
	d.Values[k] = d.Values[k].plus(t, sign)
}

func (d *Deltas) entry(node string, own bool, p EntryPart, t EntryTally, sign int64) {
	k := EntryKey{node, own, p}
	d.Entries[k] = d.Entries[k].plus(t, sign)
}

// figures adds what a unit's submissions contribute, at the unit and above it.
func (d *Deltas) figures(unit, path, campaign string, f figures, sign int64) {
	above := Above(path)
	for p, t := range f.sums {
		d.figure(FigureKey{unit, campaign, true, p}, t, sign)
		for _, n := range above {
			d.figure(FigureKey{n, campaign, false, p}, t, sign)
		}
	}
	for k, t := range f.values {
		k.NodeID, k.Own, k.CampaignID = unit, true, campaign
		d.value(k, t, sign)
		for _, n := range above {
			k.NodeID, k.Own = n, false
			d.value(k, t, sign)
		}
	}
}

func (d *Deltas) registered(path string, e Entry, sign int64) {
	d.entry(e.UnitID, true, e.part(), e.tally(), sign)
	for _, n := range Above(path) {
		d.entry(n, false, e.part(), e.tally(), sign)
	}
	d.facets(path, e, sign)
}

// settle forgets what came to nothing.
func (d *Deltas) settle() {
	for k, t := range d.Tallies {
		if t == (Tally{}) {
			delete(d.Tallies, k)
		}
	}
	for k, t := range d.Figures {
		if t == (FigureTally{}) {
			delete(d.Figures, k)
		}
	}
	for k, t := range d.Values {
		if t == (ValueTally{}) {
			delete(d.Values, k)
		}
	}
	for k, t := range d.Entries {
		if t == (EntryTally{}) {
			delete(d.Entries, k)
		}
	}
	for k, t := range d.Facets {
		if t == (FacetTally{}) {
			delete(d.Facets, k)
		}
	}
	for k, t := range d.Days {
		if t == (DayTally{}) {
			delete(d.Days, k)
		}
	}
}

// shift moves held, the numbers of a part of the tree, from the units in from
// to the units in to; units in both keep what they have.
func (d *Deltas) shift(held *Deltas, from, to []string) {
	stay := map[string]bool{}
	for _, n := range to {
		stay[n] = true
	}
	for _, n := range from {
		if stay[n] {
			delete(stay, n)
			continue
		}
		d.all(n, held, -1)
	}
	for _, n := range to {
		if stay[n] {
			d.all(n, held, 1)
		}
	}
}

func (d *Deltas) all(node string, held *Deltas, sign int64) {
	for k, t := range held.Tallies {
		d.tally([]string{node}, k, t, sign)
	}
	for k, t := range held.Figures {
		d.figure(FigureKey{node, k.CampaignID, false, k.Part}, t, sign)
	}
	for k, t := range held.Values {
		k.NodeID, k.Own = node, false
		d.value(k, t, sign)
	}
	for k, t := range held.Entries {
		d.entry(node, false, k.EntryPart, t, sign)
	}
	for k, t := range held.Facets {
		k.NodeID, k.Own = node, false
		d.facet(k, t, sign)
	}
	for k, t := range held.Days {
		d.day([]string{node}, k, t, sign)
	}
}
