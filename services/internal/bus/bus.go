// Package bus connects a process to NATS: an embedded server in the same
// process by default, a cluster by setting. It carries events (JetStream, see
// packages outbox and inbox), questions between services (rpc.go) and
// fire-and-forget signals.
package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/duban/duban/api/rpc"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Retention is how long the stream, and so the outbox, keeps events.
const Retention = 30 * 24 * time.Hour

// MaxEvent is how many bytes an event may have at most, and the least
// max_payload of a NATS elsewhere.
const MaxEvent = 4 << 20

// Config says which NATS to use.
type Config struct {
	// URL of a NATS cluster with JetStream; empty starts an embedded server.
	URL string
	// Dir is where the embedded server keeps its files.
	Dir string
	// Replicas of the stream on a cluster; 0 means 1.
	Replicas int
	// Observer is set by commands that only look: they make no stream.
	Observer bool
	// Name of the connection, shown by the server.
	Name string
	Log  *slog.Logger
}

// Bus is a connection to NATS. Safe for concurrent use.
type Bus struct {
	conn     *nats.Conn
	js       jetstream.JetStream
	embedded *embedded // nil with NATS elsewhere
	log      *slog.Logger
	replicas int

	mu     sync.RWMutex
	local  map[string]handler // rpc subjects answered in this process
	subs   []*nats.Subscription
	closed bool // no further question is begun

	questions sync.WaitGroup  // those being answered
	answering context.Context // ends them
	end       context.CancelFunc

	bulk   chan struct{}
	stream stream
}

// Bulk runs f, a transaction of much data of a consumer, when it is its turn:
// at most so many run at once in a process that a core stays free for who waits
// for an answer.
func (b *Bus) Bulk(f func()) {
	b.bulk <- struct{}{}
	defer func() { <-b.bulk }()
	f()
}

// Start connects, and on an embedded server makes the event stream at once.
// On a cluster that is away it returns a Bus all the same: the API goes on,
// events wait in the outbox, and the connection is tried for ever.
func Start(ctx context.Context, cfg Config) (*Bus, error) {
	b := &Bus{
		log: cfg.Log, replicas: max(1, cfg.Replicas), local: map[string]handler{},
		bulk: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1)),
	}
	b.answering, b.end = context.WithCancel(context.WithoutCancel(ctx))
	if b.log == nil {
		b.log = slog.Default()
	}
	b.stream.renewed = make(chan struct{})
	b.stream.look = make(chan struct{}, 1)
	opts := []nats.Option{
		nats.Name(cfg.Name), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond),
		nats.RetryOnFailedConnect(true), nats.Timeout(2 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				b.log.Warn("nats: disconnected", "error", err)
			}
		}),
		// Without one the client writes to standard error by itself.
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			b.log.Warn("nats: error", "subject", subject, "error", err)
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			b.log.Info("nats: connected again")
			b.Doubt()
		}),
	}
	if cfg.URL == "" {
		b.embedded = &embedded{dir: cfg.Dir}
		if err := b.embedded.start(); err != nil {
			return nil, err
		}
		opts = append(opts, nats.InProcessServer(b.embedded))
	}
	conn, err := nats.Connect(cfg.URL, opts...)
	if err != nil {
		b.shutdown()
		return nil, fmt.Errorf("connect to nats: %w", err)
	}
	b.conn = conn
	if b.js, err = jetstream.New(conn); err != nil {
		b.shutdown()
		return nil, err
	}
	if b.embedded != nil {
		if err := b.EnsureStream(ctx); err != nil {
			b.shutdown()
			return nil, err
		}
	}
	if cfg.Observer {
		return b, nil
	}
	watch, stop := context.WithCancel(context.WithoutCancel(ctx))
	b.stream.stop = stop
	b.stream.watching.Go(func() { b.watch(watch) })
	return b, nil
}

// embedded is the server in this process.
type embedded struct {
	dir string

	mu      sync.Mutex
	server  *server.Server // nil while it is down
	started time.Time
}

// InProcessConn implements nats.InProcessConnProvider.
func (e *embedded) InProcessConn() (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.server == nil {
		return nil, errors.New("the embedded nats is down")
	}
	return e.server.InProcessConn()
}

func (e *embedded) start() error {
	e.started = time.Now()
	s, err := embed(e.dir)
	e.server = s
	return err
}

func (e *embedded) stop() {
	if e.server != nil {
		e.server.Shutdown()
		e.server.WaitForShutdown()
		e.server = nil
	}
}

