package assignment_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	platform "github.com/duban/duban/services/internal/rest"
)

func TestExtensions(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Reporter, c, "V11")
		ask := func(day string) map[string]any { return map[string]any{"due_on": day, "reason": "汛期"} }
		path := "/api/v1/assignments/" + a.ID + "/extension-requests"
		w.as(fixture.Reporter).Post(path, ask("2026-09-24")).Problem(422, "invalid")
		var x rest.Extension
		w.as(fixture.Reporter).Post(path, ask("2026-09-30")).Is(201).Into(&x)
		w.as(fixture.Reporter).Post(path, ask("2026-09-30")).Problem(409, "extension_waiting")
		var n rest.Counts
		w.as(fixture.Manager).Get("/api/v1/assignments/counts").Is(200).Into(&n)
		if n.ExtensionRequests.Count != 1 {
			t.Errorf("%+v", n)
		}
		w.as(fixture.TownManager).Post("/api/v1/extension-requests/"+x.ID+"/grant", map[string]any{}).Problem(403, "forbidden")
		w.as(fixture.Reporter12).Post("/api/v1/extension-requests/"+x.ID+"/withdraw", nil).Problem(404, "not_found")
		w.as(fixture.Reporter).Post("/api/v1/extension-requests/"+x.ID+"/withdraw", nil).Is(200).Into(&x)
		w.as(fixture.Reporter).Post(path, ask("2026-09-30")).Is(201).Into(&x)
		w.as(fixture.Manager).Post("/api/v1/extension-requests/"+x.ID+"/refuse", map[string]any{"answer": "时间够"}).Is(200)
		w.as(fixture.Reporter).Post(path, ask("2026-09-30")).Is(201).Into(&x)
		w.as(fixture.Manager).Post("/api/v1/extension-requests/"+x.ID+"/grant", map[string]any{"answer": "同意"}).Is(200).Into(&x)
		w.as(fixture.Manager).Post("/api/v1/extension-requests/"+x.ID+"/grant", map[string]any{}).Problem(409, "wrong_state")
		a = w.get(fixture.Reporter, a.ID)
		if clock.Day(a.DueAt) != "2026-09-30" || a.OriginalDueAt.Equal(a.DueAt) || x.State != "granted" || x.CurrentDueAt != a.DueAt {
			t.Fatalf("%+v %+v", a, x)
		}
		// Handed in on the 28th: in time by the new deadline, late by the original.
		w.clock.Advance(21 * 24 * time.Hour)
		w.seal(fixture.Reporter, a, 0, "")
		if a = w.get(fixture.Reporter, a.ID); !*a.OnTime || *a.OnTimeOriginal || a.Light != "green" {
			t.Errorf("%+v", a)
		}
		var l platform.List[rest.Extension]
		w.as(fixture.Reporter).Get(path).Is(200).Into(&l)
		if len(l.Items) != 3 || l.Items[2].DecidedBy.Name != fixture.Manager.Name {
			t.Errorf("%+v", l)
		}
		w.as(fixture.Reporter12).Get(path).Problem(404, "not_found")
		w.sound()
	})
}

