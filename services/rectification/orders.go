package rectification

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
)

// OrderInput orders the rectification of findings.
type OrderInput struct {
	FindingIDs     []string `limit:"1..200" each:"1..64"`
	Title          string   `limit:"1..200"`
	Note           string   `limit:"..4000"`
	Due            Deadline `limit:"flat"` // not given: the shortest deadline of the findings
	ResponsibleID  string   `limit:"..64"`
	CopyToSuperior bool
	NeedsPlan      bool
	ApprovePlan    bool              // the plan needs the office's approval
	NeedsSignOff   bool              // a leader of the unit signs off what is reported
	NeedsApp       bool              // it is closed only when the unit has applied for it
	Deadlines      []FindingDeadline `limit:"..200"`
}

// FindingDeadline is the deadline of one finding of an order.
type FindingDeadline struct {
	FindingID string   `limit:"1..64"`
	Deadline  Deadline `limit:"flat"`
}

// MaxFindings bounds the findings of one order.
const MaxFindings = 200

// Order orders the rectification of open findings of one unit, under the next
// number of the actor's office.
func (s *Service) Order(ctx context.Context, actor policy.Actor, in OrderInput) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	var none CaseView
	r := s.policy.Rights(ctx, actor, "rectification")
	ids := slices.Compact(slices.Sorted(slices.Values(in.FindingIDs)))
	fs, err := s.store.Findings(ctx, ids)
	if err != nil {
		return none, err
	}
	seen := s.policy.Reach(ctx, actor, "finding", "read")
	fs = slices.DeleteFunc(fs, func(f Finding) bool { return !reads(seen, f.FindingHead) })
	if len(fs) < len(ids) {
		return none, fault.Missing("finding")
	}
	first := fs[0]
	if !r.Covers("order", first.target()) {
		return none, fault.Denied("You may see these findings, but not order their rectification.")
	}
	bad := fault.New(fault.Conflict, "finding_not_open", "Only open findings can be ordered to be rectified; see errors for the others.")
	camp := first.CampaignID
	for _, f := range fs {
		if f.UnitID != first.UnitID {
			return none, fault.BadField("finding_ids", "all findings of one order are of one unit; make an order for each", f.ID)
		}
		if f.OfficeID != first.OfficeID {
			return none, fault.BadField("finding_ids", "all findings of one order are of one office; make an order for each", f.ID)
		}
		if _, err := NextFinding(f.State, FindingOrder); err != nil {
			bad = bad.WithField("finding_ids", fault.Textf("it is %s", fault.Word(findingVerbs.States, f.State)), f.ID)
		}
		if f.CampaignID != camp {
			camp = ""
		}
	}
	if len(bad.Fields) > 0 {
		return none, bad
	}
	// The one whose the findings are, or what that was merged into.
	acting, err := officeFor(r.Reach("order"), first.target(), "")
	if err != nil {
		return none, err
	}
	office, err := s.store.Unit(ctx, acting)
	if err != nil {
		return none, err
	}
	by := s.doer(actor)
	due, dues, err := s.dues(by.Now, in, fs)
	if err != nil {
		return none, err
	}
	th, err := s.thresholds(ctx, camp)
	if err != nil {
		return none, err
	}
	worst := Worst(fs)
	c := Case{Rectification: Rectification{
		ID: id.New(), CampaignID: camp, IssuerID: office.ID, IssuerPath: office.Path, OfficeID: office.ID, Year: year(by.Now),
		Title: strings.TrimSpace(in.Title), Note: in.Note, UnitID: first.UnitID, UnitPath: first.UnitPath, State: Ordered, Severity: worst,
		NeedsPlan: in.NeedsPlan || in.ApprovePlan || worst == checklist.Major, ApprovePlan: in.ApprovePlan,
		NeedsSignOff: in.NeedsSignOff, NeedsApplication: in.NeedsApp, CopyToSuperior: in.CopyToSuperior,
		OrderedBy: actor.PersonID, Orderer: actor.Name, OrderedAt: by.Now, AckDueAt: s.cal.AddWorkdays(by.Now, th.AckDays),
		OriginalDueAt: due, Version: 1,
	}, Findings: fs}
	s.setDue(&c, due, th)
	if in.ResponsibleID != "" {
		p, err := s.person(ctx, "responsible_id", in.ResponsibleID, c.UnitPath)
		if err != nil {
			return none, err
		}
		c.ResponsibleID, c.Responsible = p.ID, p.Name
	}
	t := turnOf(by, &c)
	t.findings(FindingOrder, event.FindingRectifying, "")
	err = s.store.InTx(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if c.Seq, err = tx.NextNumber(ctx, c.IssuerID, c.Year); err != nil {
			return err
		}
		c.Number = OrderNumber(c.Year, c.Seq)
		if err := tx.InsertRectification(ctx, c.Rectification, dues); err != nil {
			return err
		}
		t.events, t.entries = nil, nil
		t.note(ActOrder, "", event.RectificationOrdered, said{})
		return t.saveRest(ctx, tx)
	})
	if err != nil {
		return none, err
	}
	return s.view(ctx, actor, r, c.ID)
}

