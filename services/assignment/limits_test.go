package assignment_test

import (
	"context"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment"
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
	s, ctx, a := assignment.New(nil, engine, nil, nil), context.Background(), fixture.Manager
	id := "01985b2e-7c1a-7000-8000-000000000101"
	faulttest.Beyond(t, func(in assignment.NewCampaign) error { _, err := s.CreateCampaign(ctx, a, in); return err })
	faulttest.Beyond(t, func(in assignment.CampaignPatch) error { _, err := s.UpdateCampaign(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.TaskPatch) error { _, err := s.AddTask(ctx, a, id, in); return err })
	faulttest.Beyond(t, func(in assignment.TaskPatch) error { _, err := s.UpdateTask(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.NewTemplate) error { _, err := s.KeepTemplate(ctx, a, in); return err })
	faulttest.Beyond(t, func(in assignment.TemplatePatch) error { _, err := s.ReviseTemplate(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.DeclineDecision) error { _, err := s.DecideDecline(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.Delegation) error { _, err := s.Delegate(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.HowFar) error {
		_, err := s.ReportProgress(ctx, a, id, 0, in)
		return err
	})
	faulttest.Beyond(t, func(in assignment.Responsible) error {
		_, err := s.ChangeResponsible(ctx, a, id, 0, in.PersonID)
		return err
	})
	faulttest.Beyond(t, func(in assignment.Urging) error { _, err := s.Urge(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in assignment.Saying) error { _, err := s.Instruct(ctx, a, id, 0, in.Text); return err })
	faulttest.Beyond(t, func(in assignment.OwnWill) error { _, err := s.Recall(ctx, a, id, 0, in.Reason); return err })
	faulttest.Beyond(t, func(in assignment.StandIn) error { _, err := s.BeginReview(ctx, a, id, 0, in.StandIn); return err })
	faulttest.Beyond(t, func(in assignment.Approval) error {
		_, err := s.Approve(ctx, a, id, 0, in)
		return err
	})
	faulttest.Beyond(t, func(in assignment.GivingBack) error {
		_, err := s.Return(ctx, a, id, 0, in)
		return err
	})
	faulttest.Beyond(t, func(in assignment.ExtensionWanted) error { _, err := s.RequestExtension(ctx, a, id, in); return err })
	faulttest.Beyond(t, func(in assignment.Granting) error { _, err := s.GrantExtension(ctx, a, id, in); return err })
	faulttest.Beyond(t, func(in assignment.Refusing) error { _, err := s.RefuseExtension(ctx, a, id, in.Answer); return err })
	faulttest.Beyond(t, func(in assignment.CampaignUrging) error {
		_, err := s.UrgeCampaign(ctx, a, id, in)
		return err
	})
	for _, action := range []string{"close", "archive", "cancel"} {
		faulttest.Beyond(t, func(in assignment.Ending) error {
			in.Action = action
			_, err := s.EndCampaign(ctx, a, id, 0, in)
			return err
		})
	}
	for _, f := range []func(reason string) (any, error){
		func(r string) (any, error) { return s.Decline(ctx, a, id, 0, r) },
		func(r string) (any, error) { return s.Cancel(ctx, a, id, 0, r) },
	} {
		faulttest.Beyond(t, func(in assignment.Reason) error { _, err := f(in.Reason); return err })
	}
}
