package assignment_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fixture"
)

// A process that dies between two chunks leaves the rest to the next one: no
// unit gets the task twice, none is missing, and each is told exactly once.
func TestIssueGoesOnAfterACrash(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.grow(1300)
		var c rest.Campaign
		w.as(fixture.Manager).Post("/api/v1/campaigns", map[string]any{"title": "大行动", "starts_on": "2026-09-19"}).Is(201).Into(&c)
		for _, title := range []string{"任务一", "任务二"} {
			w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": title, "due_on": "2026-09-25",
				"targets": map[string]any{"kinds": []string{"village"}, "exclude_ids": []string{fixture.Unit("V21").ID}}}).Is(201)
		}
		var p rest.Progress
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202).Into(&p)
		if p.Total != 2604 || p.State != "issuing" {
			t.Fatalf("%+v", p)
		}
		ctx, crash := context.WithCancel(context.Background())
		chunks := 0
		w.svc.AfterChunk(func() {
			if chunks++; chunks == 4 {
				crash()
			}
		})
		if err := w.svc.WorkJobs(ctx); err == nil {
			t.Fatal("the crash did not stop it")
		}
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/progress").Is(200).Into(&p)
		if p.State != "issuing" || p.Done == 0 || p.Done == p.Total {
			t.Fatalf("half way: %+v", p)
		}
		w.sound()
		// What makes new assignments of the task has to wait.
		a := w.of(fixture.Manager, c, "V11")
		w.do(fixture.Reporter, a.ID, "decline", map[string]any{"reason": "不是我们的"})
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/decide-decline", map[string]any{"accept": true, "to_unit_id": fixture.Unit("V21").ID}).Problem(409, "campaign_issuing")
		// Another process: the lease of the dead one keeps it away for a while.
		next := assignment.New(w.store, w.engine, w.clock, clock.Official)
		if err := next.WorkJobs(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := len(w.events(event.AssignmentsIssued)); n != 4 {
			t.Fatalf("%d chunks although the lease holds, want 4", n)
		}
		w.clock.Advance(time.Minute)
		if err := next.WorkJobs(context.Background()); err != nil {
			t.Fatal(err)
		}
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/progress").Is(200).Into(&p)
		if p.State != "active" || p.Done != p.Total || p.Jobs[0].Done != p.Total {
			t.Fatalf("%+v", p)
		}
		seen := map[string]int{}
		for _, e := range w.events(event.AssignmentsIssued) {
			is, err := event.Decode[event.Issued](e)
			if err != nil {
				t.Fatal(err)
			}
			if len(is.Assignments) > 500 {
				t.Errorf("an event of %d units", len(is.Assignments))
			}
			for i, a := range is.Assignments {
				seen[a.TaskID+a.UnitID]++
				if i > 0 && a.UnitID <= is.Assignments[i-1].UnitID {
					t.Fatal("not in ascending unit id")
				}
			}
		}
		for k, n := range seen {
			if n != 1 {
				t.Fatalf("%s was issued %d times", k, n)
			}
		}
		if len(seen) != int(p.Total) || len(w.events(event.CampaignActive)) != 1 {
			t.Errorf("%d issued, want %d", len(seen), p.Total)
		}
		w.sound()
	})
}

// Two processes on one database share jobs without doing anything twice.
func TestTwoProcessesIssueOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.grow(1100)
		c := w.draft(fixture.Manager, map[string]any{"targets": map[string]any{"levels": []string{"unit"}}})
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				_ = assignment.New(w.store, w.engine, w.clock, clock.Official).WorkJobs(context.Background())
			})
		}
		wg.Wait()
		w.clock.Advance(time.Minute)
		w.work()
		var p rest.Progress
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/progress").Is(200).Into(&p)
		if p.State != "active" || p.Done != p.Total || p.Total != 1106 {
			t.Errorf("%+v", p)
		}
		w.sound()
	})
}

