package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/duban/duban/api"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/migrations"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/bus"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/copies"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/inbox"
	"github.com/duban/duban/services/internal/module"
	"github.com/duban/duban/services/internal/outbox"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/web"
	"golang.org/x/sync/errgroup"
)

// drain is how long requests that have begun may take at shutdown.
const drain = 10 * time.Second

// askAgain is the time from one attempt to ask for copies to the next.
const askAgain = 5 * time.Second

// settled is how long after its start a process is taken to be at rest.
const settled = 3 * time.Second

// Host runs services. Make one with Start.
type Host struct {
	cfg      Config
	log      *slog.Logger
	bus      *bus.Bus
	engine   *policy.Engine
	api      *rest.API
	units    []*unit
	server   *http.Server
	listener net.Listener
	stop     context.CancelFunc // ends background work, streams and uploads
	cut      context.CancelFunc // ends the other requests
	running  sync.WaitGroup
	started  time.Time
	release  func() // frees the data folder for another process
}

// unit is one service with what the host runs for it.
type unit struct {
	name   string
	db     *db.DB
	svc    module.Service
	clock  clock.Clock
	relay  *outbox.Relay
	runner *inbox.Runner
}

// tellers are what the service tells again of what it owns.
func (u *unit) tellers() []copies.Teller {
	if s, ok := u.svc.(module.Source); ok {
		return s.Tellers()
	}
	return nil
}

// consumers are the events that the service takes, with the questions to it to
// tell again.
func (u *unit) consumers() []inbox.Consumer {
	cs := u.svc.Consumers()
	if tells := u.tellers(); tells != nil {
		cs = append(cs, copies.Consumer(u.name, u.clock, tells))
	}
	return cs
}

// ask has the owners tell what the copies of the service lack.
func (u *unit) ask(ctx context.Context) error {
	if k, ok := u.svc.(module.Keeper); ok {
		return copies.Ask(ctx, u.db, u.clock, u.name, k.Copies()...)
	}
	return nil
}

// fill asks once; as long as the database is away it tries again.
func (h *Host) fill(ctx context.Context, u *unit) {
	for err := u.ask(ctx); err != nil && ctx.Err() == nil; err = u.ask(ctx) {
		h.log.Warn("copies: not asked for yet", "service", u.name, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(askAgain):
		}
	}
}

// Start opens and migrates the databases, mounts the services, begins
// background work and listens. It returns when requests are answered.
func Start(ctx context.Context, cfg Config) (*Host, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	h := &Host{cfg: cfg, log: cfg.Log, started: time.Now()}
	if h.log == nil {
		h.log = slog.Default()
	}
	ok := false
	defer func() {
		if !ok {
			h.close()
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	var err error
	if h.release, err = lock(cfg); err != nil {
		return nil, err
	}
	if h.engine, err = policy.New(); err != nil {
		return nil, err
	}
	var g errgroup.Group
	g.Go(func() (err error) {
		h.bus, err = bus.Start(ctx, bus.Config{
			URL: cfg.NATSURL, Dir: filepath.Join(cfg.Data, "nats"), Replicas: cfg.NATSReplicas,
			Name: "duban", Log: h.log,
		})
		return err
	})
	g.Go(func() (err error) {
		h.units, err = open(ctx, cfg, true)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	sessions, err := rest.NewSessions(h.bus)
	if err != nil {
		return nil, err
	}
	options := rest.Options{Version: cfg.Version, Sessions: sessions, Policy: h.engine, Log: h.log, Proxies: cfg.Proxies}
	if len(h.units) < len(migrations.Services) {
		options.Document = api.Document
	}
	h.api = rest.New(http.NewServeMux(), options)
	if err := build(h.units, cfg, h.engine, h.bus, h.log); err != nil {
		return nil, err
	}
	for _, u := range h.units {
		if p, ok := u.svc.(module.Preparer); ok {
			if err := p.Prepare(ctx); err != nil {
				return nil, fmt.Errorf("prepare %s: %w", u.name, err)
			}
		}
		u.svc.Mount(h.api)
	}
	h.mountSystem()
	h.api.Mux().Handle("/", web.Handler())

	if h.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	bg, stop := context.WithCancel(context.WithoutCancel(ctx))
	h.stop = stop
	for _, u := range h.units {
		if err := u.svc.Respond(); err != nil {
			return nil, err
		}
		u.relay = outbox.NewRelay(u.db, h.bus, h.log.With("service", u.name))
		u.runner = inbox.NewRunner(u.db, h.bus, h.log.With("service", u.name), u.consumers()...)
		u.runner.OnOlder(func(ctx context.Context) error { return errors.Join(copies.Forget(ctx, u.db), u.ask(ctx)) })
		if tells := u.tellers(); tells != nil {
			l := copies.Loop(u.db, u.clock, h.log.With("service", u.name), tells)
			h.running.Go(func() { l.Run(bg) })
		}
		h.running.Go(func() { h.fill(bg, u) })
		h.running.Go(func() { u.relay.Run(bg) })
		h.running.Go(func() { u.runner.Run(bg) })
		h.running.Go(func() { u.svc.Run(bg) })
		h.running.Go(func() { h.housekeep(bg, u) })
	}
	ds := make([]*db.DB, len(h.units))
	for i, u := range h.units {
		ds[i] = u.db
	}
	h.running.Go(func() { db.Beat(bg, h.log, ds...) })
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	h.cut = cut
	h.server = &http.Server{
		Handler: endWith(bg, h.api.Handler()), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	h.running.Go(func() {
		if err := h.server.Serve(h.listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			h.log.Error("http server", "error", err)
		}
	})
	ok = true
	h.log.Info("ready", "url", h.URL(), "services", cfg.Names(), "seconds", time.Since(h.started).Seconds())
	// What only the start took goes back to the system: a county office may run
	// this on the machine it works on.
	time.AfterFunc(settled, debug.FreeOSMemory)
	return h, nil
}

// URL is where the API answers.
func (h *Host) URL() string {
	a := h.listener.Addr().(*net.TCPAddr)
	host := a.IP.String()
	if a.IP.IsUnspecified() || a.IP.IsLoopback() {
		host = "localhost"
	}
	return fmt.Sprintf("http://%s", net.JoinHostPort(host, fmt.Sprint(a.Port)))
}

// SetupToken makes the one-use token for the first administrators; empty when
// they exist already or the directory runs elsewhere.
func (h *Host) SetupToken(ctx context.Context) (string, error) {
	for _, u := range h.units {
		if s, ok := u.svc.(interface {
			SetupToken(context.Context) (string, bool, error)
		}); ok {
			token, needed, err := s.SetupToken(ctx)
			if err != nil || !needed {
				return "", err
			}
			return token, nil
		}
	}
	return "", nil
}

// Consumers tells which event types each consumer of this process takes; none
// means all. For measurements.
func (h *Host) Consumers() map[string][]event.Type {
	m := map[string][]event.Type{}
	for _, u := range h.units {
		for _, c := range u.runner.Consumers() {
			m[c.Name] = c.Types
		}
	}
	return m
}

// Stop takes no more requests, lets those that have begun end, publishes what
// is still in the outboxes if NATS is there, and closes everything.
func (h *Host) Stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.server.Shutdown(ctx) }()
	// Streams never end by themselves: they are told once no new request can come.
	time.AfterFunc(200*time.Millisecond, h.stop)
	err := <-done
	h.stop()
	h.cut()
	h.running.Wait()
	if h.bus.Connected() {
		for _, u := range h.units {
			if _, ferr := u.relay.Flush(ctx); ferr != nil {
				h.log.Warn("outbox: the rest is published at the next start", "service", u.name, "error", ferr)
			}
		}
	}
	return errors.Join(err, h.close())
}

// endWith has streams and uploads end with ctx: they may take for ever, and go
// on elsewhere from where they were. All other requests are finished.
func endWith(ctx context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Tus-Resumable") == "" && !strings.HasSuffix(r.URL.Path, "/stream") {
			next.ServeHTTP(w, r)
			return
		}
		until, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		next.ServeHTTP(w, r.WithContext(until))
	})
}

