package rectification_test

import (
	"slices"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification/checklist"
)

// From the failed item to the verified close-out, with a rejection and a relapse.
func TestMainFlow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp, rep := w.as(fixture.Inspector), w.as(fixture.Reporter)
		var in thing
		plan := obj{
			"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "kind": "spot",
			"devices": []obj{{"id": "pc-1", "label": "1 号机", "network": "inner"}, {"id": "pc-2", "label": "2 号机", "network": "outer"}},
		}
		insp.Post("/api/v1/inspections", plan).Is(201).Into(&in)
		if in.State != "planned" || len(in.Items) != 5 || !in.May["send"] {
			t.Fatalf("planned: %+v", in)
		}
		path := "/api/v1/inspections/" + in.ID
		insp.Post(path+"/send", nil).Problem(422, "incomplete")
		answers := []obj{}
		for _, it := range in.Items {
			for _, pc := range []string{"pc-1", "pc-2"} {
				a := obj{"item_key": it.Key, "device_id": pc, "result": "pass"}
				if it.Key == "antivirus" || it.Key == "software" && pc == "pc-2" {
					a["result"], a["note"] = "fail", "未达要求"
				}
				answers = append(answers, a)
			}
		}
		insp.Do("PUT", path+"/answers", obj{"answers": []obj{{"item_key": "nothing", "result": "pass"}, {"item_key": "antivirus", "device_id": "pc-9", "result": "pass"}}}).Problem(422, "invalid")
		insp.Do("PUT", path+"/answers", obj{"answers": answers}).Is(200)
		insp.Post(path+"/send", nil).Is(200).Into(&in)
		if in.State != "sent" || in.Failed != 3 {
			t.Fatalf("sent: %+v", in)
		}
		insp.Post(path+"/send", nil).Is(200) // a retry
		insp.Do("PUT", path+"/answers", obj{"answers": answers}).Is(200)
		answers[0]["result"] = "na"
		insp.Do("PUT", path+"/answers", obj{"answers": answers}).Problem(409, "wrong_state")
		insp.Post(path+"/amend", obj{"text": "补记：2 号机已停用"}).Is(200)

		var fs page
		insp.Get("/api/v1/findings?inspection_id=" + in.ID + "&state=open").Is(200).Into(&fs)
		if len(fs.Items) != 3 || fs.Items[0].Category != "technical" || fs.Items[0].Clause == "" || fs.Items[0].UnitName != "东一村" {
			t.Fatalf("findings: %+v", fs.Items)
		}
		r := w.order(fixture.Inspector, fs.Items...)
		if r.Number != "整改〔2026〕1号" || r.State != "ordered" || r.Severity != "ordinary" || len(r.Findings) != 3 {
			t.Fatalf("ordered: %+v", r)
		}
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{fs.Items[0].ID}, "title": "x"}).Problem(409, "finding_not_open")
		original := r.OriginalDueAt

		w.do(fixture.Reporter, r, "acknowledge", nil).Is(200)
		w.do(fixture.Reporter, r, "acknowledge", nil).Problem(409, "wrong_state")
		w.do(fixture.Reporter, r, "plan", obj{"measures": []obj{{"text": "安装杀毒软件", "due_on": "2026-09-18"}}}).Problem(422, "invalid")
		var p thing
		w.do(fixture.Reporter, r, "plan", obj{"measures": []obj{{"text": "安装杀毒软件", "person_name": "王会计", "due_on": "2026-09-18"}}}).Is(200).Into(&p)
		if p.State != "rectifying" || len(p.Measures) != 1 {
			t.Fatalf("planned: %+v", p)
		}
		rep.Post("/api/v1/rectifications/"+r.ID+"/measures/"+p.Measures[0].ID+"/done", obj{"note": "完成"}).Is(200)
		e := w.sealed(r.ID, "V11", fixture.Reporter, false)
		w.mustTake(e)
		w.mustTake(e) // twice
		if g := w.get(r); g.State != "reported" || len(g.Reports) != 1 || !*g.OnTimeOriginal {
			t.Fatalf("reported: %+v", g)
		}
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Problem(409, "wrong_state")
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")[:2]}).Problem(422, "invalid")
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "partly")}).Problem(422, "invalid")
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "reject", "results": results(r, "not"), "still_wrong": "2 号机"}).Problem(422, "invalid")
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "reject", "results": results(r, "not"), "still_wrong": "2 号机未装", "workdays": 20}).Is(200)
		if g := w.get(r); g.State != "rejected" || g.Rejections != 1 || g.StillWrong == "" || !g.OriginalDueAt.Equal(original) || !g.DueAt.After(original) {
			t.Fatalf("rejected: %+v", g)
		}
		// Late against the original deadline, in time against the new one.
		w.clk.Advance(original.Sub(monday) + time.Hour)
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed"), "note": "合格"}).Is(200)
		g := w.get(r)
		if g.State != "closed" || g.Outcome != "fixed" || len(g.Reports) != 2 || *g.OnTimeOriginal || !*g.OnTimeCurrent {
			t.Fatalf("closed: %+v", g)
		}
		for _, f := range g.Findings {
			if f.State != "closed" {
				t.Fatalf("finding is %s", f.State)
			}
			// What numbers are made of: the deadline in force was kept, the original not.
			told := w.lastOf(f.ID)
			if told.State != "closed" || told.ClosedAt == nil || told.OnTime == nil || !*told.OnTime || told.OnTimeOriginal == nil || *told.OnTimeOriginal || told.ItemTitle == "" || told.ChecklistSeries != "terminal-rules" {
				t.Fatalf("told: %+v", told)
			}
		}
		w.check()

		w.do(fixture.Inspector2, r, "reopen", obj{"kind": "relapse", "reason": "又被卸载", "workdays": 5}).Is(200)
		g = w.get(r)
		if g.State != "ordered" || g.Relapses != 1 || len(g.Reports) != 2 || len(g.Verifications) != 2 || g.Findings[0].State != "rectifying" || !g.OriginalDueAt.Equal(original) {
			t.Fatalf("reopened: %+v", g)
		}
		if len(g.Measures) != 1 || !g.Measures[0].Dropped || g.Measures[0].DoneAt == nil {
			t.Fatalf("what was planned before is of the record: %+v", g.Measures)
		}
		if told := w.lastOf(g.Findings[0].ID); told.OnTime != nil || told.OnTimeOriginal != nil || told.ClosedAt != nil {
			t.Fatalf("told of a reopened one: %+v", told)
		}
		w.check()
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "outcome": "not_fixable", "results": results(r, "partly"), "note": "设备报废"}).Is(200)
		if g := w.get(r); g.State != "closed" || g.Outcome != "not_fixable" {
			t.Fatalf("closed again: %+v", g)
		}
		w.check()

		var hist struct {
			Items []struct {
				Action string
				To     string
			}
		}
		w.as(fixture.Viewer).Get("/api/v1/rectifications/" + r.ID + "/history?limit=100").Is(200).Into(&hist)
		var actions []string
		for _, h := range hist.Items {
			actions = append(actions, h.Action)
		}
		want := []string{
			"order", "acknowledge", "plan", "measure_done", "report", "begin_verification", "reject", "start", "report", "begin_verification", "close",
			"reopen", "fix_on_spot", "begin_verification", "close",
		}
		if !slices.Equal(actions, want) {
			t.Fatalf("history %v", actions)
		}
		if es := w.events(r.ID); len(es) != len(want) || es[0] != event.RectificationOrdered || es[7] != event.RectificationStarted {
			t.Fatalf("events %v", es)
		}
	})
}

