package notice_test

import (
	"context"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/faulttest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/notice"
)

func TestCase23EveryCommandHoldsItsLimits(t *testing.T) {
	t.Parallel()
	engine, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	s := notice.New(nil, engine, nil, nil, nil)
	faulttest.Beyond(t, func(in notice.Seen) error {
		_, _, err := s.ReadAll(context.Background(), fixture.Reporter, in.UpTo)
		return err
	})
}
