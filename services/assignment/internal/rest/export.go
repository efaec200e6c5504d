package rest

import (
	"context"
	"net/http"
	"time"

	"github.com/duban/duban/services/internal/clock"
	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/rest"
	"github.com/duban/duban/services/internal/xlsx"
)

// ExportAssignments is the input of export-assignments.
type ExportAssignments struct{ AssignmentFilters }

// exported are the columns of exported assignments.
var exported = []struct {
	title fault.Text
	width float64
}{
	{"Campaign", 30}, {"Task", 30}, {"Unit", 22}, {"State", 12}, {"Light", 8},
	{"Issued", 17}, {"Acknowledged", 17}, {"Deadline", 17}, {"Original deadline", 17},
	{"Handed in", 17}, {"Complete", 17}, {"Progress, per cent", 8}, {"Responsible person", 14},
}

func (h *handlers) mountExport(g *rest.Group) {
	rest.RegisterWorkbook(g, rest.Op{ID: "export-assignments", Method: http.MethodGet, Path: "/assignments/export", Resource: "assignment", Action: "read",
		Summary: "Assignments as XLSX", Description: "All that list-assignments lists with the same filters, by deadline, as a workbook; times are those of Shanghai. At most 200,000: 422 `too_many_rows` asks for narrower filters."}, h.export)
}

func (h *handlers) export(ctx context.Context, in *ExportAssignments) (string, *xlsx.Workbook, error) {
	actor := rest.Actor(ctx)
	all, err := h.svc.EachAssignment(ctx, actor, in.query(actor.PersonID), in.Under)
	if err != nil {
		return "", nil, err
	}
	say := func(s fault.Text) string { return rest.Say(ctx, s) }
	t := xlsx.Table{Title: say("Assignments"), Sheet: "Sheet1"}
	for _, c := range exported {
		t.Columns = append(t.Columns, xlsx.Column{Title: say(c.title), Width: c.width})
	}
	word := rest.Words(ctx)
	w, err := xlsx.Make(t, func(yield func([]any, error) bool) {
		for d, err := range all {
			var percent any
			if d.Open {
				percent = d.Percent
			}
			row := []any{
				d.CampaignTitle, d.TaskTitle, d.UnitName, word("state.assignment", string(d.State)), word("light", string(d.Light)), local(&d.IssuedAt), local(d.AckAt), local(&d.DueAt),
				local(&d.OriginalDueAt), local(d.SubmittedAt), local(d.ApprovedAt), percent, d.ResponsibleName,
			}
			if !yield(row, err) {
				return
			}
		}
	})
	return t.Title + ".xlsx", w, err
}

// local is a time as people in Shanghai write it; empty for none.
func local(at *time.Time) string {
	if at == nil || at.IsZero() {
		return ""
	}
	return at.In(clock.Shanghai).Format("2006-01-02 15:04")
}
