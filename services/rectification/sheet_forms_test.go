package rectification_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/duban/duban/policy"
	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/duban/duban/services/internal/fixture"
	"github.com/duban/duban/services/internal/resttest"
)

// Case 14: a checklist as offices write it, as a workbook and as CSV.
func TestCase14ChecklistForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	insp := w.as(alone(t))
	type list struct {
		Items []struct {
			Key, Title string
			Minimum    *float64
			PerDevice  bool `json:"per_device"`
			Days       int  `json:"deadline_days"`
		}
	}
	var got list
	check := func(how string) {
		t.Helper()
		if len(got.Items) != 1 || got.Items[0].Key != "a" || got.Items[0].Minimum == nil || *got.Items[0].Minimum != 1200 || !got.Items[0].PerDevice || got.Items[0].Days != 5 {
			t.Errorf("%s: %+v", how, got)
		}
	}
	insp.With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import?title=x", sheetOf(t, []any{"网络安全检查表"},
		[]any{"序号", "编号*", "检查项目（必填）", "依据", "问题 类别", "答案类型", "下限", "逐台检查", "整改期限", "备注"}, []any{1, "a", "日志留存", "第二十三条", "技术防护", "数值", "1,200", "√", "5.0", "好"}, []any{2}, []any{"合计", "1"})).Is(201).Into(&got)
	check("a workbook")
	insp.With("Content-Type", "text/csv").Do("POST", "/api/v1/checklists/import?title=x",
		strings.NewReader("\ufeff编号;检查内容;依据条款;问题类别;答案类型;下限;逐台检查;整改期限（工作日）\r\na;日志留存;无;technical;number;１２００;有;5\r\n")).Is(201).Into(&got)
	check("CSV")
	var p struct {
		Errors []struct{ Location, Message string }
	}
	insp.With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import?title=x", sheetOf(t, []any{"编号", "检查内容", "依据条款", "问题类别", "下限"},
		[]any{370283199001010011.0, "#N/A", "3.7E+017", "技术防护", "1,23"})).Problem(422, "sheet_rejected").Into(&p)
	if len(p.Errors) != 4 || !strings.Contains(p.Errors[0].Message, `sheet "Sheet1", cell A2: a number of more than 15 digits`) {
		t.Errorf("%+v", p.Errors)
	}
}

// Case 18: whatever is sent as a checklist is refused or taken, before long.
func TestCase18Checklists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	for _, name := range []string{"ss_amplify.xlsx", "ss_3M_empty.xlsx", "ss_16M_short.xlsx"} {
		raw, err := os.ReadFile("../internal/tablefile/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		w.as(alone(t)).With("Content-Type", xlsx).Do("POST", "/api/v1/checklists/import?title=x", bytes.NewReader(raw)).Is(422)
	}
}

// Case 28: a checklist is taken under the types that the document names, and
// any other is refused with what to send.
func TestCase28TypesOfChecklists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "rectification", db.SQLite))
	insp := w.as(alone(t))
	const text = "编号,检查内容,依据条款,问题类别\na,日志留存,无,技术防护\n"
	post := func(kind string) *resttest.Answer {
		return insp.With("Content-Type", kind).Do("POST", "/api/v1/checklists/import?title=x", strings.NewReader(text))
	}
	var made struct {
		ID string `json:"id"`
	}
	for _, kind := range []string{"text/csv; charset=utf-8", "application/vnd.ms-excel", "application/octet-stream"} {
		post(kind).Is(201).Into(&made)
	}
	post("text/plain").Problem(415, "unsupported_media_type").Says("Send the file with Content-Type text/csv or " + xlsx)
	insp.With("Content-Type", "application/json").Do("PUT", "/api/v1/checklists/"+made.ID+"/items", strings.NewReader("{}")).
		Problem(415, "unsupported_media_type").Says("Send the file with Content-Type text/csv or " + xlsx)
}

// alone is an inspector of one test: of a person one file is read at a time.
func alone(t *testing.T) policy.Actor {
	a := fixture.Inspector
	a.PersonID = t.Name()
	return a
}
