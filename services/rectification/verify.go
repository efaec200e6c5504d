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
	"github.com/duban/duban/services/rectification/deed"
)

// Decisions of a verification.
const (
	DecideClose  = "close"
	DecideReject = "reject"
)

// How somebody verified.
const (
	MethodOnSite    = "on_site"
	MethodDocuments = "documents"
)

// BeginVerification takes a report up.
func (s *Service) BeginVerification(ctx context.Context, actor policy.Actor, on deed.Subject) (CaseView, error) {
	return s.act(ctx, actor, on, deed.Permission{Right: "verify", Verb: "verify"}, func(t *turn) error {
		if !t.c.State.Allows(ActBegin) {
			return verbs.WrongState("begin verification of", stateWord(t.c))
		}
		if err := verifierError(actor, t.c.Rectification, majorFinders(t.c.Findings)); err != nil {
			return err
		}
		t.c.VerifierID = actor.PersonID
		return t.do(ActBegin, event.RectificationVerifying, said{submission: t.c.SubmissionID})
	})
}

// VerifyInput is what verification found and decides.
type VerifyInput struct {
	Decision   string   `words:"decision"`
	Method     string   `words:"method" limit:"?"`
	Outcome    string   `words:"outcome" limit:"?"` // on close; empty means fixed
	Results    []Result `limit:"1..200"`
	StillWrong string   `limit:"..2000"` // on reject
	NewDue     Deadline `limit:"flat"`   // on reject
	Note       string   `limit:"..2000"`
}

// Verify closes a rectification or rejects its report, with a result for
// every finding.
func (s *Service) Verify(ctx context.Context, actor policy.Actor, on deed.Subject, in VerifyInput) (CaseView, error) {
	if err := fault.Check(in); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, on, deed.Permission{Right: "verify", Verb: "verify"}, func(t *turn) error {
		c := t.c
		if c.State != Verifying {
			return verbs.WrongState("verify", stateWord(c))
		}
		if err := verifierError(actor, c.Rectification, majorFinders(c.Findings)); err != nil {
			return err
		}
		if err := validResults(c, in); err != nil {
			return err
		}
		if in.Decision == DecideClose && c.NeedsApplication && !c.CloseOutAsked {
			return fault.New(fault.Conflict, "application_needed", "The order is closed only when the unit has applied for it; it has not.")
		}
		v := Verification{
			Method: in.Method,
			ID:     id.New(), ReportID: c.SubmissionID, PersonID: actor.PersonID, Person: actor.Name, UnitID: actor.UnitID,
			At: t.Now, Decision: in.Decision, Results: in.Results,
		}
		c.VerifierID = actor.PersonID
		if in.Decision == DecideReject {
			due, _, err := s.deadline(t.Now, in.NewDue, "at")
			if err != nil {
				return err
			}
			th, err := s.thresholds(ctx, c.CampaignID)
			if err != nil {
				return err
			}
			v.StillWrong, v.NewDueAt = in.StillWrong, &due
			s.moveDue(t, due, th, unfixed(in.Results)...)
			c.StillWrong, c.ReportedAt = in.StillWrong, nil
			c.Rejections++
			c.unsign()
			t.decideApplication(ApplicationRefused, in.StillWrong)
			t.also(func(ctx context.Context, tx Tx) error { return tx.AddVerification(ctx, c.ID, v) })
			return t.do(ActReject, event.RectificationRejected, said{reason: in.StillWrong, submission: c.SubmissionID})
		}
		v.Outcome = in.Outcome
		t.decideApplication(ApplicationGranted, in.Note)
		c.Outcome, c.ClosedAt, c.StillWrong, c.Suspended = in.Outcome, &t.Now, "", false
		t.also(func(ctx context.Context, tx Tx) error { return tx.AddVerification(ctx, c.ID, v) })
		t.findings(FindingClose, event.FindingClosed, in.Note)
		return t.do(ActClose, event.RectificationClosed, said{reason: in.Note, text: in.Outcome, submission: c.SubmissionID})
	})
}

