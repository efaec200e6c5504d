package evidence_test

import (
	"encoding/json"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/evidence"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
	"github.com/google/go-cmp/cmp"
)

type source struct {
	SubmissionID   string `json:"submission_id"`
	RequirementID  string `json:"requirement_id"`
	TaskTitle      string `json:"task_title"`
	CampaignTitle  string `json:"campaign_title"`
	State          string `json:"state"`
	ManifestSHA256 string `json:"manifest_sha256"`
}

type proposal struct {
	RequirementID string `json:"requirement_id"`
	From          source `json:"from"`
	Period        struct{ From, To string }
	Item          struct {
		Value *float64
		Text  string
		Rows  []map[string]any
		Files []struct{ ID string }
	}
}

func (w *world) proposals(a policy.Actor, assignmentID string) []proposal {
	w.t.Helper()
	var l struct{ Items []proposal }
	w.srv.As(w.t, a).Get(subs + "/proposals?assignment_id=" + assignmentID).Is(200).Into(&l)
	return l.Items
}

func asked(ps []proposal) []string {
	var out []string
	for _, p := range ps {
		out = append(out, p.RequirementID)
	}
	return out
}

// campaign gives a task of its own campaign, which is about these days, to a unit.
func (w *world) campaign(unit, from, to string, reqs ...event.Requirement) event.Assignment {
	w.t.Helper()
	x := issued(unit)
	if len(reqs) > 0 {
		x.Task.Requirements = reqs
	}
	w.take(event.New(id.New(), w.clock.Now(), event.CampaignIssuing, x.CampaignID, 1, event.Campaign{ID: x.CampaignID, StartsOn: from, EndsOn: to}))
	w.take(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, x.Task.ID, 1, x))
	w.known[x.Assignments[0].ID] = x
	return x.Assignments[0]
}

func taking(requirement string, s sub, from string) map[string]any {
	return map[string]any{"requirement_id": requirement, "from_submission_id": s.ID, "from_requirement_id": from}
}

func items(xs ...map[string]any) map[string]any { return map[string]any{"items": xs} }

