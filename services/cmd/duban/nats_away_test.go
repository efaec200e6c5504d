package main_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
	"github.com/duban/duban/services/internal/bustest"
)

func unsent(t testing.TB, dir, service string) int64 {
	t.Helper()
	return count(t, dir, service, "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL")
}

// acknowledgeAll has every reporter acknowledge what they were given.
func (n *node) acknowledgeAll(campaign string) (did int64) {
	n.t.Helper()
	ctx := context.Background()
	for i := range reporters {
		c := n.as(reporter(i))
		l, err := c.ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
		if err != nil {
			n.t.Fatal(err)
		}
		for _, x := range l.Items {
			if _, err := c.AcknowledgeAssignment(ctx, x.ID); err != nil {
				n.t.Fatal(err)
			}
			did++
		}
	}
	return did
}

func (n *node) reporterUnits() []string {
	var ids []string
	for i := range reporters {
		ids = append(ids, n.units[villageCode(0, i)])
	}
	return ids
}

// NATS is away from the start, comes, goes and comes again: the API answers
// all the time, and what it did follows in the other services.
func TestNATSAway(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	n := newNode(t, "NATS_URL="+nats.URL())
	n.start()
	campaign, _ := n.draft(3, n.reporterUnits()...)
	n.issue(campaign)
	if h, err := n.as("sysadmin").GetServiceHealth(context.Background(), "assignment"); err != nil || h.Nats || h.Unsent == 0 {
		t.Errorf("health without NATS: %+v, %v", h, err)
	}
	nats.Start(0)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == 3*reporters })
	n.settle()

	nats.Stop()
	if did := n.acknowledgeAll(campaign); did != 3*reporters {
		t.Fatalf("%d acknowledged", did)
	}
	if got := unsent(t, n.data, "assignment"); got != 3*reporters {
		t.Errorf("%d events wait, want %d", got, 3*reporters)
	}
	// A restart meanwhile changes nothing.
	n.restart()
	if got := unsent(t, n.data, "assignment"); got != 3*reporters {
		t.Errorf("after a restart %d events wait, want %d", got, 3*reporters)
	}
	nats.Start(0)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.States.Acknowledged == 3*reporters })
	n.sound()
}

// Case 36: NATS loses its store while services run. What was done meanwhile and
// what had been sent before arrives without anybody doing anything, and health,
// readiness and doctor tell what is the matter.
func TestCase36NATSLosesItsStore(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	nats.Start(0)
	n := newNode(t, "NATS_URL="+nats.URL())
	n.start()
	campaign, _ := n.draft(3, n.reporterUnits()...)
	n.issue(campaign)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == 3*reporters })
	ctx := context.Background()
	stream := func(want client.SystemHealthStream) {
		t.Helper()
		eventually(t, 30*time.Second, "health tells how the stream does", func() (string, bool) {
			h, err := n.as("sysadmin").GetServiceHealth(ctx, "assignment")
			return fmt.Sprintf("%+v, %v", h, err), err == nil && h.Stream == want
		})
	}
	stream("well")
	nats.Stop()
	nats.Lose()
	n.acknowledgeAll(campaign)
	stream("unknown")
	if ready := readiness(t, n.url); !strings.HasPrefix(ready, "ready\n") || !strings.Contains(ready, "note: event stream unknown: NATS is away") {
		t.Errorf("readiness without NATS: %q", ready)
	}
	if out, code := n.run("doctor"); code == 0 || !strings.Contains(out, "NATS: not connected") {
		t.Errorf("doctor without NATS: exit code %d\n%s", code, out)
	}
	nats.Start(0)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.States.Acknowledged == 3*reporters })
	stream("well")
	if ready := readiness(t, n.url); ready != "ready\n" {
		t.Errorf("readiness with a new stream: %q", ready)
	}
	if out, code := n.run("doctor"); code != 0 || !strings.Contains(out, "event stream: ") {
		t.Errorf("doctor with a new stream: exit code %d\n%s", code, out)
	}
	n.sound()
}

func readiness(t testing.TB, url string) string {
	t.Helper()
	resp, err := http.Get(url + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("readiness: %s, %v", resp.Status, err)
	}
	return string(raw)
}

