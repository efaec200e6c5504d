package rectification_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/duban/duban/services/rectification"
	"github.com/duban/duban/services/rectification/checklist"
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

// A checklist goes out as a workbook and comes back the same.
func TestChecklistsAsSheets(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector).With("Content-Type", xlsx)
		type list struct {
			ID, Title string
			Items     []map[string]any
		}
		for _, id := range []string{checklist.TerminalRulesID, checklist.UnitSelfCheckID, checklist.PublicityCheckID} {
			var given, got list
			insp.Get("/api/v1/checklists/" + id).Is(200).Into(&given)
			a := insp.Get("/api/v1/checklists/" + id + "/export").Is(200)
			if a.Header.Get("Content-Type") != xlsx || !strings.Contains(a.Header.Get("Content-Disposition"), ".xlsx") {
				t.Fatalf("headers %v", a.Header)
			}
			insp.Do("POST", "/api/v1/checklists/import", bytes.NewReader(a.Raw)).Is(201).Into(&got)
			if got.Title != given.Title {
				t.Errorf("title %q, want %q", got.Title, given.Title)
			}
			if d := cmp.Diff(given.Items, got.Items); d != "" {
				t.Errorf("%s came back differently: %s", given.Title, d)
			}
		}
		// What looks like a formula is text in the file, and the same text again.
		var c, back thing
		items := []obj{{"key": "a", "title": "=1+1", "clause": "-第一条", "type": "choice", "category": "technical", "severity": "major", "fix_evidence": "file", "why": "须核对",
			"choices": []obj{{"title": "@有"}, {"title": "没有", "fails": true}}, "deadline_days": 3, "optional": true}}
		w.as(fixture.Inspector).Post("/api/v1/checklists", obj{"title": "公式", "items": items}).Is(201).Into(&c)
		raw := insp.Get("/api/v1/checklists/" + c.ID + "/export").Is(200).Raw
		f, err := excelize.OpenReader(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		v, _ := f.GetCellValue("检查表", "C2")
		fm, _ := f.GetCellFormula("检查表", "C2")
		if v != "'=1+1" || fm != "" {
			t.Fatalf("cell %q, formula %q", v, fm)
		}
		var one, two list
		insp.Get("/api/v1/checklists/" + c.ID).Is(200).Into(&one)
		insp.Do("PUT", "/api/v1/checklists/"+c.ID+"/items", bytes.NewReader(raw)).Is(200).Into(&back)
		insp.Get("/api/v1/checklists/" + c.ID).Is(200).Into(&two)
		if d := cmp.Diff(one, two); d != "" || back.Version != c.Version+1 {
			t.Fatalf("version %d, %s", back.Version, d)
		}
		insp.Post("/api/v1/checklists/"+c.ID+"/publish", nil).Is(200)
		insp.Do("PUT", "/api/v1/checklists/"+c.ID+"/items", bytes.NewReader(raw)).Problem(409, "wrong_state")
		w.as(fixture.Manager).With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import", bytes.NewReader(raw)).Problem(403, "forbidden")
	})
}

// Items that rest on no rule come back without one, and are told wherever the
// checklist is shown; a cell that was forgotten is refused.
func TestItemsWithoutClause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	insp := w.as(fixture.Inspector)
	type list struct {
		ID       string
		Items    []map[string]any
		Warnings []rectification.Warning
	}
	var c, again list
	insp.Post("/api/v1/checklists", obj{"title": "自定", "items": []obj{
		{"key": "a", "title": "门已上锁", "type": "pass_fail", "category": "technical", "fail_evidence": "note"},
		{"key": "b", "title": "日志留存", "clause": "第二十三条", "type": "pass_fail", "category": "technical", "fail_evidence": "note"},
	}}).Is(201).Into(&c)
	sheet := insp.Get("/api/v1/checklists/" + c.ID + "/export").Is(200).Raw
	w.as(fixture.Inspector).With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import", bytes.NewReader(sheet)).Is(201).Into(&again)
	if d := cmp.Diff(c.Items, again.Items); d != "" {
		t.Errorf("they came back differently: %s", d)
	}
	for _, x := range []list{c, again} {
		if len(x.Warnings) != 1 || x.Warnings[0].Code != "clause_missing" || !strings.Contains(string(x.Warnings[0].Text), "门已上锁") || strings.Contains(string(x.Warnings[0].Text), "日志留存") {
			t.Errorf("warnings: %+v", x.Warnings)
		}
	}
	insp.Get("/api/v1/checklists/" + checklist.TerminalRulesID).Is(200).Into(&c)
	if len(c.Warnings) != 0 {
		t.Errorf("the five rules: %+v", c.Warnings)
	}
}

func TestBadSheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	insp := w.as(fixture.Inspector).With("Content-Type", xlsx)
	head := []any{"编号", "检查内容", "依据条款", "问题类别", "答案类型", "下限", "整改期限（工作日）", "不合格时须提供"}
	good := []any{"a", "日志留存", "第二十三条", "技术防护", "数值", 180, 10, "文字说明"}
	send := func(rows ...[]any) []string {
		var p struct {
			Code   string
			Errors []struct{ Location, Message string }
		}
		insp.Do("POST", "/api/v1/checklists/import?title=x", sheetOf(t, rows...)).Problem(422, "sheet_rejected").Into(&p)
		var at []string
		for _, e := range p.Errors {
			at = append(at, e.Location)
		}
		return at
	}
	for name, c := range map[string]struct {
		rows [][]any
		want []string
	}{
		"clauses are missing":                   {[][]any{head, good, {"b", "x", "", "技术防护"}, {}, {"c", "y", nil, "technical"}}, []string{"row 3 依据条款", "row 5 依据条款"}},
		"a column is missing":                   {[][]any{{"编号", "检查内容", "问题类别"}, {"a", "x", "技术防护"}}, []string{"row 1 依据条款"}},
		"an unknown column":                     {[][]any{append(head[:len(head):len(head)], "备用"), good}, []string{"row 1 备用"}},
		"no rows at all":                        {[][]any{}, []string{"row 1"}},
		"wrong words":                           {[][]any{head, {"a", "x", "y", "技术", "多选", "六", "两周", "视频"}}, []string{"row 2 答案类型", "row 2 下限", "row 2 问题类别", "row 2 整改期限（工作日）", "row 2 不合格时须提供"}},
		"the rules of items":                    {[][]any{head, good, good, {"B 1", "x", "y", "技术防护", "单选"}}, []string{"row 3 编号", "row 4 编号", "row 4 选项"}},
		"clauses are there, or said to be none": {[][]any{head, {"a", "x", "无", "技术防护"}, {"b", "y", "", "技术防护"}}, []string{"row 3 依据条款"}},
	} {
		if got := send(c.rows...); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	rows := [][]any{head}
	for i := range 5000 {
		rows = append(rows, []any{fmt.Sprintf("k%d", i), "x", "y", "技术防护"})
	}
	insp.Do("POST", "/api/v1/checklists/import?title=x", sheetOf(t, rows...)).Problem(422, "sheet_too_long")
	insp.Do("POST", "/api/v1/checklists/import?title=x", strings.NewReader("PK no workbook")).Problem(422, "sheet_unreadable")
	insp.Do("POST", "/api/v1/checklists/import", sheetOf(t, head, good)).Problem(422, "invalid") // no title anywhere
	var l page
	insp.Get("/api/v1/checklists?state=draft").Is(200).Into(&l)
	if len(l.Items) != 0 {
		t.Fatalf("%d drafts were made of bad sheets", len(l.Items))
	}
}

// A workbook whose own title is too long for a checklist is refused with what to
// do, and not cut.
func TestTitleOfAWorkbookIsNotCut(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, "rectification", func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		insp := w.as(fixture.Inspector)
		titled := func(n int) []byte {
			f := excelize.NewFile()
			defer f.Close()
			for i, r := range [][]any{{"编号", "检查内容", "依据条款", "问题类别"}, {"a", "建立责任制", "无", "制度建设"}} {
				if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &r); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.SetDocProps(&excelize.DocProperties{Title: strings.Repeat("题", n)}); err != nil {
				t.Fatal(err)
			}
			b, err := f.WriteToBuffer()
			if err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
		post := func(query string, n int) *resttest.Answer {
			return insp.With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import"+query, bytes.NewReader(titled(n)))
		}
		if a := post("", 201).Is(422); !strings.Contains(string(a.Raw), "has 201 characters") || !strings.Contains(string(a.Raw), "query.title") {
			t.Errorf("%s", a.Raw)
		}
		var got struct{ Title string }
		if post("", 200).Is(201).Into(&got); got.Title != strings.Repeat("题", 200) {
			t.Error(got.Title)
		}
		if post("?title=短", 201).Is(201).Into(&got); got.Title != "短" {
			t.Error(got.Title)
		}
	})
}