func TestUrging(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21", "CO")
		a := w.of(fixture.Manager, c, "V11")
		w.as(fixture.Reporter).Post("/api/v1/assignments/"+a.ID+"/urge", map[string]any{}).Problem(403, "forbidden")
		w.do(fixture.Manager, a.ID, "urge", map[string]any{"text": "请尽快", "formal": true})
		if e := w.last(event.AssignmentUrged); !e.Formal || e.Text != "请尽快" {
			t.Errorf("%+v", e)
		}
		w.as(fixture.Manager).Post("/api/v1/assignments/"+a.ID+"/urge", map[string]any{}).Problem(409, "urged_recently")
		w.do(fixture.Reporter12, w.of(fixture.Manager, c, "V12").ID, "acknowledge", nil)
		path := "/api/v1/campaigns/" + c.ID + "/urge"
		var u rest.UrgeAnswer
		// The manager's own office is left out: nobody urges themselves.
		w.as(fixture.Manager).Post(path, map[string]any{"which": "not_acknowledged", "preview": true}).Is(202).Into(&u)
		if u.Count != 1 || u.Cooling != 1 || !slices.Equal(u.First, []string{"西一村"}) || u.Job != nil {
			t.Fatalf("%+v", u)
		}
		w.as(fixture.Manager).Post(path, map[string]any{"which": "not_submitted", "text": "请报送"}).Is(202).Into(&u)
		if u.Count != 2 || u.Job == nil {
			t.Fatalf("%+v", u)
		}
		w.work()
		if n := len(w.events(event.AssignmentUrged)); n != 3 {
			t.Errorf("%d urged, want 3", n)
		}
		w.work()
		u = rest.UrgeAnswer{}
		w.as(fixture.Manager).Post(path, map[string]any{"which": "not_submitted"}).Is(202).Into(&u)
		if u.Count != 0 || u.Cooling != 3 || u.Job != nil {
			t.Errorf("%+v", u)
		}
		w.clock.Advance(25 * time.Hour)
		w.do(fixture.Manager, a.ID, "urge", map[string]any{})
		w.sound()
	})
}

func TestInstructAndResponsible(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Manager, c, "V11")
		w.do(fixture.CountyLeader, a.ID, "instruct", map[string]any{"text": "请过问"})
		w.as(fixture.Viewer).Post("/api/v1/assignments/"+a.ID+"/instruct", map[string]any{"text": "x"}).Problem(403, "forbidden")
		person := func(pid, unit string, version int64, disabled bool) {
			e := event.New(id.New(), monday, event.PersonsChanged, pid, version, event.Persons{Persons: []event.Person{
				{ID: pid, Name: "王芳" + fmt.Sprint(version), UnitID: fixture.Unit(unit).ID, Disabled: disabled, Version: version}}})
			if err := w.take("assignment-people", e); err != nil {
				t.Fatal(err)
			}
		}
		person("p1", "V11", 2, false)
		person("p1", "V11", 1, true) // older, arrives late
		person("p2", "V12", 1, false)
		path := "/api/v1/assignments/" + a.ID + "/responsible"
		w.as(fixture.Reporter).Post(path, map[string]any{"person_id": "p2"}).Problem(422, "invalid")
		w.as(fixture.Reporter).Post(path, map[string]any{"person_id": "nobody"}).Problem(422, "invalid")
		w.do(fixture.Reporter, a.ID, "responsible", map[string]any{"person_id": "p1"})
		if a = w.get(fixture.Manager, a.ID); a.Responsible.Name != "王芳2" || a.State != "issued" {
			t.Errorf("%+v", a)
		}
		w.sound()
	})
}

// Of two who act at once one wins, and the other is told.
func TestTwoApproversAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		other := fixture.Actor("CF", "campaign_manager@C")
		var mu sync.Mutex
		var wg sync.WaitGroup
		status := map[int]int{}
		for i := range 6 {
			who, verb, body := fixture.Manager, "approve", map[string]any{}
			if i%2 == 1 {
				who, verb, body = other, "return", map[string]any{"text": "不符"}
			}
			caller := w.as(who)
			wg.Go(func() {
				got := caller.Post("/api/v1/assignments/"+a.ID+"/"+verb, body).Status
				mu.Lock()
				status[got]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if status[200] != 1 || status[409]+status[403] != 5 {
			t.Errorf("%v", status)
		}
		if n := len(w.events(event.AssignmentApproved, event.AssignmentReturned)); n != 1 {
			t.Errorf("%d events", n)
		}
		w.sound()
	})
}

