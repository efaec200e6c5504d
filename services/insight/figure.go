package insight

import (
	"cmp"
	"fmt"
	"math"

	"github.com/duban/duban/api/event"
)

// States of a submission that stand.
const (
	submissionSealed   = "sealed"
	submissionAccepted = "accepted"
)

// Aggregates: how the values of a figure are put together.
const (
	AggregateSum  = "sum"
	AggregateMax  = "max"
	AggregateLast = "last"
)

// maxFigure bounds a single value: what the evidence service takes in.
const maxFigure = 1e15

// Amount is an exact sum of figures: whole units and millionths apart, so that
// taking a value away leaves what was there before, and the greatest values
// still add up. Figures are rounded to millionths.
type Amount struct{ Whole, Micro int64 }

func amount(v float64) Amount {
	whole := math.Trunc(v)
	return Amount{int64(whole), int64(math.Round((v - whole) * 1e6))}
}

func (a Amount) plus(o Amount, sign int64) Amount {
	return Amount{a.Whole + sign*o.Whole, a.Micro + sign*o.Micro}
}

// Float is the amount as a number.
func (a Amount) Float() float64 { return float64(a.Whole) + float64(a.Micro)/1e6 }

// Value is a number in a submission.
type Value struct {
	Figure    string  `json:"f"`
	Measure   string  `json:"m,omitempty"`
	Aggregate string  `json:"a"`
	Value     float64 `json:"v"`
}

// Submission is the source row of one version of a submission.
type Submission struct {
	CampaignID   string
	UnitID       string
	ID           string
	TaskID       string
	AssignmentID string
	Number       int64 // of the version, from 1
	State        string
	SealedUS     int64
	Values       []Value
	Version      int64
}

func (s Submission) stands() bool {
	return s.State == submissionSealed || s.State == submissionAccepted
}

// Part names a figure within a campaign, apart from where it was counted.
type Part struct {
	TaskID    string // empty for the campaign-wide value of AggregateLast
	Figure    string
	Measure   string
	Aggregate string
}

// FigureKey names a sum of a figure.
type FigureKey struct {
	NodeID     string
	CampaignID string
	Own        bool // of the node's own unit, else of those strictly below
	Part
}

// FigureTally is the sum of a figure and how many values are in it.
type FigureTally struct {
	Reported    Amount
	Accepted    Amount
	Reports     int64
	Acceptances int64
}

func (t FigureTally) plus(o FigureTally, sign int64) FigureTally {
	t.Reported = t.Reported.plus(o.Reported, sign)
	t.Accepted = t.Accepted.plus(o.Accepted, sign)
	t.Reports += sign * o.Reports
	t.Acceptances += sign * o.Acceptances
	return t
}

// ValueKey names one value of a figure whose greatest one counts.
type ValueKey struct {
	NodeID     string
	CampaignID string
	Own        bool
	TaskID     string
	Figure     string
	Measure    string
	Value      Amount
}

// ValueTally is how often the value stands.
type ValueTally struct {
	Reports     int64
	Acceptances int64
}

func (t ValueTally) plus(o ValueTally, sign int64) ValueTally {
	t.Reports += sign * o.Reports
	t.Acceptances += sign * o.Acceptances
	return t
}

// figures is what the submissions of one unit in one campaign contribute.
// NodeID, CampaignID and Own of its keys are not set.
type figures struct {
	sums   map[Part]FigureTally
	values map[ValueKey]ValueTally
}

// figuresOf puts together what stands. Only the newest standing version for
// each assignment counts.
func figuresOf(subs []Submission) figures {
	f := figures{map[Part]FigureTally{}, map[ValueKey]ValueTally{}}
	standing := map[string]Submission{}
	for _, s := range subs {
		if old, ok := standing[s.AssignmentID]; s.stands() && (!ok || newer(s, old)) {
			standing[s.AssignmentID] = s
		}
	}
	type latest struct {
		from  Submission
		tally FigureTally
	}
	last := map[Part]latest{}
	for _, s := range standing {
		accepted := flag(s.State == submissionAccepted)
		for _, v := range s.Values {
			t := FigureTally{Reported: amount(v.Value), Reports: 1, Acceptances: accepted}
			if accepted > 0 {
				t.Accepted = t.Reported
			}
			p := Part{s.TaskID, v.Figure, v.Measure, v.Aggregate}
			f.sums[p] = f.sums[p].plus(t, 1)
			switch v.Aggregate {
			case AggregateMax:
				k := ValueKey{TaskID: s.TaskID, Figure: v.Figure, Measure: v.Measure, Value: amount(v.Value)}
				f.values[k] = f.values[k].plus(ValueTally{1, accepted}, 1)
			case AggregateLast:
				p.TaskID = ""
				l, ok := last[p]
				switch {
				case ok && l.from.ID == s.ID:
					l.tally = l.tally.plus(t, 1)
				case !ok || cmp.Or(cmp.Compare(s.SealedUS, l.from.SealedUS), cmp.Compare(s.ID, l.from.ID)) > 0:
					l = latest{s, t}
				}
				last[p] = l
			}
		}
	}
	for p, l := range last {
		f.sums[p] = l.tally
	}
	return f
}

func newer(a, b Submission) bool {
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ID, b.ID)) > 0
}

// submissionOf reads the source row out of an event's data.
func submissionOf(e event.Submission) (Submission, error) {
	s := Submission{
		CampaignID: e.CampaignID, UnitID: e.UnitID, ID: e.ID, TaskID: e.TaskID, AssignmentID: e.TargetID,
		Number: int64(e.Number), State: e.State, SealedUS: micros(e.SealedAt), Version: e.Version,
		Values: []Value{},
	}
	for _, x := range e.Figures {
		if math.IsNaN(x.Value) || math.Abs(x.Value) > maxFigure {
			return s, fmt.Errorf("%w: figure %q of submission %s is %g; at most %g can be counted", ErrBroken, x.Figure, e.ID, x.Value, maxFigure)
		}
		v := Value{Figure: cmp.Or(x.Figure, x.RequirementID), Measure: x.Measure, Aggregate: x.Aggregate, Value: x.Value}
		if v.Aggregate != AggregateMax && v.Aggregate != AggregateLast {
			v.Aggregate = AggregateSum
		}
		s.Values = append(s.Values, v)
	}
	return s, nil
}
