package rectification

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/rectification/deed"
)

// How a finding is linked to an earlier one.
const (
	LinkRelapse   = "relapse"   // the earlier one was closed, and the fault is back
	LinkDuplicate = "duplicate" // the same fault, recorded twice
	LinkNone      = "none"      // takes a link back
)

// Proposal is an earlier finding that another one may repeat; a person decides.
type Proposal struct {
	FindingView
	Kind     string // relapse or duplicate
	Because  string // item, clause or text
	Likeness int    // percent
}

const (
	compared = 500 // earlier findings of a unit that are compared, the latest first
	proposed = 20
	alike    = 60 // percent from which two texts are worth a look
)

// Similar proposes earlier findings of the same unit that a finding may
// repeat: the same item of the same checklist, the same clause, or a similar
// text. One that is not closed is a duplicate, a closed one a relapse. Both have to
// be open to the caller.
func (s *Service) Similar(ctx context.Context, actor policy.Actor, findingID string) ([]Proposal, error) {
	r := s.policy.Rights(ctx, actor, "finding")
	f, err := s.openedFinding(ctx, r, findingID)
	if err != nil {
		return nil, err
	}
	fs, err := s.store.Earlier(ctx, f, r.Reach("open"), compared)
	if err != nil {
		return nil, err
	}
	ps := propose(f, fs)
	found := make([]Finding, len(ps))
	for i, p := range ps {
		found[i] = p.Thing
	}
	rows, err := s.findingRows(ctx, actor, r, found)
	if err != nil {
		return nil, err
	}
	for i := range ps {
		ps[i].FindingView = rows[i]
	}
	return ps, nil
}

// propose ranks earlier findings by how like f they are.
func propose(f Finding, earlier []Finding) []Proposal {
	var ps []Proposal
	for _, e := range earlier {
		p := Proposal{FindingView: FindingView{Row: Row[Finding, *FindingMay]{Thing: e}}, Kind: LinkDuplicate}
		if e.State == FindingClosed {
			p.Kind = LinkRelapse
		}
		p.Likeness = max(Likeness(plainTitle(f), plainTitle(e)), Likeness(f.Title+f.Text, e.Title+e.Text))
		switch {
		case f.ItemKey != "" && f.ItemKey == e.ItemKey && f.ChecklistSeries == e.ChecklistSeries:
			p.Because = "item"
		case f.Clause != "" && f.Clause == e.Clause:
			p.Because = "clause"
		case p.Likeness >= alike:
			p.Because = "text"
		default:
			continue
		}
		ps = append(ps, p)
	}
	rank := map[string]int{"item": 0, "clause": 1, "text": 2}
	slices.SortStableFunc(ps, func(a, b Proposal) int {
		return cmp.Or(cmp.Compare(rank[a.Because], rank[b.Because]), cmp.Compare(b.Likeness, a.Likeness))
	})
	return ps[:min(len(ps), proposed)]
}

// plainTitle is the title without the device it was found at.
func plainTitle(f Finding) string {
	if f.Device != "" {
		return strings.TrimPrefix(f.Title, f.Device+"：")
	}
	return f.Title
}

// Likeness tells in percent how many pairs of neighbouring letters two texts
// have in common, whatever stands between words: 100 for the same text, 0
// where they share none. It needs no list of words, so it serves Chinese.
func Likeness(a, b string) int {
	x, y := pairs(a), pairs(b)
	total, common := 0, 0
	for p, n := range x {
		total += n
		common += min(n, y[p])
	}
	for _, n := range y {
		total += n
	}
	if total == 0 {
		return 0
	}
	return 200 * common / total
}

func pairs(s string) map[[2]rune]int {
	m := map[[2]rune]int{}
	var last rune
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		r = unicode.ToLower(r)
		if last != 0 {
			m[[2]rune{last, r}]++
		}
		last = r
	}
	return m
}

// LinkFinding links a finding to an earlier one of the same unit as a relapse
// or as a duplicate, or takes the links back.
func (s *Service) LinkFinding(ctx context.Context, actor policy.Actor, on deed.Subject, in Link) (FindingView, error) {
	if err := fault.Check(in); err != nil {
		return FindingView{}, err
	}
	r := s.policy.Rights(ctx, actor, "finding")
	f, err := s.openFinding(ctx, r, on, deed.Permission{Right: "dismiss", Verb: "link"})
	if err != nil {
		return FindingView{}, err
	}
	if f.State == FindingDismissed {
		return FindingView{}, findingVerbs.WrongState("link", f.State)
	}
	if err := s.linkable(ctx, r, f, in); err != nil {
		return FindingView{}, err
	}
	f.RepeatsID, f.DuplicateOf = "", ""
	switch in.Kind {
	case LinkRelapse:
		f.RepeatsID = in.FindingID
	case LinkDuplicate:
		f.DuplicateOf = in.FindingID
	}
	was := f.Version
	f.Version++
	err = s.do(ctx, s.doer(actor), func(ctx context.Context, d deed.Deed[Tx]) error {
		if err := d.Tx.UpdateFinding(ctx, f.FindingHead, was); err != nil {
			return err
		}
		return d.Note(ctx, f.thing(), deed.Step{Action: "link", From: f.State, Event: event.FindingLinked, Reason: in.Kind})
	})
	if err != nil {
		return FindingView{}, err
	}
	return s.findingRow(ctx, actor, r, f)
}

// linkable tells whether f can be linked so.
func (s *Service) linkable(ctx context.Context, r policy.Rights, f Finding, in Link) error {
	if in.Kind == LinkNone {
		return nil
	}
	e, err := s.openedFinding(ctx, r, in.FindingID)
	if err != nil && !refused(err) {
		return err
	}
	switch {
	case err != nil || e.UnitID != f.UnitID || !e.before(f.FindingHead):
		return fault.BadField("finding_id", "there is no such earlier finding of this unit", in.FindingID)
	case in.Kind == LinkDuplicate && e.State == FindingClosed:
		return fault.BadField("kind", "the earlier finding is closed: what is found again after that is a relapse", in.Kind)
	case in.Kind == LinkDuplicate && e.DuplicateOf != "":
		return fault.BadField("finding_id", "it is a duplicate itself; name the one it repeats", in.FindingID)
	}
	return nil
}

// before tells that f was recorded before g; of two at one moment the ids decide.
func (f FindingHead) before(g FindingHead) bool {
	return f.FoundAt.Before(g.FoundAt) || f.FoundAt.Equal(g.FoundAt) && f.ID < g.ID
}
