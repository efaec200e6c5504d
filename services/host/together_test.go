package host_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/dbtest"
)

// Case 40: replicas that start at the same moment on an empty database all
// start and serve.
func TestCase40ReplicasStartTogether(t *testing.T) {
	t.Parallel()
	url, nats := dbtest.Database(t, ""), bustest.NewNode(t)
	nats.Start(0)
	hosts := make([]*host.Host, 3)
	var wg sync.WaitGroup
	for i := range hosts {
		cfg := host.Config{Data: t.TempDir(), Listen: "127.0.0.1:0", DatabaseURL: url, NATSURL: nats.URL(), Log: slog.New(slog.DiscardHandler)}
		wg.Go(func() {
			h, err := host.Start(context.Background(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			hosts[i] = h
		})
	}
	wg.Wait()
	for _, h := range hosts {
		if h == nil {
			continue
		}
		r, err := http.Get(h.URL() + "/readyz")
		if err != nil {
			t.Error(err)
			continue
		}
		said, _ := io.ReadAll(r.Body)
		if r.Body.Close(); r.StatusCode != http.StatusOK {
			t.Errorf("a replica is not ready: %s %s", r.Status, said)
		}
	}
	for _, h := range hosts {
		if h == nil {
			continue
		}
		if err := h.Stop(); err != nil {
			t.Error(err)
		}
	}
}