// patience is how long an embedded server may take no messages before it is
// started again.
const patience = 10 * time.Second

// Revive starts an embedded server again that takes no messages any more:
// once its disk was full it refuses them for good, also when there is room.
// The connection finds the new one by itself.
func (b *Bus) Revive() error {
	if b.embedded == nil {
		return nil
	}
	b.embedded.mu.Lock()
	defer b.embedded.mu.Unlock()
	if time.Since(b.embedded.started) < patience {
		return nil
	}
	b.log.Warn("nats: the embedded server takes no messages and is started again")
	b.embedded.stop()
	return b.embedded.start()
}

func embed(dir string) (*server.Server, error) {
	s, err := server.NewServer(&server.Options{
		ServerName: "duban", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir,
		// JetStream otherwise acknowledges up to two minutes before it syncs.
		SyncAlways: true,
		MaxPayload: MaxEvent,
	})
	if err != nil {
		return nil, fmt.Errorf("embedded nats: %w", err)
	}
	s.Start()
	if !s.ReadyForConnections(20 * time.Second) {
		s.Shutdown()
		return nil, errors.New("embedded nats did not get ready within 20 s")
	}
	return s, nil
}

// JetStream is for packages outbox and inbox, and for reading along.
func (b *Bus) JetStream() jetstream.JetStream { return b.js }

// Connected tells whether the server is in reach now.
func (b *Bus) Connected() bool { return b.conn.IsConnected() }

// Embedded tells whether the server runs in this process.
func (b *Bus) Embedded() bool { return b.embedded != nil }

// Signal tells every process that listens to subject; it may get lost, so it
// must never carry anything that is not also stored.
func (b *Bus) Signal(subject string, data []byte) {
	if err := b.conn.Publish(subject, data); err != nil {
		b.log.Warn("signal", "subject", subject, "error", err)
	}
}

// Progress tells every process that holds live streams how far a job is.
func (b *Bus) Progress(p rpc.Progress) {
	raw, err := json.Marshal(p)
	if err != nil {
		b.log.Error("progress", "error", err)
		return
	}
	b.Signal(rpc.ProgressSignal, raw)
}

// OnSignal calls f for every signal on subject until the Bus closes. A nil
// Bus, as commands have that only look at the data, hears nothing.
func (b *Bus) OnSignal(subject string, f func(subject string, data []byte)) error {
	if b == nil {
		return nil
	}
	sub, err := b.conn.Subscribe(subject, func(m *nats.Msg) { f(m.Subject, m.Data) })
	if err != nil {
		return fmt.Errorf("listen to %s: %w", subject, err)
	}
	b.keep(sub)
	return nil
}

func (b *Bus) keep(sub *nats.Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs = append(b.subs, sub)
}

// Close takes no more questions, ends those being answered and waits for them,
// sends what is buffered, disconnects, and stops an embedded server.
func (b *Bus) Close() {
	b.mu.Lock()
	for _, s := range b.subs {
		_ = s.Unsubscribe()
	}
	b.subs, b.local, b.closed = nil, map[string]handler{}, true
	b.mu.Unlock()
	b.shutdown()
}

func (b *Bus) shutdown() {
	b.end()
	b.questions.Wait()
	if b.stream.stop != nil {
		b.stream.stop()
		b.stream.watching.Wait()
	}
	if b.conn != nil {
		if b.conn.IsConnected() {
			_ = b.conn.FlushTimeout(2 * time.Second)
		}
		b.conn.Close()
	}
	if b.embedded != nil {
		b.embedded.mu.Lock()
		defer b.embedded.mu.Unlock()
		b.embedded.stop()
	}
}

// Fit tells what is wrong with the NATS in reach: away, without JetStream, or
// too old. 2.15.2 is wanted because earlier versions lost acknowledged
// messages in published failure tests; below 2.10 consumers do not work.
func (b *Bus) Fit(ctx context.Context) error {
	if !b.conn.IsConnected() {
		return errors.New("not connected")
	}
	if _, err := b.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("JetStream: %w", err)
	}
	var major, minor, patch int
	v := b.conn.ConnectedServerVersion()
	if _, err := fmt.Sscanf(v, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return fmt.Errorf("version %q is not understood", v)
	}
	if (major*1000+minor)*1000+patch < 2015002 {
		return fmt.Errorf("nats-server %s is too old: at least 2.15.2 is needed", v)
	}
	return nil
}
