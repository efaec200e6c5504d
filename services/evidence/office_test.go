package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// What is handed in is for the office whose campaign or order it is for: other
// offices of the area do not have it, nor the files in it, nor what those look like.
// Where another office takes over, it goes along.
func TestOfficesHaveTheirOwnEvidence(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		photo := toJPEG(t, scene(91, 320, 240), 85)
		first, _ := w.hand(fixture.Reporter, "V11", "a.jpg", photo)
		second, file := w.hand(fixture.Reporter12, "V12", "b.jpg", photo)
		a := w.known[second.TargetID].Assignments[0]
		w.hear(a.CampaignID, event.CampaignIssuing)
		listed := func(who policy.Actor, path string) int {
			t.Helper()
			var l rest.List[struct{}]
			w.srv.As(t, who).Get(path).Is(200).Into(&l)
			return len(l.Items)
		}
		sees := func(what string, who policy.Actor, status, submissions, matches int) {
			t.Helper()
			c := w.srv.As(t, who)
			for _, path := range []string{subs + "/" + second.ID, subs + "/" + second.ID + "/manifest", subs + "/" + second.ID + "/bundle", "/api/v1/files/" + file, "/api/v1/files/" + file + "/content", "/api/v1/files/" + file + "/capture"} {
				if r := c.Get(path); r.Status != status {
					t.Errorf("%s, %s: %s: %d, want %d", what, who.Name, path, r.Status, status)
				}
			}
			if n := listed(who, subs+"?target=assignment"); n != submissions {
				t.Errorf("%s, %s: %d submissions are listed, want %d", what, who.Name, n, submissions)
			}
			if n := listed(who, "/api/v1/matches"); n != matches {
				t.Errorf("%s, %s: %d matches are listed, want %d", what, who.Name, n, matches)
			}
		}
		rivals := []policy.Actor{fixture.Actor("CF", "campaign_manager@C"), fixture.Actor("CF", "inspector@C")}
		for _, who := range rivals {
			sees("another office", who, 404, 0, 0)
		}
		w.srv.As(t, rivals[0]).Do("PUT", "/api/v1/retentions/"+a.CampaignID, map[string]any{"days": 30, "reason": "x"}).Problem(403, "forbidden")
		for _, who := range []policy.Actor{fixture.Manager, fixture.Inspector} {
			sees("the office", who, 200, 2, 1)
		}
		var ms rest.List[match]
		w.srv.As(t, fixture.Manager).Get("/api/v1/matches").Is(200).Into(&ms)
		for _, who := range rivals {
			w.srv.As(t, who).Get("/api/v1/matches/"+ms.Items[0].ID).Problem(404, "not_found")
			w.srv.As(t, who).Post("/api/v1/matches/"+ms.Items[0].ID+"/dismiss", map[string]any{"reason": "x"}).Problem(404, "not_found")
		}

		// The finance bureau hands it out from now on: it reads what came in, too,
		// and sees that it looks like something, but not like what.
		w.take(w.changed(event.AssignmentTakenOver, with(&a, fixture.Unit("CF").ID), a.State, a.SubmissionID, ""))
		sees("who took it over", rivals[0], 200, 1, 1)
		sees("the office whose campaign it is", fixture.Manager, 200, 2, 1)
		var now rest.List[match]
		w.srv.As(t, rivals[0]).Get("/api/v1/matches").Is(200).Into(&now)
		if now.Items[0].Other != nil {
			t.Errorf("it sees what another office was given: %+v", now.Items[0].Other)
		}
		w.srv.As(t, rivals[0]).Get(subs+"/"+first.ID).Problem(404, "not_found")
		// An event of an older version, which says nothing of offices, takes none away.
		w.take(w.changed(event.AssignmentCancelled, with(&a, ""), "cancelled", a.SubmissionID, ""))
		sees("told by an older version", rivals[0], 200, 1, 1)
	})
}

// with is an assignment that another office hands out.
func with(a *event.Assignment, office string) *event.Assignment {
	a.IssuerOfficeID = office
	if office == "" {
		a.OfficeID = ""
	}
	return a
}

// Registers and what was given before come from what is open to whoever asks: an
// office is not shown the table or the figure that a unit gave to another one.
func TestRegistersOfOtherOfficesStayClosed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		reg := event.Requirement{ID: "devices", Kind: "table", Title: "终端台账", Register: "devices", Compulsory: true, Columns: []event.Column{{Key: "number", Title: "终端编号", Type: "text"}}}
		a := w.campaign("V11", "2026-09-01", "2026-09-30", reg)
		s := w.put(fixture.Reporter, w.open(fixture.Reporter, "assignment", a.ID), "devices", map[string]any{"rows": []map[string]any{{"number": "PC-1"}}})
		w.seal(fixture.Reporter, s)
		at := "/api/v1/registers?unit_id=" + fixture.Unit("V11").ID
		one := "/api/v1/registers/devices?unit_id=" + fixture.Unit("V11").ID
		for _, who := range []policy.Actor{fixture.Manager, fixture.Reporter, fixture.Coordinator, fixture.Viewer} {
			w.srv.As(t, who).Get(at).Is(200).Says("终端台账")
			w.srv.As(t, who).Get(one).Is(200).Says("PC-1")
		}
		rival := w.srv.As(t, fixture.Actor("CF", "campaign_manager@C"))
		var l rest.List[struct{}]
		rival.Get(at).Is(200).Into(&l)
		if len(l.Items) != 0 {
			t.Errorf("%+v", l)
		}
		rival.Get(one).Problem(404, "not_found")
		w.srv.As(t, fixture.Stranger).Get(at).Problem(404, "not_found")
	})
}
