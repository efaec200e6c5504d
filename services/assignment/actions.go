package assignment

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

// coolDown is how long an assignment is not urged again.
const coolDown = 24 * time.Hour

// cool tells that the last urging is long enough ago.
func cool(a Assignment, now time.Time) bool {
	return a.UrgedAt == nil || !now.Before(a.UrgedAt.Add(coolDown))
}

// Acknowledge notes that the unit has taken the assignment on.
func (s *Service) Acknowledge(ctx context.Context, actor policy.Actor, assignmentID string, want int64) (Detail, error) {
	return s.act(ctx, actor, errand{assignmentID, want, Acknowledge}, func(st *step) error {
		st.typ = event.AssignmentAcknowledged
		return nil
	})
}

// Decline says, with the reason, that the task is not the unit's; the issuer decides.
func (s *Service) Decline(ctx context.Context, actor policy.Actor, assignmentID string, want int64, reason string) (Detail, error) {
	if err := fault.Check(Reason{reason}); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Decline}, func(st *step) error {
		st.typ, st.hist.Text, st.reason = event.AssignmentDeclined, reason, reason
		return nil
	})
}

// DeclineDecision is the issuer's answer to a decline.
type DeclineDecision struct {
	Accept bool
	// ToUnitID gets the task instead; empty when nobody is to do it.
	ToUnitID string     `limit:"..64"`
	DueAt    *time.Time // of the new assignment; nil keeps the old deadline
	Reason   string     `limit:"..2000"` // needed when the decline is not accepted
}

// DecideDecline accepts a decline, giving the task to another unit or to
// nobody, or lets the assignment stand.
func (s *Service) DecideDecline(ctx context.Context, actor policy.Actor, assignmentID string, want int64, d DeclineDecision) (Detail, error) {
	err := fault.Check(d)
	if err == nil && !d.Accept {
		err = fault.Check(Reason{d.Reason})
	}
	if err != nil {
		return Detail{}, err
	}
	if !d.Accept {
		return s.act(ctx, actor, errand{assignmentID, want, Reinstate}, func(st *step) error {
			st.typ, st.hist.Text, st.reason = event.AssignmentReinstated, d.Reason, d.Reason
			return nil
		})
	}
	return s.act(ctx, actor, errand{assignmentID, want, Reassign}, func(st *step) error {
		st.typ, st.hist.Text, st.reason = event.AssignmentReassigned, d.Reason, d.Reason
		if d.ToUnitID == "" {
			st.typ = event.AssignmentCancelled
			return nil
		}
		if err := settled(st.v); err != nil {
			return err
		}
		to, err := s.below(ctx, "to_unit_id", d.ToUnitID, st.v.IssuerPath)
		if err != nil {
			return err
		}
		if to.ID == st.v.UnitID {
			return fault.BadField("to_unit_id", "expected another unit than the one that declined", d.ToUnitID)
		}
		n := st.was
		if d.DueAt != nil {
			if clock.Past(st.now, *d.DueAt) {
				return fault.BadField("due_at", "expected a day whose end is in the future", d.DueAt)
			}
			n.DueAt = *d.DueAt
		}
		fresh := s.fresh(n, st.v.AckDays, st.now, to)
		st.v.ReassignedTo, st.ev.ReassignedTo, st.hist.RelatedID = fresh.ID, fresh.ID, fresh.ID
		task, err := s.store.Task(ctx, st.v.TaskID)
		if err != nil {
			return err
		}
		st.more = append(st.more, func(ctx context.Context, tx Tx) error {
			return s.issueTo(ctx, tx, st, task, []Assignment{fresh})
		})
		return nil
	})
}

