package evidence_test

import (
	"context"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
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
		if got := w.get(fixture.Reporter, s.ID); got.State != "discarded" || got.May.Seal {
			t.Errorf("the draft is %s, may seal %v", got.State, got.May.Seal)
		}
		w.seal(fixture.Reporter, other)
	})
}

// What was sealed before its campaign was closed stays sealed and readable,
// and a review that comes later decides it; after a return nothing follows.
func TestWhatWasSealedBeforeTheEndIsStillDecided(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		var as []event.Assignment
		var ss []sub
		for i, unit := range []string{"V11", "V12", "V21"} {
			who := []policy.Actor{fixture.Reporter, fixture.Reporter12, fixture.Reporter21}[i]
			a := w.issue(unit)
			s, _ := w.fill(who, w.open(who, "assignment", a.ID), i)
			as, ss = append(as, a), append(ss, w.seal(who, s))
			w.take(w.changed(event.AssignmentSubmitted, &as[i], "submitted", s.ID, ""))
			w.take(event.New(id.New(), w.clock.Now(), event.CampaignClosed, a.CampaignID, 9, event.Campaign{ID: a.CampaignID, State: "closed", Version: 9}))
			if x := w.get(who, s.ID); x.State != "sealed" {
				t.Fatalf("%+v", x)
			}
		}
		w.take(w.changed(event.AssignmentApproved, &as[0], "approved", ss[0].ID, ""))
		w.take(w.changed(event.AssignmentReturned, &as[1], "returned", ss[1].ID, "缺图"))
		w.take(event.New(id.New(), w.clock.Now(), event.CampaignArchived, as[2].CampaignID, 10, event.Campaign{ID: as[2].CampaignID, State: "archived", Version: 10}))
		for i, state := range []string{"accepted", "returned", "sealed"} {
			if x := w.get(fixture.Manager, ss[i].ID); x.State != state {
				t.Errorf("%d is %s, want %s", i, x.State, state)
			}
		}
		w.srv.As(t, fixture.Reporter12).Post(subs, map[string]any{"target": "assignment", "target_id": as[1].ID}).Problem(409, "campaign_closed")
	})
}

// The drafts of a campaign with many are all ended as soon as it has, however
// long it is until the next sweep.
func TestEveryDraftOfAnEndedCampaignEndsAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const many = 230
		campaign := id.New()
		of := func(campaignID string) func(*event.Assignment) {
			return func(a *event.Assignment) { a.CampaignID = campaignID }
		}
		for range many {
			w.open(fixture.Reporter, "assignment", w.issue("V11", of(campaign)).ID)
		}
		early := w.issue("V11")
		first := w.open(fixture.Reporter, "assignment", early.ID)
		if _, err := d.Writer().Exec("INSERT INTO ended_campaigns (id) VALUES ('" + early.CampaignID + "')"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { w.svc.Run(ctx); close(done) }()
		t.Cleanup(func() { cancel(); <-done })
		until := func(what string, over func() bool) {
			t.Helper()
			for deadline := time.Now().Add(2 * time.Minute); !over(); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal(what)
				}
			}
		}
		until("the drafts that a dead process left are not ended", func() bool { return w.get(fixture.Reporter, first.ID).State == "discarded" })
		w.take(event.New(id.New(), w.clock.Now(), event.CampaignClosed, campaign, 9, event.Campaign{ID: campaign, State: "closed", Version: 9}))
		until("drafts are left", func() bool {
			var n int
			err := d.Read().NewRaw("SELECT count(*) FROM submissions WHERE campaign_id = ? AND state = 'draft'", campaign).Scan(t.Context(), &n)
			if err != nil {
				t.Fatal(err)
			}
			return n == 0
		})
		if n := len(w.events(event.SubmissionDiscarded)); n != many+1 {
			t.Errorf("%d drafts were told to be ended, want %d", n, many+1)
		}
	})
}
