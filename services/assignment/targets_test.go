package assignment_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	platform "github.com/duban/duban/services/internal/rest"
)

func ids(units ...string) []string {
	out := make([]string, len(units))
	for i, u := range units {
		out[i] = fixture.Unit(u).ID
	}
	return out
}

// Targets elsewhere are refused when the task is saved, in the same words as
// such that do not exist.
func TestTargetsLieBelowTheCampaignsUnit(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		m := w.as(fixture.Manager)
		c := w.draft(fixture.Manager, nil, "V11")
		tasks := "/api/v1/campaigns/" + c.ID + "/tasks"
		save := func(targets map[string]any) *platform.Problem {
			t.Helper()
			a := m.Post(tasks, map[string]any{"title": "任务", "due_on": "2026-09-25", "targets": targets})
			if a.Status == 201 {
				return nil
			}
			p := &platform.Problem{}
			a.Problem(422, "invalid").Into(p)
			return p
		}
		none := id.New()
		for _, field := range []string{"unit_ids", "under"} {
			elsewhere, unknown := save(map[string]any{field: ids("V11", "DV")}), save(map[string]any{field: []string{none}})
			if elsewhere == nil || unknown == nil || len(elsewhere.Errors) != 1 || elsewhere.Errors[0].Value != fixture.Unit("DV").ID ||
				elsewhere.Errors[0].Message != unknown.Errors[0].Message || elsewhere.Errors[0].Location != "body.targets."+field {
				t.Errorf("%s: %+v %+v", field, elsewhere, unknown)
			}
			if p := save(map[string]any{field: ids("R", "T1", "DT")}); p == nil || len(p.Errors) != 2 {
				t.Errorf("%s: %+v", field, p)
			}
		}
		if save(map[string]any{"unit_ids": ids("C")}) == nil || save(map[string]any{"under": ids("C")}) != nil {
			t.Error("the campaign's own unit gets no task itself, but what is below it does")
		}
		many := make([]string, 30)
		for i := range many {
			many[i] = id.New()
		}
		if p := save(map[string]any{"unit_ids": many}); p == nil || len(p.Errors) != 21 || p.Errors[20].Message != "and 10 more" {
			t.Errorf("%+v", p)
		}
		// The same when it is changed; what is left out on purpose may be anything.
		var l struct{ Items []rest.Task }
		m.Get(tasks).Is(200).Into(&l)
		m.Patch("/api/v1/tasks/"+l.Items[0].ID, map[string]any{"targets": map[string]any{"unit_ids": ids("DV")}}).Problem(422, "invalid")
		m.Patch("/api/v1/tasks/"+l.Items[0].ID, map[string]any{"targets": map[string]any{"levels": []string{"town"}, "exclude_ids": ids("DV")}}).Is(200)
	})
}

// What was chosen by name and gets nothing any more is named by the dry run:
// closed units as a warning, units that moved away or are gone as an error.
func TestDryRunNamesWhatDropsOut(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.grow(25)
		m := w.as(fixture.Manager)
		var grown []string
		for i := range 25 {
			grown = append(grown, grownID(i))
		}
		c := w.draft(fixture.Manager, map[string]any{"targets": map[string]any{"unit_ids": append(ids("V11", "V12", "V21", "S11"), grown...), "exclude_ids": ids("S11")}})
		dry := func() (d rest.DryRun) {
			t.Helper()
			m.Post("/api/v1/campaigns/"+c.ID+"/dry-run", nil).Is(200).Into(&d)
			return d
		}
		if d := dry(); !d.Ready || d.Assignments != 28 || d.Tasks[0].DroppedCount != 0 {
			t.Fatalf("%+v", d)
		}
		closeUnits := func(us ...event.Unit) {
			t.Helper()
			for i := range us {
				us[i].Active, us[i].Version = false, 2
			}
			if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitsChanged, id.New(), 2, event.Units{Units: us})); err != nil {
				t.Fatal(err)
			}
		}
		closeUnits(fixture.Unit("V11"), fixture.Unit("S11"))
		d := dry()
		if !d.Ready || d.Assignments != 27 || d.Tasks[0].DroppedCount != 1 ||
			d.Tasks[0].Dropped[0] != (rest.DroppedUnit{ID: fixture.Unit("V11").ID, Name: "东一村", Reason: "inactive"}) {
			t.Fatalf("%+v", d)
		}
		if r := remarkOf(d.Warnings, "targets_inactive"); !strings.Contains(r, "1 of the chosen units") || !strings.Contains(r, "东一村") {
			t.Errorf("%q", r)
		}
		// One moves to another county, one is gone, and all that grew is closed.
		v, to := fixture.Unit("V21"), fixture.Unit("DT")
		move := event.Move{UnitID: v.ID, OldParentID: v.ParentID, NewParentID: to.ID, OldPath: v.Path, NewPath: to.Path + v.ID + "/"}
		if err := w.take("assignment-tree", event.New(id.New(), monday, event.UnitMoved, v.ID, 2, move)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.d.Writer().ExecContext(context.Background(), "DELETE FROM tree_units WHERE id = '"+fixture.Unit("V12").ID+"'"); err != nil {
			t.Fatal(err)
		}
		var us []event.Unit
		for i, uid := range grown {
			us = append(us, event.Unit{ID: uid, ParentID: fixture.Unit("T1").ID, Path: fixture.Unit("T1").Path + uid + "/", Level: "unit", Code: uid, Name: "村" + string(rune('a'+i))})
		}
		closeUnits(us...)
		d = dry()
		if d.Ready || d.Assignments != 0 || d.Tasks[0].DroppedCount != 28 || len(d.Tasks[0].Dropped) != 20 {
			t.Fatalf("%+v", d)
		}
		if r := remarkOf(d.Warnings, "targets_inactive"); !strings.Contains(r, "26 of the chosen units") || !strings.HasSuffix(r, ", 村s, ….") {
			t.Errorf("%q", r)
		}
		// Of what is elsewhere now only the id is told, which the office gave itself.
		if r := remarkOf(d.Errors, "targets_not_below"); !strings.Contains(r, v.ID) || strings.Contains(r, v.Name) {
			t.Errorf("%q", r)
		}
		if r := remarkOf(d.Errors, "targets_unknown"); !strings.Contains(r, fixture.Unit("V12").ID) {
			t.Errorf("%q", r)
		}
		m.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Problem(422, "not_ready")
		// The rest of the task can be changed meanwhile, and the list mended.
		var l struct{ Items []rest.Task }
		m.Get("/api/v1/campaigns/" + c.ID + "/tasks").Is(200).Into(&l)
		m.Patch("/api/v1/tasks/"+l.Items[0].ID, map[string]any{"title": "新题"}).Is(200)
		m.Patch("/api/v1/tasks/"+l.Items[0].ID, map[string]any{"targets": map[string]any{"unit_ids": ids("V11", "T2")}}).Is(200)
		m.Post("/api/v1/campaigns/"+c.ID+"/issue", nil).Is(202)
		w.work()
		if a := w.of(fixture.Manager, c, "T2"); a.State != "issued" {
			t.Errorf("%+v", a)
		}
		w.sound()
	})
}

func remarkOf(rs []rest.Remark, code string) string {
	for _, r := range rs {
		if r.Code == code {
			return string(r.Text)
		}
	}
	raw, _ := json.Marshal(rs)
	return "none: " + string(raw)
}