func (h *Host) close() error {
	if h.stop != nil {
		h.stop()
	}
	if h.cut != nil {
		h.cut()
	}
	if h.listener != nil {
		h.listener.Close()
	}
	h.running.Wait()
	if h.bus != nil {
		h.bus.Close()
	}
	var errs []error
	for _, u := range h.units {
		if err := u.db.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", u.name, err))
		}
	}
	h.units = nil
	if h.release != nil {
		h.release()
	}
	return errors.Join(errs...)
}

func (h *Host) housekeep(ctx context.Context, u *unit) {
	t := time.NewTicker(time.Hour)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if err := rest.ForgetKeys(ctx, u.db); err != nil && ctx.Err() == nil {
				h.log.Warn("idempotency keys: prune", "service", u.name, "error", err)
			}
		}
	}
}

// open opens the databases of the services to run, and migrates them if asked.
func open(ctx context.Context, cfg Config, migrate bool) ([]*unit, error) {
	names := cfg.Names()
	units := make([]*unit, len(names))
	g, gctx := errgroup.WithContext(ctx)
	for i, name := range names {
		g.Go(func() error {
			d, err := db.Open(gctx, db.Config{Service: name, Dir: cfg.Data, URL: cfg.DatabaseURL, Schema: cfg.SchemaPrefix + name, Log: cfg.Log, Through: cfg.through})
			if err != nil {
				return fmt.Errorf("database of %s: %w", name, err)
			}
			units[i] = &unit{name: name, db: d}
			if !migrate {
				return nil
			}
			applied, err := d.Migrate(gctx, name)
			if len(applied) > 0 && cfg.Log != nil {
				cfg.Log.Info("migrated", "service", name, "applied", len(applied))
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		for _, u := range units {
			if u != nil {
				u.db.Close()
			}
		}
		return nil, err
	}
	return units, nil
}

// build makes the services; b may be nil for commands that only read.
func build(units []*unit, cfg Config, engine *policy.Engine, b *bus.Bus, log *slog.Logger) error {
	clk := cfg.Clock
	if clk == nil {
		clk = clock.System{}
	}
	for _, u := range units {
		i := slices.IndexFunc(services, func(s service) bool { return s.name == u.name })
		u.clock = clk
		svc, err := services[i].make(module.Deps{
			Setting: Env,
			DB:      u.db, Bus: b, Policy: engine, Clock: clk, Calendar: clock.Official,
			Log: log.With("service", u.name), Dir: filepath.Join(cfg.Data, u.name),
		})
		if err != nil {
			return fmt.Errorf("service %s: %w", u.name, err)
		}
		u.svc = svc
	}
	return nil
}
