package rectification_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/rectification/checklist"
)

// Inspectors of two offices of one county are apart: one sees what the other has
// found and ordered, and neither changes, verifies nor closes it.
func TestInspectorsOfTwoOfficesAreApart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rival := fixture.Actor("CF", "inspector@C")
		f, g := w.finding(fixture.Inspector, "V11", "minor"), w.finding(fixture.Inspector, "V11", "minor")
		w.as(rival).Get("/api/v1/findings/" + f.ID).Is(200)
		w.as(rival).Post("/api/v1/findings/"+f.ID+"/dismiss", obj{"reason": "x"}).Problem(403, "forbidden")
		w.as(rival).Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": "整改通知", "workdays": 10}).Problem(403, "forbidden")
		r := w.order(fixture.Inspector, f)
		for verb, body := range map[string]any{
			"withdraw": obj{"reason": "x"}, "suspend": obj{"reason": "x", "stages": []obj{{"title": "x", "due_on": "2026-12-31"}}},
			"transfer": obj{"unit_id": fixture.Unit("V12").ID, "reason": "x"},
		} {
			w.do(rival, r, verb, body).Problem(403, "forbidden")
		}
		w.mustTake(w.sealed(r.ID, "V11", fixture.Reporter, true))
		w.do(rival, r, "begin-verification", nil).Problem(403, "forbidden")
		w.do(fixture.Inspector2, r, "begin-verification", nil).Is(200)

		// What each finds is ordered apart, under numbers of its own.
		h := w.finding(rival, "V11", "minor")
		w.as(rival).Post("/api/v1/rectifications", obj{"finding_ids": []string{g.ID, h.ID}, "title": "整改通知", "workdays": 10}).Is(403)
		var mine thing
		w.as(rival).Post("/api/v1/rectifications", obj{"finding_ids": []string{h.ID}, "title": "整改通知", "workdays": 10}).Is(201).Into(&mine)
		if mine.Number != r.Number {
			t.Errorf("the first of one office is %s, of the other %s", r.Number, mine.Number)
		}

		var in thing
		w.as(fixture.Inspector).Post("/api/v1/inspections", obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID}).Is(201).Into(&in)
		w.as(rival).Get("/api/v1/inspections/" + in.ID).Is(200)
		w.as(rival).Post("/api/v1/inspections/"+in.ID+"/cancel", obj{"reason": "x"}).Problem(403, "forbidden")
		w.as(rival).Post("/api/v1/findings", obj{"inspection_id": in.ID, "title": "x", "category": "technical", "severity": "minor"}).Problem(403, "forbidden")

		var list thing
		w.as(fixture.Inspector).Post("/api/v1/checklists", obj{"title": "网信办检查表", "items": []obj{{"key": "a", "title": "留存日志", "type": "pass_fail", "category": "technical"}}}).Is(201).Into(&list)
		w.as(rival).Get("/api/v1/checklists/"+list.ID).Problem(404, "not_found")
		w.as(fixture.Inspector).Post("/api/v1/checklists/"+list.ID+"/publish", nil).Is(200)
		w.as(rival).Get("/api/v1/checklists/" + list.ID).Is(200)
		w.as(rival).Post("/api/v1/checklists/"+list.ID+"/new-version", nil).Problem(403, "forbidden")
	})
}

// Who inspects for two offices says for which; an office that is not theirs is
// refused by name.
func TestForWhichOfficeIsInspected(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		both := fixture.Actor("CO", "inspector@C", "inspector@C/CF")
		plan := obj{"unit_id": fixture.Unit("V11").ID, "checklist_id": checklist.TerminalRulesID}
		office := func(want string) {
			t.Helper()
			var in struct {
				OfficeID string `json:"office_id"`
			}
			w.as(both).Post("/api/v1/inspections", plan).Is(201).Into(&in)
			if in.OfficeID != fixture.Unit(want).ID {
				t.Errorf("%s, want %s", in.OfficeID, want)
			}
		}
		office("CO")
		plan["office_id"] = fixture.Unit("CF").ID
		office("CF")
		plan["office_id"] = fixture.Unit("T1").ID
		w.as(both).Post("/api/v1/inspections", plan).Problem(422, "invalid")

		// What a bureau was merged into orders what the bureau had found, under its own number.
		f := w.finding(fixture.Actor("CF", "inspector@C"), "V11", "minor")
		heir := fixture.Inspector
		heir.Grants = slices.Clone(heir.Grants)
		heir.Grants[0].Took = []string{fixture.Unit("CF").ID}
		var r struct {
			IssuerID string `json:"issuer_id"`
		}
		w.as(heir).Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": "整改通知", "workdays": 10}).Is(201).Into(&r)
		if r.IssuerID != fixture.Unit("CO").ID {
			t.Errorf("ordered by %s", r.IssuerID)
		}
	})
}
