package evidence_test

import (
	"context"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/faulttest"
	"github.com/duban/duban/services/internal/fixture"
)

// Whoever calls a use case, with whatever keys, gives no more than it takes. A
// service without a store keeps nothing and reads nothing.
func TestCase23EveryCommandHoldsItsLimits(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	s := evidence.New(evidence.Ports{Policy: engine, Clock: clock.System{}}, evidence.Options{})
	ctx, a, id := context.Background(), fixture.Reporter, "01985b2e-7c1a-7000-8000-000000000101"
	faulttest.Beyond(t, func(in evidence.Opening) error { _, _, err := s.Open(ctx, a, in.Target, in.TargetID); return err })
	faulttest.Beyond(t, func(in evidence.Item) error { _, err := s.PutItem(ctx, a, id, in, 0); return err })
	faulttest.Beyond(t, func(in evidence.Note) error { _, err := s.SetNote(ctx, a, id, in.Note, 0); return err })
	faulttest.Beyond(t, func(in evidence.Sealing) error { _, err := s.Seal(ctx, a, id, in, 0); return err })
	faulttest.Beyond(t, func(in evidence.Keeping) error {
		_, err := s.SetRetention(ctx, a, id, in, 0)
		return err
	})
	faulttest.Beyond(t, func(in evidence.Reason) error {
		_, err := s.Decide(ctx, a, id, evidence.Judgement{To: evidence.Confirmed, Reason: in.Reason}, 0)
		return err
	})
	faulttest.Beyond(t, func(in evidence.Takings) error {
		ks := make([]evidence.Taking, len(in.Items))
		for i, k := range in.Items {
			ks[i] = evidence.Taking{RequirementID: k.RequirementID, From: evidence.Source{SubmissionID: k.FromSubmissionID, RequirementID: k.FromRequirementID}}
		}
		_, err := s.TakeOver(ctx, a, id, ks, 0)
		return err
	})
}
