package rectification

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// Acknowledge takes an order on; it may name the responsible person.
func (s *Service) Acknowledge(ctx context.Context, actor policy.Actor, on deed.Subject, in Responsible) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "acknowledge", Verb: "acknowledge"}, func(t *turn) error {
		if !t.c.State.Allows(ActAcknowledge) {
			return verbs.WrongState("acknowledge", stateWord(t.c))
		}
		if err := s.setResponsible(ctx, t.c, in.ResponsibleID); err != nil {
			return err
		}
		t.c.AckAt = &t.Now
		return t.do(ActAcknowledge, event.RectificationAcknowledged, said{})
	})
}

func (s *Service) setResponsible(ctx context.Context, c *Case, personID string) error {
	if personID == "" {
		return nil
	}
	p, err := s.person(ctx, "responsible_id", personID, c.UnitPath)
	if err == nil {
		c.ResponsibleID, c.Responsible = p.ID, p.Name
	}
	return err
}

// Start begins to rectify without a plan, or again after a rejection.
func (s *Service) Start(ctx context.Context, actor policy.Actor, on deed.Subject) (CaseView, error) {
	return s.act(ctx, actor, on, deed.Permission{Right: "plan", Verb: "start"}, func(t *turn) error {
		if !t.c.State.Reaches(ActStart) {
			return verbs.WrongState("start", stateWord(t.c))
		}
		if err := t.c.planError(); err != nil {
			return err
		}
		if err := t.before(ActStart); err != nil {
			return err
		}
		return t.do(ActStart, event.RectificationStarted, said{})
	})
}

// PlanInput is a unit's plan.
type PlanInput struct {
	Measures      []Measure `limit:"1..100"` // Text, PersonID or Person, DueAt
	Funds         string    `limit:"..1000"`
	Contingency   string    `limit:"..2000"`
	ResponsibleID string    `limit:"..64"`
}

// Plan sets the measures, each with a person and a date. A plan for a major
// finding also names the responsible person, funds and contingency (五落实).
// A new plan replaces the one before, which stays in the record.
func (s *Service) Plan(ctx context.Context, actor policy.Actor, on deed.Subject, in PlanInput) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "plan", Verb: "plan"}, func(t *turn) error {
		c := t.c
		if !c.State.Reaches(ActPlan) {
			return verbs.WrongState("plan", stateWord(c))
		}
		if err := s.setResponsible(ctx, c, in.ResponsibleID); err != nil {
			return err
		}
		if err := s.validMeasures(ctx, t, in.Measures); err != nil {
			return err
		}
		if c.Severity == checklist.Major {
			f := fault.New(fault.Invalid, "five_missing", "A major finding needs responsibility, measures, funds, deadline and contingency (五落实); see errors for what is missing.")
			if c.ResponsibleID == "" {
				f = f.WithField("responsible_id", "name the responsible person", nil)
			}
			if needText("", in.Funds) != nil {
				f = f.WithField("funds", "say which funds there are, or that none are needed", nil)
			}
			if needText("", in.Contingency) != nil {
				f = f.WithField("contingency", "say what is done until it is fixed", nil)
			}
			if len(f.Fields) > 0 {
				return f
			}
		}
		if err := t.before(ActPlan); err != nil {
			return err
		}
		c.HasPlan, c.Funds, c.Contingency, c.PlanState, c.PlanAnswer = true, in.Funds, in.Contingency, "", ""
		if c.ApprovePlan {
			c.PlanState = PlanSubmitted
		}
		c.unsign()
		c.Measures = in.Measures
		t.also(func(ctx context.Context, tx Tx) error { return tx.SetMeasures(ctx, c.ID, in.Measures) })
		return t.do(ActPlan, event.RectificationPlanned, said{text: fmt.Sprintf("%d", len(in.Measures))})
	})
}

