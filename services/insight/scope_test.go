package insight_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/uptrace/bun"
)

// Nobody reads what is out of reach, and lists agree with single reads.
func TestScope(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))     // to V11 and T1
		other := campaign(u("D")) // of the other county
		draft := campaign(u("C"))
		draft.State, draft.Tasks = "draft", nil
		a := given(c, 0, u("V11"))
		w.take(changed(c), issued(c, 0, a, given(c, 0, u("T1"))), changed(other), issued(other, 0, given(other, 0, u("DV"))), changed(draft))
		w.take(submission(sealed(a, 1, monday, leaflets(4))))
		f := event.Finding{ID: id.New(), OfficeID: fixture.Unit("CO").ID, CampaignID: c.ID, UnitID: u("V11").ID, UnitPath: u("V11").Path, Category: "technical", Severity: "minor", State: "open", Version: 1}
		w.take(event.New(id.New(), monday, event.FindingOpened, f.ID, 1, f))

		townReporter := fixture.Actor("T1", "reporter@T1")
		for _, x := range []struct {
			who    policy.Actor
			c      event.Campaign
			unit   string
			status int
			issued int64
		}{
			{fixture.Manager, c, "C", 200, 2},
			{fixture.Manager, c, "V11", 200, 1},
			{fixture.Manager, c, "V21", 200, 0},
			{fixture.Manager, c, "R", 404, 0},
			{fixture.Manager, c, "DV", 404, 0},
			{fixture.Manager, other, "C", 404, 0},
			{fixture.Manager, other, "", 404, 0},
			{fixture.Manager, draft, "", 404, 0},
			{fixture.Coordinator, c, "", 200, 2},
			{fixture.Coordinator, c, "V11", 200, 1},
			{fixture.Coordinator, c, "C", 404, 0},
			{fixture.Coordinator2, c, "", 404, 0}, // nothing at or below T2
			{fixture.Reporter, c, "", 200, 1},
			{fixture.Reporter, c, "T1", 404, 0},
			{fixture.Reporter12, c, "", 404, 0},
			{townReporter, c, "", 200, 1}, // the town's own, not its villages'
			{townReporter, c, "V11", 404, 0},
			{fixture.UnitLeader, c, "", 200, 1},
			{fixture.CountyLeader, c, "T1", 200, 2},
			{fixture.Inspector, c, "", 200, 2},
			{fixture.Viewer, c, "", 200, 2},
			{fixture.Stranger, c, "", 404, 0},
			{fixture.Stranger, other, "", 200, 1},
			{fixture.SystemAdmin, c, "", 404, 0},
			{fixture.Security, c, "", 404, 0},
			{fixture.Auditor, c, "", 404, 0},
			{policy.Actor{}, c, "", 401, 0},
		} {
			unit := ""
			if x.unit != "" {
				unit = "unit_id=" + u(x.unit).ID
			}
			what := fmt.Sprintf("%s at %q", x.who.Name, x.unit)
			as := w.api.As(t, x.who)
			for _, part := range []string{"", "/children", "/tasks", "/matrix"} {
				if r := as.Get("/api/v1/rollups/campaigns/" + x.c.ID + part + "?" + unit); r.Status != x.status {
					t.Fatalf("%s%s: %d, want %d: %s", what, part, r.Status, x.status, r.Raw)
				}
			}
			if r := as.Get("/api/v1/rollups/findings?campaign_id=" + x.c.ID + "&" + unit); r.Status != x.status {
				t.Fatalf("%s findings: %d, want %d", what, r.Status, x.status)
			}
			var p page
			if x.status == 401 {
				continue
			}
			as.Get("/api/v1/rollups/campaigns").Is(200).Into(&p)
			listed := false
			for _, i := range p.Items {
				listed = listed || i.Campaign.ID == x.c.ID
				as.Get("/api/v1/rollups/campaigns/" + i.Campaign.ID).Is(200)
			}
			if x.status != 200 {
				if x.unit == "" && listed {
					t.Fatalf("%s: listed, but not readable", what)
				}
				continue
			}
			if r := w.at(x.who, x.c, strings.TrimPrefix(unit, "unit_id="), ""); !listed || r.Numbers.Issued != x.issued {
				t.Fatalf("%s: listed %t, %d issued, want %d", what, listed, r.Numbers.Issued, x.issued)
			}
		}
		r := w.at(townReporter, c, "", "")
		if !r.OwnOnly || r.figure("leaflets").Reports != 0 {
			t.Fatalf("the town's reporter sees figures of a village: %+v", r)
		}
		var got struct{ Register register }
		w.api.As(t, townReporter).Get("/api/v1/rollups/findings").Is(200).Into(&got)
		if got.Register.Findings.Total != 0 {
			t.Fatal("the town's reporter sees findings of a village")
		}
		var p page
		w.api.As(t, townReporter).Get("/api/v1/rollups/campaigns/" + c.ID + "/children").Is(200).Into(&p)
		if len(p.Items) != 0 {
			t.Fatal("the town's reporter sees children")
		}
		m := w.api.As(t, fixture.Manager)
		m.Get("/api/v1/rollups/campaigns/"+c.ID+"?task_id=nope").Problem(404, "not_found")
		m.Get("/api/v1/rollups/campaigns/"+c.ID+"?unit_id=nope").Problem(404, "not_found")
		m.Get("/api/v1/rollups/campaigns/nope").Problem(404, "not_found")
		m.Get("/api/v1/rollups/campaigns/"+c.ID+"/children?cursor=nope").Problem(422, "invalid")
		m.Get("/api/v1/rollups/campaigns?state=nope").Problem(422, "invalid")
		m.Get("/api/v1/rollups/campaigns/" + c.ID + "?unit_id=%00").Is(422)
	})
}

