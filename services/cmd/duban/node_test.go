package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
	"github.com/duban/duban/api/event"
	"github.com/duban/duban/migrations"
	"github.com/duban/duban/services/internal/porttest"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// node is all services in one process, on a copy of the county.
type node struct {
	*county
	t    testing.TB
	data string
	env  []string
	url  string

	*process
}

// newNode copies the county; start runs it. more are settings.
func newNode(t *testing.T, more ...string) *node {
	t.Helper()
	duban(t)
	c, err := founded()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	n := &node{county: c, t: t, data: filepath.Join(dir, "data")}
	n.env = environment(append([]string{"DUBAN_CLOCK_OFFSET_FILE=" + filepath.Join(dir, "clock"), fmt.Sprintf("DUBAN_LISTEN=127.0.0.1:%d", porttest.Free(t))}, more...)...)
	if err := os.CopyFS(n.data, os.DirFS(c.dir)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n.process != nil {
			n.kill()
			if line := n.log.odd(); line != "" {
				t.Errorf("standard error has a line that is not of the log: %q", line)
			}
			if t.Failed() {
				t.Logf("what the process said last:\n%s", n.log.tail())
			}
		}
	})
	return n
}

// start runs the services and waits until they answer.
func (n *node) start() {
	n.t.Helper()
	path, err := binary()
	if err != nil {
		n.t.Fatal(err)
	}
	p, err := launch(path, n.env, "serve", "--data", n.data)
	if err == nil {
		err = p.wait()
	}
	if err != nil {
		n.t.Fatal(err)
	}
	n.process, n.url = p, p.url
}

// restart kills the process without warning and starts it again.
func (n *node) restart() {
	n.t.Helper()
	n.kill()
	n.start()
}

// skip moves the clock of the services on, past leases and time limits.
func (n *node) skip(d time.Duration) {
	n.t.Helper()
	path := filepath.Join(filepath.Dir(n.data), "clock")
	seconds := 0
	if raw, err := os.ReadFile(path); err == nil {
		seconds, _ = strconv.Atoi(string(raw))
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(seconds+int(d.Seconds()))), 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// as is the API for somebody who is signed in.
func (n *node) as(account string) *client.Client {
	n.t.Helper()
	token, ok := n.tokens[account]
	if !ok {
		n.t.Fatalf("%s is not signed in", account)
	}
	c, err := client.New(n.url, token)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// run runs a command on the data and gives what it printed and its exit code.
func (n *node) run(args ...string) (string, int) {
	n.t.Helper()
	path, err := binary()
	if err != nil {
		n.t.Fatal(err)
	}
	cmd := exec.Command(path, append(args, "--data", n.data)...)
	cmd.Env = n.env
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		n.t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// settle waits until every consumer has taken every event.
func (n *node) settle() {
	n.t.Helper()
	eventually(n.t, time.Minute, "every event is taken", func() (string, bool) {
		left, err := backlog(n.data, n.consumers)
		if err != nil {
			return err.Error(), false
		}
		return strings.Join(left, "; "), len(left) == 0
	})
}

// sound waits until everything is quiet, stops the process as an operator
// would and verifies what must always hold: nothing lost, nothing twice.
func (n *node) sound() {
	n.t.Helper()
	n.settle()
	if code, err := n.term(); err != nil || code != 0 {
		n.t.Errorf("after SIGTERM: exit code %d, %v", code, err)
	}
	for _, command := range []string{"check", "reconcile", "doctor"} {
		if out, code := n.run(command); code != 0 {
			n.t.Errorf("duban %s: exit code %d\n%s", command, code, out)
		}
	}
	events := count(n.t, n.data, "audit", "SELECT COUNT(*) FROM audit_entries")
	made := int64(0)
	for _, s := range migrations.Services {
		made += count(n.t, n.data, s, "SELECT COUNT(*) FROM outbox")
	}
	if events != made {
		n.t.Errorf("the audit trail has %d entries, %d events were made", events, made)
	}
}

// query reads one service's tables; the process may be running.
func query(dir, service string, rows any, text string, args ...any) error {
	d, err := sql.Open("sqlite", "file:"+filepath.Join(dir, service+".db")+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)")
	if err != nil {
		return err
	}
	defer d.Close()
	return bun.NewDB(d, sqlitedialect.New()).NewRaw(text, args...).Scan(context.Background(), rows)
}

func count(t testing.TB, dir, service, text string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := query(dir, service, &n, text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return n
}

// backlog says which events are not sent, and which consumers have not taken
// which events, or taken some that nobody made.
func backlog(dir string, consumers map[string][]event.Type) ([]string, error) {
	type line struct {
		ID, Type string
		Sent     bool
	}
	var all []line
	var left []string
	for _, s := range migrations.Services {
		var ls []line
		if err := query(dir, s, &ls, "SELECT id, type, sent_at IS NOT NULL AS sent FROM outbox"); err != nil {
			return nil, err
		}
		unsent := 0
		for _, l := range ls {
			if !l.Sent {
				unsent++
			}
		}
		if unsent > 0 {
			left = append(left, fmt.Sprintf("%s: %d unsent", s, unsent))
		}
		all = append(all, ls...)
	}
	for name, types := range consumers {
		service, _, _ := strings.Cut(name, "-")
		var ids []string
		if err := query(dir, service, &ids, "SELECT event_id FROM inbox WHERE consumer = ?", name); err != nil {
			return nil, err
		}
		taken := make(map[string]bool, len(ids))
		for _, id := range ids {
			taken[id] = true
		}
		lacking := 0
		for _, l := range all {
			if len(types) > 0 && !slices.Contains(types, event.Type(l.Type)) {
				continue
			}
			if !taken[l.ID] {
				lacking++
			}
			delete(taken, l.ID)
		}
		if lacking > 0 || len(taken) > 0 {
			left = append(left, fmt.Sprintf("%s: %d not taken, %d that nobody made", name, lacking, len(taken)))
		}
	}
	return left, nil
}
