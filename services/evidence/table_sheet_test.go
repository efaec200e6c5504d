package evidence_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// sheetOf makes a workbook of rows.
func sheetOf(t testing.TB, rows ...[]any) *bytes.Reader {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, r := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

type rowsOf struct {
	Items []struct {
		RequirementID string           `json:"requirement_id"`
		Rows          []map[string]any `json:"rows"`
	} `json:"items"`
}

// A table goes out as a workbook, is filled in, and comes back as rows.
func TestTableAsASheet(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "evidence", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a := w.issue("V11")
		s := w.open(fixture.Reporter, "assignment", a.ID)
		at := subs + "/" + s.ID + "/items/devices/sheet"
		rep := w.srv.As(t, fixture.Reporter).With("Content-Type", xlsx)
		empty := rep.Get(at).Is(200)
		if empty.Header.Get("Content-Type") != xlsx || !strings.Contains(empty.Header.Get("Content-Disposition"), ".xlsx") {
			t.Fatalf("%v", empty.Header)
		}
		f, err := excelize.OpenReader(bytes.NewReader(empty.Raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		rows, err := f.GetRows("填报")
		if diff := cmp.Diff([][]string{{"名称*", "数量", "购置日期", "联网"}}, rows); diff != "" || err != nil {
			t.Fatalf("%v %s", err, diff)
		}
		if vs, err := f.GetDataValidations("填报"); err != nil || len(vs) != 1 || !strings.HasPrefix(vs[0].Sqref, "D2:") {
			t.Errorf("%v %+v", err, vs)
		}
		rep.Do("PUT", at, bytes.NewReader(empty.Raw)).Problem(422, "sheet_rejected")

		// Filled in by somebody with a spreadsheet: a real date, thousands, words.
		for i, r := range [][]any{
			{"交换机", "1,200", time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC), "是"}, {"=1+1", 3, "2024年3月5日", "否"}, {}, {"路由器", nil, "2024/3/5", nil},
		} {
			if err := f.SetSheetRow("填报", fmt.Sprintf("A%d", i+2), &r); err != nil {
				t.Fatal(err)
			}
		}
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		var got, again rowsOf
		rep.Do("PUT", at, bytes.NewReader(b.Bytes())).Is(200).Into(&got)
		want := []map[string]any{
			{"name": "交换机", "count": 1200.0, "bought": "2024-01-02", "online": true},
			{"name": "=1+1", "count": 3.0, "bought": "2024-03-05", "online": false},
			{"name": "路由器", "bought": "2024-03-05"},
		}
		if diff := cmp.Diff(want, got.Items[0].Rows); diff != "" {
			t.Fatal(diff)
		}
		// What was given comes down again, and the same file changes nothing.
		full := rep.Get(at).Is(200)
		rep.Do("PUT", at, bytes.NewReader(full.Raw)).Is(200).Into(&again)
		if diff := cmp.Diff(want, again.Items[0].Rows); diff != "" {
			t.Fatal(diff)
		}

		// A workbook that counts its days from 1904 says the same days.
		old, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		if err := old.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: new(true)}); err != nil {
			t.Fatal(err)
		}
		if err := old.SetCellFloat("填报", "C2", 45293-1462, -1, 64); err != nil { // 2 January 2024
			t.Fatal(err)
		}
		if b, err = old.WriteToBuffer(); err != nil {
			t.Fatal(err)
		}
		rep.Do("PUT", at, bytes.NewReader(b.Bytes())).Is(200).Into(&again)
		if diff := cmp.Diff(want, again.Items[0].Rows); diff != "" {
			t.Fatal(diff)
		}

		rep.Get(subs+"/"+s.ID+"/items/summary/sheet").Problem(409, "not_a_table")
		rep.Get(subs+"/"+s.ID+"/items/nothing/sheet").Problem(404, "not_found")
		w.srv.As(t, fixture.Reporter12).Get(at).Problem(404, "not_found")
		w.srv.As(t, fixture.Manager).With("Content-Type", xlsx).Do("PUT", at, bytes.NewReader(full.Raw)).Problem(403, "forbidden")
		rep.With("If-Match", `"1"`).Do("PUT", at, bytes.NewReader(full.Raw)).Problem(412, "stale")
		w.fill(fixture.Reporter, s, 1)
		w.seal(fixture.Reporter, s)
		rep.Get(at).Is(200)
		rep.Do("PUT", at, bytes.NewReader(full.Raw)).Problem(409, "wrong_state")
	})
}

// Every wrong cell is named by row and column, and nothing is taken in.
func TestBadTableSheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	s := w.open(fixture.Reporter, "assignment", w.issue("V11").ID)
	w.put(fixture.Reporter, s, "devices", map[string]any{"rows": []map[string]any{{"name": "旧"}}})
	at := subs + "/" + s.ID + "/items/devices/sheet"
	rep := w.srv.As(t, fixture.Reporter).With("Content-Type", xlsx)
	head := []any{"名称", "数量", "购置日期", "联网"}
	for name, c := range map[string]struct {
		rows [][]any
		want []string
	}{
		"every wrong cell":    {[][]any{head, {"", "三", "去年", "部分"}, {"好", 1, "2024-01-02", "是"}, {nil, "x"}}, []string{"row 2 名称", "row 2 数量", "row 2 购置日期", "row 2 联网", "row 4 名称", "row 4 数量"}},
		"a column is missing": {[][]any{{"数量"}, {1}}, []string{"row 1 名称"}},
		"an unknown column":   {[][]any{{"名称", "备用"}, {"a", "b"}}, []string{"row 1 备用"}},
		"a column twice":      {[][]any{{"名称", "名称"}, {"a", "b"}}, []string{"row 1 名称"}},
		"no rows":             {[][]any{head}, []string{"row 2"}},
		"nothing":             {nil, []string{"row 1"}},
		"a count for a day":   {[][]any{head, {"a", 1, 12}}, []string{"row 2 购置日期"}},
	} {
		var p struct {
			Errors []struct{ Location string }
		}
		rep.Do("PUT", at, sheetOf(t, c.rows...)).Problem(422, "sheet_rejected").Into(&p)
		var got []string
		for _, e := range p.Errors {
			got = append(got, e.Location)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	long := [][]any{head}
	for i := range 1001 {
		long = append(long, []any{fmt.Sprint(i)})
	}
	rep.Do("PUT", at, sheetOf(t, long...)).Problem(422, "sheet_too_long")
	rep.Do("PUT", at, strings.NewReader("PK no workbook")).Problem(422, "sheet_unreadable")
	var got rowsOf
	rep.Get(subs + "/" + s.ID).Is(200).Into(&got)
	if diff := cmp.Diff([]map[string]any{{"name": "旧"}}, got.Items[0].Rows); diff != "" {
		t.Fatal(diff)
	}
}
