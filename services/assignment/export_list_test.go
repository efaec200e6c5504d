package assignment_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/fixture"
	"github.com/xuri/excelize/v2"
)

// rowsOf are the rows of the first sheet of a workbook.
func rowsOf(t *testing.T, workbook []byte) [][]string {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Exported is what is listed, in the order of the list, in the language asked
// for, and no title in it is a formula.
func TestAssignmentsAsWorkbook(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.issued(fixture.Manager, map[string]any{"title": "=1+1"}, "V11", "V12", "V21")
		w.do(fixture.Reporter, w.of(fixture.Reporter, c, "V11").ID, "acknowledge", nil)
		for _, x := range []struct {
			query string
			rows  int
		}{{"", 3}, {"&state=acknowledged", 1}, {"&under=" + fixture.Unit("T2").ID, 1}} {
			a := w.as(fixture.Manager).With("Accept-Language", "zh-CN").Get("/api/v1/assignments/export?campaign_id=" + c.ID + x.query).Is(200)
			rows := rowsOf(t, a.Raw)
			if len(rows) != x.rows+1 || rows[0][2] != "单位" {
				t.Fatalf("%s: %q", x.query, rows)
			}
			if rows[1][1] != "'=1+1" || !strings.HasPrefix(rows[1][7], "2026-") {
				t.Errorf("%s: %q", x.query, rows[1])
			}
		}
		w.as(fixture.Reporter).Get("/api/v1/assignments/export?under=" + fixture.Unit("T2").ID).Is(404)
	})
}
