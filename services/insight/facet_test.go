package insight_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/id"
)

// found is the event of a finding at a unit, with what change makes of it.
func found(unit string, change func(*event.Finding)) event.Event {
	u := fixture.Unit(unit)
	f := event.Finding{
		ID: id.New(), UnitID: u.ID, UnitPath: u.Path, OfficeID: fixture.Unit("CO").ID, Category: "technical", Severity: "ordinary", Clause: "第二十一条", State: "open",
		ChecklistSeries: "terminal-rules", ItemKey: "antivirus", ItemTitle: "安装杀毒软件", FoundAt: monday, Version: 1,
	}
	change(&f)
	typ := event.FindingOpened
	switch f.State {
	case "closed":
		typ = event.FindingClosed
	case "dismissed":
		typ = event.FindingDismissed
	}
	return event.New(id.New(), monday, typ, f.ID, f.Version, f)
}

func closed(days int, inTime bool) func(*event.Finding) {
	return func(f *event.Finding) {
		at, original := f.FoundAt.AddDate(0, 0, days), inTime && days < 5 // later only because the deadline was moved
		f.State, f.ClosedAt, f.OnTime, f.OnTimeOriginal, f.Version = "closed", &at, &inTime, &original, 3
	}
}

// Which items fail most, how long it takes, what comes back: at any node, for
// each child, and no further than somebody sees.
func TestFindingNumbers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		old := func(f *event.Finding) { f.FoundAt = monday.AddDate(0, -2, 0) }
		wired := func(f *event.Finding) {
			f.ItemKey, f.ItemTitle, f.Category = "wired", "仅使用有线连接", "institutions"
		}
		relapse := func(f *event.Finding) { f.RepeatsID = id.New() }
		both := func(fs ...func(*event.Finding)) func(*event.Finding) {
			return func(f *event.Finding) {
				for _, x := range fs {
					x(f)
				}
			}
		}
		w.take(
			found("V11", closed(4, true)), found("V11", both(wired, closed(8, false))), found("V11", both(relapse)),
			found("V21", both(old)), found("CF", both(relapse, closed(6, true))),
			found("V11", func(f *event.Finding) { f.State, f.Version = "dismissed", 2 }),
			found("V11", func(f *event.Finding) { f.DuplicateOf = id.New() }),
		)
		read := func(query string) findingNumbers {
			t.Helper()
			var n findingNumbers
			w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/numbers" + query).Is(200).Into(&n)
			return n
		}
		n := read("?by=item")
		want := findingStatistics{Found: 5, Open: 2, Closed: 3, Relapses: 2, OnTime: 2, OnTimeShare: 0.666, OnTimeOriginal: 1, OnTimeOriginalShare: 0.333, RelapseRate: 0.4, MeanDays: 6}
		if n.Total != want || n.OldestOpen != monday.AddDate(0, -2, 0).Format(time.DateOnly) || n.OwnOnly {
			t.Errorf("in the county: %+v, oldest %q", n.Total, n.OldestOpen)
		}
		if len(n.Items) != 2 || n.Items[0].Value != "terminal-rules/antivirus" || n.Items[0].Title != "安装杀毒软件" || n.Items[0].Found != 4 || n.Items[1].Found != 1 {
			t.Errorf("by item: %+v", n.Items)
		}
		if n := read("?by=sector"); len(n.Items) != 1 || n.Items[0].Value != "finance" || n.Items[0].Found != 1 {
			t.Errorf("by sector: %+v", n.Items)
		}
		if n := read("?by=month"); len(n.Items) != 2 || n.Items[0].Value >= n.Items[1].Value || n.Items[0].Found != 1 || n.Items[1].Found != 4 {
			t.Errorf("by month: %+v", n.Items)
		}
		if n := read("?by=category&from=" + monday.Format("2006-01")); n.Total.Found != 4 || len(n.Items) != 2 || n.Items[0].Value != "technical" || n.Items[0].Found != 3 || n.OldestOpen == "" {
			t.Errorf("by category since this month: %+v", n)
		}
		w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/numbers?by=unit").Problem(422, "invalid").Says(`"location":"query.by"`)
		w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/numbers?from=2026").Problem(422, "invalid")

		type list struct{ Items []findingNumbers }
		var children, relapsed list
		w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/numbers/children").Is(200).Into(&children)
		sum := int64(0)
		for _, c := range children.Items {
			sum += c.Total.Found
			if c.Unit.ID == fixture.Unit("T1").ID && (c.Total.Found != 3 || c.Total.MeanDays != 6 || c.OldestOpen != monday.Format(time.DateOnly)) {
				t.Errorf("in the town: %+v", c)
			}
		}
		if sum != n.Total.Found {
			t.Errorf("the children have %d, the county %d", sum, n.Total.Found)
		}
		w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/relapsed").Is(200).Into(&relapsed)
		if len(relapsed.Items) != 2 || relapsed.Items[0].Total.Relapses+relapsed.Items[1].Total.Relapses != 2 {
			t.Errorf("relapsed: %+v", relapsed.Items)
		}
		// The village sees its own, the town its part, others nothing.
		w.api.As(t, fixture.Reporter).Get("/api/v1/rollups/findings/relapsed").Is(200).Into(&relapsed)
		if len(relapsed.Items) != 1 || relapsed.Items[0].Unit.ID != fixture.Unit("V11").ID || relapsed.Items[0].Total.Found != 3 {
			t.Errorf("the village sees %+v", relapsed.Items)
		}
		w.api.As(t, fixture.Coordinator2).Get("/api/v1/rollups/findings/relapsed").Is(200).Into(&relapsed)
		if len(relapsed.Items) != 0 {
			t.Errorf("another town sees %+v", relapsed.Items)
		}
		w.api.As(t, fixture.Coordinator2).Get("/api/v1/rollups/findings/numbers?unit_id="+fixture.Unit("T1").ID).Problem(404, "not_found")
		w.sound()

		// A wrong counter is found and mended.
		if _, err := d.Writer().Exec("UPDATE facet_tallies SET found = found + 1 WHERE facet = 'clause'"); err != nil {
			t.Fatal(err)
		}
		if told, err := w.svc.Check(t.Context(), true); err != nil || len(told) == 0 {
			t.Errorf("the check finds %v, %v", told, err)
		}
		w.sound()
	})
}

