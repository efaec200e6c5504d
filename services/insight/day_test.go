package insight_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
)

type dayCounts struct{ Issued, Due, Acknowledged, Submitted, Approved int64 }

type trendDay struct {
	Day       string
	On, Total dayCounts
}

func (w *world) days(a policy.Actor, c event.Campaign, unitID, query string) []trendDay {
	w.t.Helper()
	var r struct{ Items []trendDay }
	w.api.As(w.t, a).Get("/api/v1/rollups/campaigns/" + c.ID + "/days?unit_id=" + unitID + query).Is(200).Into(&r)
	return r.Items
}

// verifyDays compares a campaign at a unit by day with its assignments.
func (h *history) verifyDays(w *world, leader policy.Actor, u *event.Unit) {
	want := map[string]dayCounts{}
	add := func(at *time.Time, f func(*dayCounts)) {
		if at != nil {
			d := want[clock.Day(*at)]
			f(&d)
			want[clock.Day(*at)] = d
		}
	}
	for _, a := range h.assignments {
		if a.State == "cancelled" || !strings.HasPrefix(h.units[a.UnitID].Path, u.Path) {
			continue
		}
		add(&a.IssuedAt, func(d *dayCounts) { d.Issued++ })
		if a.State == "declined" {
			continue
		}
		add(&a.DueAt, func(d *dayCounts) { d.Due++ })
		add(a.AckAt, func(d *dayCounts) { d.Acknowledged++ })
		if a.State == "approved" {
			add(a.ApprovedAt, func(d *dayCounts) { d.Approved++ })
		}
		if a.State == "approved" || a.State == "submitted" {
			add(a.SubmittedAt, func(d *dayCounts) { d.Submitted++ })
		}
	}
	got := map[string]dayCounts{}
	for _, d := range w.days(leader, h.c, u.ID, "&from=2026-01-01&to=2026-12-31") {
		if d.On != (dayCounts{}) {
			got[d.Day] = d.On
		}
	}
	if !maps.Equal(got, want) {
		h.rt.Fatalf("days at %s: %v, want %v", u.Path, got, want)
	}
}

// A campaign day by day: every day is there, totals go on over the days left
// out, and the days are those of Shanghai.
func TestDays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		c := campaign(fixture.Unit("C"))
		a, b := given(c, 0, fixture.Unit("V11")), given(c, 0, fixture.Unit("T1"))
		w.take(changed(c), issued(c, 0, a, b))
		evening := time.Date(2026, 6, 2, 16, 30, 0, 0, time.UTC) // 3 June, half past midnight
		w.take(step(&a, "acknowledged", monday), step(&b, "submitted", evening), step(&b, "approved", evening.AddDate(0, 0, 1)))
		w.clk.Advance(4 * 24 * time.Hour)

		town := fixture.Unit("T1").ID
		got := w.days(fixture.Manager, c, town, "")
		want := []trendDay{
			{"2026-06-01", dayCounts{Issued: 2, Acknowledged: 1}, dayCounts{Issued: 2, Acknowledged: 1}},
			{"2026-06-02", dayCounts{}, dayCounts{Issued: 2, Acknowledged: 1}},
			{"2026-06-03", dayCounts{Acknowledged: 1, Submitted: 1}, dayCounts{Issued: 2, Acknowledged: 2, Submitted: 1}},
			{"2026-06-04", dayCounts{Approved: 1}, dayCounts{Issued: 2, Acknowledged: 2, Submitted: 1, Approved: 1}},
			{"2026-06-05", dayCounts{}, dayCounts{Issued: 2, Acknowledged: 2, Submitted: 1, Approved: 1}},
		}
		if len(got) != len(want) {
			t.Fatalf("days: %+v", got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%+v, want %+v", got[i], want[i])
			}
		}
		part := w.days(fixture.Manager, c, town, "&from=2026-06-04&to=2026-06-30")
		if len(part) != 27 || part[0] != want[3] || part[26].Total.Due != 2 {
			t.Errorf("from the fourth: %+v", part)
		}
		// What is returned was not handed in.
		w.take(step(&b, "returned", evening))
		if last := w.days(fixture.Manager, c, town, "&to=2026-06-04"); last[3].Total != (dayCounts{Issued: 2, Acknowledged: 2}) {
			t.Errorf("after the return: %+v", last)
		}
		// Whoever sees the village alone sees its own.
		if own := w.days(fixture.Reporter, c, fixture.Unit("V11").ID, ""); own[0].On.Issued != 1 {
			t.Errorf("own days: %+v", own)
		}
		w.api.As(t, fixture.Reporter).Get("/api/v1/rollups/campaigns/" + c.ID + "/days?unit_id=" + town).Is(404)
		w.api.As(t, fixture.Manager).Get("/api/v1/rollups/campaigns/" + c.ID + "/days?from=2026-13-01").Is(422)
		w.sound()
	})
}
