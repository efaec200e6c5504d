package rectification_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

// What the outlines hold; what is not given here is not there.
var (
	findingOutline = []string{"id", "campaign_id", "campaign_title", "inspection_id", "rectification_id", "unit_id", "unit_name",
		"office_id", "office_name", "state", "found_at", "due_at", "original_due_at", "light", "version", "may", "open"}
	caseOutline = []string{"id", "number", "campaign_id", "campaign_title", "unit_id", "unit_name", "issuer_id", "issuer_name", "office_id", "office_name",
		"state", "suspended", "on_time", "on_time_original", "ordered_at", "acknowledge_due_at", "acknowledge_light", "due_at", "original_due_at", "light", "version", "may", "open"}
	inspectionOutline = []string{"id", "campaign_id", "campaign_title", "checklist_id", "checklist_title", "kind", "unit_id", "unit_name",
		"office_id", "office_name", "planned_on", "state", "created_at", "version", "may", "open"}
)

// secret stands in every text of what is not for other offices.
const secret = "机密"

// seen is what an answer holds of one thing; empty where a list does not have it.
func (w *world) seen(a policy.Actor, path, id string) map[string]any {
	w.t.Helper()
	var one map[string]any
	raw := w.as(a).Get(path).Is(200).Raw
	if err := json.Unmarshal(raw, &one); err != nil {
		w.t.Fatal(err)
	}
	if one["id"] != nil {
		return one
	}
	items, _ := one["items"].([]any)
	for _, x := range items {
		if m, ok := x.(map[string]any); ok && m["id"] == id {
			return m
		}
	}
	return nil
}