func TestFixOnTheSpotAndRefusals(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		w.mustTake(w.sealed(r.ID, "V12", fixture.Reporter12, true)) // not their order
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true)) // already reported
		want := []event.Type{event.RectificationOrdered, event.RectificationReportRefused, event.RectificationReported, event.RectificationReportRefused}
		if es := w.events(r.ID); !slices.Equal(es, want) {
			t.Fatalf("events %v", es)
		}
		if g := w.get(r); g.State != "reported" || len(g.Reports) != 1 {
			t.Fatalf("%+v", g)
		}
		if err := w.take(w.sealed(id.New(), "V11", fixture.Reporter, true)); err == nil {
			t.Fatal("a report for nothing was taken")
		}
		w.check()
	})
}

func TestMajorNeedsFive(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		v11 := fixture.Unit("V11")
		w.mustTake(event.New(id.New(), monday, event.PersonsChanged, "people", 1, event.Persons{Persons: []event.Person{
			{ID: "p-wang", Name: "王会计", UnitID: v11.ID, UnitPath: v11.Path, Version: 1},
			{ID: "p-gone", Name: "离职", UnitID: v11.ID, UnitPath: v11.Path, Disabled: true, Version: 1},
		}}))
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "major"))
		if !r.NeedsPlan {
			t.Fatal("a major finding must ask for a plan")
		}
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		if g := w.get(r); g.State != "ordered" {
			t.Fatalf("fixed on the spot: %s", g.State)
		}
		w.do(fixture.Reporter, r, "start", nil).Problem(409, "plan_needed")
		m := []obj{{"text": "隔离内外网", "person_id": "p-wang", "due_on": "2026-09-18"}}
		w.do(fixture.Reporter, r, "plan", obj{"measures": m}).Problem(422, "five_missing")
		w.do(fixture.Reporter, r, "plan", obj{"measures": m, "funds": "两万元", "contingency": "断网", "responsible_id": "p-gone"}).Problem(422, "invalid")
		var g thing
		w.do(fixture.Reporter, r, "plan", obj{"measures": m, "funds": "两万元", "contingency": "断网", "responsible_id": "p-wang"}).Is(200).Into(&g)
		if g.State != "rectifying" {
			t.Fatalf("%+v", g)
		}
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, false))
		// Two persons: whoever found it does not verify it.
		w.do(fixture.Inspector, r, "begin-verification", nil).Problem(403, "own_major_finding")
		if g := w.get(r); g.May["verify"] {
			t.Fatal("a viewer may verify")
		}
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Problem(403, "own_major_finding")
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Is(200)
		w.check()
	})
}

