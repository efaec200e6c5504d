// Package bustest gives tests a real NATS server of their own.
package bustest

import (
	"context"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/bus"
	"github.com/nats-io/nats-server/v2/server"
)

// Start gives a Bus on an embedded server that ends with the test.
func Start(t testing.TB) *bus.Bus {
	t.Helper()
	b, err := bus.Start(context.Background(), bus.Config{Dir: t.TempDir(), Name: t.Name()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Server starts a NATS server with JetStream that listens on a free loopback
// port, for tests with several processes, and returns its URL.
func Server(t testing.TB) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(),
		SyncAlways: true, NoSigs: true, NoLog: true, MaxPayload: 4 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("nats server did not get ready")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s.ClientURL()
}