func TestNobodyReviewsTheirOwn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "CO", "V11")
		own := w.of(fixture.Manager, c, "CO")
		w.seal(fixture.Actor("CO", "reporter@CO"), own, 0, "")
		w.as(fixture.Manager).Post("/api/v1/assignments/"+own.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.do(fixture.Actor("CF", "campaign_manager@C/CO"), own.ID, "approve", map[string]any{})
		// Somebody with a role at the unit and one at the county: not what a
		// colleague handed in, and not what they did before that role ended.
		both := fixture.Actor("CF", "campaign_manager@C/CO", "reporter@V11")
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		w.as(both).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		w.as(both).Post("/api/v1/assignments/"+a.ID+"/urge", map[string]any{}).Problem(403, "forbidden")
		w.do(fixture.Manager, a.ID, "return", map[string]any{"text": "x"})
		w.seal(both, a, 0, "")
		later := both
		later.Grants = both.Grants[:1]
		w.as(later).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "own_submission")
		for _, p := range []policy.Actor{both, later} {
			if w.get(p, a.ID).May.Approve {
				t.Error("may says approve")
			}
		}
		w.do(fixture.Manager, a.ID, "approve", map[string]any{})
	})
}

func TestSameCommandTwiceAndStale(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11")
		a := w.of(fixture.Manager, c, "V11")
		path := "/api/v1/assignments/" + a.ID
		w.as(fixture.Reporter).With("If-Match", `"9"`).Post(path+"/acknowledge", nil).Problem(412, "stale")
		r := w.as(fixture.Reporter).With("Idempotency-Key", "k1")
		first := r.Post(path+"/acknowledge", nil).Is(200)
		again := r.Post(path+"/acknowledge", nil).Is(200)
		if tag := first.Header.Get("ETag"); tag != `"2"` || again.Header.Get("ETag") != tag || len(w.events(event.AssignmentAcknowledged)) != 1 {
			t.Errorf("%s\n%s", first.Raw, again.Raw)
		}
		w.as(fixture.Reporter).Post(path+"/progress-reports", map[string]any{"text": "a\u0000b"}).Is(422)
		w.as(fixture.Reporter).Get("/api/v1/assignments/nonsense").Problem(404, "not_found")
		w.as(policy.Actor{}).Get(path).Problem(401, "unauthorized")
	})
}

// An assignment is listed exactly when it can be read, the same for campaigns,
// by everybody; counts and lists agree; and no request asks the policy more
// than twice.
func TestScope(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c1 := w.issued(fixture.Manager, nil, "T1", "T2", "V11", "S11", "CF")
		c2 := w.issued(fixture.TownManager, nil, "V12", "S11")
		draft := w.draft(fixture.Manager, nil, "V21")
		w.do(fixture.Coordinator, w.of(fixture.Manager, c1, "T1").ID, "delegate", map[string]any{"unit_ids": []string{fixture.Unit("V12").ID}})
		var all platform.List[rest.Assignment]
		w.as(fixture.CountyLeader).Get("/api/v1/assignments?limit=500").Is(200).Into(&all)
		if len(all.Items) != 8 {
			t.Fatalf("the county sees %d", len(all.Items))
		}
		people := []policy.Actor{
			fixture.Manager, fixture.TownManager, fixture.Coordinator, fixture.Coordinator2, fixture.Reporter, fixture.Reporter12,
			fixture.Reporter21, fixture.UnitLeader, fixture.CountyLeader, fixture.Inspector, fixture.Viewer, fixture.Stranger,
			fixture.SystemAdmin, fixture.Security, fixture.Auditor, fixture.Actor("V11"),
		}
		for _, p := range people {
			listed := map[string]bool{}
			cursor := ""
			for {
				var l platform.List[rest.Assignment]
				before := w.engine.Decisions()
				w.as(p).Get("/api/v1/assignments?limit=2&cursor=" + cursor).Is(200).Into(&l)
				if n := w.engine.Decisions() - before; n > 2 {
					t.Errorf("a list made %d decisions", n)
				}
				for _, a := range l.Items {
					if listed[a.ID] {
						t.Errorf("%s: %s listed twice", p.Name, a.ID)
					}
					listed[a.ID] = true
				}
				if cursor = string(l.NextCursor); cursor == "" {
					break
				}
			}
			for _, a := range all.Items {
				got := w.as(p).Get("/api/v1/assignments/" + a.ID)
				if (got.Status == 200) != listed[a.ID] || got.Status != 200 && got.Status != 404 {
					t.Errorf("%s: assignment of %s listed %v, read %d", p.Name, a.UnitName, listed[a.ID], got.Status)
				}
			}
			var cl platform.List[rest.Campaign]
			w.as(p).Get("/api/v1/campaigns").Is(200).Into(&cl)
			for _, c := range []rest.Campaign{c1, c2, draft} {
				is := slices.ContainsFunc(cl.Items, func(x rest.Campaign) bool { return x.ID == c.ID })
				for _, path := range []string{"", "/tasks", "/progress"} {
					if got := w.as(p).Get("/api/v1/campaigns/" + c.ID + path).Status; (got == 200) != is {
						t.Errorf("%s: campaign %s listed %v, %s read %d", p.Name, c.UnitName, is, path, got)
					}
				}
			}
		}
		if w.as(fixture.Reporter).Get("/api/v1/campaigns/"+draft.ID).Status != 404 {
			t.Error("a unit reads a draft")
		}
		// under must be in reach itself.
		w.as(fixture.Coordinator).Get("/api/v1/assignments?under="+fixture.Unit("T2").ID).Problem(404, "not_found")
		var l platform.List[rest.Assignment]
		w.as(fixture.Manager).Get("/api/v1/assignments?under=" + fixture.Unit("T1").ID).Is(200).Into(&l)
		if len(l.Items) != 6 {
			t.Errorf("%d below T1", len(l.Items))
		}
		w.as(fixture.Manager).Get("/api/v1/assignments?state=issued,declined&campaign_id=" + c2.ID).Is(200).Into(&l)
		if len(l.Items) != 2 {
			t.Errorf("%d issued in the town's campaign", len(l.Items))
		}
	})
}

