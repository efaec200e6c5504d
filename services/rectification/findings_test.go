package rectification_test

import (
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
	"pgregory.net/rapid"
)

// What may be a duplicate or a relapse is proposed, and a person links it.
func TestFindingsRepeat(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		record := func(unit, title, clause string) thing {
			t.Helper()
			var f thing
			insp.Post("/api/v1/findings", obj{
				"unit_id": fixture.Unit(unit).ID, "title": title, "clause": clause, "category": "technical", "severity": "minor",
			}).Is(201).Into(&f)
			w.clk.Advance(time.Minute)
			return f
		}
		clause := record("V11", "日志未留存六个月", "第二十三条第三项")
		text := record("V11", "财务室电脑未安装杀毒软件", "")
		record("V11", "会议记录缺失", "")
		record("V12", "财务室电脑未安装杀毒软件", "") // another unit
		r := w.order(fixture.Inspector, text)
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)
		w.do(fixture.Inspector2, r, "verify", obj{"decision": "close", "results": results(r, "fixed")}).Is(200)

		again := record("V11", "财务室的电脑没有安装杀毒软件", "第二十三条第三项")
		var l struct {
			Items []struct {
				ID, Proposed, Because string
				Likeness              int
			}
		}
		path := "/api/v1/findings/" + again.ID
		insp.Get(path + "/similar").Is(200).Into(&l)
		if len(l.Items) != 2 || l.Items[0].ID != clause.ID || l.Items[0].Proposed != "duplicate" || l.Items[0].Because != "clause" ||
			l.Items[1].ID != text.ID || l.Items[1].Proposed != "relapse" || l.Items[1].Because != "text" || l.Items[1].Likeness < 60 {
			t.Fatalf("proposed %+v", l.Items)
		}
		type linked struct {
			RepeatsID   string `json:"repeats_id"`
			DuplicateOf string `json:"duplicate_of"`
			Version     int64
		}
		var f linked
		insp.Post(path+"/link", obj{"kind": "duplicate", "finding_id": text.ID}).Problem(422, "invalid")                           // closed
		insp.Post(path+"/link", obj{"kind": "relapse", "finding_id": again.ID}).Problem(422, "invalid")                            // itself
		insp.Post(path+"/link", obj{"kind": "relapse", "finding_id": id.New()}).Problem(422, "invalid")                            // nothing
		w.as(fixture.Reporter).Post(path+"/link", obj{"kind": "none"}).Problem(403, "forbidden")                                   // the unit's own
		w.as(fixture.Stranger).Post(path+"/link", obj{"kind": "none"}).Problem(404, "not_found")                                   // another county's
		insp.With("If-Match", `"9"`).Post(path+"/link", obj{"kind": "none"}).Problem(412, "stale")                                 // an older version
		insp.Post("/api/v1/findings/"+clause.ID+"/link", obj{"kind": "duplicate", "finding_id": again.ID}).Problem(422, "invalid") // a later one
		insp.Post(path+"/link", obj{"kind": "relapse", "finding_id": text.ID}).Is(200).Into(&f)
		if f.RepeatsID != text.ID || f.DuplicateOf != "" || f.Version != 2 {
			t.Fatalf("relapse: %+v", f)
		}
		f = linked{}
		insp.Post(path+"/link", obj{"kind": "duplicate", "finding_id": clause.ID}).Is(200).Into(&f)
		if f.RepeatsID != "" || f.DuplicateOf != clause.ID {
			t.Fatalf("duplicate: %+v", f)
		}
		third := record("V11", "日志没有留存", "第二十三条第三项")
		insp.Post("/api/v1/findings/"+third.ID+"/link", obj{"kind": "duplicate", "finding_id": again.ID}).Problem(422, "invalid") // a chain
		f = linked{}
		insp.Post(path+"/link", obj{"kind": "none"}).Is(200).Into(&f)
		if f.RepeatsID != "" || f.DuplicateOf != "" {
			t.Fatalf("taken back: %+v", f)
		}
		if es := w.events(again.ID); len(es) != 4 || es[1] != event.FindingLinked {
			t.Fatalf("events %v", es)
		}
		w.as(fixture.Inspector2).Post(path+"/dismiss", obj{"reason": "重复登记"}).Is(200)
		insp.Post(path+"/link", obj{"kind": "none"}).Problem(409, "wrong_state")
		w.check()
	})
}

