package insight

import (
	"context"
	"fmt"
	"iter"
)

const (
	// checkUnits is how many units' submissions or entries are in memory at once.
	checkUnits = 500
	// maxSentences bounds what a check tells.
	maxSentences = 1000
)

// TaskKey names a task.
type TaskKey struct{ CampaignID, TaskID string }

// Presence is a unit with assignments of a campaign.
type Presence struct{ UnitID, CampaignID string }

// Of is something and the path its unit is counted under, empty when nobody
// knows it.
type Of[T any] struct {
	Path  string
	Thing T
}

// Book reads sources and counters of one consistent state.
type Book interface {
	// Tasks lists the tasks that have assignments or counters.
	Tasks(ctx context.Context) ([]TaskKey, error)
	// Assignments calls f for every assignment of a task.
	Assignments(ctx context.Context, k TaskKey, f func(Of[Assignment])) error
	Tallies(ctx context.Context, k TaskKey) (map[TallyKey]Tally, error)
	Days(ctx context.Context, campaignID string) (map[DayKey]DayTally, error)

	// Campaigns lists those that have submissions or sums of figures.
	Campaigns(ctx context.Context) ([]string, error)
	// Submissions lists those of the next units after one, by unit.
	Submissions(ctx context.Context, campaignID, after string, units int) ([]Of[[]Submission], error)
	// Figures reads the counters of nodes after one up to another (to the
	// end when empty); own or below.
	Figures(ctx context.Context, campaignID string, own bool, after, upTo string) (map[FigureKey]FigureTally, map[ValueKey]ValueTally, error)

	Entries(ctx context.Context, after string, units int) ([]Of[[]Entry], error)
	EntryTallies(ctx context.Context, own bool, after, upTo string) (map[EntryKey]EntryTally, error)
	FacetTallies(ctx context.Context, own bool, after, upTo string) (map[FacetKey]FacetTally, error)

	// Unmarked lists units that have assignments of a campaign without being
	// marked so, at most limit.
	Unmarked(ctx context.Context, limit int) ([]Presence, error)

	// Found lists remembered units that the copy of the tree has.
	Found(ctx context.Context) ([]string, error)
}

// Books opens them.
type Books interface {
	// View shows one state; nothing changes in it.
	View(ctx context.Context, f func(context.Context, Book) error) error
	// Mend may change counters, while nobody else counts.
	Mend(ctx context.Context, f func(context.Context, Book, Tx) error) error
}