func TestVerifierRules(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
		own := fixture.Actor("V11", "inspector@T1", "reporter@V11")
		w.mustTake(w.sealed(r.ID, "V11", fixture.Inspector2, false)) // reported by somebody who could verify
		w.do(own, r, "begin-verification", nil).Problem(403, "own_unit")
		w.do(fixture.Inspector2, r, "begin-verification", nil).Problem(403, "own_report")
		w.do(fixture.Stranger, r, "begin-verification", nil).Problem(404, "not_found")
		w.do(fixture.Reporter, r, "begin-verification", nil).Problem(403, "own_unit")
		w.do(fixture.Inspector, r, "begin-verification", nil).Is(200) // not major: the finder may
	})
}

func TestExtensionsTransferStagesWithdraw(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "ordinary"))
		w.do(fixture.Reporter, r, "request-extension", obj{"workdays": 2, "reason": "采购"}).Problem(422, "invalid")
		w.do(fixture.Reporter, r, "request-extension", obj{"due_on": "2026-01-01", "reason": "采购"}).Problem(422, "deadline_past")
		w.do(fixture.Reporter, r, "request-extension", obj{"workdays": 30, "reason": "采购"}).Is(200)
		w.do(fixture.Reporter, r, "request-extension", obj{"workdays": 30, "reason": "采购"}).Problem(409, "extension_open")
		w.do(fixture.Reporter, r, "decide-extension", obj{"grant": true}).Problem(403, "forbidden")
		w.do(fixture.Inspector, r, "decide-extension", obj{"grant": false}).Problem(422, "invalid")
		var g thing
		w.do(fixture.Inspector, r, "decide-extension", obj{"grant": true}).Is(200).Into(&g)
		if !g.DueAt.Equal(clock.Official.AddWorkdays(monday, 30)) || !g.OriginalDueAt.Equal(r.OriginalDueAt) || g.Extensions[0].State != "granted" {
			t.Fatalf("%+v", g)
		}
		w.do(fixture.Reporter, r, "request-extension", obj{"workdays": 60, "reason": "采购"}).Is(200)
		w.do(fixture.Reporter, r, "plan", obj{"measures": []obj{{"text": "a", "person_name": "b", "due_on": "2026-09-18"}}}).Is(200)
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("DV").ID, "reason": "x"}).Problem(422, "invalid")
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("T1").ID, "reason": "镇信息中心管理", "workdays": 15}).Is(200).Into(&g)
		if g.State != "ordered" || g.UnitID != fixture.Unit("T1").ID || g.Extensions[1].State != "withdrawn" || !g.Measures[0].Dropped {
			t.Fatalf("transferred: %+v", g)
		}
		w.do(fixture.Reporter, r, "acknowledge", nil).Problem(404, "not_found")
		w.do(fixture.Coordinator, r, "acknowledge", nil).Is(200)
		w.do(fixture.Inspector, r, "suspend", obj{"reason": "立项", "stages": []obj{{"title": "b", "due_on": "2027-03-01"}, {"title": "a", "due_on": "2027-01-01"}}}).Problem(422, "invalid")
		w.do(fixture.Inspector, r, "suspend", obj{"reason": "立项", "stages": []obj{{"title": "a", "due_on": "2026-12-01"}, {"title": "b", "due_on": "2028-03-01"}}}).Is(200).Into(&g)
		if !g.Suspended || len(g.Stages) != 2 || g.DueAt.Year() != 2028 || len(g.Warnings) == 0 || g.Warnings[len(g.Warnings)-1].Code != "calendar_unknown" {
			t.Fatalf("suspended: %+v", g)
		}
		w.as(fixture.Inspector).Post("/api/v1/rectifications/"+r.ID+"/stages/"+g.Stages[0].ID+"/check", obj{"note": "到位"}).Is(200)
		w.as(fixture.Inspector).Post("/api/v1/rectifications/"+r.ID+"/stages/"+g.Stages[0].ID+"/check", obj{"note": "到位"}).Problem(409, "wrong_state")
		w.do(fixture.Inspector, r, "resume", obj{"workdays": 10}).Is(200)
		w.do(fixture.Inspector, r, "withdraw", obj{"reason": "认定有误"}).Is(200).Into(&g)
		if g.State != "withdrawn" || g.Findings[0].State != "open" {
			t.Fatalf("withdrawn: %+v", g)
		}
		w.do(fixture.Inspector, r, "withdraw", obj{"reason": "认定有误"}).Problem(409, "wrong_state")
		w.check()
		// The finding can be ordered again, under the next number.
		if again := w.order(fixture.Inspector, g.Findings...); again.Number != "整改〔2026〕2号" {
			t.Fatalf("number %v", again.Number)
		}
		w.check()
	})
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f := w.finding(fixture.Inspector, "V11", "minor")
		post := func(due string) (r thing) {
			w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": "x", "due_on": due}).Is(201).Into(&r)
			w.do(fixture.Inspector, r, "withdraw", obj{"reason": "试"}).Is(200)
			return r
		}
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": "x", "due_on": "2026-09-01"}).Problem(422, "deadline_past")
		if r := post("2026-10-01"); len(r.Warnings) != 1 || r.Warnings[0].Code != "deadline_holiday" {
			t.Fatalf("holiday: %+v", r.Warnings)
		}
		if r := post("2029-03-01"); len(r.Warnings) != 1 || r.Warnings[0].Code != "calendar_unknown" {
			t.Fatalf("unknown year: %+v", r.Warnings)
		}
		// Without a deadline the finding's own counts.
		var r thing
		w.as(fixture.Inspector).Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": "x"}).Is(201).Into(&r)
		if !r.DueAt.Equal(clock.Official.AddWorkdays(monday, 10)) || r.Light != "green" {
			t.Fatalf("%+v", r)
		}
		w.clk.Advance(r.DueAt.Sub(w.clk.Now()) + time.Hour)
		var c struct {
			Overdue       tally `json:"overdue"`
			DueSoon       tally `json:"due_soon"`
			ToAcknowledge tally `json:"to_acknowledge"`
		}
		// The number and the light agree on when a deadline is near.
		for w.clk.Now().Before(r.DueAt.Add(-12 * time.Hour)) {
			w.as(fixture.Reporter).Get("/api/v1/rectifications/counts").Is(200).Into(&c)
			if g := w.get(r); (g.Light == "blue") != (c.DueSoon.Count == 1) {
				t.Fatalf("at %s the light is %s and due soon %d", w.clk.Now(), g.Light, c.DueSoon.Count)
			}
			w.clk.Advance(12 * time.Hour)
		}
		w.as(fixture.Reporter).Get("/api/v1/rectifications/counts").Is(200).Into(&c)
		if c.Overdue.Count != 1 || c.ToAcknowledge.Count != 1 {
			t.Fatalf("%+v", c)
		}
		var l page
		w.as(fixture.Reporter).Get("/api/v1" + c.Overdue.Query).Is(200).Into(&l)
		if len(l.Items) != 1 || l.Items[0].Light != "yellow" || !l.Items[0].May["acknowledge"] {
			t.Fatalf("%+v", l)
		}
		w.as(fixture.Reporter12).Get("/api/v1/rectifications/counts").Is(200).Into(&c)
		if c.Overdue.Count != 0 {
			t.Fatalf("another unit's numbers: %+v", c)
		}
		w.check()
	})
}