// Who has issued a campaign is told after each step how far it is.
func TestIssueTellsHowFarItIs(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.grow(1100)
		c := w.draft(fixture.Manager, map[string]any{"targets": map[string]any{"levels": []string{"unit"}}})
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		var told []assignment.Job
		w.svc.OnProgress(func(j assignment.Job) { told = append(told, j) })
		w.work()
		if len(told) < 3 {
			t.Fatalf("told %d times", len(told))
		}
		for i, j := range told {
			last := i == len(told)-1
			if j.Total != 1106 || i > 0 && j.Done < told[i-1].Done || (j.State == "done") != last || j.ActorID != fixture.Manager.PersonID || j.CampaignID != c.ID {
				t.Errorf("step %d: %+v", i, j)
			}
		}
		if last := told[len(told)-1]; last.Done != 1106 {
			t.Errorf("at the end %d are done", last.Done)
		}
		told = nil
		w.clock.Advance(60 * 24 * time.Hour)
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/urge", map[string]any{"which": "overdue"}).Is(202)
		w.work()
		if last := told[len(told)-1]; last.Kind != "urge" || last.State != "done" || last.Done != last.Total || last.Total != 3 { // nobody works in the other villages
			t.Errorf("%+v", last)
		}
	})
}

func TestDryRunAndWhatIsNotReady(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.issued(fixture.Manager, map[string]any{"title": "早先的任务"}, "V11", "V12")
		c := w.draft(fixture.Manager, map[string]any{"due_on": "2026-10-01", "targets": map[string]any{"under": []string{fixture.Unit("T1").ID}, "kinds": []string{"village"}}})
		var d rest.DryRun
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
		if !d.Ready || d.Assignments != 2 || d.Tasks[0].WithoutContact != 2 || d.Tasks[0].Workday || len(d.Tasks[0].Sample) != 2 {
			t.Fatalf("%+v", d)
		}
		codes := map[string]bool{}
		for _, x := range d.Warnings {
			codes[x.Code] = true
		}
		if !codes["holiday"] || !codes["no_contact"] {
			t.Errorf("%+v", d.Warnings)
		}
		if len(d.Asked) != 1 || d.Asked[0].Units != 2 || d.Asked[0].Assignments != 2 {
			t.Errorf("%+v", d.Asked)
		}
		c = w.draft(fixture.Manager, map[string]any{"due_on": "2026-09-01", "targets": map[string]any{"sectors": []string{"telecom"}}})
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/tasks", map[string]any{"title": "无对象", "due_on": "2027-12-25"}).Is(201)
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
		got := ""
		for _, x := range append(d.Errors, d.Warnings...) {
			got += x.Code + " "
		}
		for _, want := range []string{"deadline_passed", "no_units", "no_targets", "calendar_unknown"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s is not among %s", want, got)
			}
		}
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Problem(422, "not_ready")
		// Rule 6: no compulsory picture without a reason.
		photo := func(why string) map[string]any {
			return map[string]any{"title": "照片", "due_on": "2026-09-25", "requirements": []any{map[string]any{"kind": "photo", "title": "现场", "compulsory": true, "why": why}}}
		}
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/tasks", photo("")).Problem(422, "invalid")
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/tasks", photo("需核对设备铭牌")).Is(201)
	})
}

func TestTemplatesOnAnyDates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		var c rest.Campaign
		w.as(fixture.Manager).Post("/api/v1/campaigns", map[string]any{"template": "publicity", "starts_on": "2026-09-19", "basis": "平网办〔2026〕12号"}).Is(201).Into(&c)
		if c.EndsOn != "2026-09-25" || len(c.ThemedDays) != 6 || c.ThemedDays[0].Day != "2026-09-20" || c.ThemedDays[0].Title != "校园日" || c.Basis == "" {
			t.Fatalf("%+v", c)
		}
		var ts struct{ Items []rest.Task }
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&ts)
		if len(ts.Items) < 8 || clock.Day(ts.Items[0].DueAt) != "2026-09-16" {
			t.Fatalf("%d tasks, posters due %s", len(ts.Items), clock.Day(ts.Items[0].DueAt))
		}
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		w.work()
		w.as(fixture.Manager).Get("/api/v1/campaigns/" + c.ID).Is(200).Into(&c)
		if c.State != "active" {
			t.Fatalf("%+v", c)
		}
		w.as(fixture.Manager).Post("/api/v1/campaigns", map[string]any{"template": "inspection", "starts_on": "2026-11-02"}).Is(201).Into(&c)
		w.as(fixture.Manager).Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		w.work()
		if a := w.of(fixture.Manager, c, "CF"); a.State != "issued" {
			t.Errorf("%+v", a)
		}
		w.as(fixture.Manager).Post("/api/v1/campaigns", map[string]any{"template": "none"}).Problem(422, "invalid")
		w.sound()
	})
}

