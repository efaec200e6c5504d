package inbox_test

import (
	"testing"

	"github.com/duban/duban/services/internal/bustest"
)

// Whatever a test starts has ended with it.
func TestMain(m *testing.M) { bustest.Main(m) }
