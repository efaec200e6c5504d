package rectification

import (
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/deed"
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
func (s *Service) DecidePlan(ctx context.Context, actor policy.Actor, on deed.Subject, in PlanDecision) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "approve_plan", Verb: "decide the plan of"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActApprovePlan) || c.PlanState != PlanSubmitted {
			return fault.New(fault.Conflict, "no_plan", "No plan is waiting to be approved.")
		}
		c.PlanAnswer = in.Answer
		if in.Approve {
			c.PlanState = PlanApproved
			return t.do(ActApprovePlan, event.RectificationPlanApproved, said{reason: in.Answer})
		}
		if err := needText("answer", in.Answer); err != nil {
			return err
		}
		c.PlanState = PlanReturned
		return t.do(ActReturnPlan, event.RectificationPlanReturned, said{reason: in.Answer})
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
func (s *Service) MeasureDone(ctx context.Context, actor policy.Actor, on deed.Subject, in MeasureDone) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "plan", Verb: "mark a measure of"}, func(t *turn) error {
		m, err := t.liveMeasure(in.MeasureID, ActMeasureDone)
		if err != nil {
			return err
		}
		m.DoneAt, m.DoneBy, m.DoneNote, m.Percent = &t.Now, actor.PersonID, in.Note, 100
		t.c.Measures[slices.IndexFunc(t.c.Measures, func(x Measure) bool { return x.ID == m.ID })] = m
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateMeasure(ctx, m) })
		return t.do(ActMeasureDone, event.RectificationMeasureDone, said{text: m.Text})
	})
}

// MeasureProgress says how far a measure is. It may also go back.
func (s *Service) MeasureProgress(ctx context.Context, actor policy.Actor, on deed.Subject, in HowFar) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "plan", Verb: "report the progress of"}, func(t *turn) error {
		m, err := t.liveMeasure(in.MeasureID, ActMeasureProgress)
		if err != nil {
			return err
		}
		m.Percent = in.Percent
		p := Progress{ID: id.New(), MeasureID: m.ID, Percent: in.Percent, Note: in.Note, ByID: actor.PersonID, ByName: actor.Name, At: t.Now}
		t.also(func(ctx context.Context, tx Tx) error {
			if err := tx.AddProgress(ctx, t.c.ID, p); err != nil {
				return err
			}
			return tx.UpdateMeasure(ctx, m)
		})
		return t.do(ActMeasureProgress, event.RectificationMeasureProgressed, said{text: m.Text, reason: in.Note})
	})
}

// SignOff is the unit leader's word that it may be reported. A rejection, a
// new plan and a reopening take it back.
func (s *Service) SignOff(ctx context.Context, actor policy.Actor, on deed.Subject, in Note) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "sign_off", Verb: "sign off"}, func(t *turn) error {
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
		c.SignedBy, c.Signer, c.SignedAt = actor.PersonID, actor.Name, &t.Now
		return t.do(ActSignOff, event.RectificationSignedOff, said{reason: in.Note})
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

// PlanTx writes what a unit plans, asks for and says of it.
type PlanTx interface {
	// SetMeasures drops the measures there are and adds new ones.
	SetMeasures(ctx context.Context, id string, ms []Measure) error
	UpdateMeasure(ctx context.Context, m Measure) error
	// SetStages drops the stages there are and adds new ones.
	SetStages(ctx context.Context, id string, ss []Stage) error
	UpdateStage(ctx context.Context, s Stage) error
	AddProgress(ctx context.Context, id string, p Progress) error
	AddApplication(ctx context.Context, id string, a Application) error
	UpdateApplication(ctx context.Context, a Application) error
	AddExtension(ctx context.Context, id string, e Extension) error
	UpdateExtension(ctx context.Context, e Extension) error
}

// States of a close-out application.
const (
	ApplicationApplied   = "applied"
	ApplicationGranted   = "granted"
	ApplicationRefused   = "refused"
	ApplicationWithdrawn = "withdrawn" // with the order
)

// Application is a unit's application to be closed out.
type Application struct {
	ID        string
	ReportID  string // the report it rests on
	State     string
	Text      string
	AskedBy   string
	Asker     string
	AskedAt   time.Time
	Answer    string
	DecidedBy string
	Decider   string
	DecidedAt *time.Time
}

// ApplyCloseOut applies for what was reported to be closed out. Verification
// decides it: closing grants it, a rejection refuses it.
func (s *Service) ApplyCloseOut(ctx context.Context, actor policy.Actor, on deed.Subject, in CloseOut) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "report", Verb: "apply for the close-out of"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActApplyCloseOut) {
			return verbs.WrongState("apply for the close-out of", stateWord(c))
		}
		if c.CloseOutAsked {
			return fault.New(fault.Conflict, "application_open", "An application to be closed out is waiting for a decision already.")
		}
		a := Application{ID: id.New(), ReportID: c.SubmissionID, State: ApplicationApplied, Text: in.Text, AskedBy: actor.PersonID, Asker: actor.Name, AskedAt: t.Now}
		c.CloseOutAsked = true
		t.also(func(ctx context.Context, tx Tx) error { return tx.AddApplication(ctx, c.ID, a) })
		return t.do(ActApplyCloseOut, event.RectificationCloseOutAsked, said{reason: in.Text, submission: c.SubmissionID})
	})
}

// decideApplication ends the application that waits, where there is one.
func (t *turn) decideApplication(state, answer string) {
	for _, a := range t.c.Applications {
		if a.State != ApplicationApplied {
			continue
		}
		a.State, a.Answer, a.DecidedBy, a.Decider, a.DecidedAt = state, answer, t.Actor.PersonID, t.Actor.Name, &t.Now
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateApplication(ctx, a) })
	}
	t.c.CloseOutAsked = false
}