// The numbers of the workbench are the lengths of the lists behind them.
func TestCounts(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V11", "V12", "T1")
		w.seal(fixture.Reporter12, w.of(fixture.Manager, c, "V12"), 0, "")
		w.seal(fixture.Coordinator, w.of(fixture.Manager, c, "T1"), 0, "")
		check := func(p policy.Actor, want map[string]int64) {
			t.Helper()
			var n map[string]platform.Count
			w.as(p).Get("/api/v1/assignments/counts").Is(200).Into(&n)
			if len(n) != 7 {
				t.Errorf("%d numbers", len(n))
			}
			for name, c := range n {
				var l platform.List[rest.Assignment]
				w.as(p).Get("/api/v1" + c.Query).Is(200).Into(&l)
				if c.Count != want[name] || int64(len(l.Items)) != c.Count {
					t.Errorf("%s: %s counts %d and lists %d, want %d", p.Name, name, c.Count, len(l.Items), want[name])
				}
				for _, a := range l.Items {
					if name == "to_review" && !a.May.Approve || name == "to_acknowledge" && !a.May.Acknowledge {
						t.Errorf("%s: %s lists what may not be done: %+v", p.Name, name, a)
					}
				}
			}
		}
		check(fixture.Reporter, map[string]int64{"to_acknowledge": 1})
		check(fixture.Coordinator, map[string]int64{"to_review": 1})
		check(fixture.Manager, map[string]int64{"to_review": 1})
		w.clock.Advance(16 * 24 * time.Hour) // Wednesday the 23rd: due on Friday
		check(fixture.Reporter, map[string]int64{"to_acknowledge": 1, "due_soon": 1})
		w.clock.Advance(5 * 24 * time.Hour)
		check(fixture.Reporter, map[string]int64{"to_acknowledge": 1, "overdue": 1})
		check(fixture.Manager, map[string]int64{"overdue": 1, "to_review": 1})
		check(fixture.Stranger, map[string]int64{})
		if a := w.of(fixture.Reporter, c, "V11"); a.Light != "yellow" || !a.Overdue || !a.ReceiptDeemed {
			t.Errorf("%+v", a)
		}
	})
}