// What a leader sees is all below; what a clerk sees is their unit's.
func TestCountsOfLeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	r := w.order(fixture.Inspector, w.finding(fixture.Inspector, "V11", "minor"))
	w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
	w.order(fixture.Inspector, w.finding(fixture.Inspector, "V21", "minor"))
	w.clk.Advance(60 * 24 * time.Hour)
	for a, want := range map[string][2]int64{"leader": {1, 0}, "inspector": {1, 1}, "reporter": {0, 0}} {
		who := map[string]policy.Actor{"leader": fixture.CountyLeader, "inspector": fixture.Inspector, "reporter": fixture.Reporter}[a]
		var c struct {
			Overdue  tally `json:"overdue"`
			ToVerify tally `json:"to_verify"`
		}
		w.as(who).Get("/api/v1/rectifications/counts").Is(200).Into(&c)
		if c.Overdue.Count != want[0] || c.ToVerify.Count != want[1] {
			t.Errorf("%s: %+v, want %v", a, c, want)
		}
		for _, x := range []tally{c.Overdue, c.ToVerify} {
			var l page
			w.as(who).Get("/api/v1" + x.Query).Is(200).Into(&l)
			if int64(len(l.Items)) != x.Count {
				t.Errorf("%s: %s lists %d, counted %d", a, x.Query, len(l.Items), x.Count)
			}
		}
	}
}

