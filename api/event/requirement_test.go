package event_test

import (
	"testing"

	"github.com/duban/duban/api/event"
)

// What asks for the same thing, and what does not.
func TestSameness(t *testing.T) {
	t.Parallel()
	number := event.Requirement{ID: "a", Kind: "number", Title: "发放宣传册数", Figure: "leaflets", Measure: "份"}
	table := event.Requirement{Kind: "table", Title: "台账", Columns: []event.Column{{Key: "name", Type: "text"}, {Key: "n", Type: "number"}}}
	with := func(r event.Requirement, f func(*event.Requirement)) event.Requirement {
		r.Columns = append([]event.Column(nil), r.Columns...)
		f(&r)
		return r
	}
	for name, c := range map[string]struct {
		a, b event.Requirement
		want bool
	}{
		"another title of a figure":     {number, with(number, func(r *event.Requirement) { r.ID, r.Title = "b", "宣传单" }), true},
		"another figure":                {number, with(number, func(r *event.Requirement) { r.Figure = "posters" }), false},
		"another measure":               {number, with(number, func(r *event.Requirement) { r.Measure = "本" }), false},
		"a sum is a sum, said or not":   {number, with(number, func(r *event.Requirement) { r.Aggregate = "sum" }), true},
		"the greatest is not the sum":   {number, with(number, func(r *event.Requirement) { r.Aggregate = "max" }), false},
		"compulsory or not":             {number, with(number, func(r *event.Requirement) { r.Compulsory = true }), true},
		"a title as a figure":           {with(number, func(r *event.Requirement) { r.Figure = "" }), number, false},
		"a document by another writing": {event.Requirement{Kind: "document", Title: "活动总结"}, event.Requirement{Kind: "document", Title: "“活动 总结”："}, true},
		"another kind":                  {event.Requirement{Kind: "document", Title: "活动总结"}, event.Requirement{Kind: "text", Title: "活动总结"}, false},
		"a table with other columns":    {table, with(table, func(r *event.Requirement) { r.Columns[1].Type = "text" }), false},
		"the same table":                {table, with(table, func(r *event.Requirement) { r.Columns[1].Title = "数量" }), true},
		"a register by another title":   {with(table, func(r *event.Requirement) { r.Register = "x" }), with(table, func(r *event.Requirement) { r.Register, r.Title, r.Columns = "x", "设备", nil }), true},
		"another register":              {with(table, func(r *event.Requirement) { r.Register = "x" }), with(table, func(r *event.Requirement) { r.Register = "y" }), false},
	} {
		if got := c.a.Sameness() == c.b.Sameness(); got != c.want {
			t.Errorf("%s: %q and %q", name, c.a.Sameness(), c.b.Sameness())
		}
	}
}