// Paths follow when a unit moves, and so does who may see what.
func TestUnitsMove(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"review": "levels"}, "V11", "T1")
		a := w.of(fixture.Manager, c, "V11")
		w.seal(fixture.Reporter, a, 0, "")
		v, t2 := fixture.Unit("V11"), fixture.Unit("T2")
		m := event.Move{UnitID: v.ID, OldParentID: v.ParentID, NewParentID: t2.ID, OldPath: v.Path, NewPath: t2.Path + v.ID + "/"}
		if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitMoved, v.ID, 2, m)); err != nil {
			t.Fatal(err)
		}
		w.as(fixture.Coordinator).Get("/api/v1/assignments/"+a.ID).Problem(404, "not_found")
		w.get(fixture.Coordinator2, a.ID)
		// The town it has left cannot review it any more, nor can the new one,
		// whose turn it was not: the office above both steps in.
		w.as(fixture.Coordinator).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(404, "not_found")
		w.as(fixture.Coordinator2).Post("/api/v1/assignments/"+a.ID+"/approve", map[string]any{}).Problem(403, "forbidden")
		for who, want := range map[*policy.Actor]int{&fixture.Manager: 1, &fixture.Coordinator: 0, &fixture.Coordinator2: 0} {
			var n rest.Counts
			w.as(*who).Get("/api/v1/assignments/counts").Is(200).Into(&n)
			var l platform.List[rest.Assignment]
			w.as(*who).Get("/api/v1/assignments?attention=to_review").Is(200).Into(&l)
			if n.ToReview.Count != int64(want) || len(l.Items) != want {
				t.Errorf("%s: %d wait for review and %d are listed, want %d", who.Name, n.ToReview.Count, len(l.Items), want)
			}
		}
		w.do(fixture.Manager, a.ID, "approve", map[string]any{})
		if a = w.do(fixture.Manager, a.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Errorf("%+v", a)
		}
		if bad, err := w.svc.Check(context.Background(), true); err != nil || len(bad) != 0 {
			t.Errorf("%v %v", bad, err)
		}
	})
}

// A unit that moves to another county takes along what it is asked to do: that
// county reviews and decides, and the office that issued it no longer does.
func TestAnotherCountyTakesOver(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21")
		handed, asked, stays := w.of(fixture.Manager, c, "V11"), w.of(fixture.Manager, c, "V12"), w.of(fixture.Manager, c, "V21")
		w.seal(fixture.Reporter, handed, 0, "")
		w.as(fixture.Reporter12).Post("/api/v1/assignments/"+asked.ID+"/extension-requests", map[string]any{"due_on": "2026-09-30", "reason": "停电"}).Is(201)
		t1, dd := fixture.Unit("T1"), fixture.Unit("D")
		move := event.New(id.New(), monday, event.UnitMoved, t1.ID, 2, event.Move{
			UnitID: t1.ID, OldParentID: t1.ParentID, NewParentID: dd.ID, OldPath: t1.Path, NewPath: dd.Path + t1.ID + "/",
		}).By("p-system", "系统管理员")
		for range 2 { // a repetition changes nothing more
			if err := w.take("assignment-tree", move); err != nil {
				t.Fatal(err)
			}
		}
		told := w.last(event.AssignmentTakenOver)
		if told.Assignment.IssuerPath != dd.Path || told.Text != dd.Name {
			t.Errorf("told: %+v", told)
		}
		if got := w.get(fixture.Manager, stays.ID); got.Version != stays.Version {
			t.Error("what did not move was changed")
		}
		w.as(fixture.Manager).Get("/api/v1/assignments/"+handed.ID).Problem(404, "not_found")
		var l platform.List[rest.Assignment]
		w.as(fixture.Stranger).Get("/api/v1/assignments?attention=to_review").Is(200).Into(&l)
		if len(l.Items) != 1 || l.Items[0].ID != handed.ID {
			t.Errorf("to review: %+v", l.Items)
		}
		var n rest.Counts
		w.as(fixture.Stranger).Get("/api/v1/assignments/counts").Is(200).Into(&n)
		if n.ToReview.Count != 1 || n.ExtensionRequests.Count != 1 {
			t.Errorf("for the new county wait %d reviews and %d requests", n.ToReview.Count, n.ExtensionRequests.Count)
		}
		if a := w.do(fixture.Stranger, handed.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Errorf("approved: %+v", a)
		}
		if bad, err := w.svc.Check(context.Background(), false); err != nil || len(bad) != 0 {
			t.Errorf("%v %v", bad, err)
		}
	})
}

