package rectification

import (
	"context"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/id"
)

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
func (s *Service) ApplyCloseOut(ctx context.Context, actor policy.Actor, rectificationID string, want int64, text string) (CaseView, error) {
	if err := fault.Check(CloseOut{text}); err != nil {
		return CaseView{}, err
	}
	return s.act(ctx, actor, rectificationID, want, "report", "apply for the close-out of", func(t *turn, _ policy.Rights) error {
		c := t.c
		if !c.State.Allows(ActApplyCloseOut) {
			return verbs.WrongState("apply for the close-out of", stateWord(c))
		}
		if c.CloseOutAsked {
			return fault.New(fault.Conflict, "application_open", "An application to be closed out is waiting for a decision already.")
		}
		if err := needText("body.text", text); err != nil {
			return err
		}
		a := Application{ID: id.New(), ReportID: c.SubmissionID, State: ApplicationApplied, Text: text, AskedBy: actor.PersonID, Asker: actor.Name, AskedAt: t.now}
		c.CloseOutAsked = true
		t.also(func(ctx context.Context, tx Tx) error { return tx.AddApplication(ctx, c.ID, a) })
		return t.do(ActApplyCloseOut, event.RectificationCloseOutAsked, said{reason: text, submission: c.SubmissionID})
	})
}

// decideApplication ends the application that waits, where there is one.
func (t *turn) decideApplication(state, answer string) {
	for _, a := range t.c.Applications {
		if a.State != ApplicationApplied {
			continue
		}
		a.State, a.Answer, a.DecidedBy, a.Decider, a.DecidedAt = state, answer, t.actor.PersonID, t.actor.Name, &t.now
		t.also(func(ctx context.Context, tx Tx) error { return tx.UpdateApplication(ctx, a) })
	}
	t.c.CloseOutAsked = false
}