func (s *Service) validMeasures(ctx context.Context, t *turn, ms []Measure) error {
	f := fault.New(fault.Invalid, "invalid", "Some measures are not valid; see errors for each.")
	for i := range ms {
		m := &ms[i]
		loc := fmt.Sprintf("measures[%d]", i)
		switch {
		case m.PersonID != "":
			p, err := s.person(ctx, loc+".person_id", m.PersonID, t.c.UnitPath)
			if fe := fault.As(err); fe != nil && fe.Kind == fault.Invalid {
				f = f.WithField(loc+".person_id", fe.Fields[0].Message, m.PersonID)
			} else if err != nil {
				return err
			}
			m.Person = p.Name
		case needText("", m.Person) != nil:
			f = f.WithField(loc+".person", "name the person who does it", nil)
		}
		m.DueAt = m.DueAt.UTC().Truncate(time.Microsecond)
		switch {
		case clock.Day(m.DueAt) < clock.Day(t.Now):
			f = f.WithField(loc+".due_at", "the date lies in the past", m.DueAt)
		case clock.Day(m.DueAt) > clock.Day(t.c.DueAt) && t.Now.Before(t.c.DueAt):
			f = f.WithField(loc+".due_at", "the date lies after the deadline of the order; ask for an extension first", m.DueAt)
		}
		m.ID, m.Position = id.New(), i+1
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// RequestExtension asks for a later deadline; one request at a time.
func (s *Service) RequestExtension(ctx context.Context, actor policy.Actor, on deed.Subject, in ExtensionRequest) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "request_extension", Verb: "ask for an extension of"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActRequestExtension) {
			return verbs.WrongState("ask for an extension of", stateWord(c))
		}
		if c.ExtensionAsked {
			return fault.New(fault.Conflict, "extension_open", "A request for a later deadline is waiting for a decision already.")
		}
		due, _, err := s.deadline(t.Now, in.Due, "at")
		if err != nil {
			return err
		}
		if !due.After(c.DueAt) {
			return fault.BadField("at", "expected a day after the deadline there is", due)
		}
		e := Extension{ID: id.New(), State: ExtensionRequested, DueAt: due, Reason: in.Reason, AskedBy: actor.PersonID, Asker: actor.Name, AskedAt: t.Now}
		c.ExtensionAsked = true
		t.also(func(ctx context.Context, tx Tx) error { return tx.AddExtension(ctx, c.ID, e) })
		return t.do(ActRequestExtension, event.RectificationExtensionAsked, said{reason: in.Reason, text: clock.Day(due)})
	})
}

func pending(c *Case) (Extension, error) {
	i := slices.IndexFunc(c.Extensions, func(e Extension) bool { return e.State == ExtensionRequested })
	if i < 0 {
		return Extension{}, fault.New(fault.Conflict, "no_extension", "No request for a later deadline is waiting for a decision.")
	}
	return c.Extensions[i], nil
}

// WithdrawExtension takes the waiting request back.
func (s *Service) WithdrawExtension(ctx context.Context, actor policy.Actor, on deed.Subject) (CaseView, error) {
	return s.act(ctx, actor, on, deed.Permission{Right: "request_extension", Verb: "take back the extension request of"}, func(t *turn) error {
		if _, err := pending(t.c); err != nil {
			return err
		}
		return t.endExtension()
	})
}

// DecideExtension grants the waiting request, with its date or another one, or
// refuses it. The original deadline stays.
func (s *Service) DecideExtension(ctx context.Context, actor policy.Actor, on deed.Subject, in ExtensionDecision) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "decide_extension", Verb: "decide an extension of"}, func(t *turn) error {
		c := t.c
		e, err := pending(c)
		if err != nil {
			return err
		}
		e.Answer, e.DecidedBy, e.Decider, e.DecidedAt = in.Answer, actor.PersonID, actor.Name, &t.Now
		c.ExtensionAsked = false
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateExtension(ctx, e) })
		if !in.Grant {
			if err := needText("answer", in.Answer); err != nil {
				return err
			}
			e.State = ExtensionRefused
			return t.do(ActRefuseExtension, event.RectificationExtensionDenied, said{reason: in.Answer})
		}
		if !in.Due.Given() {
			in.Due.At = &e.DueAt
		}
		due, _, err := s.deadline(t.Now, in.Due, "at")
		if err != nil {
			return err
		}
		if !due.After(c.DueAt) {
			return fault.BadField("at", "expected a day after the deadline there is", due)
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		e.State, e.DueAt = ExtensionGranted, due
		s.moveDue(t, due, th)
		return t.do(ActGrantExtension, event.RectificationExtended, said{reason: in.Answer, text: clock.Day(due)})
	})
}