// What was delegated is reviewed by whoever stands above both when its unit
// has left the delegating town meanwhile.
func TestDelegatedUnitMovesAway(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "T1")
		w.do(fixture.Coordinator, w.of(fixture.Coordinator, c, "T1").ID, "delegate", map[string]any{"unit_ids": []string{fixture.Unit("V11").ID}})
		a := w.of(fixture.Manager, c, "V11")
		v, t2 := fixture.Unit("V11"), fixture.Unit("T2")
		m := event.Move{UnitID: v.ID, OldParentID: v.ParentID, NewParentID: t2.ID, OldPath: v.Path, NewPath: t2.Path + v.ID + "/"}
		if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitMoved, v.ID, 2, m)); err != nil {
			t.Fatal(err)
		}
		w.seal(fixture.Reporter, a, 0, "")
		if got := w.last(event.AssignmentSubmitted).Assignment.ReviewerPath; got != fixture.Unit("C").Path {
			t.Errorf("reviewed at %s", got)
		}
		if a = w.do(fixture.Manager, a.ID, "approve", map[string]any{}); a.State != "approved" {
			t.Errorf("%+v", a)
		}
		if got := w.get(fixture.Manager, a.ParentID); *got.OpenChildren != 0 {
			t.Errorf("the parent still waits for %d", got.OpenChildren)
		}
	})
}

// Leaders see who is late below them, though they cannot urge.
func TestLeadersSeeWhoIsLate(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.issued(fixture.Manager, nil, "V11", "V12", "T2")
		w.clock.Advance(21 * 24 * time.Hour)
		var n rest.Counts
		w.as(fixture.CountyLeader).Get("/api/v1/assignments/counts").Is(200).Into(&n)
		var l platform.List[rest.Assignment]
		w.as(fixture.CountyLeader).Get("/api/v1/assignments?attention=overdue").Is(200).Into(&l)
		if n.Overdue.Count != 3 || len(l.Items) != 3 {
			t.Errorf("%d are overdue and %d are listed, want 3", n.Overdue.Count, len(l.Items))
		}
	})
}

// What counts as near, overdue or seriously overdue is what has the light that
// says so, on every day around a deadline and across holidays.
func TestCountedFollowsTheLights(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.issued(fixture.Manager, nil, "V11")
		list := func(query string) []rest.Assignment {
			var l platform.List[rest.Assignment]
			w.as(fixture.Manager).Get("/api/v1/assignments?" + query).Is(200).Into(&l)
			return l.Items
		}
		seen := map[string]int{}
		for range 75 {
			a := list("")[0]
			seen[a.Light]++
			for counted, want := range map[string]bool{
				"issued": true, "near": a.Light == "blue", "overdue": a.Light == "yellow" || a.Light == "red", "seriously_overdue": a.Light == "red",
				"overdue_original": a.Overdue, "acknowledge_overdue": a.ReceiptDeemed, "acknowledged": false, "submitted": false, "late": false,
			} {
				if got := len(list("counted="+counted)) == 1; got != want {
					t.Errorf("%s: light %s, counted as %s: %v", clock.Day(w.clock.Now()), a.Light, counted, got)
				}
			}
			w.clock.Advance(13 * time.Hour)
		}
		if len(seen) != 4 {
			t.Errorf("lights %v", seen)
		}
	})
}
