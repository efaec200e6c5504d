package directory_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/duban/duban/services/internal/db"
	"github.com/duban/duban/services/internal/dbtest"
	"github.com/xuri/excelize/v2"
)

// Case 14: units are imported from tables as offices write them.
func TestCase14ImportForms(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, w *world) {
		for i, c := range []struct{ head, line string }{
			{"编码*,名称,上级编码,级别,职工数", "%s,甲,T1,单位,\"1,200\""}, {"编码（必填）,单位名称,上级单位编码,单位级别,教职工数", "%s,甲,T1,村居,１２"}, {"编 码,名　称,上级编码,级 别,职工数（人）", "%s,甲,T1,社区,12.0"},
			{"单位代码;单位全称;上级代码;层级;职工人数", "%s;甲;T1;单位级;12"}, {"序号,编码,名称,上级编码,级别,备注", "1,%s,甲,C,街道办事处,好"}, {"编码,名称,上级编码,级别", "%s,甲,C,乡级"}, {"CODE\tName\tParent Code\tLevel", "%s\t甲\tt1\tUNIT"},
			{"东县单位名册,,,\n填报单位：某局,,,\n编码,名称,上级编码,级别", "%s,甲,C,镇\n,合计,,\n填表人：张三,,,"},
		} {
			var r imported
			w.sys.csv("units", "", c.head+"\n"+fmt.Sprintf(c.line, fmt.Sprintf("F%d", i))+"\n").is(200).into(&r)
			if r.Created != 1 || r.Lines != 1 {
				t.Errorf("%s: %+v", c.head, r)
			}
		}
		var l struct{ Items []struct{ Staff int64 } }
		w.sys.get("/units?q=F0").is(200).into(&l)
		if len(l.Items) != 1 || l.Items[0].Staff != 1200 {
			t.Errorf("1,200 people: %+v", l)
		}
		// Codes that differ in case only are one.
		var r imported
		w.sys.csv("units", "?dry_run=true", "编码,名称,上级编码,级别\nG1,甲,T1,单位\ng1,乙,T1,单位\n").is(200).into(&r)
		if r.ProblemCount != 1 || r.Problems[0].Row != 3 || !strings.Contains(r.Problems[0].Message, "in row 2 already") {
			t.Errorf("twice: %+v", r.Problems)
		}
		w.sys.csv("units", "", "编码,名称,上级编码,级别\nv11,东一新村,t1,单位\n").is(200).into(&r)
		if r.Updated != 1 || r.Created != 0 {
			t.Errorf("v11 is V11: %+v", r)
		}
		w.sys.post("/units", obj{"parent_id": w.ids["T1"], "code": "v12", "level": "unit", "name": "又一村"}).problem(409, "code_taken")
		w.sys.csv("people", "", "帐号,姓名*,所属单位编码,手机号\nform1,张三,v12,13800000000\n").is(200)
		w.sec.csv("grants", "", "用户名,角色,单位编码（必填）\nform1,reporter,v12\n").is(200)
		w.holds()
	})
}

// Cases 03 and 14: every refusal names sheet and cell, says what stood there and
// how to mend it, in both languages.
func TestCase03ImportRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "directory", db.SQLite))
	f := excelize.NewFile()
	_ = f.SetSheetName("Sheet1", "单位")
	for i, r := range [][]any{{"编码", "名称", "上级编码", "级别", "职工数"}, {370283199001010011.0, "甲", "T1", "单位", "1,23"}, {12345, "#N/A", "T1", "单位"}, {"3.7E+017", true, "T1", "单位", "三"}} {
		_ = f.SetSheetRow("单位", fmt.Sprintf("A%d", i+1), &r)
	}
	zeros := "000000"
	id, _ := f.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
	_ = f.SetCellStyle("单位", "A3", "A3", id)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	var r imported
	w.sys.do("POST", "/imports/units?dry_run=true", sheetType, b.Bytes()).is(200).into(&r)
	says := fmt.Sprintf("%+v", r.Problems)
	for _, want := range []string{
		`sheet "单位", cell A2: a number of more than 15 digits`, `sheet "单位", cell E2: the number can be read in more than one way`, `Value:1,23`, `sheet "单位", cell B3: the formula`, `sheet "单位", cell A4: the number stands in scientific`, `sheet "单位", cell E4: expected a whole number`,
	} {
		if !strings.Contains(says, want) {
			t.Errorf("no %s in %s", want, says)
		}
	}
	w.sys.with("Accept-Language", "zh-CN").do("POST", "/imports/units?dry_run=true", sheetType, b.Bytes()).is(200).into(&r)
	if says := fmt.Sprintf("%+v", r.Problems); !strings.Contains(says, "工作表“单位”单元格A2：") || !strings.Contains(says, "请将单元格设为文本格式后重新填写") {
		t.Error(says)
	}
	// What is shown as 012345 is the code 012345.
	g := sheetOf(t, [][]any{{"编码", "名称", "上级编码", "级别"}, {"X", "甲", "T1", "单位"}})
	x, err := excelize.OpenReader(bytes.NewReader(g))
	if err != nil {
		t.Fatal(err)
	}
	_ = x.SetCellInt("Sheet1", "A2", 12345)
	id, _ = x.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
	_ = x.SetCellStyle("Sheet1", "A2", "A2", id)
	b.Reset()
	_ = x.Write(&b)
	w.sys.do("POST", "/imports/units", sheetType, b.Bytes()).is(200)
	if got := w.sys.codes("q=012345"); got != "012345" {
		t.Errorf("codes %q", got)
	}
}

