package main_test

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/demo/divisions"
	"github.com/duban/duban/services/host"
	"github.com/duban/duban/services/internal/bustest"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/porttest"
)

// The whole main job, in one process with everything embedded.
func TestWalkOneProcess(t *testing.T) {
	t.Parallel()
	walk(t, "demo", "--walk", "--divisions", filepath.Join("..", "..", "..", divisions.Package))
}

// Case 73: with DATABASE_URL it runs there, in schemas that are gone afterwards.
func TestCase73WalkOnPostgres(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgresURL(t)
	prefix := "t_" + strings.ToLower(crand.Text()[:8]) + "_"
	out := walkWith(t, []string{"DATABASE_URL=" + url, "DUBAN_SCHEMA_PREFIX=" + prefix}, "demo", "--walk")
	if !strings.HasPrefix(out, "on PostgreSQL, in schemas "+prefix) {
		t.Errorf("the first line does not name the engine: %.200s", out)
	}
	c, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var left int
	if err := c.QueryRow("SELECT COUNT(*) FROM pg_namespace WHERE starts_with(nspname, $1)", prefix).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d schemas are left, %v", left, err)
	}
}

// Case 41: as the help says, on a server that runs on real time.
func TestCase41WalkOnRealTime(t *testing.T) {
	t.Parallel()
	p, err := launch(duban(t), environment(),
		"serve", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	if err := p.wait(); err != nil {
		t.Fatal(err)
	}
	walk(t, "demo", "--walk", "--server", p.url, "--setup-token", <-p.token)
}

func walk(t *testing.T, args ...string) string {
	t.Helper()
	return walkWith(t, nil, args...)
}

func walkWith(t *testing.T, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, duban(t), args...)
	cmd.Env = append(slices.DeleteFunc(cmd.Environ(), func(s string) bool { return strings.HasPrefix(s, "DATABASE_URL=") }), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		t.Fatalf("%v:\n%s", err, strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
	return string(out)
}

// The whole main job with a process for each service, on NATS and SQLite,
// while processes are killed without warning and started again.
func TestWalkSeparateProcesses(t *testing.T) {
	t.Parallel()
	separate(t, "")
}

// The same on PostgreSQL.
func TestWalkSeparateProcessesPostgres(t *testing.T) {
	t.Parallel()
	separate(t, dbtest.PostgresURL(t))
}

// maxKills bounds how often a run is disturbed, so that a slow machine ends it too.
const maxKills = 12

func separate(t *testing.T, databaseURL string) {
	dir := t.TempDir()
	clockFile := filepath.Join(dir, "clock")
	env := []string{
		"NATS_URL=" + bustest.Server(t), "DUBAN_CLOCK_OFFSET_FILE=" + clockFile, "DUBAN_LOG=warn",
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"),
	}
	if databaseURL != "" {
		prefix := strings.TrimSuffix(dbtest.Schema(t, "walk"), "_") + "_"
		for _, s := range migrations.Services {
			dbtest.DropSchema(t, prefix+s)
		}
		env = append(env, "DATABASE_URL="+databaseURL, "DUBAN_SCHEMA_PREFIX="+prefix)
	}
	c := &cluster{t: t, bin: duban(t), env: env, dir: dir, procs: map[string]*process{}}
	t.Cleanup(c.stop)
	for _, s := range migrations.Services {
		c.start(s)
	}
	proxy := httptest.NewServer(c)
	t.Cleanup(proxy.Close)
	token := c.setupToken()

	chaos, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(1, 2))
		for {
			select {
			case <-chaos:
				return
			case <-time.After(time.Duration(1500+r.IntN(1500)) * time.Millisecond):
				if c.kills == maxKills {
					continue
				}
				c.kill(migrations.Services[r.IntN(len(migrations.Services))])
			}
		}
	}()
	walk(t, "demo", "--walk", "--server", proxy.URL, "--setup-token", token, "--clock-file", clockFile)
	close(chaos)
	<-done
	t.Logf("%d processes were killed during the walk", c.kills)
	if c.kills == 0 {
		t.Error("no process was killed")
	}
	c.stop()
	for _, command := range []string{"check", "reconcile"} {
		cmd := exec.Command(c.bin, command, "--data", dir)
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", command, err, out)
		}
	}
}

// cluster is a process for each service with a proxy in front.
type cluster struct {
	t     *testing.T
	bin   string
	env   []string
	dir   string
	kills int

	mu      sync.Mutex
	procs   map[string]*process
	stopped bool
}

func (c *cluster) start(service string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	var port int
	if p := c.procs[service]; p != nil {
		port = p.port
	} else {
		port = porttest.Free(c.t)
	}
	p, err := launch(c.bin, c.env, "serve", "--services", service, "--data", c.dir, "--listen", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		c.t.Error(err)
		return
	}
	p.port = port
	c.procs[service] = p
}

func (c *cluster) setupToken() string {
	select {
	case token := <-c.procs["directory"].token:
		return token
	case <-time.After(2 * time.Minute):
		c.t.Fatal("the directory printed no setup token")
		return ""
	}
}

// kill ends a process as a power cut would, and starts it again.
func (c *cluster) kill(service string) {
	c.mu.Lock()
	p := c.procs[service]
	c.mu.Unlock()
	p.kill()
	c.kills++
	c.start(service)
}

func (c *cluster) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	c.stopped = true
	for name, p := range c.procs {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.exited:
			if code := p.cmd.ProcessState.ExitCode(); code != 0 {
				c.t.Errorf("%s ended with %d after SIGTERM", name, code)
			}
		case <-time.After(2 * time.Minute):
			c.t.Errorf("%s did not end within 20 s of SIGTERM", name)
			_ = p.cmd.Process.Kill()
		}
	}
}

// ServeHTTP sends a request to the process of the service that owns its path.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	service := host.Owner(r.URL.Path)
	if service == "" {
		service = "directory"
	}
	c.mu.Lock()
	p := c.procs[service]
	c.mu.Unlock()
	if p == nil {
		http.NotFound(w, r)
		return
	}
	rp := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", p.port)})
	rp.ErrorLog = nil
	rp.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
	rp.ServeHTTP(w, r)
}
