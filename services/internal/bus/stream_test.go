package bus_test

import (
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/bustest"
)

// A stream of other settings gets those of the program, once a connection.
func TestStreamGetsItsSettings(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	url := bustest.Server(t)
	first := bustest.Connect(t, url)
	age := func() time.Duration {
		t.Helper()
		s, err := first.JetStream().Stream(ctx, event.Stream)
		if err != nil {
			t.Fatal(err)
		}
		return s.CachedInfo().Config.MaxAge
	}
	if err := first.EnsureStream(ctx); err != nil || age() != bus.Retention {
		t.Fatal(age(), err)
	}
	s, err := first.JetStream().Stream(ctx, event.Stream)
	if err != nil {
		t.Fatal(err)
	}
	other := s.CachedInfo().Config
	other.MaxAge = time.Hour
	if _, err := first.JetStream().UpdateStream(ctx, other); err != nil {
		t.Fatal(err)
	}
	if err := bustest.Connect(t, url).EnsureStream(ctx); err != nil || age() != bus.Retention {
		t.Errorf("kept for %v, %v", age(), err)
	}
}
