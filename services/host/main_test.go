package host_test

import (
	"testing"

	"go.uber.org/goleak"
)

// Whatever a test starts has ended with it, but what tusd keeps for some seconds
// after each upload.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/tus/tusd/v2/pkg/handler.newDelayedContext.func1"))
}