// What a unit has handed in for the same days is proposed, and taken over with
// one call; the manifest names the one that proves it.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		rep := w.srv.As(t, fixture.Reporter)
		first := w.campaign("V11", "2026-09-01", "2026-09-30")
		s, file := w.fill(fixture.Reporter, w.open(fixture.Reporter, "assignment", first.ID), 1)
		second := w.campaign("V11", "2026-09-20", "2026-10-10")
		if ps := w.proposals(fixture.Reporter, second.ID); len(ps) != 0 {
			t.Fatalf("a draft is proposed: %+v", ps)
		}
		s = w.seal(fixture.Reporter, s)
		ps := w.proposals(fixture.Reporter, second.ID)
		if diff := cmp.Diff([]string{"leaflets", "summary", "papers"}, asked(ps)); diff != "" {
			t.Fatal(diff)
		}
		if p := ps[0]; p.From.SubmissionID != s.ID || *p.Item.Value != 260 || p.Period.From != "2026-09-01" || p.Period.To != "2026-09-30" ||
			p.From.TaskTitle != "主题班会" || p.From.CampaignTitle != "网络安全宣传周" || p.From.ManifestSHA256 != s.ManifestSHA256 || ps[2].Item.Files[0].ID != file {
			t.Fatalf("%+v", ps)
		}
		// Whoever reads the unit sees it, nobody else.
		if len(w.proposals(fixture.Manager, second.ID)) != 3 {
			t.Error("the office does not see the proposals")
		}
		w.srv.As(t, fixture.Reporter12).Get(subs+"/proposals?assignment_id="+second.ID).Problem(404, "not_found")
		rep.Get(subs+"/proposals?assignment_id="+id.New()).Problem(404, "not_found")
		// Nothing for other days, and nothing of other units.
		if ps := w.proposals(fixture.Reporter, w.campaign("V11", "2026-10-01", "2026-10-10").ID); len(ps) != 0 {
			t.Errorf("%+v", ps)
		}
		if ps := w.proposals(fixture.Reporter12, w.campaign("V12", "2026-09-01", "2026-09-30").ID); len(ps) != 0 {
			t.Errorf("%+v", ps)
		}

		draft := w.open(fixture.Reporter, "assignment", second.ID)
		at := subs + "/" + draft.ID + "/take-over"
		rep.Post(at, items(taking("leaflets", s, "leaflets"), taking("summary", s, "papers"))).Problem(422, "not_proposed").Says(`"location":"body.items[1]"`)
		rep.Post(at, items(taking("leaflets", s, "leaflets"), taking("leaflets", s, "leaflets"))).Problem(422, "not_proposed").Says(`"location":"body.items[1].requirement_id"`)
		rep.Post(at, items(taking("leaflets", sub{ID: draft.ID}, "leaflets"))).Problem(422, "not_proposed")
		if x := w.get(fixture.Reporter, draft.ID); len(x.Items) != 0 {
			t.Fatalf("half of it was taken over: %+v", x.Items)
		}
		w.srv.As(t, fixture.Manager).Post(at, items(taking("leaflets", s, "leaflets"))).Problem(403, "forbidden")
		type answer struct {
			Items []struct {
				RequirementID string `json:"requirement_id"`
				Value         *float64
				From          *source
			}
			Completeness struct {
				Complete bool
				Warnings []gap
			}
		}
		var got answer
		rep.Post(at, items(taking("leaflets", s, "leaflets"), taking("summary", s, "summary"), taking("papers", s, "papers"))).Is(200).Into(&got)
		if !got.Completeness.Complete || len(got.Items) != 3 || got.Items[0].From == nil || got.Items[0].From.SubmissionID != s.ID || got.Items[0].From.State != "sealed" {
			t.Fatalf("%+v", got)
		}
		// What is typed over it is given anew.
		w.put(fixture.Reporter, draft, "summary", map[string]any{"text": "另写"})
		got = answer{}
		rep.Get(subs + "/" + draft.ID).Is(200).Into(&got)
		if got.Items[1].RequirementID != "summary" || got.Items[1].From != nil || got.Items[2].From == nil {
			t.Fatalf("%+v", got)
		}
		// The one it comes from goes back to the unit: that is said, to the reviewer too.
		w.take(w.changed(event.AssignmentSubmitted, &first, "submitted", s.ID, ""))
		w.take(w.changed(event.AssignmentReturned, &first, "returned", s.ID, "数字不符"))
		for _, who := range []policy.Actor{fixture.Reporter, fixture.Manager} {
			x := w.get(who, draft.ID)
			if diff := cmp.Diff([]gap{{"leaflets", "source_returned"}, {"papers", "source_returned"}}, x.Completeness.Warnings); diff != "" {
				t.Fatal(diff)
			}
		}
		if ps := w.proposals(fixture.Reporter, second.ID); len(ps) != 0 {
			t.Errorf("what was returned is proposed: %+v", ps)
		}
		sealed := w.seal(fixture.Reporter, draft)
		var m evidence.Manifest
		if err := json.Unmarshal(rep.Get(subs+"/"+sealed.ID+"/manifest").Is(200).Raw, &m); err != nil {
			t.Fatal(err)
		}
		if f := m.Items[0].From; f == nil || f.SubmissionID != s.ID || f.RequirementID != "leaflets" || f.ManifestSHA256 != s.ManifestSHA256 || m.Items[1].From != nil {
			t.Fatalf("%+v", m.Items)
		}
		var v struct{ OK bool }
		if rep.Get(subs + "/" + sealed.ID + "/verify").Is(200).Into(&v); !v.OK {
			t.Error("the manifest does not verify")
		}
		// The returned one's next version keeps what it has, and where it came from.
		again := w.open(fixture.Reporter, "assignment", first.ID)
		got = answer{}
		rep.Get(subs + "/" + again.ID).Is(200).Into(&got)
		if len(got.Items) != 3 || got.Items[0].From != nil {
			t.Fatalf("%+v", got)
		}
	})
}

// A figure is not proposed within its campaign, which would count it twice; a
// document is. A requirement may be about days of its own.
func TestProposedWithinACampaignAndForOwnDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	number := event.Requirement{ID: "n", Kind: "number", Title: "培训人次", Figure: "trained"}
	august := number
	august.ID, august.PeriodFrom, august.PeriodTo = "august", "2026-08-01", "2026-08-31"
	plan := event.Requirement{ID: "plan", Kind: "text", Title: "方 案"}
	first := w.campaign("V11", "2026-08-01", "2026-08-31", number, plan)
	s := w.open(fixture.Reporter, "assignment", first.ID)
	w.put(fixture.Reporter, s, "n", map[string]any{"value": 30})
	w.put(fixture.Reporter, s, "plan", map[string]any{"text": "方案"})
	w.seal(fixture.Reporter, s)
	plan.Title = "方案。"
	same := issued("V11", func(a *event.Assignment) { a.CampaignID = first.CampaignID })
	same.Task.Requirements = []event.Requirement{number, plan}
	w.take(event.New(id.New(), w.clock.Now(), event.AssignmentsIssued, same.Task.ID, 1, same))
	if diff := cmp.Diff([]string{"plan"}, asked(w.proposals(fixture.Reporter, same.Assignments[0].ID))); diff != "" {
		t.Error(diff)
	}
	// September asks for September, and once more for August.
	next := w.campaign("V11", "2026-09-01", "2026-09-30", number, august, plan)
	if diff := cmp.Diff([]string{"august"}, asked(w.proposals(fixture.Reporter, next.ID))); diff != "" {
		t.Error(diff)
	}
	// What would be refused is not proposed.
	other := august
	other.Measure = "场"
	if ps := w.proposals(fixture.Reporter, w.campaign("V11", "2026-09-01", "2026-09-30", other).ID); len(ps) != 0 {
		t.Errorf("%+v", ps)
	}
}

