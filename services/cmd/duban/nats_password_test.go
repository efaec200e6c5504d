package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/porttest"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"golang.org/x/crypto/bcrypt"
)

// warnings keeps what a NATS server warns of.
type warnings struct {
	mu  sync.Mutex
	all []string
}

func (w *warnings) Warnf(format string, v ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, fmt.Sprintf(format, v...))
}
func (w *warnings) Noticef(string, ...any)         {}
func (w *warnings) Fatalf(format string, v ...any) { w.Warnf(format, v...) }
func (w *warnings) Errorf(string, ...any)          {}
func (w *warnings) Debugf(string, ...any)          {}
func (w *warnings) Tracef(string, ...any)          {}

// What nats-password prints lets the services in by deploy/nats.conf, and
// nobody else; the servers find each other and warn of no password.
func TestNATSPassword(t *testing.T) {
	out, err := exec.Command(duban(t), "nats-password").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`^For nats_url:  (\S+)\nFor nats.env:  NATS_PASSWORD_HASH='(\S+)'\n$`).FindStringSubmatch(string(out))
	if m == nil {
		t.Fatalf("%s", out)
	}
	if cost, err := bcrypt.Cost([]byte(m[2])); err != nil || cost > 11 {
		t.Errorf("every connect costs %d (%v)", cost, err)
	}
	conf, err := os.ReadFile("../../../deploy/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	var ports []int
	for range 3 {
		ports = append(ports, porttest.Free(t))
	}
	t.Setenv("NATS_USER", "duban")
	t.Setenv("NATS_PASSWORD_HASH", m[2])
	t.Setenv("NATS_ROUTE_PASSWORD", "between-servers")
	for i, p := range ports {
		t.Setenv(fmt.Sprintf("NATS_ROUTE_%d", i+1), fmt.Sprintf("nats://route:between-servers@127.0.0.1:%d", p))
	}
	said := &warnings{}
	var servers []*server.Server
	for i, p := range ports {
		t.Setenv("NATS_NAME", fmt.Sprintf("nats-%d", i+1))
		var o server.Options
		if err := o.ProcessConfigString(string(conf)); err != nil {
			t.Fatal(err)
		}
		o.Host, o.Port, o.HTTPPort, o.StoreDir = "127.0.0.1", -1, -1, t.TempDir()
		o.Cluster.Host, o.Cluster.Port = "127.0.0.1", p
		o.NoSigs = true
		s, err := server.NewServer(&o)
		if err != nil {
			t.Fatal(err)
		}
		s.SetLoggerV2(said, false, false, false)
		s.Start()
		t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
		servers = append(servers, s)
	}
	for _, s := range servers {
		if !s.ReadyForConnections(2 * time.Minute) {
			t.Fatal("a NATS server did not get ready")
		}
	}
	url := servers[0].ClientURL()
	n, err := nats.Connect(url, nats.UserInfo("duban", m[1]), nats.Timeout(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	n.Close()
	for _, wrong := range []string{m[2], "between-servers", ""} {
		if n, err := nats.Connect(url, nats.UserInfo("duban", wrong), nats.Timeout(time.Minute)); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("with %q: %v", wrong, err)
			if n != nil {
				n.Close()
			}
		}
	}
	for until := time.Now().Add(2 * time.Minute); servers[0].NumRoutes() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("the servers do not find each other")
		}
	}
	said.mu.Lock()
	defer said.mu.Unlock()
	for _, w := range said.all {
		if strings.Contains(strings.ToLower(w), "password") || strings.Contains(strings.ToLower(w), "authorization") {
			t.Error(w)
		}
	}
}
