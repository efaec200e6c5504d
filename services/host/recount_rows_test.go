package host_test

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fixture"
)

// things are what the service owns, read from its tables.
type things struct {
	findings    []findingRow
	orders      []orderRow
	inspections []inspectionRow
	sectors     map[string]string
}

type findingRow struct {
	UnitID, UnitPath, CampaignID, Category, Severity, Clause, ChecklistSeries, ItemKey, State, RepeatsID, DuplicateOf string
	FoundAt                                                                                                           time.Time
	ClosedAt                                                                                                          *time.Time
	// Of the order it is under: the report that stands, and by when it was due.
	ReportedAt, DueAt, OriginalDueAt *time.Time
}

type orderRow struct {
	UnitPath, CampaignID, State string
	Suspended                   bool
	Relapses                    int
	DueAt, OriginalDueAt        time.Time
	ReportedAt                  *time.Time
}

type inspectionRow struct {
	UnitPath, CampaignID, State string
	Failed                      int
}

func (w *walker) things() things {
	w.t.Helper()
	out := things{sectors: map[string]string{}}
	for query, to := range map[string]any{
		`SELECT COALESCE(r.unit_id, f.unit_id) AS unit_id, COALESCE(r.unit_path, f.unit_path) AS unit_path, f.campaign_id, f.category, f.severity, f.clause, f.checklist_series, f.item_key, f.state, f.repeats_id,
			f.duplicate_of, f.found_at, f.closed_at, r.reported_at, l.due_at, l.original_due_at
			FROM findings AS f LEFT JOIN rectifications AS r ON r.id = f.rectification_id
			LEFT JOIN rectification_findings AS l ON l.rectification_id = r.id AND l.finding_id = f.id`: &out.findings,
		"SELECT unit_path, campaign_id, state, suspended, relapses, due_at, original_due_at, reported_at FROM rectifications": &out.orders,
		"SELECT unit_path, campaign_id, state, failed FROM inspections":                                                       &out.inspections,
	} {
		if err := w.db.Read().NewRaw(query).Scan(w.t.Context(), to); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, u := range fixture.Units {
		out.sectors[u.ID] = strings.Join(u.Sectors, " ")
	}
	return out
}

// at counts what is at a unit and below it.
func (ts things) at(u event.Unit, campaign string, now time.Time) counted {
	var c counted
	c.Numbers = map[string]numberCounts{}
	c.Register.Findings.Items, c.Register.Rectifications.States, c.Register.Inspections.States = []alike{}, []alike{}, []alike{}
	here := func(path, of string) bool {
		return strings.HasPrefix(path, u.Path) && (campaign == "" || of == campaign)
	}
	var found []findingRow
	for _, f := range ts.findings {
		if !here(f.UnitPath, f.CampaignID) {
			continue
		}
		c.Register.Findings.add(f)
		if f.State != "dismissed" && f.DuplicateOf == "" {
			found = append(found, f)
		}
	}
	for _, by := range numberFacets {
		c.Numbers[by] = numbersOf(found, func(f findingRow) string { return f.facet(by, ts.sectors[f.UnitID]) })
	}
	for _, r := range ts.orders {
		if here(r.UnitPath, r.CampaignID) {
			c.Register.Rectifications.add(r, now)
		}
	}
	for _, i := range ts.inspections {
		if here(i.UnitPath, i.CampaignID) {
			c.Register.Inspections.FailedAnswers += i.Failed
			c.Register.Inspections.States = oneMore(c.Register.Inspections.States, alike{State: i.State}, 0)
		}
	}
	return c
}

func oneMore(list []alike, of alike, relapses int) []alike {
	for i, x := range list {
		if x.Category == of.Category && x.Severity == of.Severity && x.State == of.State {
			list[i].Count++
			list[i].Relapses += relapses
			return list
		}
	}
	of.Count, of.Relapses = 1, relapses
	return append(list, of)
}

func (n *findingCounts) add(f findingRow) {
	relapse := 0
	if f.RepeatsID != "" {
		relapse = 1
	}
	n.Total++
	n.Relapses += relapse
	switch f.State {
	case "open", "rectifying":
		n.Open++
	case "closed":
		n.Closed++
	}
	n.Items = oneMore(n.Items, alike{Category: f.Category, Severity: f.Severity, State: f.State}, relapse)
}

func (n *orderCounts) add(r orderRow, now time.Time) {
	n.Total++
	n.Relapses += r.Relapses
	n.States = oneMore(n.States, alike{State: r.State}, 0)
	if r.Suspended {
		n.Suspended++
	}
	switch r.State {
	case "ordered", "acknowledged", "rectifying", "rejected":
		n.Open++
		if now.After(r.DueAt) {
			n.Overdue++
		}
	case "withdrawn":
	case "reported", "verifying":
		n.Open++
		fallthrough
	case "closed":
		if r.ReportedAt.After(r.DueAt) {
			n.Late++
		} else {
			n.OnTime++
		}
		if r.ReportedAt.After(r.OriginalDueAt) {
			n.LateOriginal++
		}
	}
}

func (f findingRow) facet(by, sector string) string {
	switch by {
	case "category":
		return f.Category
	case "severity":
		return f.Severity
	case "clause":
		return f.Clause
	case "sector":
		return sector
	case "month":
		return clock.Day(f.FoundAt)[:len("2026-03")]
	case "item":
		if f.ItemKey != "" {
			return f.ChecklistSeries + "/" + f.ItemKey
		}
	}
	return ""
}

func numbersOf(found []findingRow, value func(findingRow) string) numberCounts {
	n := numberCounts{Items: []statistics{}}
	for _, f := range found {
		n.Total.add(f)
		if day := clock.Day(f.FoundAt); f.State != "closed" && (n.OldestOpen == "" || day < n.OldestOpen) {
			n.OldestOpen = day
		}
		v := value(f)
		if v == "" {
			continue
		}
		i := slices.IndexFunc(n.Items, func(s statistics) bool { return s.Value == v })
		if i < 0 {
			i = len(n.Items)
			n.Items = append(n.Items, statistics{Value: v})
		}
		n.Items[i].add(f)
	}
	slices.SortFunc(n.Items, func(a, b statistics) int { return strings.Compare(a.Value, b.Value) })
	return n
}

func (s *statistics) add(f findingRow) {
	s.Found++
	if f.RepeatsID != "" {
		s.Relapses++
	}
	if f.State != "closed" {
		s.Open++
		return
	}
	s.Closed++
	if !f.ReportedAt.After(*f.DueAt) {
		s.OnTime++
	}
	if !f.ReportedAt.After(*f.OriginalDueAt) {
		s.OnTimeOriginal++
	}
	s.seconds += int(f.ClosedAt.Sub(f.FoundAt) / time.Second)
	s.MeanDays = math.Round(float64(s.seconds)/float64(s.Closed)/(24*60*60)*1000) / 1000
}