// A register lives on: a draft begins with what stands in it, whenever that was.
func TestRegistersLiveOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ledger := event.Requirement{ID: "ledger", Kind: "table", Title: "网络设备台账", Compulsory: true, Register: "network-devices", Columns: []event.Column{
			{Key: "name", Title: "名称", Type: "text", Required: true}, {Key: "count", Title: "数量", Type: "number"},
		}}
		rows := func(s sub, who policy.Actor) []map[string]any {
			var x rowsOf
			w.srv.As(t, who).Get(subs + "/" + s.ID).Is(200).Into(&x)
			if len(x.Items) == 0 {
				return nil
			}
			return x.Items[0].Rows
		}
		s := w.open(fixture.Reporter, "assignment", w.campaign("V11", "2026-01-01", "2026-01-31", ledger).ID)
		if rows(s, fixture.Reporter) != nil {
			t.Fatal("a register that nobody wrote")
		}
		w.put(fixture.Reporter, s, "ledger", map[string]any{"rows": []map[string]any{{"name": "交换机", "count": 3}}})
		w.seal(fixture.Reporter, s)
		ledger.ID, ledger.Title = "devices", "设备台账（更新）"
		s = w.open(fixture.Reporter, "assignment", w.campaign("V11", "2026-09-01", "2026-09-30", ledger).ID)
		if diff := cmp.Diff([]map[string]any{{"name": "交换机", "count": 3.0}}, rows(s, fixture.Reporter)); diff != "" || !s.May.Seal {
			t.Fatalf("%+v %s", s.May, diff)
		}
		// Brought up to date, and this is what stands from now on.
		w.put(fixture.Reporter, s, "devices", map[string]any{"rows": []map[string]any{{"name": "交换机", "count": 2}, {"name": "AP", "count": 5}}})
		w.seal(fixture.Reporter, s)
		s = w.open(fixture.Reporter, "assignment", w.campaign("V11", "2026-11-01", "2026-11-30", ledger).ID)
		if diff := cmp.Diff([]map[string]any{{"name": "交换机", "count": 2.0}, {"name": "AP", "count": 5.0}}, rows(s, fixture.Reporter)); diff != "" {
			t.Fatal(diff)
		}
		if rows(w.open(fixture.Reporter12, "assignment", w.campaign("V12", "2026-11-01", "2026-11-30", ledger).ID), fixture.Reporter12) != nil {
			t.Error("the register of another unit")
		}
		// It can be read by itself, by those who may read what the unit hands in.
		unit := fixture.Unit("V11").ID
		var l struct {
			Items []struct {
				Register string
				Count    int
			}
		}
		var r struct {
			Title   string
			Columns []struct{ Key string }
			Rows    []map[string]any
			From    struct {
				TaskTitle string `json:"task_title"`
				State     string
			}
		}
		for _, who := range []policy.Actor{fixture.Reporter, fixture.Coordinator, fixture.Manager, fixture.Inspector} {
			w.srv.As(t, who).Get("/api/v1/registers?unit_id=" + unit).Is(200).Into(&l)
			if len(l.Items) != 1 || l.Items[0].Register != "network-devices" || l.Items[0].Count != 2 {
				t.Fatalf("%+v", l)
			}
			w.srv.As(t, who).Get("/api/v1/registers/network-devices?unit_id=" + unit).Is(200).Into(&r)
			if r.Title != ledger.Title || len(r.Columns) != 2 || len(r.Rows) != 2 || r.From.State != "sealed" {
				t.Fatalf("%+v", r)
			}
		}
		for _, who := range []policy.Actor{fixture.Reporter12, fixture.Stranger, fixture.SystemAdmin} {
			w.srv.As(t, who).Get("/api/v1/registers?unit_id="+unit).Problem(404, "not_found")
			w.srv.As(t, who).Get("/api/v1/registers/network-devices?unit_id="+unit).Problem(404, "not_found")
		}
		w.srv.As(t, fixture.Reporter).Get("/api/v1/registers/printers?unit_id="+unit).Problem(404, "not_found")
		w.srv.As(t, fixture.Reporter).Get("/api/v1/registers?unit_id=nowhere").Problem(404, "not_found")
	})
}