// With a transferred order goes the right to read its findings: the unit
// responsible now reads them one by one and in lists, the unit where they were
// found as before, and nobody else. Taken back, it is as it was.
func TestFindingsGoWithATransferredOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		f, other := w.finding(fixture.Inspector, "V11", "ordinary"), w.finding(fixture.Inspector, "V11", "minor")
		r := w.order(fixture.Inspector, f)
		readers := map[string]policy.Actor{
			"V11": fixture.Reporter, "V12": fixture.Reporter12, "V21": fixture.Reporter21, "T1": fixture.Coordinator, "T2": fixture.Coordinator2,
			"C": fixture.Manager, "D": fixture.Stranger, "leader": fixture.Actor("V21", "leader@V21"),
		}
		// sees checks that exactly the readers named see f, in either way.
		sees := func(who ...string) {
			t.Helper()
			for name, a := range readers {
				var l page
				w.as(a).Get("/api/v1/findings").Is(200).Into(&l)
				listed := slices.ContainsFunc(l.Items, func(x thing) bool { return x.ID == f.ID })
				status := w.as(a).Get("/api/v1/findings/" + f.ID).Status
				if want := slices.Contains(who, name); listed != want || status == 200 != want || !want && status != 404 {
					t.Errorf("%s: listed %v, answer %d, want %v", name, listed, status, want)
				}
			}
			for _, a := range []policy.Actor{fixture.Reporter21, fixture.Coordinator2} {
				w.as(a).Get("/api/v1/findings/"+other.ID).Problem(404, "not_found")
			}
			w.check()
		}
		before := []string{"V11", "T1", "C"}
		sees(before...)
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("V21").ID, "reason": "设备已移交"}).Is(200)
		sees("V11", "T1", "C", "V21", "T2", "leader")
		var x thing
		w.as(fixture.Reporter21).Get("/api/v1/findings/" + f.ID).Is(200).Into(&x)
		if x.UnitID != fixture.Unit("V11").ID || x.UnitName != "东一村" || x.ResponsibleUnitID != fixture.Unit("V21").ID || x.ResponsibleUnitName != "西一村" || x.Version != 3 {
			t.Errorf("%+v", x)
		}
		w.as(fixture.Reporter21).Post("/api/v1/findings/"+f.ID+"/dismiss", obj{"reason": "x"}).Problem(403, "forbidden")
		// Earlier findings of the unit it was found at stay that unit's.
		var l page
		if w.as(fixture.Reporter21).Get("/api/v1/findings/" + f.ID + "/similar").Is(200).Into(&l); len(l.Items) != 0 {
			t.Errorf("similar: %+v", l.Items)
		}
		// The case names both units, and its unit may move.
		if g := w.get(r); g.Findings[0].UnitName != "东一村" || g.Findings[0].ResponsibleUnitName != "西一村" {
			t.Errorf("%+v", g.Findings)
		}
		v, c := fixture.Unit("V21"), fixture.Unit("T1")
		w.mustTake(event.New(id.New(), monday, event.UnitMoved, v.ID, 2, event.Move{
			UnitID: v.ID, OldParentID: v.ParentID, NewParentID: c.ID, OldPath: v.Path, NewPath: c.Path + v.ID + "/",
		}))
		sees("V11", "T1", "C")
		w.mustTake(event.New(id.New(), monday, event.UnitMoved, v.ID, 3, event.Move{
			UnitID: v.ID, OldParentID: c.ID, NewParentID: v.ParentID, OldPath: c.Path + v.ID + "/", NewPath: v.Path,
		}))
		sees("V11", "T1", "C", "V21", "T2", "leader")
		// On to a third unit, closed there, opened again: always with it.
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("V12").ID, "reason": "x"}).Is(200)
		sees("V11", "T1", "C", "V12")
		w.mustTake(w.sealed(r.ID, "V12", fixture.Reporter12, false))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "outcome": "fixed", "results": results(w.get(r), "fixed")}).Is(200)
		sees("V11", "T1", "C", "V12")
		w.do(fixture.Inspector, r, "reopen", obj{"kind": "lookback", "reason": "x", "workdays": 5}).Is(200)
		sees("V11", "T1", "C", "V12")
		// Taken back by the unit where it was found, and withdrawn.
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": fixture.Unit("V11").ID, "reason": "x"}).Is(200)
		sees(before...)
		w.do(fixture.Inspector, r, "transfer", obj{"unit_id": v.ID, "reason": "x"}).Is(200)
		w.do(fixture.Inspector, r, "withdraw", obj{"reason": "x"}).Is(200)
		sees(before...)
	})
}
