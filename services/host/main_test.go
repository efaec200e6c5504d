package host_test

import (
	"testing"

	"github.com/duban/duban/services/internal/bustest"
)

// Whatever a test starts has ended with it, but what tusd keeps for some seconds
// after each upload.
func TestMain(m *testing.M) {
	bustest.Main(m, "github.com/tus/tusd/v2/pkg/handler.newDelayedContext.func1")
}