// Cases 13 and 18: CSV in every form that programs write, and files that were
// made to take memory.
func TestCase18ImportFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "directory", db.SQLite))
	const dir = "../internal/tablefile/testdata/"
	for name, want := range map[string]int{"cr-only.csv": 0, "semicolon.csv": 0, "sep-line.csv": 0, "tab-utf16le.csv": 0, "scientific-code.csv": 2} {
		raw, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		raw = bytes.ReplaceAll(raw, []byte("370283001"), []byte("T1"))
		raw = bytes.ReplaceAll(raw, []byte("3\x007\x000\x002\x008\x003\x000\x000\x001\x00"), []byte("T\x001\x00"))
		var r imported
		w.sys.do("POST", "/imports/units?dry_run=true", "text/csv", raw).is(200).into(&r)
		if r.Lines != 1 || r.ProblemCount != want || want > 0 && !strings.Contains(r.Problems[0].Message, "scientific notation") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	const head = "code,name,parent_code,level\n"
	for _, text := range []string{head + strings.Repeat(",", 10<<20), head + `"` + strings.Repeat("a", 40<<20), head + "臺\x01"} {
		a := w.sys.csv("units", "", text)
		if a.status != http.StatusUnprocessableEntity {
			t.Errorf("%d %.200s", a.status, a.raw)
		}
	}
	for _, name := range []string{"ss_amplify.xlsx", "ss_3M_empty.xlsx"} {
		raw, err := os.ReadFile(dir + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"units", "people"} {
			w.sys.do("POST", "/imports/"+kind, sheetType, raw).is(422)
		}
		w.sec.do("POST", "/imports/grants", sheetType, raw).is(422)
	}
	w.sys.do("POST", "/imports/units", sheetType, append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 100)...)).problem(422, "import_file")
	w.sys.do("POST", "/imports/units", "text/csv; charset=big5", []byte(head)).problem(415, "import_type")
	w.sys.with("Idempotency-Key", "one").csv("units", "", head+"ID1,甲,T1,unit\n").is(200)
	w.sys.with("Idempotency-Key", "one").csv("units", "", head+"ID1,甲,T1,unit\n").is(200)
	w.sys.with("Idempotency-Key", "one").csv("units", "", head+"ID2,甲,T1,unit\n").problem(422, "idempotency_mismatch")
}

// Case 28: the document names the types that a file is taken under, those that
// browsers say of CSV among them; any other is refused with what to send.
func TestCase28TypesOfImports(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.Open(t, "directory", db.SQLite))
	lines := []byte("code,name,parent_code,level\nTY1,甲,T1,unit\n")
	book := sheetOf(t, [][]any{{"code", "name", "parent_code", "level"}, {"TY1", "甲", "T1", "unit"}})
	for _, kind := range []string{"text/csv", "text/csv; charset=utf-8", "TEXT/CSV", "application/vnd.ms-excel", "application/octet-stream"} {
		w.sys.do("POST", "/imports/units?dry_run=true", kind, lines).is(200)
	}
	for _, kind := range []string{sheetType, "application/vnd.ms-excel", "application/octet-stream"} {
		w.sys.do("POST", "/imports/units?dry_run=true", kind, book).is(200)
	}
	for _, kind := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", "text/csvx", "a"} {
		a := w.sys.with("Accept-Language", "zh-CN").do("POST", "/imports/units?dry_run=true", kind, lines).problem(415, "import_type")
		if !strings.Contains(string(a.raw), "请以 Content-Type text/csv 或 application/vnd.openxmlformats-officedocument.spreadsheetml.sheet 发送文件。") {
			t.Errorf("%s: %s", kind, a.raw)
		}
	}
}
