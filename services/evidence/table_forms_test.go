package evidence_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/duban/duban/api/event"
	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/resttest"
	"github.com/google/go-cmp/cmp"
)

// roster opens a submission that asks for a table of people.
func roster(w *world) (at string) {
	x := issued("V11")
	for i, r := range x.Task.Requirements {
		if r.ID == "devices" {
			x.Task.Requirements[i].Columns = []event.Column{
				{Key: "name", Title: "姓名", Type: "text", Required: true}, {Key: "number", Title: "证件号码", Type: "text"}, {Key: "count", Title: "数量", Type: "number"},
				{Key: "day", Title: "日期", Type: "day"}, {Key: "done", Title: "是否完成", Type: "yes_no"},
			}
		}
	}
	w.known[x.Assignments[0].ID] = x
	return subs + "/" + w.open(fixture.Reporter, "assignment", x.Assignments[0].ID).ID + "/items/devices/sheet"
}

// Cases 02 and 03: an identity number in a number cell is refused by its cell,
// and a text column holds what the cell shows.
func TestCase02TableCells(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	at := roster(w)
	rep := w.srv.As(t, alone(t)).With("Content-Type", xlsx)
	var p struct {
		Errors []struct {
			Location, Message string
			Value             any
		}
	}
	file := func(name string) *bytes.Reader {
		raw, err := os.ReadFile("testdata/tables/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(raw)
	}
	rep.With("Accept-Language", "zh-CN").Do("PUT", at, file("table-id-18-digits-number.xlsx")).Problem(422, "sheet_rejected").Into(&p)
	if len(p.Errors) != 1 || p.Errors[0].Location != "row 2 证件号码" || !strings.Contains(p.Errors[0].Message, "单元格B2") || !strings.Contains(p.Errors[0].Message, "将单元格设为文本格式后重新填写") {
		t.Errorf("%+v", p.Errors)
	}
	var got rowsOf
	for name, want := range map[string]string{"table-date-in-text-column.xlsx": "2026-09-19", "table-percent-in-text-column.xlsx": "95%"} {
		rep.Do("PUT", at, file(name)).Is(200).Into(&got)
		if d := cmp.Diff([]map[string]any{{"name": "甲", "number": want, "count": 3.0, "day": "2026-09-19", "done": true}}, got.Items[0].Rows); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, cell := range []any{370283199001010011.0, "3.70283199001010E+17", "3.7e17", "#N/A"} {
		rep.Do("PUT", at, sheetOf(t, []any{"姓名", "证件号码"}, []any{"甲", cell})).Problem(422, "sheet_rejected")
	}
	rep.Do("PUT", at, sheetOf(t, []any{"姓名", "证件号码"}, []any{"甲", "370283199001010011"})).Is(200)
}

// Case 14: a table as offices write it, as a workbook and as CSV.
func TestCase14TableForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	at := roster(w)
	rep := w.srv.As(t, fixture.Reporter)
	want := []map[string]any{{"name": "甲", "count": 1200.0, "day": "2026-09-19", "done": true}, {"name": "乙", "count": 12.0, "day": "2026-09-19", "done": false}}
	var got rowsOf
	check := func(how string) {
		t.Helper()
		if d := cmp.Diff(want, got.Items[0].Rows); d != "" {
			t.Errorf("%s: %s", how, d)
		}
	}
	rep.With("Content-Type", xlsx).Do("PUT", at, sheetOf(t, []any{"人员登记表"}, []any{"序号", "姓 名*", "证件号码", "数量（个）", "日　期", "是否完成（必填）", "备注"},
		[]any{1, "甲", nil, "1,200", "2026年9月19日 8:30", "√", "好"}, []any{2, "乙", nil, "１２", "2026.9.19", "未完成"}, []any{3}, []any{"合计", nil, nil, 1212})).Is(200).Into(&got)
	check("a workbook")
	text := "姓名;证件号码;数量;日期;是否完成\n甲;;1,200;20260919;有\n乙;;12.0;2026/9/19 08:30:00;否\n"
	rep.With("Content-Type", "text/csv").Do("PUT", at, strings.NewReader(text)).Is(200).Into(&got)
	check("CSV")
	var p struct{ Errors []struct{ Location string } }
	rep.With("Content-Type", "text/csv").Do("PUT", at, strings.NewReader("姓名,数量,日期,是否完成\n甲,\"1,23\",12/05,部分\n")).Problem(422, "sheet_rejected").Into(&p)
	if fmt.Sprint(p.Errors) != "[{row 2 数量} {row 2 日期} {row 2 是否完成}]" {
		t.Errorf("%+v", p.Errors)
	}
}

// Case 18: a workbook that was made to take memory is refused.
func TestCase18TableSheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	at := roster(w)
	raw, err := os.ReadFile("../internal/tablefile/testdata/ss_amplify.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	w.srv.As(t, alone(t)).With("Content-Type", xlsx).Do("PUT", at, bytes.NewReader(raw)).Is(422)
}

// Case 28: a table is taken under the types that the document names, and any
// other is refused with what to send.
func TestCase28TypesOfTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "evidence", db.SQLite))
	at := roster(w)
	rep := w.srv.As(t, alone(t))
	put := func(kind string) *resttest.Answer {
		return rep.With("Content-Type", kind).Do("PUT", at, strings.NewReader("姓名,数量,日期,是否完成\n甲,1,2026-09-19,是\n"))
	}
	for _, kind := range []string{"text/csv; charset=utf-8", "application/vnd.ms-excel", "application/octet-stream"} {
		put(kind).Is(200)
	}
	for _, kind := range []string{"text/plain", "application/json", "text/csvx"} {
		put(kind).Problem(415, "unsupported_media_type").Says("Send the file with Content-Type text/csv or " + xlsx)
	}
}

// alone is a reporter of one test: of a person one file is read at a time.
func alone(t *testing.T) policy.Actor {
	a := fixture.Reporter
	a.PersonID = t.Name()
	return a
}
