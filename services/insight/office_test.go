package insight_test

import (
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// Other offices of the area see how far a campaign is and how many findings there
// are in each state; its figures, and what the findings are about, are its office's.
func TestFiguresAndFacetsAreTheOffices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		u := fixture.Unit
		c := campaign(u("C"))
		a := given(c, 0, u("V11"))
		w.take(changed(c), issued(c, 0, a), submission(sealed(a, 1, monday, leaflets(260))))
		of := func(office string) func(*event.Finding) {
			return func(f *event.Finding) { f.OfficeID, f.RepeatsID = u(office).ID, id.New() }
		}
		w.take(found("V11", of("CO")), found("V11", of("CO")), found("V12", of("CF")))
		i := event.Inspection{ID: id.New(), OfficeID: u("CO").ID, UnitID: u("V11").ID, UnitPath: u("V11").Path, Kind: "spot", State: "sent", Failed: 2, Version: 2}
		w.take(event.New(id.New(), monday, event.InspectionSent, i.ID, 2, i))

		type item struct {
			Category, Severity string
			Count, Relapses    int64
		}
		rollup := "/api/v1/rollups/campaigns/" + c.ID
		for _, x := range []struct {
			who           policy.Actor
			figures       bool
			found, others int64 // open to them, and in their state alone
			failed        int64
		}{
			{fixture.Manager, true, 2, 1, 2},
			{fixture.Inspector, true, 2, 1, 2},
			{fixture.Actor("CF", "campaign_manager@C"), false, 1, 2, 0},
			{fixture.Actor("CF", "inspector@C"), false, 1, 2, 0},
			{fixture.CountyLeader, true, 3, 0, 2},
			{fixture.Viewer, true, 3, 0, 2},
			{fixture.Coordinator, true, 3, 0, 2},
			{fixture.Reporter, true, 2, 0, 2},
		} {
			api := w.api.As(t, x.who)
			var r struct {
				Open    bool
				Numbers struct{ Issued, Submitted int64 }
				Figures []struct{ Reported float64 }
			}
			api.Get(rollup).Is(200).Into(&r)
			if r.Numbers.Issued != 1 || r.Open != x.figures || (len(r.Figures) > 0) != x.figures {
				t.Errorf("%s: %+v", x.who.Name, r)
			}
			if len(x.who.Grants) > 0 && x.who.Grants[0].Level == "county" {
				var l struct {
					Items []struct{ Figures []struct{} }
				}
				api.Get(rollup + "/children").Is(200).Into(&l)
				for _, child := range l.Items {
					if !x.figures && child.Figures != nil {
						t.Errorf("%s: a child has figures", x.who.Name)
					}
				}
			}
			var f struct {
				Register struct {
					Findings struct {
						Total int64
						Items []item
					}
					Inspections struct {
						FailedAnswers int64 `json:"failed_answers"`
					}
				}
			}
			api.Get("/api/v1/rollups/findings").Is(200).Into(&f)
			var opened, others int64
			for _, it := range f.Register.Findings.Items {
				if it.Category != "" {
					opened += it.Count
				} else {
					others += it.Count
					if it.Severity != "" || it.Relapses != 0 {
						t.Errorf("%s: of other offices %+v", x.who.Name, it)
					}
				}
			}
			if opened != x.found || others != x.others || f.Register.Findings.Total != opened+others || f.Register.Inspections.FailedAnswers != x.failed {
				t.Errorf("%s: %d findings open to them, %d in their state alone, want %d and %d: %+v", x.who.Name, opened, others, x.found, x.others, f.Register)
			}
			for _, by := range []string{"category", "clause", "item", "severity"} {
				var n findingNumbers
				api.Get("/api/v1/rollups/findings/numbers?by=" + by).Is(200).Into(&n)
				if n.Total.Found != x.found || len(n.Items) != 1 || n.Items[0].Found != x.found {
					t.Errorf("%s: by %s %+v", x.who.Name, by, n)
				}
			}
		}
		w.sound()
	})
}
