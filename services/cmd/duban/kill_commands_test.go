package main_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
)

// sure repeats a command under one Idempotency-Key until its outcome is
// known. A command on one thing always has its answer, whenever a process died.
func sure(f func(client.Option) error) error {
	key := client.IdempotencyKey(rand.Text())
	for end := time.Now().Add(time.Minute); ; time.Sleep(30 * time.Millisecond) {
		err := f(key)
		p := client.AsProblem(err)
		switch {
		case err == nil:
			return nil
		case p == nil, p.Status == 503, p.Status == 502: // the process is away
		default:
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("no outcome within a minute: %w", err)
		}
	}
}

// read repeats a reading until somebody answers.
func read[T any](f func() (T, error)) (T, error) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(30 * time.Millisecond) {
		v, err := f()
		if p := client.AsProblem(err); err == nil || p != nil && p.Status < 500 || time.Now().After(end) {
			return v, err
		}
	}
}

// killer kills the process at random moments until it is told to stop.
func (n *node) killer(times int) (stop func() int) {
	quit, kills := make(chan struct{}), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for kills < times {
			select {
			case <-quit:
				return
			case <-time.After(200*time.Millisecond + mrand.N(700*time.Millisecond)):
			}
			n.restart()
			kills++
		}
	})
	return func() int { close(quit); wg.Wait(); return kills }
}

// work takes one assignment from acknowledging to submitting, and gives the
// submission.
func work(c *client.Client, id string, reports []string) (string, error) {
	ctx := context.Background()
	err := sure(func(key client.Option) error {
		_, err := c.AcknowledgeAssignment(ctx, id, key)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("acknowledge: %w", err)
	}
	for _, text := range reports {
		err := sure(func(key client.Option) error {
			_, err := c.ReportAssignmentProgress(ctx, id, client.AssignmentProgressReportBody{Text: text}, key)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("report: %w", err)
		}
	}
	var s *client.EvidenceSubmission
	for end := time.Now().Add(time.Minute); s == nil; time.Sleep(30 * time.Millisecond) {
		s, err = read(func() (*client.EvidenceSubmission, error) {
			return c.CreateSubmission(ctx, client.EvidenceNewSubmission{Target: "assignment", TargetID: id})
		})
		if err != nil {
			s = nil // the evidence service hears of the assignment a moment later
			if p := client.AsProblem(err); p == nil || p.Status != 404 || time.Now().After(end) {
				return "", fmt.Errorf("draft: %w", err)
			}
		}
	}
	_, err = read(func() (*client.EvidenceSubmission, error) {
		return c.PutSubmissionItem(ctx, s.ID, s.Requirements[0].ID, client.EvidenceItemBody{Value: ptr(260.0)})
	})
	if err != nil {
		return "", fmt.Errorf("item: %w", err)
	}
	err = sure(func(key client.Option) error {
		_, err := c.SealSubmission(ctx, s.ID, client.EvidenceSealBody{}, key)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	return s.ID, nil
}

// Eight people work while the process dies again and again: what was answered
// is there, and nothing is there twice.
func TestKilledDuringCommands(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	var units []string
	for i := range reporters {
		units = append(units, n.units[villageCode(0, i)])
	}
	tasks := rounds(4, 60)
	campaign, _ := n.draft(tasks, units...)
	n.issue(campaign)
	stop := n.killer(rounds(5, 100))
	ctx := context.Background()
	type done struct {
		id, submission string
		reports        []string
	}
	var mu sync.Mutex
	var all []done
	var failed error
	var wg sync.WaitGroup
	for i := range reporters {
		c := n.as(reporter(i))
		wg.Go(func() {
			l, err := read(func() (*client.AssignmentListAssignment, error) {
				return c.ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign, Limit: ptr(int64(500))})
			})
			if err == nil && len(l.Items) != tasks {
				err = fmt.Errorf("%d assignments, want %d", len(l.Items), tasks)
			}
			for k := 0; err == nil && k < tasks; k++ {
				d := done{id: l.Items[k].ID, reports: []string{rand.Text(), rand.Text()}}
				if d.submission, err = work(c, d.id, d.reports); err == nil {
					mu.Lock()
					all = append(all, d)
					mu.Unlock()
				}
			}
			if err != nil {
				mu.Lock()
				failed = errors.Join(failed, fmt.Errorf("%s: %w", reporter(i), err))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	t.Logf("killed %d times", stop())
	if failed != nil {
		t.Fatal(failed)
	}
	want := int64(len(all))
	n.settle()
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == want && x.States.Submitted == want })
	for _, d := range all {
		h, err := n.as("manager").ListAssignmentHistory(ctx, d.id, &client.ListAssignmentHistoryParams{Limit: ptr(int64(100))})
		if err != nil {
			t.Fatal(err)
		}
		times := map[string]int{}
		var said []string
		for _, x := range h.Items {
			times[x.Action]++
			if x.Action == "report_progress" {
				said = append(said, *x.Note)
			}
		}
		slices.Sort(said)
		slices.Sort(d.reports)
		if times["acknowledge"] != 1 || times["submit"] != 1 || !slices.Equal(said, d.reports) {
			t.Errorf("assignment %s: %v, reports %v, want each once and %v", d.id, times, said, d.reports)
		}
		if c := count(t, n.data, "evidence", "SELECT COUNT(*) FROM submissions WHERE target_id = ?", d.id); c != 1 {
			t.Errorf("assignment %s has %d submissions", d.id, c)
		}
		for _, typ := range []string{"assignment.assignment.acknowledged.v1", "assignment.assignment.submitted.v1"} {
			if c := count(t, n.data, "audit", "SELECT COUNT(*) FROM audit_entries WHERE subject = ? AND type = ?", d.id, typ); c != 1 {
				t.Errorf("assignment %s: %d entries of %s in the audit trail", d.id, c, typ)
			}
		}
		if c := count(t, n.data, "audit", "SELECT COUNT(*) FROM audit_entries WHERE subject = ? AND type = 'evidence.submission.sealed.v1'", d.submission); c != 1 {
			t.Errorf("submission %s: sealed %d times in the audit trail", d.submission, c)
		}
	}
	v, err := n.as("auditor").VerifyAuditChain(ctx, nil)
	if err != nil || !v.Intact {
		t.Errorf("the audit chain: %+v, %v", v, err)
	}
	n.sound()
}