func validResults(c *Case, in VerifyInput) error {
	f := fault.New(fault.Invalid, "invalid", "The verification is not complete; see errors for each wrong part.")
	ids := c.FindingIDs()
	given := map[string]Result{}
	open := 0
	for i, r := range in.Results {
		loc := fmt.Sprintf("results[%d]", i)
		switch _, twice := given[r.FindingID]; {
		case !slices.Contains(ids, r.FindingID):
			f = f.WithField(loc+".finding_id", "this finding is not part of the order", r.FindingID)
		case twice:
			f = f.WithField(loc+".finding_id", "given twice", r.FindingID)
		}
		given[r.FindingID] = r
		switch r.Result {
		case ResultFixed:
		case ResultPartly, ResultNot:
			open++
			if needText("", r.Note) != nil {
				f = f.WithField(loc+".note", "say what was found", nil)
			}
		}
	}
	for _, x := range ids {
		if _, ok := given[x]; !ok {
			f = f.WithField("results", "a result is needed for every finding of the order; this one has none", x)
		}
	}
	if in.Method != MethodOnSite && in.Method != MethodDocuments {
		f = f.WithField("method", "expected on_site or documents", in.Method)
	}
	switch in.Decision {
	case DecideClose:
		switch in.Outcome {
		case OutcomeFixed:
			if open > 0 {
				f = f.WithField("outcome", "not every finding is fixed; reject, or close with the outcome that is true", in.Outcome)
			}
		case OutcomeNotFixable, OutcomeNotResponsible, OutcomeDuplicate:
			if needText("", in.Note) != nil {
				f = f.WithField("note", "closing without its being fixed needs a reason", nil)
			}
		default:
			f = f.WithField("outcome", "expected fixed, not_fixable, not_responsible or duplicate", in.Outcome)
		}
	case DecideReject:
		if open == 0 {
			f = f.WithField("decision", "every finding is fixed; nothing is left to reject", in.Decision)
		}
		if needText("", in.StillWrong) != nil {
			f = f.WithField("still_wrong", "say what is still wrong", nil)
		}
		if !in.NewDue.Given() {
			f = f.WithField("at", "set a new date", nil)
		}
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

// VerificationTx writes reports and what became of them.
type VerificationTx interface {
	AddReport(ctx context.Context, id string, r Report) error
	AddVerification(ctx context.Context, id string, v Verification) error
}

// Sealed is a submission that a unit sealed for a rectification.
type Sealed struct {
	SubmissionID    string
	RectificationID string
	UnitID          string
	SealedBy        string
	SealedByName    string
	SealedAt        time.Time
	Note            string
	FixedOnSpot     bool
	CausedBy        string // event id
}

// TakeReport takes a sealed submission in as the report, or records why it
// cannot; the evidence service hears of both. Taking it twice does nothing.
func (s *Service) TakeReport(ctx context.Context, tx Tx, in Sealed) error {
	if _, err := tx.Report(ctx, in.SubmissionID); err == nil {
		return nil
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	c, err := tx.Case(ctx, in.RectificationID)
	if err != nil {
		return fmt.Errorf("rectification of submission %s: %w", in.SubmissionID, err)
	}
	// The unit of the person is not known here, and not needed.
	t := turnOf(s.doer(policy.Actor{PersonID: in.SealedBy, Name: in.SealedByName, UnitID: in.UnitID}), &c)
	if why := refuses(&c, in); why != nil {
		if err := t.do(ActRefuseReport, event.RectificationReportRefused, said{own: why.Detail, code: why.Code, submission: in.SubmissionID}); err != nil {
			return err
		}
		return t.saveCaused(ctx, tx, in.CausedBy)
	}
	if err := t.endExtension(); err != nil {
		return err
	}
	action := ActReport
	if in.FixedOnSpot && c.State == Ordered {
		action = ActFixOnSpot
	} else if err := t.before(ActReport); err != nil {
		return err
	}
	at := clock.Second(in.SealedAt) // it is held against deadlines
	r := Report{
		ID: in.SubmissionID, Number: len(c.Reports) + 1, PersonID: in.SealedBy, Person: in.SealedByName, At: at,
		Note: in.Note, FixedOnSpot: in.FixedOnSpot,
	}
	c.SubmissionID, c.ReportedBy, c.ReportedAt, c.FixedOnSpot = r.ID, r.PersonID, &at, r.FixedOnSpot
	t.also(func(ctx context.Context, tx Tx) error { return tx.AddReport(ctx, c.ID, r) })
	if err := t.do(action, event.RectificationReported, said{text: in.Note, submission: r.ID}); err != nil {
		return err
	}
	return t.saveCaused(ctx, tx, in.CausedBy)
}

func (t *turn) saveCaused(ctx context.Context, tx Tx, cause string) error {
	for i := range t.events {
		t.events[i].CausedBy = cause
	}
	return t.save(ctx, tx)
}

// refuses says why a report cannot be taken in now; empty when it can.
func refuses(c *Case, in Sealed) *fault.Error {
	switch {
	case in.UnitID != c.UnitID:
		return fault.New(fault.Conflict, "other_unit", "The order is with another unit now.")
	case !c.State.Reaches(ActReport):
		return fault.New(fault.Conflict, "wrong_state", "The rectification is %s; that does not allow a report.", fault.Word(verbs.States, stateWord(c)))
	case c.NeedsPlan && !c.HasPlan && in.FixedOnSpot:
		return fault.New(fault.Conflict, "spot_needs_plan", "The order asks for a plan; it cannot be fixed on the spot.")
	case c.NeedsPlan && !c.HasPlan:
		return fault.New(fault.Conflict, "plan_needed", "The order asks for a plan; give it first.")
	}
	return fault.As(c.reportError())
}

// Refuses is the code of the reason why a submission that is about to be sealed
// could not be taken in as the report; empty where it could.
func (s *Service) Refuses(ctx context.Context, in Sealed) (string, error) {
	c, err := s.store.Case(ctx, in.RectificationID)
	if err != nil {
		return "", err
	}
	return refuses(&c, in).Reason(), nil
}

// decisions are the actions that decide about a report, with their events.
var decisions = map[Action]event.Type{
	ActClose: event.RectificationClosed, ActReject: event.RectificationRejected, ActRefuseReport: event.RectificationReportRefused,
}

// LastDecision is what was decided last about a report of a rectification, with
// its event and the report, where the record names it; false where nothing was.
func (s *Service) LastDecision(ctx context.Context, rectificationID string) (e deed.Entry, typ event.Type, report string, ok bool, err error) {
	c, err := s.store.Case(ctx, rectificationID)
	if err != nil {
		return e, "", "", false, err
	}
	acts := make([]string, 0, len(decisions))
	for a := range decisions {
		acts = append(acts, string(a))
	}
	if e, ok, err = s.store.Latest(ctx, "rectification", rectificationID, acts); err != nil || !ok {
		return e, "", "", false, err
	}
	if Action(e.Action) != ActRefuseReport {
		report = c.SubmissionID
	}
	return e, decisions[Action(e.Action)], report, true, nil
}

// Told tells of one rectification in the form in which events carry it.
func (s *Service) Told(ctx context.Context, rectificationID string) (event.Rectification, error) {
	c, err := s.store.Case(ctx, rectificationID)
	return rectificationData(c.Rectification, c.FindingIDs()), err
}

// TakeCampaign keeps what is known of a campaign, when it is newer.
func (s *Service) TakeCampaign(ctx context.Context, tx Tx, c Campaign) error {
	return tx.PutCampaign(ctx, c)
}
