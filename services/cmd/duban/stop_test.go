package main_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
)

// The process is asked to end while eight people work: what has begun is
// answered, what was answered is there, and it exits with 0.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	ctx := context.Background()
	campaign, _ := n.draft(1, n.reporterUnits()...)
	n.issue(campaign)
	var mu sync.Mutex
	said := map[string][]string{}
	for round := range rounds(3, 30) {
		var wg sync.WaitGroup
		begun := make(chan struct{}, reporters)
		for i := range reporters {
			c := n.as(reporter(i))
			wg.Go(func() {
				l, err := c.ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
				if err != nil || len(l.Items) != 1 {
					t.Errorf("%+v, %v", l, err)
					return
				}
				begun <- struct{}{}
				for k := 0; ; k++ {
					text := rand.Text()
					_, err := c.ReportAssignmentProgress(ctx, l.Items[0].ID, client.AssignmentProgressReportBody{Text: text})
					if err != nil {
						// One that the process had begun to read would have been answered.
						if p := client.AsProblem(err); p != nil || !errors.Is(err, syscall.ECONNREFUSED) && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "closed idle connection") {
							t.Errorf("round %d: %v", round, err)
						}
						return
					}
					mu.Lock()
					said[l.Items[0].ID] = append(said[l.Items[0].ID], text)
					mu.Unlock()
				}
			})
		}
		for range reporters {
			<-begun
		}
		time.Sleep(100 * time.Millisecond)
		stopped := time.Now()
		code, err := n.term()
		if err != nil || code != 0 {
			t.Errorf("exit code %d, %v", code, err)
		}
		t.Logf("ended after %v", time.Since(stopped).Round(time.Millisecond))
		wg.Wait()
		n.start()
	}
	total := 0
	for id, texts := range said {
		var got []string
		if err := query(n.data, "assignment", &got, "SELECT text FROM assignment_history WHERE assignment_id = ? AND action = 'report_progress'", id); err != nil {
			t.Fatal(err)
		}
		total += len(got)
		for _, text := range texts {
			if !slices.Contains(got, text) {
				t.Errorf("the report %s was answered and is lost", text)
			}
		}
		slices.Sort(got)
		if len(slices.Compact(got)) != len(got) {
			t.Errorf("assignment %s has a report twice", id)
		}
	}
	t.Logf("%d reports", total)
	n.sound()
}

// What takes longer, as an import of thousands of lines, is finished too
// before the process ends.
func TestStopFinishesWhatHasBegun(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	var file strings.Builder
	file.WriteString("code,name,parent_code,level,kind\n")
	const lines = 10_000
	for i := range lines {
		fmt.Fprintf(&file, "new%05d,新村%d,%s,unit,village\n", i, i, townCode(i%towns))
	}
	c := n.as("sysadmin")
	answer := make(chan error, 1)
	go func() {
		_, err := c.ImportUnits(context.Background(), nil, "text/csv", strings.NewReader(file.String()))
		answer <- err
	}()
	eventually(t, time.Minute, "the file is being stored", func() (string, bool) {
		return "", count(t, n.data, "directory", "SELECT COUNT(*) FROM imports WHERE state = 'staging'") > 0
	})
	code, err := n.term()
	if err != nil || code != 0 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if err := <-answer; err != nil {
		t.Errorf("the import that had begun: %v", err)
	}
	n.start()
	eventually(t, time.Minute, "the import goes on", func() (string, bool) {
		got := count(t, n.data, "directory", "SELECT COUNT(*) FROM units WHERE code LIKE 'new%'")
		return fmt.Sprint(got), got == lines
	})
	n.settle()
	if code, err := n.term(); err != nil || code != 0 {
		t.Errorf("exit code %d, %v", code, err)
	}
}

// Two processes never share a data folder, and each command says by its exit
// code how it went.
func TestOneProcessADataFolder(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	out, code := n.run("serve", "--listen", "127.0.0.1:0")
	if code != 1 || !strings.Contains(out, "another process runs on the data folder") {
		t.Errorf("a second serve: exit code %d\n%s", code, out)
	}
	// Those who only look may do so meanwhile.
	for _, command := range []string{"check", "doctor", "reconcile", "migrate"} {
		if out, code := n.run(command); code != 0 {
			t.Errorf("duban %s beside the server: exit code %d\n%s", command, code, out)
		}
	}
	if out, err := exec.Command(duban(t), "version").CombinedOutput(); err != nil || strings.TrimSpace(string(out)) == "" {
		t.Errorf("duban version: %v %q", err, out)
	}
	// After a crash the folder is free.
	n.restart()
	if code, err := n.term(); code != 0 || err != nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	for _, wrong := range [][]string{
		{"serve", "--services", "nobody"}, {"serve", "--services", "audit"}, {"serve", "--listen", "nowhere:99999"}, {"serve", "--log", "loud"},
		{"serve", "more"}, {"import", "units", "no-such-file"}, {"migrate", "--nothing"},
	} {
		said := "duban: "
		if wrong[0] == "serve" {
			said = `"msg":"duban ends","error":`
		}
		if out, code := n.run(wrong...); code != 1 || !strings.Contains(out, said) {
			t.Errorf("duban %v: exit code %d\n%s", wrong, code, out)
		}
	}
	// Databases without tables: doctor says so, migrate mends it.
	n.data = filepath.Join(t.TempDir(), "empty")
	if out, code := n.run("doctor"); code != 1 || !strings.Contains(out, "migrations wait") {
		t.Errorf("doctor on nothing: exit code %d\n%s", code, out)
	}
	for _, command := range []string{"migrate", "migrate", "doctor", "check", "reconcile"} {
		if out, code := n.run(command); code != 0 {
			t.Errorf("duban %s on an empty installation: exit code %d\n%s", command, code, out)
		}
	}
}