// A spot check is worth nothing once its unit can see it coming in its numbers.
func TestUnannouncedInspections(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit("V11")
		for _, kind := range []string{"spot", "lookback", "planned"} {
			i := event.Inspection{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u.ID, UnitPath: u.Path, Kind: kind, State: "planned", Version: 1}
			w.take(event.New(id.New(), monday, event.InspectionPlanned, i.ID, 1, i))
		}
		seen := func(a policy.Actor, want int64) {
			t.Helper()
			var got struct{ Register register }
			w.api.As(t, a).Get("/api/v1/rollups/findings?unit_id=" + u.ID).Is(200).Into(&got)
			var n int64
			for _, s := range got.Register.Inspections.States {
				n += s.Count
			}
			if n != want {
				t.Errorf("%s sees %d inspections of the unit, want %d: %+v", a.Name, n, want, got.Register.Inspections)
			}
		}
		seen(fixture.Reporter, 1)
		seen(fixture.Inspector, 3)
		seen(fixture.Coordinator, 3)
	})
}

// The register by category, severity and state, and what is overdue in it.
func TestRegister(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit("V11")
		find := func(state string, version int64, f event.Finding) event.Event {
			typ := map[string]event.Type{"open": event.FindingOpened, "rectifying": event.FindingRectifying, "closed": event.FindingClosed}[state]
			f.State, f.Version = state, version
			return event.New(id.New(), monday, typ, f.ID, version, f)
		}
		f1 := event.Finding{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u.ID, UnitPath: u.Path, Category: "technical", Severity: "major"}
		f2 := event.Finding{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u.ID, UnitPath: u.Path, Category: "technical", Severity: "major", RepeatsID: f1.ID}
		r := event.Rectification{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u.ID, UnitPath: u.Path, State: "ordered", Severity: "major", DueAt: endOf(monday, 3), OriginalDueAt: endOf(monday, 2), Version: 1}
		order := func(typ event.Type) event.Event {
			return event.New(id.New(), monday, typ, r.ID, r.Version, event.RectificationChange{Rectification: r})
		}
		sent := event.Inspection{ID: id.New(), OfficeID: fixture.Unit("CO").ID, UnitID: u.ID, UnitPath: u.Path, Kind: "spot", State: "sent", Failed: 2, Version: 2}
		w.take(find("rectifying", 2, f1), find("open", 1, f1), find("open", 1, f2), order(event.RectificationOrdered),
			event.New(id.New(), monday, event.InspectionSent, sent.ID, 2, sent))
		read := func() register {
			t.Helper()
			var got struct{ Register register }
			w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings").Is(200).Into(&got)
			var p page
			w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/children?unit_id=" + fixture.Unit("T1").ID).Is(200).Into(&p)
			for _, i := range p.Items {
				if i.Unit.ID == u.ID && i.Register.Findings.Total != got.Register.Findings.Total {
					t.Fatalf("child %+v, all %+v", i.Register, got.Register)
				}
			}
			return got.Register
		}
		g := read()
		if g.Findings.Total != 2 || g.Findings.Open != 2 || g.Findings.Relapses != 1 || g.Inspections.FailedAnswers != 2 || g.Rectifications.Overdue != 0 {
			t.Fatalf("register: %+v", g)
		}
		w.clk.Advance(endOf(monday, 3).Add(time.Second).Sub(w.clk.Now()))
		if g = read(); g.Rectifications.Overdue != 1 || g.Rectifications.Open != 1 {
			t.Fatalf("after the deadline: %+v", g.Rectifications)
		}
		at := endOf(monday, 3)
		r.State, r.ReportedAt, r.Version = "reported", &at, 5
		w.take(order(event.RectificationReported), find("closed", 4, f1))
		if g = read(); g.Rectifications.Overdue != 0 || g.Rectifications.OnTime != 1 || g.Rectifications.Late != 0 || g.Findings.Closed != 1 || g.Findings.Open != 1 {
			t.Fatalf("reported: %+v", g)
		}
		w.sound()
	})
}

