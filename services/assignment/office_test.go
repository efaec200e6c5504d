package assignment_test

import (
	"slices"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/assignment/internal/rest"
	"github.com/duban/duban/services/internal/fixture"
	platform "github.com/duban/duban/services/internal/rest"
)

// The finance bureau acts for the same county as the office that launched.
var rival = fixture.Actor("CF", "campaign_manager@C")

// What an office launches is its own: another office of the same county sees that
// it was issued, and neither changes nor decides anything of it.
func TestOfficesOfOneCountyAreApart(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		draft := w.draft(fixture.Manager, nil, "V11", "V12").ID
		w.as(rival).Get("/api/v1/campaigns/"+draft).Problem(404, "not_found")
		for _, act := range []string{"issue", "dry-run", "cancel"} {
			w.as(rival).Post("/api/v1/campaigns/"+draft+"/"+act, map[string]any{"reason": "x"}).Problem(404, "not_found")
		}
		var l platform.List[rest.Campaign]
		w.as(rival).Get("/api/v1/campaigns").Is(200).Into(&l)
		if len(l.Items) != 0 {
			t.Errorf("another office lists a draft: %+v", l.Items)
		}

		c := w.issued(fixture.Manager, nil, "V11", "V12")
		var seen rest.Campaign
		w.as(rival).Get("/api/v1/campaigns/" + c.ID).Is(200).Into(&seen)
		if seen.OfficeID != fixture.Unit("CO").ID || seen.OfficeName != "平县网信办" || seen.May != (rest.CampaignMay{}) {
			t.Errorf("%+v", seen)
		}
		for act, body := range map[string]map[string]any{"close": {"reason": "x"}, "cancel": {"reason": "x"}, "urge": {"which": "overdue"}} {
			w.as(rival).Post("/api/v1/campaigns/"+c.ID+"/"+act, body).Problem(403, "forbidden")
		}
		a := w.of(fixture.Manager, c, "V11")
		if a.IssuerOfficeID != fixture.Unit("CO").ID || a.IssuerOffice != "平县网信办" {
			t.Errorf("%+v", a)
		}
		w.seal(fixture.Reporter, a, 0, "")
		b := w.of(fixture.Manager, c, "V12")
		w.do(fixture.Reporter12, b.ID, "decline", map[string]any{"reason": "不属于本村职责"})
		path := "/api/v1/assignments/"
		for act, body := range map[string]map[string]any{
			"approve": {}, "return": {"text": "x"}, "begin-review": {}, "cancel": {"reason": "x"}, "urge": {}, "decide-decline": {"accept": true},
		} {
			for _, id := range []string{a.ID, b.ID} {
				w.as(rival).Post(path+id+"/"+act, body).Problem(403, "forbidden")
			}
		}
		if n := w.waits(rival); n != 0 {
			t.Errorf("%d of another office wait", n)
		}
		if n := w.waits(fixture.Manager); n != 1 {
			t.Errorf("%d wait", n)
		}
		w.sound()
	})
}

// Another office of the area has the outline of what was issued and nothing beyond
// it, in whatever form it asks.
func TestOtherOfficesHaveTheOutline(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, nil, "V11", "V12")
		a := w.of(fixture.Manager, c, "V11")
		w.do(fixture.Reporter, a.ID, "progress-reports", map[string]any{"text": "已发放宣传册", "percent": 60})
		w.seal(fixture.Reporter, a, 0, "")
		path := "/api/v1/assignments/" + a.ID
		beyond := []string{
			"review_level", "reviewer_id", "review_started_at", "responsible", "submission_id", "acknowledged_at", "submitted_at", "approved_at", "urged_at",
			"open_children", "percent", "returns", "reassigned_to",
		}
		for _, who := range []policy.Actor{rival, fixture.Actor("CF", "inspector@C")} {
			var one map[string]any
			w.as(who).Get(path).Is(200).Into(&one)
			var l platform.List[map[string]any]
			w.as(who).Get("/api/v1/assignments?limit=10").Is(200).Into(&l)
			if len(l.Items) != 2 {
				t.Fatalf("%d assignments in outline", len(l.Items))
			}
			i := slices.IndexFunc(l.Items, func(x map[string]any) bool { return x["id"] == a.ID })
			for _, x := range []map[string]any{one, l.Items[i]} {
				for _, field := range beyond {
					if v, ok := x[field]; ok {
						t.Errorf("%s: an outline has %s: %v", who.Name, field, v)
					}
				}
				if x["open"] != false || x["state"] != "submitted" || x["task_title"] == "" || x["issuer_office_name"] != "平县网信办" || x["light"] != "green" {
					t.Errorf("%+v", x)
				}
				for act, may := range x["may"].(map[string]any) {
					if may == true {
						t.Errorf("%s may %s", who.Name, act)
					}
				}
			}
			if one["task"] == nil {
				t.Error("what is asked is of the outline")
			}
			for _, p := range []string{"/history", "/extension-requests"} {
				w.as(who).Get(path+p).Problem(403, "forbidden")
			}
			for query, want := range map[string]int{"counted=in_time": 1, "counted=late": 0, "counted=submitted": 1, "state=submitted": 1} {
				var l platform.List[map[string]any]
				w.as(who).Get("/api/v1/assignments?" + query).Is(200).Into(&l)
				if len(l.Items) != want {
					t.Errorf("%s: %s finds %d, want %d", who.Name, query, len(l.Items), want)
				}
			}
			rows := rowsOf(w.t, w.as(who).Get("/api/v1/assignments/export?state=submitted").Is(200).Raw)
			// Rows end with their last cell that says something: the deadline.
			if len(rows) != 2 || len(rows[1]) != 9 || rows[1][6] != "" {
				t.Errorf("exported %q", rows)
			}
		}
		for _, who := range []policy.Actor{fixture.Manager, fixture.Coordinator, fixture.Reporter, fixture.CountyLeader, fixture.Viewer} {
			var x rest.Assignment
			w.as(who).Get(path).Is(200).Into(&x)
			if !x.Open || x.SubmittedAt == nil || x.Percent == nil || *x.Percent != 60 {
				t.Errorf("%s: %+v", who.Name, x)
			}
			w.as(who).Get(path + "/history").Is(200)
		}
	})
}

// Who acts for two offices says for which.
func TestForWhichOffice(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		both := fixture.Actor("CO", "campaign_manager@C", "campaign_manager@C/CF")
		n := map[string]any{"title": "宣传周", "starts_on": "2026-09-19"}
		w.as(both).Post("/api/v1/campaigns", n).Problem(422, "office_required")
		n["office_id"] = fixture.Unit("T1").ID
		w.as(both).Post("/api/v1/campaigns", n).Problem(422, "invalid")
		n["office_id"] = fixture.Unit("CF").ID
		var c rest.Campaign
		w.as(both).Post("/api/v1/campaigns", n).Is(201).Into(&c)
		if c.OfficeID != fixture.Unit("CF").ID || c.UnitID != fixture.Unit("C").ID {
			t.Errorf("%+v", c)
		}
		w.as(rival).Patch("/api/v1/campaigns/"+c.ID, map[string]any{"title": "宣传月"}).Is(200)
		w.as(fixture.Manager).Patch("/api/v1/campaigns/"+c.ID, map[string]any{"title": "宣传年"}).Problem(404, "not_found")
		// What the bureau took over is its own, too.
		heir := fixture.Actor("T1", "campaign_manager@C/CO")
		heir.Grants[0].Took = []string{fixture.Unit("CF").ID}
		w.as(heir).Patch("/api/v1/campaigns/"+c.ID, map[string]any{"title": "宣传年"}).Is(200)
	})
}
