package assignment_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/duban/duban/policy"
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

// Two villages of one name are told apart in lists, in what is shown of one, in
// exports and in what an office is warned of; a village of its own name is not
// burdened with its town.
func TestVillagesOfOneNameAreToldApart(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		fixture.Rename(w.t, w.d, "V21", "V11")
		c := w.issued(fixture.Manager, nil, "V11", "V12", "V21")
		var rows []string
		for _, r := range rowsOf(t, w.as(fixture.Manager).Get("/api/v1/assignments/export?campaign_id="+c.ID).Is(200).Raw)[1:] {
			rows = append(rows, r[2])
		}
		slices.Sort(rows)
		if want := []string{"东一村（东镇）", "东一村（西镇）", "东二村"}; !slices.Equal(rows, want) {
			t.Errorf("exported: %q, want %q", rows, want)
		}
		for unit, want := range map[string]string{"V11": "东一村（东镇）", "V12": "东二村", "V21": "东一村（西镇）"} {
			listed := w.of(fixture.Manager, c, unit)
			if one := w.get(fixture.Manager, listed.ID); listed.UnitName != want || one.UnitName != want {
				t.Errorf("%s is listed as %s and shown as %s, want %s", unit, listed.UnitName, one.UnitName, want)
			}
		}
		a := w.of(fixture.Manager, c, "V21")
		w.do(fixture.Reporter21, a.ID, "acknowledge", nil)
		w.as(fixture.Reporter21).Post("/api/v1/assignments/"+a.ID+"/extension-requests", map[string]any{"due_on": "2026-09-30", "reason": "雨天"}).Is(201)
		for path, who := range map[string]policy.Actor{"/extension-requests": fixture.Manager, "/assignments/" + a.ID + "/history": fixture.Reporter21} {
			if got := string(w.as(who).Get("/api/v1" + path).Is(200).Raw); !strings.Contains(got, `"unit_name":"东一村（西镇）"`) {
				t.Errorf("%s: %s", path, got)
			}
		}
	})
}
