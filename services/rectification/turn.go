package rectification

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/deed"
)

// turn collects what one command does to a case: each step with its line of
// history and its event, all stored together or not at all.
type turn struct {
	deed.Doer
	rights policy.Rights // on rectifications, of a command's actor
	c      *Case
	was    int64
	ids    []string

	events  []event.Event
	entries []deed.Entry
	writes  []func(ctx context.Context, tx Tx) error
	work    []Finding // the findings, in the run of the transaction
}

// said is what goes with a step.
type said struct {
	reason, text string
	fromUnit     string
	toPerson     string
	submission   string
	// own is a reason in words of the system's own: the history keeps it for
	// readers of any language, the event tells it in English.
	own fault.Text
	// code is that of own, which the event tells in its text.
	code string
}

// turnOf begins the changes to c.
func turnOf(by deed.Doer, c *Case) *turn {
	return &turn{Doer: by, c: c, was: c.Version, ids: c.FindingIDs()}
}

// do takes one step. What it changes besides the state is set before.
func (t *turn) do(a Action, typ event.Type, o said) error {
	from := t.c.State
	to, err := from.Next(a)
	if err != nil {
		return err
	}
	t.c.State = to
	if from == Ordered && to != Ordered {
		t.c.Contested = false // the unit takes it on after all
	}
	t.c.Version++
	t.note(a, from, typ, o)
	return nil
}

func (t *turn) note(a Action, from State, typ event.Type, o said) {
	r := t.c.Rectification
	e := deed.Entry{
		Thing: "rectification", ThingID: r.ID, Action: string(a), FromState: string(from), ToState: string(r.State), UnitID: r.UnitID,
		Text: o.text, DueAt: &r.DueAt, Version: r.Version,
	}
	if o.own != "" {
		o.reason = o.own.String()
	}
	e.Reason = cmp.Or(string(o.own), o.reason)
	t.entries = append(t.entries, e.By(t.Doer))
	data := rectificationData(r, t.ids)
	data.AwaitsSignOff = t.c.awaitsSignOff()
	t.events = append(t.events, event.New(id.New(), t.Now, typ, r.ID, r.Version, event.RectificationChange{
		Rectification: data, From: string(from), Text: cmp.Or(o.code, o.text), FromUnitID: o.fromUnit, ToPersonID: o.toPerson, SubmissionID: o.submission,
	}).By(t.Actor.PersonID, t.Actor.Name).For(r.UnitID, r.UnitPath).Because(o.reason))
}

// before takes the steps that a skips.
func (t *turn) before(a Action) error {
	for _, b := range t.c.State.Before(a) {
		typ := event.RectificationStarted
		if b == ActAcknowledge {
			t.c.AckAt, typ = &t.Now, event.RectificationAcknowledged
		}
		if err := t.do(b, typ, said{}); err != nil {
			return err
		}
	}
	return nil
}

// also stores something with the turn.
func (t *turn) also(w func(ctx context.Context, tx Tx) error) { t.writes = append(t.writes, w) }

// endExtension takes a request back that became pointless.
func (t *turn) endExtension() error {
	for i, e := range t.c.Extensions {
		if e.State != ExtensionRequested {
			continue
		}
		e.State, e.DecidedAt, e.DecidedBy, e.Decider = ExtensionWithdrawn, &t.Now, t.Actor.PersonID, t.Actor.Name
		t.c.Extensions[i] = e
		t.c.ExtensionAsked = false
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateExtension(ctx, e) })
		if err := t.do(ActWithdrawExtension, event.RectificationExtensionEnded, said{}); err != nil {
			return err
		}
	}
	return nil
}

// findings takes every finding of the case through one transition.
func (t *turn) findings(action string, typ event.Type, reason string) {
	t.also(func(ctx context.Context, tx Tx) error {
		for i := range t.work {
			f := &t.work[i].FindingHead
			if action == FindingRelease {
				f.RectificationID = ""
			}
			if action == FindingOrder {
				f.RectificationID = t.c.ID
			}
			if action == FindingClose {
				due := t.c.due(f.ID)
				f.OnTime, f.OnTimeOriginal = t.c.OnTime(due.DueAt), t.c.OnTime(due.OriginalDueAt)
			}
			if err := turnFinding(ctx, t.in(tx), f, deed.Step{Action: action, Event: typ, Reason: reason}); err != nil {
				return err
			}
		}
		return nil
	})
}

// in is the turn as a deed in a transaction.
func (t *turn) in(tx Tx) deed.Deed[Tx] { return deed.Deed[Tx]{Doer: t.Doer, Tx: tx} }

// save stores the turn.
func (t *turn) save(ctx context.Context, tx Tx) error {
	if err := tx.UpdateRectification(ctx, t.c.Rectification, t.was); err != nil {
		return err
	}
	return t.saveRest(ctx, tx)
}

