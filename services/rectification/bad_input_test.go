package rectification_test

import (
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification/checklist"
)

// What an inspection does not take leaves it as it was, and says what is wrong
// and how to mend it.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		plan := func(checklist string) (thing, string) {
			var in thing
			insp.Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist}).Is(201).Into(&in)
			return in, "/api/v1/inspections/" + in.ID
		}
		unchanged := func(was thing, path string) {
			t.Helper()
			var now thing
			insp.Get(path).Is(200).Into(&now)
			if now.Version != was.Version || now.State != "planned" || len(now.Answers) != len(was.Answers) {
				t.Errorf("it has become %+v, was %+v", now, was)
			}
			var fs page
			insp.Get("/api/v1/findings?inspection_id=" + was.ID).Is(200).Into(&fs)
			if len(fs.Items) != 0 {
				t.Errorf("there are findings: %+v", fs.Items)
			}
		}

		// One answer is right, the other is of an item that this version lacks.
		in, path := plan(checklist.TerminalRulesID)
		insp.Do("PUT", path+"/answers", obj{"answers": []obj{{"item_key": "antivirus", "result": "pass"}, {"item_key": "patches", "result": "pass"}}}).
			Problem(422, "invalid").Says("body.answers[1].item_key").Says("this version of the checklist has no such item")
		unchanged(in, path)

		// The item wants a picture of a failure: a note is kept, and not enough.
		var c thing
		insp.Post("/api/v1/checklists", obj{"title": "机房检查", "items": []obj{
			{"key": "door", "title": "门已上锁", "clause": "第一条", "type": "pass_fail", "category": "institutions", "severity": "ordinary", "deadline_days": 5, "fail_evidence": "file", "why": "须核对现场"},
		}}).Is(201).Into(&c)
		insp.Post("/api/v1/checklists/"+c.ID+"/publish", nil).Is(200)
		_, path = plan(c.ID)
		insp.Do("PUT", path+"/answers", obj{"answers": []obj{{"item_key": "door", "result": "fail", "note": "门开着"}}}).Is(200).Into(&in)
		insp.Post(path+"/send", nil).Problem(422, "incomplete").Says("item door").Says("failed; attach a picture or file: 须核对现场")
		insp.Post("/api/v1/findings", obj{"inspection_id": in.ID, "item_key": "door"}).Problem(422, "invalid").Says("attach a picture or file: 须核对现场")
		unchanged(in, path)
	})
}