// A finding says what it comes from.
func TestSourcesOfFindings(t *testing.T) {
	t.Parallel()
	w, e := withEvidence(t, dbtest.Open(t, "rectification", db.SQLite))
	insp := w.as(fixture.Inspector)
	reviewed := id.New()
	e.submissions[reviewed] = nil
	record := func(more obj) obj {
		b := obj{"unit_id": fixture.Unit("V11").ID, "title": "x", "category": "technical", "severity": "minor"}
		for k, v := range more {
			b[k] = v
		}
		return b
	}
	for source, body := range map[string]obj{"other": {}, "review": {"source": "review", "source_id": reviewed}, "report": {"source": "report"}} {
		var f struct{ Source string }
		insp.Post("/api/v1/findings", record(body)).Is(201).Into(&f)
		if f.Source != source {
			t.Errorf("source %q, want %q", f.Source, source)
		}
	}
	unknown := e.add(t, "a.pdf", "", 0)
	insp.Post("/api/v1/findings", record(obj{"file_ids": []string{unknown}})).Is(201)
	delete(e.files, unknown)
	insp.Post("/api/v1/findings", record(obj{"file_ids": []string{unknown}})).Problem(422, "invalid").Says("no such received file")
	insp.Post("/api/v1/findings", record(obj{"source": "review", "source_id": id.New()})).Problem(422, "invalid").Says("no such sealed submission")
	for _, bad := range []obj{{"source": "review"}, {"source": "inspection"}, {"source": "report", "source_id": "x"}} {
		insp.Post("/api/v1/findings", record(bad)).Problem(422, "invalid")
	}
}

func TestLikeness(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		n := rectification.Likeness(a, b)
		if n < 0 || n > 100 || n != rectification.Likeness(b, a) {
			t.Fatalf("%q and %q are alike by %d", a, b, n)
		}
		if same := rectification.Likeness(a+"甲乙", a+"甲乙"); same != 100 {
			t.Fatalf("a text is like itself by %d", same)
		}
	})
	if rectification.Likeness("未安装杀毒软件。", "未安装 杀毒软件") != 100 || rectification.Likeness("未安装杀毒软件", "会议记录缺失") != 0 {
		t.Fatal("punctuation counts, or nothing is unlike")
	}
}

// Inspectors are called together from the county of the unit.
func TestInspectorsAreOfTheCounty(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var people event.Persons
		for key, at := range map[string]string{"here": "CF", "there": "D"} {
			u := fixture.Unit(at)
			people.Persons = append(people.Persons, event.Person{ID: "p-" + key, Name: key, UnitID: u.ID, UnitPath: u.Path, Version: 1})
		}
		w.mustTake(event.New(id.New(), monday, event.PersonsChanged, "people", 1, people))
		plan := func(who string) obj {
			return obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID, "inspector_ids": []string{who}}
		}
		draw := func(who string) obj {
			return obj{"title": "双随机", "under": fixture.Unit("T1").ID, "count": 1, "inspectors_per_unit": 1, "inspector_ids": []string{who}}
		}
		insp := w.as(fixture.Inspector)
		insp.Post("/api/v1/inspections", plan("p-here")).Is(201)
		insp.Post("/api/v1/inspections", plan("p-there")).Problem(422, "invalid").Says("in this county")
		insp.Post("/api/v1/inspections/draws", draw("p-here")).Is(201)
		insp.Post("/api/v1/inspections/draws", draw("p-there")).Problem(422, "invalid").Says("in this county")
	})
}