func TestDraftsAreEditedAndEnded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		m.Post("/api/v1/campaigns", map[string]any{"title": "", "starts_on": "2026-09-19"}).Problem(422, "invalid")
		m.Post("/api/v1/campaigns", map[string]any{"title": "a\u0000b", "starts_on": "2026-09-19"}).Is(422)
		m.Post("/api/v1/campaigns", map[string]any{"title": "反", "starts_on": "2026-09-19", "ends_on": "2026-09-18"}).Problem(422, "invalid")
		w.as(fixture.Reporter).Post("/api/v1/campaigns", map[string]any{"title": "x", "starts_on": "2026-09-19"}).Problem(403, "forbidden")
		c := w.draft(fixture.Manager, nil, "V11")
		etag := m.Get("/api/v1/campaigns/" + c.ID).Is(200).Header.Get("ETag")
		m.With("If-Match", etag).Patch("/api/v1/campaigns/"+c.ID, map[string]any{"theme": "新主题"}).Is(200).Into(&c)
		if c.Theme != "新主题" || c.Title != "宣传周" {
			t.Fatalf("%+v", c)
		}
		m.With("If-Match", etag).Patch("/api/v1/campaigns/"+c.ID, map[string]any{"theme": "旧"}).Problem(412, "stale")
		var ts struct{ Items []rest.Task }
		m.Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&ts)
		var k rest.Task
		m.Patch("/api/v1/tasks/"+ts.Items[0].ID, map[string]any{"weight": 3, "due_on": "2026-09-24"}).Is(200).Into(&k)
		if k.Weight != 3 || clock.Day(k.DueAt) != "2026-09-24" || len(k.Requirements) != 1 {
			t.Fatalf("%+v", k)
		}
		w.as(fixture.Stranger).Get("/api/v1/tasks/"+k.ID).Problem(404, "not_found")
		w.as(fixture.Viewer).Patch("/api/v1/tasks/"+k.ID, map[string]any{"weight": 9}).Problem(403, "forbidden")
		m.Post("/api/v1/campaigns/"+c.ID+"/close", map[string]any{}).Problem(409, "wrong_state")
		m.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		m.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Problem(409, "wrong_state")
		m.Patch("/api/v1/tasks/"+k.ID, map[string]any{"weight": 4}).Problem(409, "wrong_state")
		m.Delete("/api/v1/campaigns/"+c.ID).Problem(409, "wrong_state")
		w.work()
		m.Post("/api/v1/campaigns/"+c.ID+"/close", map[string]any{"leave_open": true, "reason": "结束"}).Is(200)
		m.Post("/api/v1/campaigns/"+c.ID+"/archive", map[string]any{}).Is(200)
		d := w.draft(fixture.Manager, nil, "V11")
		m.Delete("/api/v1/campaigns/" + d.ID).Is(204)
		m.Get("/api/v1/campaigns/"+d.ID).Problem(404, "not_found")
		w.sound()
	})
}

// An office may have so many drafts; what it discards makes room, and another
// office has its own.
func TestDraftsAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		fresh := map[string]any{"title": "宣传周", "starts_on": "2026-09-19"}
		var c rest.Campaign
		for range 200 {
			m.Post("/api/v1/campaigns", fresh).Is(201).Into(&c)
		}
		m.Post("/api/v1/campaigns", fresh).Problem(409, "too_many_drafts")
		w.as(fixture.TownManager).Post("/api/v1/campaigns", fresh).Is(201)
		m.Delete("/api/v1/campaigns/" + c.ID).Is(204)
		m.Post("/api/v1/campaigns", fresh).Is(201)
		m.Post("/api/v1/campaigns", fresh).Problem(409, "too_many_drafts")
		w.sound()
	})
}
