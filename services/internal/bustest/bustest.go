// Package bustest gives tests a real NATS server of their own.
package bustest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/porttest"
	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"
)

// Main runs a package's tests, and fails where what they started has not ended,
// but for goroutines that others names. A store that the NATS server makes while
// it is being shut down stays open (nats-server 2.15): that one is not ours.
func Main(m *testing.M, others ...string) {
	const server = "github.com/nats-io/nats-server/v2/server"
	others = append(others, server+".(*msgBlock).flushLoop", server+".(*consumerFileStore).flushLoop",
		server+".(*fileStore).flushStreamStateLoop", server+"/ats.Register.func1")
	ignore := make([]goleak.Option, len(others))
	for i, f := range others {
		ignore[i] = goleak.IgnoreAnyFunction(f)
	}
	goleak.VerifyTestMain(m, ignore...)
}

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

// Connect gives a Bus on a server elsewhere, until the test ends.
func Connect(t testing.TB, url string) *bus.Bus {
	t.Helper()
	b, err := bus.Start(context.Background(), bus.Config{URL: url, Name: t.Name()})
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
	n := NewNode(t)
	n.Start(0)
	return n.URL()
}

// Node is a NATS server that a test stops and starts, always at one address.
type Node struct {
	t    testing.TB
	port int
	dir  string
	s    *server.Server
}

// NewNode makes one that does not run yet, and stops it when the test ends.
func NewNode(t testing.TB) *Node {
	t.Helper()
	n := &Node{t: t, port: porttest.Free(t), dir: t.TempDir()}
	t.Cleanup(n.Stop)
	return n
}

// URL is where it answers while it runs.
func (n *Node) URL() string { return fmt.Sprintf("nats://127.0.0.1:%d", n.port) }

// Start runs it; store is how many bytes of disk it may use, 0 any.
func (n *Node) Start(store int64) {
	n.t.Helper()
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: n.port, JetStream: true, StoreDir: n.dir, JetStreamMaxStore: store,
		SyncAlways: true, NoSigs: true, NoLog: true, MaxPayload: 4 << 20,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(2 * time.Minute) {
		n.t.Fatal("the NATS server did not get ready")
	}
	n.s = s
}

// Stop ends it, if it runs.
func (n *Node) Stop() {
	if n.s != nil {
		n.s.Shutdown()
		n.s.WaitForShutdown()
		n.s = nil
	}
}

// Lose removes all that it has stored; it must be stopped.
func (n *Node) Lose() {
	n.t.Helper()
	if err := os.RemoveAll(filepath.Join(n.dir, "jetstream")); err != nil {
		n.t.Fatal(err)
	}
}
