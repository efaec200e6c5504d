package directory_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/directory"
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
	s := directory.New(nil, nil, engine, clock.System{}, slog.New(slog.DiscardHandler))
	ctx, a, id := context.Background(), fixture.SystemAdmin, "01985b2e-7c1a-7000-8000-000000000101"
	faulttest.Beyond(t, func(in directory.UnitInput) error { _, err := s.CreateUnit(ctx, a, in); return err })
	faulttest.Beyond(t, func(in directory.UnitPatch) error { _, err := s.UpdateUnit(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in directory.Moving) error {
		_, err := s.MoveUnit(ctx, a, id, in, 0)
		return err
	})
	faulttest.Beyond(t, func(in directory.Merging) error {
		_, err := s.MergeUnit(ctx, a, id, in, 0)
		return err
	})
	faulttest.Beyond(t, func(in directory.UnitSplit) error { _, err := s.SplitUnit(ctx, a, id, in, 0); return err })
	faulttest.Beyond(t, func(in directory.Reason) error { _, err := s.DeactivateUnit(ctx, a, id, in.Reason, 0); return err })
	faulttest.Beyond(t, func(in directory.Reason) error { return s.WithdrawGrant(ctx, a, id, in.Reason) })
	faulttest.Beyond(t, func(in directory.PersonInput) error { _, _, err := s.CreatePerson(ctx, a, in); return err })
	faulttest.Beyond(t, func(in directory.PersonPatch) error { _, err := s.UpdatePerson(ctx, a, id, 0, in); return err })
	faulttest.Beyond(t, func(in directory.Disabling) error {
		_, err := s.DisablePerson(ctx, a, id, in, 0)
		return err
	})
	faulttest.Beyond(t, func(in directory.GrantInput) error {
		_, err := s.GiveGrant(ctx, a, in)
		return err
	})
	faulttest.Beyond(t, func(in directory.SigningIn) error {
		_, err := s.SignIn(ctx, in.Account, in.Password, directory.From{})
		return err
	})
	faulttest.Beyond(t, func(in directory.PasswordChange) error {
		return s.ChangePassword(ctx, a, in.Current, in.New, directory.From{})
	})
	faulttest.Beyond(t, func(in directory.SettingUp) error {
		_, _, err := s.SetUp(ctx, in.Token, in.Root, in.Administrators)
		return err
	})
}