// Withdraw takes an order back; its findings are open again.
func (s *Service) Withdraw(ctx context.Context, actor policy.Actor, on deed.Subject, in Reason) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "withdraw", Verb: "withdraw"}, func(t *turn) error {
		if !t.c.State.Allows(ActWithdraw) {
			return verbs.WrongState("withdraw", stateWord(t.c))
		}
		if err := t.endExtension(); err != nil {
			return err
		}
		t.decideApplication(ApplicationWithdrawn, in.Reason)
		t.c.Suspended, t.c.Contested = false, false
		if t.c.PlanState == PlanSubmitted {
			t.c.PlanState = "" // nobody decides about it any more
		}
		t.findings(FindingRelease, event.FindingReopened, in.Reason)
		return t.do(ActWithdraw, event.RectificationWithdrawn, said{reason: in.Reason})
	})
}

// Suspend makes it a long-term rectification with stages; its deadline is the
// last stage's.
func (s *Service) Suspend(ctx context.Context, actor policy.Actor, on deed.Subject, in Suspension) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "suspend", Verb: "suspend"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActSuspend) || c.Suspended {
			return verbs.WrongState("suspend", stateWord(c))
		}
		last := t.Now
		for i := range in.Stages {
			loc := fmt.Sprintf("stages[%d]", i)
			due, _, err := s.deadline(t.Now, Deadline{At: &in.Stages[i].DueAt}, loc+".due_at")
			if err != nil {
				return err
			}
			if !due.After(last) {
				return fault.BadField(loc+".due_at", "expected a day after the stage before", due)
			}
			last = due
			in.Stages[i].ID, in.Stages[i].Position, in.Stages[i].DueAt = id.New(), i+1, due
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		// The stages say by when; what was asked for before has no answer any more.
		if err := t.endExtension(); err != nil {
			return err
		}
		s.moveDue(t, last, th)
		c.Suspended = true
		t.also(func(ctx context.Context, tx Tx) error { return tx.SetStages(ctx, c.ID, in.Stages) })
		return t.do(ActSuspend, event.RectificationSuspended, said{reason: in.Reason, text: fmt.Sprintf("%d", len(in.Stages))})
	})
}

// stateWord is the state as sentences name it: a long-term rectification is that
// in whatever state it stays.
func stateWord(c *Case) string {
	if c.Suspended {
		return "suspended"
	}
	return string(c.State)
}

// CheckStage checks off a stage of a long-term rectification.
func (s *Service) CheckStage(ctx context.Context, actor policy.Actor, on deed.Subject, in StageDone) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "suspend", Verb: "check a stage of"}, func(t *turn) error {
		c := t.c
		i := slices.IndexFunc(c.Stages, func(x Stage) bool { return x.ID == in.StageID && !x.Dropped })
		if i < 0 {
			return fault.Missing("stage")
		}
		if !c.Suspended || c.Stages[i].CheckedAt != nil {
			return fault.New(fault.Conflict, "wrong_state", "The stage is checked off already, or the rectification is no longer a long-term one.")
		}
		st := c.Stages[i]
		st.CheckedAt, st.CheckedBy, st.Note = &t.Now, t.Actor.PersonID, in.Note
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateStage(ctx, st) })
		return t.do(ActCheckStage, event.RectificationStageChecked, said{text: st.Title})
	})
}

// Resume ends the long-term way, with a new deadline when one is given.
func (s *Service) Resume(ctx context.Context, actor policy.Actor, on deed.Subject, in Resumption) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "suspend", Verb: "resume"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActResume) || !c.Suspended {
			return verbs.WrongState("resume", stateWord(c))
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		if err := s.newDue(t, in.Due, th); err != nil {
			return err
		}
		c.Suspended = false
		return t.do(ActResume, event.RectificationResumed, said{reason: in.Reason})
	})
}

// Reopen opens a closed rectification again, because the fault came back or a
// look-back showed that it was never gone. It counts as a relapse.
func (s *Service) Reopen(ctx context.Context, actor policy.Actor, on deed.Subject, in Reopening) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "reopen", Verb: "reopen"}, func(t *turn) error {
		c := t.c
		if !c.State.Allows(ActReopen) {
			return verbs.WrongState("reopen", stateWord(c))
		}
		due, _, err := s.deadline(t.Now, in.Due, "at")
		if err != nil {
			return err
		}
		th, err := s.thresholds(ctx, c.CampaignID)
		if err != nil {
			return err
		}
		s.moveDue(t, due, th)
		c.Relapses++
		c.Bounces, c.Settled, c.TransferredBy = 0, false, ""
		t.also(func(ctx context.Context, tx Tx) error { return tx.DropMoves(ctx, c.ID) })
		c.Outcome, c.ClosedAt, c.ReportedAt, c.ReportedBy, c.VerifierID = "", nil, nil, "", ""
		c.FixedOnSpot = false
		t.dropPlan()
		// Nobody hands over what is closed; whoever was responsible may be gone.
		switch _, err := s.person(ctx, "", c.ResponsibleID, c.UnitPath); {
		case fault.Is(err, fault.Invalid):
			c.ResponsibleID, c.Responsible = "", ""
		case err != nil:
			return err
		}
		c.AckAt, c.AckDueAt, c.StillWrong = nil, s.cal.AddWorkdays(t.Now, th.AckDays), in.Reason
		t.findings(FindingReopen, event.FindingReopened, in.Reason)
		t.findings(FindingOrder, event.FindingRectifying, "")
		return t.do(ActReopen, event.RectificationReopened, said{reason: in.Reason, text: in.Kind})
	})
}

func year(t time.Time) int { return t.In(clock.Shanghai).Year() }