// The disk of NATS is full: the API goes on, the events follow when there is
// room again.
func TestNATSDiskFull(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	nats.Start(64 << 10)
	n := newNode(t, "NATS_URL="+nats.URL())
	n.start()
	campaign, _ := n.draft(3)
	n.issue(campaign)
	if did := n.acknowledgeAll(campaign); did != 3*reporters {
		t.Fatalf("%d acknowledged", did)
	}
	if got := unsent(t, n.data, "assignment"); got == 0 {
		t.Error("every event was published on a full disk")
	}
	nats.Stop()
	nats.Start(0)
	n.rollup(campaign, func(x client.InsightNumbers) bool {
		return x.Issued == 3*towns*villages && x.States.Acknowledged == 3*reporters
	})
	n.sound()
}

// With a process for each service, the one with the directory still signs
// people in while NATS is away; the others know only who has just been there.
func TestNATSAwaySeparateProcesses(t *testing.T) {
	t.Parallel()
	nats := bustest.NewNode(t)
	nats.Start(0)
	n := newNode(t)
	c := &cluster{t: t, bin: duban(t), env: append(n.env, "NATS_URL="+nats.URL()), dir: n.data, procs: map[string]*process{}}
	t.Cleanup(c.stop)
	for _, s := range []string{"directory", "assignment", "evidence", "rectification", "insight", "notice", "audit"} {
		c.start(s)
	}
	for _, p := range c.procs {
		if err := p.wait(); err != nil {
			t.Fatal(err)
		}
	}
	proxy := httptest.NewServer(c)
	t.Cleanup(proxy.Close)
	n.url = proxy.URL
	ctx := context.Background()
	campaign, _ := n.draft(1, n.reporterUnits()...)
	n.issue(campaign)
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == reporters })
	l, err := n.as(reporter(0)).ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
	if err != nil || len(l.Items) != 1 {
		t.Fatalf("%+v, %v", l, err)
	}

	nats.Stop()
	// Who was there a moment ago goes on.
	if _, err := n.as(reporter(0)).AcknowledgeAssignment(ctx, l.Items[0].ID); err != nil {
		if p := client.AsProblem(err); p == nil || p.Code != "service_away" {
			t.Errorf("a known session: %v", err)
		} else {
			t.Log("the session was no longer known")
		}
	}
	// The directory's own process needs nobody.
	signedIn, err := n.as("manager").SignIn(ctx, client.DirectorySignIn{Account: reporter(7), Password: password})
	if err != nil {
		t.Fatalf("sign in without NATS: %v", err)
	}
	if _, err := n.as("sysadmin").CreateUnit(ctx, client.DirectoryNewUnit{Code: "370283900", Name: "新镇", Level: "town", ParentID: n.units[place]}); err != nil {
		t.Errorf("a new unit without NATS: %v", err)
	}
	if h, err := n.as("sysadmin").GetServiceHealth(ctx, "directory"); err != nil || h.Nats || h.Unsent == 0 {
		t.Errorf("health without NATS: %+v, %v", h, err)
	}
	// Another process cannot ask who this is.
	req, err := http.NewRequest(http.MethodGet, n.url+"/api/v1/assignments", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+signedIn.Token)
	asked := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/problem+json") {
		t.Errorf("a fresh session without NATS: %s %v", resp.Status, resp.Header)
	}
	if d := time.Since(asked); d > 10*time.Second {
		t.Errorf("the refusal took %v", d)
	}

	nats.Start(0)
	again, err := client.New(n.url, signedIn.Token)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "the fresh session is known", func() (string, bool) {
		l, err := again.ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
		return fmt.Sprint(err), err == nil && len(l.Items) == 1
	})
	for i := range reporters {
		c := n.as(reporter(i))
		l, err := c.ListAssignments(ctx, &client.ListAssignmentsParams{CampaignID: &campaign})
		if err != nil {
			t.Fatal(err)
		}
		if l.Items[0].State == "issued" {
			if _, err := c.AcknowledgeAssignment(ctx, l.Items[0].ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.rollup(campaign, func(x client.InsightNumbers) bool { return x.States.Acknowledged == reporters })
	n.settle()
	for _, s := range []string{"assignment", "evidence", "rectification", "insight", "notice"} {
		if got := count(t, n.data, s, "SELECT COUNT(*) FROM tree_units WHERE code = '370283900'"); got != 1 {
			t.Errorf("%s does not know the new unit", s)
		}
	}
	c.stop()
	for _, command := range []string{"check", "reconcile"} {
		if out, code := n.run(command); code != 0 {
			t.Errorf("duban %s: exit code %d\n%s", command, code, out)
		}
	}
}