// fresh is a new issued assignment for another unit, with the deadline of like.
func (s *Service) fresh(like Assignment, ackDays int, now time.Time, to Unit) Assignment {
	return Assignment{
		ID: id.New(), CampaignID: like.CampaignID, TaskID: like.TaskID, ParentID: like.ParentID,
		UnitID: to.ID, UnitPath: to.Path, IssuerID: like.IssuerID, IssuerPath: like.IssuerPath,
		OfficeID: like.OfficeID, IssuerOfficeID: like.IssuerOfficeID, State: Issued,
		ResponsibleID: to.Contact, IssuedAt: now, AckDueAt: s.cal.AddWorkdays(now, ackDays),
		DueAt: like.DueAt, OriginalDueAt: like.DueAt, Version: 1,
	}
}

// issueTo stores new assignments that came about by an action on another one: it
// was delegated or reassigned.
func (s *Service) issueTo(ctx context.Context, tx Tx, st *step, task Task, as []Assignment) error {
	how := "reassigned"
	if st.typ == event.AssignmentDelegated {
		how = "delegated"
	}
	if err := unassigned(ctx, tx, task, as); err != nil {
		return err
	}
	if err := tx.InsertIssued(ctx, as); err != nil {
		return err
	}
	hs := make([]History, len(as))
	w := task.Wire()
	w.DueAt = as[0].DueAt
	data := event.Issued{
		CampaignID: st.v.CampaignID, Campaign: st.v.CampaignTitle, IssuerID: as[0].IssuerID, IssuerPath: as[0].IssuerPath,
		OfficeID: as[0].OfficeID, IssuerOfficeID: as[0].IssuerOfficeID,
		NearDays: st.v.NearDays, OverdueDays: st.v.OverdueDays, Task: w, Assignments: make([]event.Assignment, len(as)),
	}
	for i, a := range as {
		hs[i] = History{
			ID: id.New(), AssignmentID: a.ID, At: st.now, Action: "issue", ToState: Issued, ActorID: st.actor.PersonID,
			ActorName: st.actor.Name, ActorUnitID: st.actor.UnitID, Text: how, RelatedID: st.was.ID,
		}
		data.Assignments[i] = a.Wire()
	}
	if err := tx.AddHistory(ctx, hs...); err != nil {
		return err
	}
	if as[0].ParentID != "" && how == "reassigned" {
		// The declined child is about to be counted as done; its replacement is open.
		p, err := tx.View(ctx, as[0].ParentID)
		if err != nil {
			return err
		}
		was := p.Assignment
		p.OpenChildren++
		p.Version++
		if err := tx.UpdateAssignment(ctx, was, p.Assignment, takenIn(Reassign)); err != nil {
			return err
		}
	}
	return tx.Emit(ctx, event.New(id.New(), st.now, event.AssignmentsIssued, st.v.CampaignID, 1, data).
		By(st.actor.PersonID, st.actor.Name).For(as[0].IssuerID, as[0].IssuerPath))
}

// below finds a unit that must lie strictly below a path.
func (s *Service) below(ctx context.Context, field, unitID, path string) (Unit, error) {
	us, err := s.store.Units(ctx, []string{unitID})
	if err != nil {
		return Unit{}, err
	}
	u, ok := us[unitID]
	if !ok || len(u.Path) <= len(path) || u.Path[:len(path)] != path {
		return u, fault.BadField(field, "expected a unit below the issuer", unitID)
	}
	if !u.Active {
		return u, fault.BadField(field, "the unit is no longer active", unitID)
	}
	return u, nil
}

// unassigned refuses units that have the task already, by name.
func unassigned(ctx context.Context, tx Tx, task Task, as []Assignment) error {
	ids := make([]string, len(as))
	for i, a := range as {
		ids[i] = a.UnitID
	}
	taken, err := tx.Assigned(ctx, task.ID, ids)
	if err != nil || len(taken) == 0 {
		return err
	}
	us, err := tx.Units(ctx, taken)
	if err != nil {
		return err
	}
	bad := fault.New(fault.Conflict, "already_assigned", "%d of the chosen units have this task already: leave them out.", len(taken))
	for _, uid := range taken {
		bad.WithField("", fault.Textf("%s has this task already", us[uid].Name), uid)
	}
	return bad
}

