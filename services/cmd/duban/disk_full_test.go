package main_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/api/client"
	"golang.org/x/sys/unix"
)

// limit bounds the size of the files a running process writes, as a disk does
// that is full; 0 lifts it.
func (n *node) limit(bytes uint64) {
	n.t.Helper()
	l := unix.Rlimit{Cur: bytes, Max: unix.RLIM_INFINITY}
	if bytes == 0 {
		l.Cur = unix.RLIM_INFINITY
	}
	if err := unix.Prlimit(n.cmd.Process.Pid, unix.RLIMIT_FSIZE, &l, nil); err != nil {
		n.t.Fatal(err)
	}
}

// The disk gets full while people work: what cannot be stored is refused, what
// was answered is there, reading goes on, and once there is room so does the
// rest, without a restart.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	ctx := context.Background()
	campaign, _ := n.draft(1, n.reporterUnits()...)
	n.issue(campaign)
	n.settle()
	l, err := n.as(reporter(0)).ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
	if err != nil || len(l.Items) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}
	id := l.Items[0].ID
	var others []string // of each reporter
	for i := range reporters {
		l, err := n.as(reporter(i)).ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
		if err != nil || len(l.Items) != 1 {
			t.Fatalf("%+v, %v", l, err)
		}
		others = append(others, l.Items[0].ID)
	}
	var said []string
	report := func() error {
		text := rand.Text()
		_, err := n.as(reporter(0)).ReportAssignmentProgress(ctx, id, client.AssignmentProgressReportBody{Text: text})
		if err == nil {
			said = append(said, text)
		}
		return err
	}
	if err := report(); err != nil {
		t.Fatal(err)
	}
	full := func(what string, err error) {
		t.Helper()
		p := client.AsProblem(err)
		if p == nil || p.Status != 503 || p.Code != "storage_full" {
			t.Errorf("%s on a full disk: %v, want 503 storage_full", what, err)
		}
	}

	// A fresh write-ahead log fills first, with a few hundred kilobytes of room.
	n.restart()
	n.limit(600 << 10)
	refusals := 0
	for try := 0; refusals < 5; try++ {
		if try > 2000 {
			t.Fatal("the disk never gets full")
		}
		if err := report(); err != nil {
			full("a report", err)
			refusals++
		}
	}
	t.Logf("%d reports were taken before the disk was full", len(said))
	// Those who share a transaction with one that fails are told the same.
	answers := make(chan error)
	for i, other := range others {
		go func() {
			for range 8 {
				_, err := n.as(reporter(i)).ReportAssignmentProgress(ctx, other, client.AssignmentProgressReportBody{Text: "together"})
				answers <- err
			}
		}()
	}
	together, told := int64(0), false
	for range 8 * reporters {
		err := <-answers
		if err == nil {
			together++
		} else if !told {
			p := client.AsProblem(err)
			told = p == nil || p.Code != "storage_full"
			full("a report among others", err)
		}
	}
	for i, c := range []*client.Client{n.as("manager"), n.as("viewer"), n.as(reporter(0))} {
		if _, err := c.GetAssignment(ctx, id); err != nil {
			t.Errorf("reading on a full disk, as %d: %v", i, err)
		}
	}
	u := &tus{n: n, account: reporter(0), clientID: "full", content: []byte("%PDF-1.4\n" + strings.Repeat("x", 900_000))}
	receipt := ""
	err = u.begin()
	if err == nil {
		receipt, err = u.patch(0, len(u.content))
	}
	var r *refused
	if !errors.As(err, &r) || r.status != 503 || !strings.Contains(r.text, "storage_full") {
		t.Errorf("an upload on a full disk: %q, %v, want 503 storage_full", receipt, err)
	}

	n.limit(0)
	if err := report(); err != nil {
		t.Errorf("after there is room again: %v", err)
	}
	if err := u.begin(); err != nil {
		t.Errorf("the upload, after there is room again: %v", err)
	} else {
		from, _, err := u.offset()
		if err == nil {
			receipt, err = u.patch(from, len(u.content))
		}
		if err != nil || receipt == "" {
			t.Errorf("the upload goes on at %d: %q, %v", from, receipt, err)
		}
	}
	check := func() {
		t.Helper()
		var got []string
		if err := query(n.data, "assignment", &got, "SELECT text FROM assignment_history WHERE assignment_id = ? AND action = 'report_progress' AND text <> 'together'", id); err != nil {
			t.Fatal(err)
		}
		for _, text := range said {
			if !slices.Contains(got, text) {
				t.Errorf("the report %s was answered and is lost", text)
			}
		}
		if len(got) != len(said) {
			t.Errorf("%d reports are stored, %d were answered", len(got), len(said))
		}
	}
	check()
	if got := count(t, n.data, "assignment", "SELECT COUNT(*) FROM assignment_history WHERE text = 'together'"); got != together {
		t.Errorf("%d reports among others are stored, %d were answered", got, together)
	}
	n.settle()
	n.restart()
	check()
	n.sound()
}

// A service that starts on a full disk says why it cannot.
func TestStartOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	cmd := fmt.Sprintf("ulimit -f 8; exec %s serve --data %s --listen 127.0.0.1:0", duban(t), dir)
	p, err := launch("/bin/sh", environment(), "-c", cmd)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.wait(); err == nil {
		p.kill()
		t.Fatal("it started")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 1 {
		t.Errorf("exit code %d, want 1\n%s", code, p.log.tail())
	}
	t.Log(p.log.tail())
	// Once there is room, nothing of it is in the way.
	n := &node{t: t, data: dir, env: environment("DUBAN_LISTEN=127.0.0.1:0")}
	if out, code := n.run("migrate", "unlock"); code != 0 {
		t.Errorf("migrate unlock: %d\n%s", code, out)
	}
	if out, code := n.run("migrate"); code != 0 {
		t.Errorf("migrate: %d\n%s", code, out)
	}
	if out, code := n.run("check"); code != 0 {
		t.Errorf("check: %d\n%s", code, out)
	}
	if _, err := os.Stat(filepath.Join(dir, "audit.db")); errors.Is(err, fs.ErrNotExist) {
		t.Error("there is no database")
	}
}
