package assignment_test

import (
	"testing"

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