// Delegation passes an assignment down.
type Delegation struct {
	UnitIDs []string   `limit:"1..500" each:"1..64"`
	DueAt   *time.Time // nil: the own deadline
	Note    string     `limit:"..2000"`
}

// Delegate gives the task to units below as well. Their work is reviewed by
// the delegating unit; its own deadline bounds theirs.
func (s *Service) Delegate(ctx context.Context, actor policy.Actor, assignmentID string, want int64, d Delegation) (Detail, error) {
	if err := fault.Check(d); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Delegate}, func(st *step) error {
		if err := settled(st.v); err != nil {
			return err
		}
		due := st.v.DueAt
		if d.DueAt != nil {
			due = *d.DueAt
		}
		if due.After(st.v.DueAt) {
			return fault.BadField("due_at", fault.Textf("expected a day not after the own deadline, %s", fault.Day(st.v.DueAt)), due)
		}
		if clock.Past(st.now, due) {
			return fault.BadField("due_at", "expected a day whose end is in the future", due)
		}
		us, err := s.store.Units(ctx, d.UnitIDs)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		var units []Unit
		var bad *fault.Error
		for _, uid := range d.UnitIDs {
			u, ok := us[uid]
			if seen[uid] {
				continue
			}
			seen[uid] = true
			if !ok || !u.Active || len(u.Path) <= len(st.v.UnitPath) || u.Path[:len(st.v.UnitPath)] != st.v.UnitPath {
				if bad == nil {
					bad = fault.New(fault.Invalid, "invalid", "The request is not valid.")
				}
				bad.WithField("unit_ids", "expected active units below the delegating one", uid)
				continue
			}
			units = append(units, u)
		}
		if bad != nil {
			return bad
		}
		sortUnits(units)
		like := st.was
		like.ParentID, like.IssuerID, like.IssuerPath, like.IssuerOfficeID, like.DueAt = st.was.ID, st.was.UnitID, st.was.UnitPath, st.was.UnitID, due
		as := make([]Assignment, len(units))
		for i, u := range units {
			as[i] = s.fresh(like, st.v.AckDays, st.now, u)
		}
		task, err := s.store.Task(ctx, st.v.TaskID)
		if err != nil {
			return err
		}
		st.typ, st.hist.Text = event.AssignmentDelegated, d.Note
		st.v.OpenChildren += len(as)
		st.more = append(st.more, func(ctx context.Context, tx Tx) error {
			return s.issueTo(ctx, tx, st, task, as)
		})
		return nil
	})
}

// ReportProgress records how far the unit has got.
func (s *Service) ReportProgress(ctx context.Context, actor policy.Actor, assignmentID string, want int64, far HowFar) (Detail, error) {
	if err := fault.Check(far); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, ReportProgress}, func(st *step) error {
		st.typ, st.hist.Text, st.hist.Percent = event.AssignmentProgressReported, far.Text, far.Percent
		if far.Percent != nil {
			st.v.Percent = *far.Percent
		}
		return nil
	})
}

// ChangeResponsible names the person who answers for the assignment: somebody
// of that unit, or of the one it was merged into.
func (s *Service) ChangeResponsible(ctx context.Context, actor policy.Actor, assignmentID string, want int64, personID string) (Detail, error) {
	if err := fault.Check(Responsible{personID}); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, ChangeResponsible}, func(st *step) error {
		heir, err := s.store.Heir(ctx, st.v.UnitID)
		if err != nil {
			return err
		}
		p, err := s.store.Person(ctx, personID)
		if fault.Is(err, fault.NotFound) || err == nil && (p.Disabled || p.UnitID != st.v.UnitID && p.UnitID != heir) {
			return fault.BadField("person_id", "expected an active person of the unit", personID)
		}
		if err != nil {
			return err
		}
		st.typ, st.hist.Text, st.hist.RelatedID = event.AssignmentResponsibleChanged, p.Name, p.ID
		st.v.ResponsibleID, st.v.ResponsibleName = p.ID, p.Name
		return nil
	})
}

