package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/duban/duban/api/client"
)

// draft makes a campaign with tasks for every village, or only for those
// given; each asks for one number.
func (n *node) draft(tasks int, villages ...string) (string, []string) {
	n.t.Helper()
	ctx, m := context.Background(), n.as("manager")
	day := func(d int) *string { return ptr(time.Now().AddDate(0, 0, d).Format(time.DateOnly)) }
	c, err := m.CreateCampaign(ctx, client.AssignmentNewCampaign{Title: ptr("网络安全宣传周"), StartsOn: day(0), EndsOn: day(20)})
	if err != nil {
		n.t.Fatal(err)
	}
	targets := &client.AssignmentTargets{Kinds: []string{"village"}}
	if len(villages) > 0 {
		targets = &client.AssignmentTargets{UnitIds: villages}
	}
	var ids []string
	for i := range tasks {
		x, err := m.AddTask(ctx, c.ID, client.AssignmentTaskInput{
			Title: ptr(fmt.Sprintf("任务%d", i+1)), DueOn: day(15), Targets: targets,
			Requirements: []client.AssignmentRequirement{{
				Kind: "number", Title: "发放宣传册数", Compulsory: ptr(true), Figure: ptr("leaflets"), Measure: ptr("份"), Aggregate: ptr(client.AssignmentRequirementAggregate("sum")),
			}},
		})
		if err != nil {
			n.t.Fatal(err)
		}
		ids = append(ids, x.ID)
	}
	return c.ID, ids
}

// issue issues a campaign and waits until it is active.
func (n *node) issue(campaign string) {
	n.t.Helper()
	if _, err := n.as("manager").IssueCampaign(context.Background(), campaign); err != nil {
		n.t.Fatal(err)
	}
	n.active(campaign)
}

func (n *node) active(campaign string) {
	n.t.Helper()
	eventually(n.t, time.Minute, "the campaign is issued", func() (string, bool) {
		p, err := n.as("manager").GetCampaignProgress(context.Background(), campaign)
		if err != nil {
			return err.Error(), false
		}
		return fmt.Sprintf("%s, %d of %d", p.State, p.Done, p.Total), p.State == "active"
	})
}

// rollup waits until the county's numbers are as ok wants them.
func (n *node) rollup(campaign string, ok func(client.InsightNumbers) bool) {
	n.t.Helper()
	eventually(n.t, time.Minute, "the roll-up is right", func() (string, bool) {
		r, err := n.as("viewer").GetCampaignRollup(context.Background(), campaign, &client.GetCampaignRollupParams{UnitID: ptr(n.units[place])})
		if err != nil {
			return err.Error(), false
		}
		return fmt.Sprintf("%+v", r.Numbers), ok(r.Numbers)
	})
}

// A campaign goes to thousands of units while the process dies again and
// again: every unit gets every task once.
func TestKilledDuringIssue(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.start()
	for range rounds(1, 10) {
		const tasks, units = 3, towns * villages
		campaign, ids := n.draft(tasks)
		answered := make(chan error, 1)
		m := n.as("manager")
		go func() {
			_, err := m.IssueCampaign(context.Background(), campaign, client.IdempotencyKey("issue "+campaign))
			answered <- err
		}()
		kills := 0
		for done := int64(0); done < tasks*units; {
			// At a moment of its own in each part of the way.
			until := done + 1 + rand.Int64N(tasks*units/4)
			eventually(t, time.Minute, "the fan-out goes on", func() (string, bool) {
				done = count(t, n.data, "assignment", "SELECT COUNT(*) FROM assignments WHERE campaign_id = ?", campaign)
				return fmt.Sprint(done), done >= min(until, tasks*units)
			})
			if done < tasks*units {
				kills++
			}
			n.restart()
			// Nobody else may take the job while the lease of the dead process runs.
			n.skip(20 * time.Second)
		}
		t.Logf("killed %d times on the way", kills)
		if kills == 0 {
			t.Error("the process was never killed on the way")
		}
		if err := <-answered; err != nil {
			// The answer was lost; the command was not.
			if _, err := n.as("manager").IssueCampaign(context.Background(), campaign, client.IdempotencyKey("issue "+campaign)); err != nil {
				if p := client.AsProblem(err); p == nil || p.Code != "idempotency_unknown" {
					t.Errorf("the same command again: %v", err)
				}
			}
		}
		n.active(campaign)
		for _, id := range ids {
			all := count(t, n.data, "assignment", "SELECT COUNT(*) FROM assignments WHERE task_id = ?", id)
			distinct := count(t, n.data, "assignment", "SELECT COUNT(DISTINCT unit_id) FROM assignments WHERE task_id = ?", id)
			if all != units || distinct != units {
				t.Errorf("task %s: %d assignments for %d units, want one for each of %d", id, all, distinct, units)
			}
		}
		n.rollup(campaign, func(x client.InsightNumbers) bool { return x.Issued == tasks*units && x.States.Issued == tasks*units })
	}
	n.sound()
}