// Another office of the area has the outline of what an office finds, orders and
// inspects, wherever it looks; its unit, the coordinator, leaders and the office
// have all of it.
func TestAnotherOfficeHasTheOutline(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w, e := withEvidence(t, d)
		insp, v11 := w.as(fixture.Inspector), fixture.Unit("V11").ID
		var list, in thing
		insp.Post("/api/v1/checklists", obj{"title": "检查表", "items": []obj{
			{"key": "log", "title": secret + "日志", "type": "pass_fail", "category": "technical", "severity": "major", "clause": "第一条", "deadline_days": 5},
		}}).Is(201).Into(&list)
		insp.Post("/api/v1/checklists/"+list.ID+"/publish", nil).Is(200)
		insp.Post("/api/v1/inspections", obj{
			"unit_id": v11, "checklist_id": list.ID, "note": secret, "devices": []obj{{"id": "pc", "label": secret}}, "inspector_ids": []string{fixture.Inspector.PersonID},
		}).Is(201).Into(&in)
		insp.Do("PUT", "/api/v1/inspections/"+in.ID+"/answers", obj{"answers": []obj{{"item_key": "log", "result": "fail", "note": secret}}}).Is(200)
		insp.Post("/api/v1/inspections/"+in.ID+"/send", nil).Is(200)
		w.as(fixture.Reporter).Post("/api/v1/inspections/"+in.ID+"/object", obj{"text": secret}).Is(200)
		var found page
		insp.Get("/api/v1/findings?inspection_id=" + in.ID).Is(200).Into(&found)
		f, g := found.Items[0], w.pictured(fixture.Inspector, "V11", secret, e.add(t, "现场.jpg", "", 40))
		var r, draw thing
		insp.Post("/api/v1/rectifications", obj{"finding_ids": []string{f.ID}, "title": secret, "note": secret, "workdays": 10}).Is(201).Into(&r)
		w.do(fixture.Reporter, r, "acknowledge", obj{}).Is(200)
		planned := w.order(fixture.Inspector, w.pictured(fixture.Inspector, "V11", secret))
		w.do(fixture.Reporter, planned, "plan", obj{"funds": secret, "measures": []obj{{"text": secret, "person_name": secret, "due_on": "2026-09-18"}}}).Is(200)
		reported := w.order(fixture.Inspector, w.pictured(fixture.Inspector, "V11", secret))
		w.mustTake(w.sealed(reported.ID, "V11", fixture.Reporter, true))
		insp.Post("/api/v1/inspections/draws", obj{
			"title": secret, "under": fixture.Unit("C").ID, "count": 1, "inspectors_per_unit": 1, "inspector_ids": []string{fixture.Inspector.PersonID},
		}).Is(201).Into(&draw)

		things := []struct {
			list    string
			x       thing
			outline []string
			may     []string // filters that find it by its outline
			beyond  []string // filters that would tell more
		}{
			{
				"findings", f, findingOutline,
				[]string{"state=rectifying", "unit_id=" + v11, "inspection_id=" + in.ID, "counted=open", "counted=found", "from=2026-09&to=2026-09"},
				[]string{"category=technical", "severity=major", "clause=" + "%E7%AC%AC%E4%B8%80%E6%9D%A1", "item=" + f.series(w) + "/log", "relapse=false", "distinct=true"},
			},
			{"findings", g, findingOutline, []string{"state=open"}, []string{"category=technical", "severity=ordinary"}},
			{
				"rectifications", r, caseOutline,
				[]string{"state=acknowledged", "issuer_id=" + fixture.Unit("CO").ID, "counted=open", "overdue=false"}, []string{"severity=major", "can=open"},
			},
			{"rectifications", planned, caseOutline, []string{"state=rectifying"}, []string{"severity=ordinary"}},
			{"rectifications", reported, caseOutline, []string{"state=reported", "counted=on_time"}, []string{"severity=ordinary"}},
			{"inspections", in, inspectionOutline, []string{"state=sent", "kind=planned"}, []string{"response=objected", "inspector_id=" + fixture.Inspector.PersonID}},
		}
		for _, rival := range []policy.Actor{fixture.Actor("CF", "inspector@C"), fixture.Actor("CF", "campaign_manager@C"), fixture.Actor("T1", "inspector@T1")} {
			as := w.as(rival)
			for _, x := range things {
				path := "/api/v1/" + x.list
				one, row := w.seen(rival, path+"/"+x.x.ID, x.x.ID), w.seen(rival, path, x.x.ID)
				for k := range one {
					if !slices.Contains(x.outline, k) {
						t.Errorf("%s: the outline of %s has %s", rival.Name, x.list, k)
					}
				}
				if one["office_name"] != "平县网信办" || one["open"] != false {
					t.Errorf("%s: %v", rival.Name, one)
				}
				for k, may := range one["may"].(map[string]any) {
					if may != false {
						t.Errorf("%s may %s", rival.Name, k)
					}
				}
				// A list says the same, but for what only a single answer holds.
				for _, k := range []string{"acknowledge_light", "on_time", "on_time_original", "checklist_title"} {
					delete(one, k)
				}
				if !maps.EqualFunc(one, row, func(a, b any) bool { return slices.Equal(asJSON(a), asJSON(b)) }) {
					t.Errorf("%s: one is %v, listed as %v", rival.Name, one, row)
				}
				for _, q := range x.may {
					if w.seen(rival, path+"?"+q, x.x.ID) == nil {
						t.Errorf("%s does not find it by %s", rival.Name, q)
					}
				}
				for _, q := range x.beyond {
					if w.seen(rival, path+"?"+q, x.x.ID) != nil {
						t.Errorf("%s finds it by %s", rival.Name, q)
					}
					if w.seen(fixture.Inspector, path+"?"+q, x.x.ID) == nil {
						t.Errorf("its own office does not find it by %s", q)
					}
				}
			}
			for _, path := range []string{
				"rectifications/" + r.ID + "/history", "rectifications/" + r.ID + "/order", "rectifications/" + r.ID + "/close-out",
				"inspections/records/" + in.ID, "findings/" + f.ID + "/similar",
			} {
				as.Get("/api/v1/"+path).Problem(403, "forbidden")
			}
			as.Post("/api/v1/document-jobs", obj{"form": "order", "rectification_ids": []string{r.ID}}).Problem(403, "forbidden")
			as.Post("/api/v1/document-jobs", obj{"form": "order"}).Problem(422, "nothing_selected")
			as.Get("/api/v1/inspections/draws/"+draw.ID).Problem(404, "not_found")
			if w.seen(rival, "/api/v1/inspections/draws", draw.ID) != nil {
				t.Errorf("%s sees the draw", rival.Name)
			}
			// Whatever the answers to an inspection are, the refusal is the same.
			for _, key := range []string{"log", "none"} {
				as.Post("/api/v1/findings", obj{"inspection_id": in.ID, "item_key": key}).Problem(403, "forbidden")
			}
			for _, form := range []string{"findings/export?form=register", "findings/export?form=finding_list", "rectifications/export?form=task_list", "rectifications/export?form=duty_list"} {
				cells := allCells(t, w.document(rival, "/api/v1/"+form, "xlsx").Raw)
				if !strings.Contains(cells, "东一村") || strings.Contains(cells, secret) || strings.Contains(cells, "第一条") || strings.Contains(cells, fixture.Inspector.Name) {
					t.Errorf("%s reads %s: %s", rival.Name, form, cells)
				}
			}
		}
		// Nor is a look-back a way to them, or a link.
		rival := fixture.Actor("CF", "inspector@C")
		w.as(rival).Post("/api/v1/inspections/look-back", obj{"unit_id": v11}).Problem(422, "nothing_to_look_back")
		mine := w.finding(rival, "V11", "minor")
		w.as(rival).Post("/api/v1/findings/"+mine.ID+"/link", obj{"finding_id": g.ID, "kind": "duplicate"}).Problem(422, "invalid")
		w.as(rival).Post("/api/v1/findings", obj{
			"unit_id": v11, "title": "x", "category": "technical", "severity": "minor", "deadline_days": 5, "repeats_id": g.ID,
		}).Problem(422, "invalid")

		for _, a := range []policy.Actor{
			fixture.Inspector, fixture.Inspector2, fixture.Manager, fixture.Reporter, fixture.Coordinator, fixture.UnitLeader, fixture.CountyLeader, fixture.Viewer,
		} {
			for _, x := range things {
				for _, path := range []string{"/" + x.x.ID, ""} {
					if got := w.seen(a, "/api/v1/"+x.list+path, x.x.ID); got["open"] != true || got["title"] == nil && got["failed"] == nil {
						t.Errorf("%s has of %s: %v", a.Name, x.list, got)
					}
				}
			}
			w.as(a).Get("/api/v1/rectifications/" + r.ID + "/history").Is(200)
			w.document(a, "/api/v1/rectifications/"+r.ID+"/order", "docx")
		}
		for _, x := range things {
			w.as(fixture.Stranger).Get("/api/v1/"+x.list+"/"+x.x.ID).Problem(404, "not_found")
			w.as(fixture.Reporter21).Get("/api/v1/"+x.list+"/"+x.x.ID).Problem(404, "not_found")
		}
		w.as(fixture.Reporter21).Get("/api/v1/rectifications/"+r.ID+"/history").Problem(404, "not_found")

		// What is late is counted for the office alone.
		w.clk.Advance(60 * 24 * time.Hour)
		for _, x := range []struct {
			who  policy.Actor
			want int64
		}{{fixture.Inspector, 2}, {fixture.CountyLeader, 2}, {fixture.Reporter, 2}, {rival, 0}} {
			var c struct{ Overdue tally }
			var p page
			w.as(x.who).Get("/api/v1/rectifications/counts").Is(200).Into(&c)
			w.as(x.who).Get("/api/v1" + c.Overdue.Query).Is(200).Into(&p)
			if c.Overdue.Count != x.want || int64(len(p.Items)) != x.want {
				t.Errorf("%s: %+v, %d listed", x.who.Name, c.Overdue, len(p.Items))
			}
		}
	})
}

func asJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// series is that of the checklist which an item of a finding is of.
func (r thing) series(w *world) string {
	w.t.Helper()
	return w.lastOf(r.ID).ChecklistSeries
}
