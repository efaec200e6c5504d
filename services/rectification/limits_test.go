package rectification_test

import (
	"context"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/faulttest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"github.com/duban/duban/services/rectification/deed"
	"github.com/duban/duban/services/rectification/document"
)

// Whoever calls a use case, with whatever keys, gives no more than it takes. A
// service without a store keeps nothing and reads nothing.
func TestCase23EveryCommandHoldsItsLimits(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	deps := rectification.Deps{Policy: engine}
	s, visits, ctx, a := rectification.New(deps), rectification.NewInspections(deps), context.Background(), fixture.Inspector
	id := "01985b2e-7c1a-7000-8000-000000000101"
	on := deed.Subject{ID: id}
	faulttest.Beyond(t, func(in rectification.RegisterInput) error { _, err := visits.RegisterDevice(ctx, a, in); return err })
	faulttest.Beyond(t, func(in rectification.DevicePatch) error { _, err := visits.UpdateDevice(ctx, a, on, in); return err })
	lists := checklist.New(nil, engine, nil, nil)
	faulttest.Beyond(t, func(in checklist.Input) error { _, err := lists.Create(ctx, a, in); return err })
	faulttest.Beyond(t, func(in checklist.Input) error {
		_, err := lists.Update(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.InspectionInput) error { _, err := visits.PlanInspection(ctx, a, in); return err })
	faulttest.Beyond(t, func(in rectification.InspectionPatch) error {
		_, err := visits.UpdateInspection(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Answers) error { _, err := visits.PutAnswers(ctx, a, on, in); return err })
	faulttest.Beyond(t, func(in rectification.Amendment) error { _, err := visits.AmendInspection(ctx, a, id, in); return err })
	faulttest.Beyond(t, func(in rectification.LookBackInput) error { _, err := visits.PlanLookBack(ctx, a, in); return err })
	faulttest.Beyond(t, func(in rectification.DrawInput) error { _, err := visits.MakeDraw(ctx, a, in); return err })
	faulttest.Beyond(t, func(in rectification.DrawPlan) error { _, err := visits.PlanDraw(ctx, a, on, in); return err })
	faulttest.Beyond(t, func(in rectification.FindingInput) error { _, err := s.RecordFinding(ctx, a, in); return err })
	faulttest.Beyond(t, func(in rectification.Link) error {
		_, err := s.LinkFinding(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.OrderInput) error { _, err := s.Order(ctx, a, in); return err })
	faulttest.Beyond(t, func(in document.Input) error {
		_, err := document.New(document.Deps{Policy: engine}).Make(ctx, a, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.PlanInput) error { _, err := s.Plan(ctx, a, on, in); return err })
	faulttest.Beyond(t, func(in rectification.VerifyInput) error { _, err := s.Verify(ctx, a, on, in); return err })
	faulttest.Beyond(t, func(in rectification.HowFar) error {
		_, err := s.MeasureProgress(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Suspension) error {
		_, err := s.Suspend(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Resumption) error {
		_, err := s.Resume(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Reopening) error {
		_, err := s.Reopen(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Passing) error {
		_, err := s.Transfer(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Settlement) error {
		_, err := s.Settle(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.ExtensionRequest) error {
		_, err := s.RequestExtension(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.ExtensionDecision) error {
		_, err := s.DecideExtension(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.PlanDecision) error {
		_, err := s.DecidePlan(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.Objection) error {
		_, err := visits.ObjectToInspection(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.ObjectionDecision) error {
		_, err := visits.DecideObjection(ctx, a, on, in)
		return err
	})
	faulttest.Beyond(t, func(in rectification.CloseOut) error { _, err := s.ApplyCloseOut(ctx, a, on, in); return err })
	faulttest.Beyond(t, func(in rectification.Responsible) error {
		_, err := s.Acknowledge(ctx, a, on, in)
		return err
	})
	for _, f := range []func(reason string) (any, error){
		func(r string) (any, error) {
			return visits.CancelInspection(ctx, a, on, rectification.Reason{Reason: r})
		},
		func(r string) (any, error) { return s.DismissFinding(ctx, a, on, rectification.Reason{Reason: r}) },
		func(r string) (any, error) { return s.Withdraw(ctx, a, on, rectification.Reason{Reason: r}) },
		func(r string) (any, error) { return s.Bounce(ctx, a, on, rectification.Reason{Reason: r}) },
	} {
		faulttest.Beyond(t, func(in rectification.Reason) error { _, err := f(in.Reason); return err })
	}
	for _, f := range []func(note string) (any, error){
		func(n string) (any, error) { return s.CheckStage(ctx, a, on, rectification.StageDone{Note: n}) },
		func(n string) (any, error) { return s.MeasureDone(ctx, a, on, rectification.MeasureDone{Note: n}) },
		func(n string) (any, error) { return s.SignOff(ctx, a, on, rectification.Note{Note: n}) },
		func(n string) (any, error) { return visits.ConfirmInspection(ctx, a, on, rectification.Note{Note: n}) },
	} {
		faulttest.Beyond(t, func(in rectification.Note) error { _, err := f(in.Note); return err })
	}
}

// What the code counts by and what people are held to is one number.
func TestCase23BoundsOfTheCodeAreThoseOfTheLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		most int
		err  error
	}{
		"items":       {checklist.MaxItems, fault.Check(checklist.Input{Title: "a", Items: goodItems(checklist.MaxItems)})},
		"finding_ids": {rectification.MaxFindings, fault.Check(rectification.OrderInput{Title: "a", FindingIDs: ids(rectification.MaxFindings)})},
		"devices":     {rectification.MaxRegistered, fault.Check(rectification.InspectionPatch{Devices: goodDevices(rectification.MaxRegistered)})},
		"documents":   {document.MaxDocuments, fault.Check(document.Input{Form: "order", IDs: ids(document.MaxDocuments)})},
	} {
		if c.err != nil {
			t.Errorf("%s: %d are refused: %v", name, c.most, c.err)
		}
	}
	for name, err := range map[string]error{
		"items":       fault.Check(checklist.Input{Title: "a", Items: goodItems(checklist.MaxItems + 1)}),
		"finding_ids": fault.Check(rectification.OrderInput{Title: "a", FindingIDs: ids(rectification.MaxFindings + 1)}),
		"devices":     fault.Check(rectification.InspectionPatch{Devices: goodDevices(rectification.MaxRegistered + 1)}),
		"ids":         fault.Check(document.Input{Form: "order", IDs: ids(document.MaxDocuments + 1)}),
	} {
		if f := fault.As(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Location != name {
			t.Errorf("one of %s more than the most: %+v", name, f)
		}
	}
}

func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = "a"
	}
	return all
}

func goodItems(n int) []checklist.Item {
	all := make([]checklist.Item, n)
	for i := range all {
		all[i] = checklist.Item{Title: "a", Type: "pass_fail", Category: "technical"}
	}
	return all
}

func goodDevices(n int) *[]rectification.Device {
	all := make([]rectification.Device, n)
	for i := range all {
		all[i] = rectification.Device{ID: "a", Label: "a"}
	}
	return &all
}
