package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// How far a plan is that the office has to approve.
const (
	PlanSubmitted = "submitted"
	PlanApproved  = "approved"
	PlanReturned  = "returned"
)

// Progress is what was said about how far a measure is.
type Progress struct {
	ID        string
	MeasureID string
	Percent   int
	Note      string
	ByID      string
	ByName    string
	At        time.Time
}

// planError says why the plan keeps the unit from going on; nil when it does not.
func (r Rectification) planError() error {
	switch {
	case r.NeedsPlan && !r.HasPlan:
		return planNeeded()
	case r.ApprovePlan && r.PlanState != PlanApproved:
		return fault.New(fault.Conflict, "plan_not_approved", "The office has not approved the plan; wait for its decision, or give a new plan where it was returned.")
	}
	return nil
}

// reportError says what has to come before a report of the unit.
func (r Rectification) reportError() error {
	if err := r.planError(); err != nil {
		return err
	}
	if r.NeedsSignOff && r.SignedAt == nil {
		return fault.New(fault.Conflict, "sign_off_needed", "A leader of the unit has to sign it off before it is reported.")
	}
	return nil
}

func planNeeded() *fault.Error {
	return fault.New(fault.Conflict, "plan_needed", "This order asks for a plan; give the plan with its measures first.")
}

// DecidePlan approves the plan of an order that asks for approval, or returns
// it with a reason.
func (s *Service) DecidePlan(ctx context.Context, actor policy.Actor, rectificationID string, want int64, approve bool, answer string) (CaseView, error) {
	if err := fault.Check(PlanDecision{answer}); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, rectificationID, want, "approve_plan", "decide the plan of", func(t *turn, _ policy.Rights) error {
		c := t.c
		if !c.State.Allows(ActApprovePlan) || c.PlanState != PlanSubmitted {
			return fault.New(fault.Conflict, "no_plan", "No plan is waiting to be approved.")
		}
		c.PlanAnswer = answer
		if approve {
			c.PlanState = PlanApproved
			return t.do(ActApprovePlan, event.RectificationPlanApproved, said{reason: answer})
		}
		if err := needText("body.answer", answer); err != nil {
			return err
		}
		c.PlanState = PlanReturned
		return t.do(ActReturnPlan, event.RectificationPlanReturned, said{reason: answer})
	})
}

// liveMeasure is a measure of the plan that is not done yet.
func (t *turn) liveMeasure(measureID string, a Action) (Measure, error) {
	c := t.c
	i := slices.IndexFunc(c.Measures, func(m Measure) bool { return m.ID == measureID && !m.Dropped })
	if i < 0 {
		return Measure{}, fault.Missing("measure")
	}
	if !c.State.Reaches(a) {
		return Measure{}, verbs.WrongState("mark a measure of", stateWord(c))
	}
	if err := c.planError(); err != nil {
		return Measure{}, err
	}
	if c.Measures[i].DoneAt != nil {
		return Measure{}, fault.New(fault.Conflict, "measure_done", "The measure is marked as done already.")
	}
	return c.Measures[i], t.before(a)
}

// MeasureDone marks a measure of the plan as done.
func (s *Service) MeasureDone(ctx context.Context, actor policy.Actor, rectificationID, measureID string, want int64, note string) (CaseView, error) {
	if err := fault.Check(Note{note}); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, rectificationID, want, "plan", "mark a measure of", func(t *turn, _ policy.Rights) error {
		m, err := t.liveMeasure(measureID, ActMeasureDone)
		if err != nil {
			return err
		}
		m.DoneAt, m.DoneBy, m.DoneNote, m.Percent = &t.now, actor.PersonID, note, 100
		t.c.Measures[slices.IndexFunc(t.c.Measures, func(x Measure) bool { return x.ID == m.ID })] = m
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateMeasure(ctx, m) })
		return t.do(ActMeasureDone, event.RectificationMeasureDone, said{text: m.Text})
	})
}

// MeasureProgress says how far a measure is. It may also go back.
func (s *Service) MeasureProgress(ctx context.Context, actor policy.Actor, rectificationID, measureID string, want int64, percent int, note string) (CaseView, error) {
	if err := fault.Check(HowFar{percent, note}); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, rectificationID, want, "plan", "report the progress of", func(t *turn, _ policy.Rights) error {
		if percent < 0 || percent > 99 {
			return fault.BadField("body.percent", "expected 0 to 99; mark the measure as done when it is", percent)
		}
		m, err := t.liveMeasure(measureID, ActMeasureProgress)
		if err != nil {
			return err
		}
		if err := needText("body.note", note); err != nil {
			return err
		}
		m.Percent = percent
		p := Progress{ID: id.New(), MeasureID: m.ID, Percent: percent, Note: note, ByID: actor.PersonID, ByName: actor.Name, At: t.now}
		t.also(func(ctx context.Context, tx Tx) error {
			if err := tx.AddProgress(ctx, t.c.ID, p); err != nil {
				return err
			}
			return tx.UpdateMeasure(ctx, m)
		})
		return t.do(ActMeasureProgress, event.RectificationMeasureProgressed, said{text: m.Text, reason: note})
	})
}

// SignOff is the unit leader's word that it may be reported. A rejection, a
// new plan and a reopening take it back.
func (s *Service) SignOff(ctx context.Context, actor policy.Actor, rectificationID string, want int64, note string) (CaseView, error) {
	if err := fault.Check(Note{note}); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, rectificationID, want, "sign_off", "sign off", func(t *turn, _ policy.Rights) error {
		c := t.c
		if !c.State.Allows(ActSignOff) {
			return verbs.WrongState("sign off", stateWord(c))
		}
		if err := c.planError(); err != nil {
			return err
		}
		if c.SignedAt != nil {
			return fault.New(fault.Conflict, "signed_off", "%s has signed it off already.", c.Signer)
		}
		c.SignedBy, c.Signer, c.SignedAt = actor.PersonID, actor.Name, &t.now
		return t.do(ActSignOff, event.RectificationSignedOff, said{reason: note})
	})
}

// Plan are the measures that count.
func (c Case) Plan() []Measure {
	return slices.DeleteFunc(slices.Clone(c.Measures), func(m Measure) bool { return m.Dropped })
}

// awaitsSignOff tells that it is the leader's turn: it can be signed off, and
// everything that was planned is done.
func (c Case) awaitsSignOff() bool {
	return c.NeedsSignOff && c.SignedAt == nil && c.State.Allows(ActSignOff) && c.planError() == nil &&
		!slices.ContainsFunc(c.Plan(), func(m Measure) bool { return m.DoneAt == nil })
}

// dropPlan makes the plan there is, with its stages and the leader's word, one
// of the record.
func (t *turn) dropPlan() {
	c := t.c
	c.HasPlan, c.PlanState, c.PlanAnswer, c.Funds, c.Contingency = false, "", "", "", ""
	c.unsign()
	t.also(func(ctx context.Context, tx Tx) error {
		if err := tx.SetMeasures(ctx, c.ID, nil); err != nil {
			return err
		}
		return tx.SetStages(ctx, c.ID, nil)
	})
}

// unsign takes the leader's word back.
func (r *Rectification) unsign() { r.SignedBy, r.Signer, r.SignedAt = "", "", nil }