func (t *turn) saveRest(ctx context.Context, tx Tx) error {
	// The transaction may run again, so nothing it changes is kept.
	t.work = slices.Clone(t.c.Findings)
	for _, w := range t.writes {
		if err := w(ctx, tx); err != nil {
			return err
		}
	}
	if err := tx.AddHistory(ctx, t.entries...); err != nil {
		return err
	}
	return tx.Emit(ctx, t.events...)
}

// act loads a case, decides whether the actor may, and lets change take the turn.
func (s *Service) act(ctx context.Context, actor policy.Actor, on deed.Subject, p deed.Permission, change func(t *turn) error) (CaseView, error) {
	r := s.policy.Rights(ctx, actor, "rectification")
	c, err := s.store.Case(ctx, on.ID)
	if err != nil {
		return CaseView{}, err
	}
	tg := c.target()
	if err := fault.Unless(r.Covers(p.Right, tg), r.Covers("read", tg), "rectification", verbs.Denied(p.Verb)); err != nil {
		if p.Right == "verify" && fault.Is(err, fault.Forbidden) && actor.Owns(c.UnitID) {
			err = ownUnit() // says why
		}
		return CaseView{}, err
	}
	if err := fault.Version(on.Version, c.Version); err != nil {
		return CaseView{}, err
	}
	t := turnOf(s.doer(actor), &c)
	t.rights = r
	if err := change(t); err != nil {
		return CaseView{}, err
	}
	if err := s.store.InTx(ctx, func(ctx context.Context, tx Tx) error { return t.save(ctx, tx) }); err != nil {
		return CaseView{}, err
	}
	return s.view(ctx, actor, r, c.ID)
}

// Deadline is a deadline as somebody gives it: a time, or working days from now.
type Deadline struct {
	At       *time.Time
	Workdays int `limit:"1..500?"`
}

// Given tells whether there is one at all.
func (d Deadline) Given() bool { return d.At != nil || d.Workdays > 0 }

// deadline works out a deadline and what should be known about it.
func (s *Service) deadline(now time.Time, d Deadline, location string) (time.Time, []Warning, error) {
	if d.At != nil && d.Workdays > 0 {
		return time.Time{}, nil, fault.BadField(location, "give a day or working days, not both", nil)
	}
	if !d.Given() {
		return time.Time{}, nil, fault.BadField(location, "a deadline is needed: a day, or working days from now", nil)
	}
	var due time.Time
	if d.At != nil {
		due = d.At.UTC().Truncate(time.Microsecond)
		if clock.Past(now, due) {
			return due, nil, fault.New(fault.Invalid, "deadline_past", "The deadline lies in the past.").WithField(location, "expected a time to come", due)
		}
		if due.After(now.AddDate(10, 0, 0)) {
			return due, nil, fault.BadField(location, "expected a day within ten years", due)
		}
	} else {
		due = s.cal.AddWorkdays(now, d.Workdays)
	}
	return due, s.warnings(now, due), nil
}

// warnings says what is odd about a deadline.
func (s *Service) warnings(now, due time.Time) []Warning {
	var ws []Warning
	if !s.cal.Workday(due) {
		ws = append(ws, Warning{Code: "deadline_holiday", Text: fault.Textf("The deadline %s is not a working day.", fault.Day(due))})
	}
	for y := now.In(clock.Shanghai).Year(); y <= due.In(clock.Shanghai).Year(); y++ {
		if !s.cal.Known(y) {
			ws = append(ws, Warning{Code: "calendar_unknown", Text: "The holidays of a year up to the deadline are not known yet; weekdays were counted. Check it when they are announced."})
			break
		}
	}
	return ws
}

// setDue moves the current deadline; the original one stays.
func (s *Service) setDue(c *Case, due time.Time, th clock.Thresholds) {
	c.DueAt, c.NearAt = due, near(s.cal, due, th.NearDays)
}

// moveDue moves the current deadline of the case and of findings in it; of
// all of them when none is named.
func (s *Service) moveDue(t *turn, due time.Time, th clock.Thresholds, findingIDs ...string) {
	s.setDue(t.c, due, th)
	t.also(func(ctx context.Context, tx Tx) error { return tx.MoveDues(ctx, t.c.ID, due, findingIDs) })
}

// newDue moves the deadline where a new one is given.
func (s *Service) newDue(t *turn, d Deadline, th clock.Thresholds) error {
	if !d.Given() {
		return nil
	}
	due, _, err := s.deadline(t.Now, d, "at")
	if err != nil {
		return err
	}
	s.moveDue(t, due, th)
	return nil
}

func (s *Service) thresholds(ctx context.Context, campaignID string) (clock.Thresholds, error) {
	if campaignID == "" {
		return clock.DefaultThresholds(), nil
	}
	cs, err := s.store.Campaigns(ctx, []string{campaignID})
	return cs[campaignID].thresholds(), err
}