// counter counts queries.
type counter struct{ n *int }

func (c counter) BeforeQuery(ctx context.Context, _ *bun.QueryEvent) context.Context {
	*c.n++
	return ctx
}
func (counter) AfterQuery(context.Context, *bun.QueryEvent) {}

// What a read costs does not depend on how much lies below, nor on the number
// of children or campaigns shown.
func TestReadsTakeAFixedNumberOfQueries(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		n := 0
		d.Read().(*bun.DB).AddQueryHook(counter{&n}) //nolint:staticcheck // the store holds this very DB
		cost := func(c event.Campaign) map[string]int {
			out := map[string]int{}
			for _, p := range []string{"", "/" + c.ID, "/" + c.ID + "/children", "/" + c.ID + "/tasks", "/" + c.ID + "/matrix", "/" + c.ID + "/days"} {
				n = 0
				w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns" + p).Is(200)
				out[strings.TrimPrefix(p, "/"+c.ID)] = n
			}
			return out
		}
		few := campaign(fixture.Unit("C"))
		w.take(changed(few), issued(few, 0, given(few, 0, fixture.Unit("V11"))))
		before := cost(few)
		for range 5 {
			c := campaign(fixture.Unit("C"))
			w.take(changed(c))
			for task := range c.Tasks {
				var as []event.Assignment
				for _, k := range []string{"T1", "T2", "V11", "V12", "V21", "S11", "CF"} {
					as = append(as, given(c, task, fixture.Unit(k)))
				}
				w.take(issued(c, task, as...))
			}
		}
		if after := cost(few); fmt.Sprint(before) != fmt.Sprint(after) {
			t.Fatalf("queries %v before, %v after", before, after)
		}
		for p, q := range before {
			if q > 8 {
				t.Errorf("%q takes %d queries", p, q)
			}
		}
	})
}

// listener keeps the text of queries.
type listener struct{ queries *[]string }

func (l listener) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	*l.queries = append(*l.queries, e.Query)
	return ctx
}
func (listener) AfterQuery(context.Context, *bun.QueryEvent) {}

// No read scans a table that grows with the work, and own assignments are
// sought by the whole key.
func TestReadsSeek(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, "insight", db.SQLite)
	w := newWorld(t, d)
	fixture.Plant(t, d)
	c := campaign(fixture.Unit("C"))
	w.take(changed(c), issued(c, 0, given(c, 0, fixture.Unit("V11"))))
	w.take(found("V11", func(f *event.Finding) { f.RepeatsID = id.New() }))
	var queries []string
	read := d.Read().(*bun.DB)
	read.AddQueryHook(listener{&queries}) //nolint:staticcheck // the store holds this very DB
	for _, who := range []policy.Actor{fixture.Manager, fixture.Reporter} {
		as := w.api.As(t, who)
		for _, p := range []string{"", "/" + c.ID, "/" + c.ID + "/children", "/" + c.ID + "/tasks", "/" + c.ID + "/matrix", "/" + c.ID + "/days"} {
			as.Get("/api/v1/rollups/campaigns" + p).Is(200)
		}
		as.Get("/api/v1/rollups/findings").Is(200)
		as.Get("/api/v1/rollups/findings/children?campaign_id=" + c.ID).Is(200)
		for _, by := range []string{"category", "severity", "clause", "item", "sector", "month"} {
			as.Get("/api/v1/rollups/findings/numbers?from=2026-01&by=" + by).Is(200)
		}
		as.Get("/api/v1/rollups/findings/numbers/children").Is(200)
		as.Get("/api/v1/rollups/findings/relapsed").Is(200)
	}
	for _, q := range append([]string(nil), queries...) {
		var plan []struct {
			ID, Parent, Notused int64
			Detail              string
		}
		if err := read.NewRaw("EXPLAIN QUERY PLAN "+strings.ReplaceAll(q, "?", "??")).Scan(context.Background(), &plan); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		for _, step := range plan {
			for _, big := range []string{"a", "t", "e", "v", "p", "u"} {
				scans := step.Detail == "SCAN "+big || strings.HasPrefix(step.Detail, "SCAN "+big+" ")
				loose := big == "a" && strings.HasPrefix(step.Detail, "SEARCH a ") && !strings.Contains(step.Detail, "unit_id=?")
				if scans || loose {
					t.Errorf("%s:\n%s", step.Detail, q)
				}
			}
		}
	}
	if len(queries) < 20 {
		t.Fatalf("only %d queries were looked at", len(queries))
	}
}