// Check counts everything again from the sources, compares it with the
// counters and returns a sentence for every difference; with repair it puts
// them right. It is exact while events go on coming, and holds no more in
// memory than the counters of one task or campaign at units that have others
// below them.
func (s *Service) Check(ctx context.Context, books Books, repair bool) ([]string, error) {
	var told []string
	var tasks []TaskKey
	var campaigns, found []string
	var unmarked []Presence
	err := books.View(ctx, func(ctx context.Context, b Book) (err error) {
		if found, err = b.Found(ctx); err != nil {
			return err
		}
		if unmarked, err = b.Unmarked(ctx, maxSentences); err != nil {
			return err
		}
		if tasks, err = b.Tasks(ctx); err != nil {
			return err
		}
		campaigns, err = b.Campaigns(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, u := range found {
		told = append(told, fmt.Sprintf("Unit %s is in the tree, but is still remembered as unknown.", u))
	}
	if repair && len(found) > 0 {
		if err := books.Mend(ctx, func(ctx context.Context, _ Book, tx Tx) error { return tx.DropStrays(ctx, found) }); err != nil {
			return told, err
		}
	}
	for _, p := range unmarked {
		told = append(told, fmt.Sprintf("Unit %s has assignments of campaign %s, but is not marked so.", p.UnitID, p.CampaignID))
	}
	for repair && len(unmarked) > 0 {
		err := books.Mend(ctx, func(ctx context.Context, b Book, tx Tx) (err error) {
			for _, p := range unmarked {
				if err := tx.Mark(ctx, p.CampaignID, []string{p.UnitID}); err != nil {
					return err
				}
			}
			unmarked, err = b.Unmarked(ctx, maxSentences)
			return err
		})
		if err != nil {
			return told, err
		}
	}
	var parts []func(context.Context, Book, func(*Deltas) error) ([]string, error)
	for _, k := range tasks {
		parts = append(parts, func(ctx context.Context, b Book, mend func(*Deltas) error) ([]string, error) {
			return checkTask(ctx, b, k, mend)
		})
	}
	for c, ks := range byCampaign(tasks) {
		parts = append(parts, func(ctx context.Context, b Book, mend func(*Deltas) error) ([]string, error) {
			return checkDays(ctx, b, c, ks, mend)
		})
	}
	for _, c := range campaigns {
		parts = append(parts, func(ctx context.Context, b Book, mend func(*Deltas) error) ([]string, error) {
			return checkFigures(ctx, b, c, mend)
		})
	}
	parts = append(parts, checkEntries)
	for _, check := range parts {
		var wrong []string
		err := books.View(ctx, func(ctx context.Context, b Book) (err error) {
			wrong, err = check(ctx, b, func(*Deltas) error { return nil })
			return err
		})
		if err != nil {
			return told, err
		}
		told = append(told, wrong...)
		if !repair || len(wrong) == 0 {
			continue
		}
		err = books.Mend(ctx, func(ctx context.Context, b Book, tx Tx) error {
			_, err := check(ctx, b, func(d *Deltas) error { return s.add(ctx, tx, d) })
			return err
		})
		if err != nil {
			return told, fmt.Errorf("repair roll-ups: %w", err)
		}
	}
	if n := len(told); n > maxSentences {
		told = append(told[:maxSentences:maxSentences], fmt.Sprintf("And %d more differences.", n-maxSentences))
	}
	return told, nil
}

// compare tells how stored differs from what it should be and has fix take
// the difference.
func compare[K comparable, V comparable](should, stored map[K]V, say func(K, V, V) string, fix func(K, V, V)) []string {
	var told []string
	var none V
	for k, v := range stored {
		if w := should[k]; w != v {
			told = append(told, say(k, v, w))
			fix(k, v, w)
		}
	}
	for k, w := range should {
		if _, ok := stored[k]; !ok && w != none {
			told = append(told, say(k, none, w))
			fix(k, none, w)
		}
	}
	return told
}

func lost(what, id string) string {
	return fmt.Sprintf("The unit of %s %s has no place in the tree, so it is counted nowhere.", what, id)
}

func checkTask(ctx context.Context, b Book, k TaskKey, mend func(*Deltas) error) ([]string, error) {
	should := NewDeltas()
	var told []string
	err := b.Assignments(ctx, k, func(a Of[Assignment]) {
		if a.Path == "" {
			told = append(told, lost("assignment", a.Thing.ID))
			return
		}
		should.assignment(a.Path, a.Thing, 1)
	})
	if err != nil {
		return nil, err
	}
	stored, err := b.Tallies(ctx, k)
	if err != nil {
		return nil, err
	}
	d := NewDeltas()
	told = append(told, compare(should.Tallies, stored, func(k TallyKey, have, want Tally) string {
		return fmt.Sprintf("Campaign %s, task %s, below unit %s: counted %+v, should be %+v.", k.CampaignID, k.TaskID, k.NodeID, have, want)
	}, func(k TallyKey, have, want Tally) { d.Tallies[k] = want.Plus(have, -1) })...)
	return told, mend(d)
}

// byCampaign gives each campaign with its tasks, which stand together in ks.
func byCampaign(ks []TaskKey) iter.Seq2[string, []TaskKey] {
	return func(yield func(string, []TaskKey) bool) {
		for len(ks) > 0 {
			n := 1
			for n < len(ks) && ks[n].CampaignID == ks[0].CampaignID {
				n++
			}
			if !yield(ks[0].CampaignID, ks[:n]) {
				return
			}
			ks = ks[n:]
		}
	}
}

// checkDays counts a campaign by day again. That a unit has no place is told
// by checkTask.
func checkDays(ctx context.Context, b Book, campaignID string, tasks []TaskKey, mend func(*Deltas) error) ([]string, error) {
	should := NewDeltas()
	for _, k := range tasks {
		err := b.Assignments(ctx, k, func(a Of[Assignment]) {
			if a.Path != "" {
				should.ByDay(Above(a.Path), a.Thing, 1)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	should.settle()
	stored, err := b.Days(ctx, campaignID)
	if err != nil {
		return nil, err
	}
	d := NewDeltas()
	told := compare(should.Days, stored, func(k DayKey, have, want DayTally) string {
		return fmt.Sprintf("Campaign %s on %s, below unit %s: counted %+v, should be %+v.", k.CampaignID, k.Day, k.NodeID, have, want)
	}, func(k DayKey, have, want DayTally) { d.Days[k] = want.Plus(have, -1) })
	return told, mend(d)
}

func checkFigures(ctx context.Context, b Book, campaignID string, mend func(*Deltas) error) ([]string, error) {
	below := NewDeltas()
	var told []string
	match := func(should *Deltas, own bool, after, upTo string) error {
		fs, vs, err := b.Figures(ctx, campaignID, own, after, upTo)
		if err != nil {
			return err
		}
		d := NewDeltas()
		told = append(told, compare(should.Figures, fs, func(k FigureKey, have, want FigureTally) string {
			return fmt.Sprintf("Campaign %s, figure %s of task %s at unit %s (own: %t): counted %+v, should be %+v.", k.CampaignID, k.Figure, k.TaskID, k.NodeID, k.Own, have, want)
		}, func(k FigureKey, have, want FigureTally) { d.Figures[k] = want.plus(have, -1) })...)
		told = append(told, compare(should.Values, vs, func(k ValueKey, have, want ValueTally) string {
			return fmt.Sprintf("Campaign %s, value %g of figure %s of task %s at unit %s (own: %t): counted %+v, should be %+v.", k.CampaignID, k.Value.Float(), k.Figure, k.TaskID, k.NodeID, k.Own, have, want)
		}, func(k ValueKey, have, want ValueTally) { d.Values[k] = want.plus(have, -1) })...)
		return mend(d)
	}
	for after := ""; ; {
		units, err := b.Submissions(ctx, campaignID, after, checkUnits)
		if err != nil {
			return nil, err
		}
		own := NewDeltas()
		upTo := ""
		for _, u := range units {
			upTo = u.Thing[0].UnitID
			if u.Path == "" {
				told = append(told, lost("submission", u.Thing[0].ID))
				continue
			}
			all := NewDeltas()
			all.figures(upTo, u.Path, campaignID, figuresOf(u.Thing), 1)
			all.settle()
			split(all.Figures, own.Figures, below.Figures, func(k FigureKey) bool { return k.Own }, FigureTally.plus)
			split(all.Values, own.Values, below.Values, func(k ValueKey) bool { return k.Own }, ValueTally.plus)
		}
		if len(units) < checkUnits {
			upTo = ""
		}
		if err := match(own, true, after, upTo); err != nil {
			return nil, err
		}
		if upTo == "" {
			return told, match(below, false, "", "")
		}
		after = upTo
	}
}

// split adds what is own to one and the rest to another.
func split[K comparable, V any](all, own, below map[K]V, isOwn func(K) bool, plus func(V, V, int64) V) {
	for k, v := range all {
		if isOwn(k) {
			own[k] = plus(own[k], v, 1)
		} else {
			below[k] = plus(below[k], v, 1)
		}
	}
}

func checkEntries(ctx context.Context, b Book, mend func(*Deltas) error) ([]string, error) {
	below := NewDeltas()
	var told []string
	match := func(should *Deltas, own bool, after, upTo string) error {
		stored, err := b.EntryTallies(ctx, own, after, upTo)
		if err != nil {
			return err
		}
		d := NewDeltas()
		told = append(told, compare(should.Entries, stored, func(k EntryKey, have, want EntryTally) string {
			return fmt.Sprintf("Register at unit %s (own: %t), campaign %q, %s %s %s %s: counted %+v, should be %+v.", k.NodeID, k.Own, k.CampaignID, k.Kind, k.Category, k.Severity, k.State, have, want)
		}, func(k EntryKey, have, want EntryTally) { d.Entries[k] = want.plus(have, -1) })...)
		facets, err := b.FacetTallies(ctx, own, after, upTo)
		if err != nil {
			return err
		}
		told = append(told, compare(should.Facets, facets, func(k FacetKey, have, want FacetTally) string {
			return fmt.Sprintf("Findings at unit %s (own: %t), campaign %q, %s %s in %s: counted %+v, should be %+v.", k.NodeID, k.Own, k.CampaignID, k.Facet, k.Value, k.Month, have, want)
		}, func(k FacetKey, have, want FacetTally) { d.Facets[k] = want.plus(have, -1) })...)
		return mend(d)
	}
	for after := ""; ; {
		units, err := b.Entries(ctx, after, checkUnits)
		if err != nil {
			return nil, err
		}
		own := NewDeltas()
		upTo := ""
		for _, u := range units {
			upTo = u.Thing[0].UnitID
			if u.Path == "" {
				told = append(told, lost(u.Thing[0].Kind, u.Thing[0].ID))
				continue
			}
			all := NewDeltas()
			for _, e := range u.Thing {
				all.registered(u.Path, e, 1)
			}
			split(all.Entries, own.Entries, below.Entries, func(k EntryKey) bool { return k.Own }, EntryTally.plus)
			split(all.Facets, own.Facets, below.Facets, func(k FacetKey) bool { return k.Own }, FacetTally.plus)
		}
		if len(units) < checkUnits {
			upTo = ""
		}
		if err := match(own, true, after, upTo); err != nil {
			return nil, err
		}
		if upTo == "" {
			return told, match(below, false, "", "")
		}
		after = upTo
	}
}
