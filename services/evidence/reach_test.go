package evidence_test

import (
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/rest"
)

// Who is out of reach learns nothing; lists show what single reads allow.
func TestSubmissionsInReachOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		other := w.issue("V21")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		w.open(fixture.Reporter21, "assignment", other.ID)
		for _, x := range []policy.Actor{fixture.Reporter12, fixture.Reporter21, fixture.Coordinator2, fixture.Stranger, fixture.SystemAdmin} {
			c := w.srv.As(t, x)
			c.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Problem(404, "not_found")
			for _, p := range []string{"", "/manifest", "/verify"} {
				c.Get(subs+"/"+s.ID+p).Problem(404, "not_found")
			}
			for _, p := range []string{"/seal", "/discard"} {
				c.Post(subs+"/"+s.ID+p, map[string]any{}).Problem(404, "not_found")
			}
			c.Do("PUT", subs+"/"+s.ID+"/items/leaflets", map[string]any{"value": 1}).Problem(404, "not_found")
			c.Patch(subs+"/"+s.ID, map[string]any{"note": "x"}).Problem(404, "not_found")
		}
		for _, x := range []policy.Actor{fixture.Manager, fixture.Coordinator, fixture.Inspector, fixture.Viewer, fixture.CountyLeader} {
			c := w.srv.As(t, x)
			c.Get(subs + "/" + s.ID).Is(200)
			c.Post(subs, map[string]any{"target": "assignment", "target_id": a.ID}).Problem(403, "forbidden")
			c.Post(subs+"/"+s.ID+"/seal", map[string]any{}).Problem(403, "forbidden")
			c.Do("PUT", subs+"/"+s.ID+"/items/leaflets", map[string]any{"value": 1}).Problem(403, "forbidden")
		}
		count := func(x policy.Actor, query string) int {
			t.Helper()
			var l rest.List[sub]
			w.srv.As(t, x).Get(subs + "?" + query).Is(200).Into(&l)
			return len(l.Items)
		}
		for _, c := range []struct {
			who   policy.Actor
			query string
			want  int
		}{
			{fixture.Manager, "", 2}, {fixture.Reporter, "", 1}, {fixture.Coordinator, "", 1}, {fixture.Stranger, "", 0}, {fixture.Auditor, "", 0},
			{fixture.Manager, "unit_id=" + fixture.Unit("V21").ID, 1}, {fixture.Manager, "under=" + fixture.Unit("T1").ID, 1},
			{fixture.Manager, "state=sealed", 0}, {fixture.Manager, "target=assignment&target_id=" + a.ID, 1}, {fixture.Manager, "campaign_id=" + a.CampaignID, 1},
			{fixture.Reporter, "unit_id=" + fixture.Unit("V21").ID, 0}, {fixture.Manager, "under=nowhere", 0},
		} {
			if n := count(c.who, c.query); n != c.want {
				t.Errorf("%s ?%s: %d, want %d", c.who.Name, c.query, n, c.want)
			}
		}
		var l rest.List[sub]
		w.srv.As(t, fixture.Manager).Get(subs + "?limit=1").Is(200).Into(&l)
		var l2 rest.List[sub]
		w.srv.As(t, fixture.Manager).Get(subs + "?limit=1&cursor=" + string(l.NextCursor)).Is(200).Into(&l2)
		if len(l.Items) != 1 || len(l2.Items) != 1 || l.Items[0].ID <= l2.Items[0].ID || l2.NextCursor != "" || l.Items[0].UnitName != "西一村" {
			t.Fatalf("%+v %+v", l, l2)
		}
		w.srv.As(t, policy.Actor{}).Get(subs+"/"+s.ID).Problem(401, "unauthorized")
		w.srv.As(t, fixture.Reporter).Get(subs+"/x").Problem(404, "not_found")
		// At most two decisions, whatever the rows.
		before := w.engine.Decisions()
		w.srv.As(t, fixture.Manager).Get(subs).Is(200)
		w.srv.As(t, fixture.Reporter).Get(subs + "/" + s.ID).Is(200)
		if n := w.engine.Decisions() - before; n > 2 {
			t.Fatalf("%d decisions for two requests", n)
		}
	})
}