// What was told when less of it was counted is counted once it is told again,
// at the version it has; once, however often, and never older.
func TestFindingsToldAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		var whole, later event.Finding
		lacking := func(to *event.Finding) func(*event.Finding) {
			return func(f *event.Finding) {
				closed(4, true)(f)
				*to = *f
				f.FoundAt, f.OnTime, f.OnTimeOriginal = time.Time{}, nil, nil
			}
		}
		w.take(found("V11", lacking(&whole)), found("V21", lacking(&later)))
		total := func() (n findingNumbers) {
			t.Helper()
			w.api.As(t, fixture.Inspector).Get("/api/v1/rollups/findings/numbers").Is(200).Into(&n)
			return n
		}
		if n := total().Total; n.Found != 0 {
			t.Fatalf("counted without what it is counted by: %+v", n)
		}
		newer := later
		newer.State, newer.ClosedAt, newer.OnTime, newer.OnTimeOriginal, newer.Version = "rectifying", nil, nil, nil, 5
		w.take(event.New(id.New(), monday, event.FindingReopened, newer.ID, newer.Version, newer))
		for range 2 {
			w.take(event.New(id.New(), monday, event.FindingsTold, later.ID, later.Version, event.Findings{Findings: []event.Finding{whole, later}}))
			if n := total().Total; n.Found != 2 || n.Open != 1 || n.Closed != 1 || n.OnTime != 1 || n.OnTimeOriginal != 1 {
				t.Errorf("told again: %+v", n)
			}
		}
		w.sound()
	})
}

// Case 54: a finding counts where the duty lies; a copy from before that was
// told is put right when it is told again at the same version.
func TestCase54TransferredFindingsCountWhereTheDutyLies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		v21 := fixture.Unit("V21")
		var f event.Finding
		w.take(found("V11", func(x *event.Finding) { x.State, x.Version = "rectifying", 2; f = *x }))
		open := func(unit string) int {
			t.Helper()
			var a struct {
				Register struct{ Findings struct{ Open int } }
			}
			w.api.As(t, fixture.Viewer).Get("/api/v1/rollups/findings?unit_id=" + fixture.Unit(unit).ID).Is(200).Into(&a)
			return a.Register.Findings.Open
		}
		f.ResponsibleUnitID, f.ResponsibleUnitPath = v21.ID, v21.Path
		w.take(event.New(id.New(), monday, event.FindingsTold, f.ID, f.Version, event.Findings{Findings: []event.Finding{f}}))
		for unit, want := range map[string]int{"V11": 0, "T1": 0, "V21": 1, "T2": 1, "C": 1} {
			if n := open(unit); n != want {
				t.Errorf("open at %s: %d, want %d", unit, n, want)
			}
		}
		if told, err := w.svc.Check(t.Context(), false); err != nil || len(told) > 0 {
			t.Errorf("check: %v %v", told, err)
		}
	})
}

// A share is 1 only when all of it is, and 0 only when nothing is.
func TestSharesAreWholeOnlyOfAll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "insight", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fixture.Plant(t, d)
		w.take(found("V11", closed(2, true)))
		for _, x := range []struct {
			onTime, relapses int
			share, rate      float64
		}{{20_000, 0, 1, 0}, {19_999, 1, 0.999, 0.001}, {0, 20_000, 0, 1}, {1, 19_999, 0.001, 0.999}} {
			if _, err := d.Writer().ExecContext(t.Context(), fmt.Sprintf("UPDATE facet_tallies SET found = 20000, closed = 20000, on_time = %d, relapses = %d", x.onTime, x.relapses)); err != nil {
				t.Fatal(err)
			}
			var n findingNumbers
			w.api.As(t, fixture.Viewer).Get("/api/v1/rollups/findings/numbers").Is(200).Into(&n)
			if n.Total.OnTimeShare != x.share || n.Total.RelapseRate != x.rate {
				t.Errorf("%+v: share %v, rate %v", x, n.Total.OnTimeShare, n.Total.RelapseRate)
			}
		}
	})
}
