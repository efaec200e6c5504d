package evidence_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// What a campaign that has ended no longer takes is refused at once, and not
// sealed first and returned a moment later; work in other campaigns goes on.
func TestNothingIsSealedForAnEndedCampaign(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ended, running := w.issue("V11"), w.issue("V11")
		s, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", ended.ID), 1)
		other, _ := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", running.ID), 2)
		e := event.New(id.New(), w.clock.Now(), event.CampaignClosed, ended.CampaignID, 9, event.Campaign{ID: ended.CampaignID, State: "closed", Version: 9})
		w.take(e)
		w.take(e)
		w.srv.As(t, fixture.Reporter).Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(409, "campaign_closed")
		if got := w.get(fixture.Reporter, s.ID); got.State != "draft" || got.May.Seal {
			t.Errorf("the draft is %s, may seal %v", got.State, got.May.Seal)
		}
		w.seal(fixture.Reporter, other)
	})
}