// Urge reminds the unit, at most once in 24 hours; Formal makes it a
// supervision notice, copied to the superior. Told in the answer is how many
// people of the unit hear of it; with nobody it is refused.
func (s *Service) Urge(ctx context.Context, actor policy.Actor, assignmentID string, want int64, u Urging) (Detail, error) {
	if err := fault.Check(u); err != nil {
		return Detail{}, err
	}
	told := 0
	d, err := s.act(ctx, actor, errand{assignmentID, want, Urge}, func(st *step) (err error) {
		if !cool(st.was, st.now) {
			return fault.New(fault.Conflict, "urged_recently", "It was urged at %s; that is less than 24 hours ago.", fault.Minute(*st.was.UrgedAt))
		}
		st.typ, st.hist.Text, st.hist.Formal = event.AssignmentUrged, u.Text, u.Formal
		st.v.UrgedAt = &st.now
		if told, err = s.store.Told(ctx, st.was, u.Formal); err == nil && told == 0 {
			err = fault.New(fault.Conflict, "nobody_to_urge", "Nobody at %s would be told of it: there is no responsible person, and nobody reports for the unit. Give the unit a responsible person first.", st.v.UnitName)
		}
		return err
	})
	d.Told = told
	return d, err
}

// Instruct records a leader's instruction.
func (s *Service) Instruct(ctx context.Context, actor policy.Actor, assignmentID string, want int64, text string) (Detail, error) {
	if err := fault.Check(Saying{text}); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Instruct}, func(st *step) error {
		st.typ, st.hist.Text = event.AssignmentInstructed, text
		return nil
	})
}

// Recall takes a submission back before its review has begun.
func (s *Service) Recall(ctx context.Context, actor policy.Actor, assignmentID string, want int64, reason string) (Detail, error) {
	if err := fault.Check(OwnWill{reason}); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Recall}, func(st *step) error {
		st.typ, st.hist.Text, st.reason = event.AssignmentRecalled, reason, reason
		st.ev.SubmissionID, st.hist.RelatedID = st.was.SubmissionID, st.was.SubmissionID
		return nil
	})
}

// Cancel takes an open assignment back, and with it those delegated from it.
func (s *Service) Cancel(ctx context.Context, actor policy.Actor, assignmentID string, want int64, reason string) (Detail, error) {
	if err := fault.Check(Reason{reason}); err != nil {
		return Detail{}, err
	}
	return s.act(ctx, actor, errand{assignmentID, want, Cancel}, func(st *step) error {
		st.typ, st.hist.Text, st.reason = event.AssignmentCancelled, reason, reason
		st.v.OpenChildren = 0
		st.more = append(st.more, func(ctx context.Context, tx Tx) error { return s.cancelChildren(ctx, tx, st, st.was.ID) })
		return nil
	})
}

// cancelChildren cancels what was delegated from parent. The parent's own
// count is already zero, so that its children must not count down again.
func (s *Service) cancelChildren(ctx context.Context, tx Tx, st *step, parent string) error {
	kids, err := tx.OpenChildren(ctx, parent)
	if err != nil {
		return err
	}
	for _, k := range kids {
		c := &step{now: st.now, actor: st.actor, was: k.Assignment, v: k, typ: event.AssignmentCancelled, reason: st.reason, orphan: true, campaign: takenIn(Cancel)}
		c.hist = History{Action: Cancel, Text: st.hist.Text}
		if c.v.Assignment, err = k.Apply(Cancel, st.now); err != nil {
			return err
		}
		c.v.OpenChildren = 0
		c.more = append(c.more, func(ctx context.Context, tx Tx) error { return s.cancelChildren(ctx, tx, c, k.ID) })
		if err := s.write(ctx, tx, c); err != nil {
			return err
		}
	}
	return nil
}
