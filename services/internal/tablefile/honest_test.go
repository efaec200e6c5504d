package tablefile_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/table"
	"github.com/duban/duban/services/internal/tablefile"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// office makes a workbook in the way that f fills it.
func office(t testing.TB, f func(x *excelize.File)) *bytes.Reader {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	f(x)
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b.Bytes())
}

// put fills in rows of a sheet from a row on.
func put(x *excelize.File, sheet string, from int, rows ...[]any) {
	for i, r := range rows {
		if err := x.SetSheetRow(sheet, fmt.Sprintf("A%d", from+i), &r); err != nil {
			panic(err)
		}
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func style(x *excelize.File, at, format string, number int) {
	s := &excelize.Style{NumFmt: number}
	if format != "" {
		s.CustomNumFmt = &format
	}
	id, err := x.NewStyle(s)
	must(err)
	must(x.SetCellStyle("Sheet1", at, at, id))
}

// shown reads a table and gives its texts, or what is wrong with the cells.
func shown(t testing.TB, kind string, body table.Body, columns ...table.Column) (rows []string, err error) {
	t.Helper()
	_, err = reader.Read(t.Context(), table.Input{Who: t.Name(), Type: kind, Body: body, Columns: columns, Rows: 1000}, func(r table.Row) error {
		var cells []string
		for i, c := range r.Cells {
			s, why := c.Text()
			if why != "" {
				s = r.Wrong(i, why).String()
			}
			cells = append(cells, s)
		}
		if r.Stray != nil {
			cells = append(cells, r.StrayText().String())
		}
		rows = append(rows, strings.Join(cells, "|"))
		return nil
	})
	return rows, err
}

var reader = tablefile.Reader{Gate: tablefile.NewGate(4, 100, time.Minute)}

var named = []table.Column{{Name: "code", Title: "编码", Required: true}, {Name: "name", Title: "名称", Required: true, Also: []string{"单位名称"}}, {Name: "n", Title: "数量"}}

// Cases 02 and 03: a cell is read as it is shown.
func TestCase03CellsAsShown(t *testing.T) {
	t.Parallel()
	cells := []struct {
		value  any
		format string
		number int
		want   string
	}{
		{12345, "000000", 0, "012345"}, {0.95, "", 9, "95%"}, {0.125, "0.0%", 0, "12.5%"}, {46284, "yyyy-mm-dd h:mm:ss", 0, "2026-09-19"}, {46284.354166666664, "yyyy-mm-dd h:mm:ss", 0, "2026-09-19 8:30:00"},
		{46284, "", 14, "2026-09-19"}, {46284, "", 22, "2026-09-19"}, {46284.354166666664, "", 22, "2026-09-19 08:30"}, {46284, "", 31, "2026年9月19日"}, {46284, "yyyy/m/d;@", 0, "2026/9/19"},
		{46284, `[$-804]yyyy"年"m"月"d"日";@`, 0, "2026年9月19日"}, {46284, `yyyy\-mm\-dd`, 0, "2026-09-19"}, {46284, `m"月"d"日"`, 0, "9月19日"}, {46284, `yyyy"年"m"月"`, 0, "2026年9月"}, {46284, "mm/dd/yyyy", 0, "2026-09-19"},
		{46284, "", 15, "2026-09-19"}, {46284, "dd/mm/yyyy hh:mm", 0, "2026-09-19"}, {0.3541666666666667, "", 20, "8:30"}, {1200, "", 3, "1,200"}, {1200.5, "", 4, "1,200.50"}, {370283001001, "", 0, "370283001001"}, {13800000000, "", 49, "13800000000"},
		{12, "0.00E+00", 0, "12"}, {370283001001, "", 11, "370283001001"}, {0.1 + 0.2, "", 0, "0.3"}, {1e-7, "", 0, "0.0000001"}, {5, `0"个"`, 0, "5个"}, {1234.5, `"¥"#,##0.00`, 0, "¥1,234.50"}, {46284, "", 0, "46284"},
		{true, "", 0, "TRUE"}, {" 甲 ", "", 0, "甲"}, {"'=1+1", "", 0, "=1+1"}, {"a_x000A_b", "", 0, "a\nb"}, {"第一行\n第二行", "", 0, "第一行\n第二行"}, {"007", "", 0, "007"},
		{370283199001010011.0, "", 0, "cell B%d: a number of more than 15 digits"}, {370283199001010011.0, "0", 0, "cell B%d: a number of more than 15 digits"}, {"3.7E+017", "", 0, "cell B%d: the number stands in scientific notation"}, {"#REF!", "", 0, "cell B%d: the formula"},
	}
	body := office(t, func(x *excelize.File) {
		put(x, "Sheet1", 1, []any{"编码", "名称"})
		for i, c := range cells {
			at := fmt.Sprintf("B%d", i+2)
			put(x, "Sheet1", i+2, []any{"X"})
			must(x.SetCellValue("Sheet1", at, c.value))
			if c.format != "" || c.number != 0 {
				style(x, at, c.format, c.number)
			}
		}
	})
	rows, err := shown(t, table.XLSX, body, named[:2]...)
	if err != nil || len(rows) != len(cells) {
		t.Fatal(err, len(rows))
	}
	for i, c := range cells {
		want := c.want
		if strings.Contains(want, "%d") {
			want = `sheet "Sheet1", ` + fmt.Sprintf(want, i+2)
		}
		if got := strings.TrimPrefix(rows[i], "X|"); got != want && !(strings.HasPrefix(want, "sheet") && strings.HasPrefix(got, want)) {
			t.Errorf("%v as %q %d: %q, want %q", c.value, c.format, c.number, got, want)
		}
	}
}

// Case 03: errors and formulas are told by sheet and cell; a workbook that counts
// from 1904 says the same days.
func TestCase03FormulasAndEras(t *testing.T) {
	t.Parallel()
	sheet := func(cells string) *bytes.Reader {
		return bytes.NewReader(workbook(t, part{"xl/worksheets/sheet1.xml", head + `<row r="2"><c r="A2" t="str"><v>X</v></c>` + cells + `</row>`, "", 0, foot + " "},
			part{"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>`, "", 0, "</styleSheet> "}))
	}
	for cells, want := range map[string]string{
		`<c r="B2" t="e"><v>#N/A</v></c>`:                `X|sheet "S", cell B2: the formula in the cell has failed`,
		`<c r="B2"><f>1+1</f></c>`:                       `X|sheet "S", cell B2: the cell holds a formula whose result is not in the file`,
		`<c r="B2"><f>1+1</f><v>2</v></c>`:               `X|2`,
		`<c r="B2" t="str"><f>A2</f><v>X</v></c>`:        `X|X`,
		`<c r="B2" t="str"><f>A3</f><v></v></c>`:         `X|`,
		`<c r="B2" t="b"><v>1</v></c>`:                   `X|TRUE`,
		`<c r="B2" t="d"><v>2026-09-19T08:30:00</v></c>`: `X|2026-09-19 08:30:00`,
		`<x:c r="B2" t="inlineStr"><x:is><x:r><x:t>a</x:t></x:r><x:r><x:t>&lt;b&#x4E2D;</x:t></x:r><x:rPh><x:t>kana</x:t></x:rPh></x:is></x:c>`: `X|a<b中`,
		`<c r="B2" t="str"><v>` + strings.Repeat("字", table.MaxText+1) + `</v></c>`:                                                             `X|sheet "S", cell B2: it has more than 32767 characters`,
		`<c r="B2" t="str"><v>a_x005F_x000A_b</v></c>`:                                                                                          `X|a_x000A_b`,
	} {
		rows, err := shown(t, table.XLSX, sheet(cells), columns...)
		if err != nil || len(rows) != 1 || !strings.HasPrefix(rows[0], want) {
			t.Errorf("%.80s: %.200q %v", cells, rows, err)
		}
	}
	body := office(t, func(x *excelize.File) {
		must(x.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: new(true)}))
		put(x, "Sheet1", 1, []any{"编码", "名称"}, []any{"X"})
		must(x.SetCellFloat("Sheet1", "B2", 46284-1462, -1, 64))
		style(x, "B2", "yyyy-mm-dd", 0)
	})
	if rows, err := shown(t, table.XLSX, body, named[:2]...); err != nil || rows[0] != "X|2026-09-19" {
		t.Errorf("%q %v", rows, err)
	}
}

// Case 14: forms as offices write them are taken wherever one reading is
// possible.
func TestCase14OfficeForms(t *testing.T) {
	t.Parallel()
	header := []any{"编码", "名称", "数量"}
	for name, c := range map[string]struct {
		fill func(x *excelize.File)
		want []string
	}{
		"a title, a note and a unit above": {func(x *excelize.File) {
			put(x, "Sheet1", 1, []any{"平度市单位名册"}, []any{"填报单位：某局", nil, "单位：个"}, header, []any{"X1", "甲", 3})
			must(x.MergeCell("Sheet1", "A1", "C1"))
		}, []string{"X1|甲|3"}},
		"stars, brackets, numbers of lines and remarks": {func(x *excelize.File) {
			put(x, "Sheet1", 1, []any{"序号", "编 码*", "单位名称（必填）", "数 量（个）", "备注"}, []any{1, "X1", "甲", 3, "好"}, []any{2, "X2", "乙", nil, nil}, []any{3})
		}, []string{"X1|甲|3", "X2|乙|"}},
		"sums and signatures below": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3}, []any{nil, "合　计", 3}, []any{}, []any{"填表人：张三", nil, "审核人：李四"})
		}, []string{"X1|甲|3"}},
		"merged cells": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3}, []any{"X2", nil, 4}, []any{nil, nil, nil}, []any{"X3", "丙", 5})
			must(x.MergeCell("Sheet1", "B2", "B4"))
		}, []string{"X1|甲|3", "X2|甲|4", "X3|丙|5"}},
		"headings on two rows": {func(x *excelize.File) {
			put(x, "Sheet1", 1, []any{"编码", "名称", "统计"}, []any{nil, nil, "数量"}, []any{"X1", "甲", 3})
			must(x.MergeCell("Sheet1", "A1", "A2"))
			must(x.MergeCell("Sheet1", "B1", "B2"))
		}, []string{"X1|甲|3"}},
		"headings again on each page": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3}, header, []any{"X2", "乙", 4})
		}, []string{"X1|甲|3", "X2|乙|4"}},
		"a hidden sheet first": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X0", "旧", 1})
			_, err := x.NewSheet("单位")
			must(err)
			put(x, "单位", 1, header, []any{"X1", "甲", 3})
			x.SetActiveSheet(1)
			must(x.SetSheetVisible("Sheet1", false, true))
		}, []string{"X1|甲|3"}},
		"a sheet with instructions first": {func(x *excelize.File) {
			put(x, "Sheet1", 1, []any{"填写说明"}, []any{"一、编码按统一编码填写"})
			_, err := x.NewSheet("数据")
			must(err)
			put(x, "数据", 1, header, []any{"X1", "甲", 3})
		}, []string{"X1|甲|3"}},
		"an example sheet and an empty one": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3})
			for _, s := range []string{"填写示例", "空表"} {
				_, err := x.NewSheet(s)
				must(err)
				put(x, s, 1, header)
			}
			put(x, "填写示例", 2, []any{"X9", "某校", 1})
		}, []string{"X1|甲|3"}},
		"words to choose from on a second sheet": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3})
			_, err := x.NewSheet("字典")
			must(err)
			put(x, "字典", 1, []any{"编码", "名称", "用途"}, []any{"01", "学校", "选"})
		}, []string{"X1|甲|3"}},
		"hidden rows and columns": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3}, []any{"X2", "乙", 4})
			must(x.SetRowVisible("Sheet1", 2, false))
			must(x.SetColVisible("Sheet1", "A", false))
		}, []string{"X1|甲|3", "X2|乙|4"}},
		"to the right of nothing": {func(x *excelize.File) {
			put(x, "Sheet1", 3, []any{nil, nil, "编码", "名称"}, []any{nil, nil, "X1", "甲"})
		}, []string{"X1|甲|"}},
		"a value below no heading": {func(x *excelize.File) {
			put(x, "Sheet1", 1, header, []any{"X1", "甲", 3, nil, "？"})
		}, []string{`X1|甲|3|sheet "Sheet1", cell E2: ` + string(table.NoHeading)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, err := shown(t, table.XLSX, office(t, c.fill), named...)
			if d := cmp.Diff(c.want, rows); d != "" || err != nil {
				t.Errorf("%v %s", err, d)
			}
		})
	}
	_, err := shown(t, table.XLSX, office(t, func(x *excelize.File) {
		put(x, "Sheet1", 1, header, []any{"X1", "甲", 3})
		_, err := x.NewSheet("第二")
		must(err)
		put(x, "第二", 1, header, []any{"X2", "乙", 3})
	}), named...)
	if u, ok := errors.AsType[*table.Unreadable](err); !ok || !strings.Contains(u.Why.String(), "第二") {
		t.Errorf("two tables: %v", err)
	}
}

// Cases 13 and 14: CSV as Excel, WPS and LibreOffice write it.
func TestCase13CSV(t *testing.T) {
	t.Parallel()
	enc := func(e encoding.Encoding, s string) string {
		out, err := e.NewEncoder().String(s)
		must(err)
		return out
	}
	const plain = "编码,名称,数量\r\nX1,甲,3\r\n"
	tabs := strings.ReplaceAll(plain, ",", "\t")
	for name, c := range map[string]struct{ text, want string }{
		"UTF-8": {plain, "X1|甲|3"}, "a mark": {"\ufeff" + plain, "X1|甲|3"}, "semicolons": {strings.ReplaceAll(plain, ",", ";"), "X1|甲|3"}, "tabs": {tabs, "X1|甲|3"}, "full width": {strings.ReplaceAll(plain, ",", "，"), "X1|甲|3"},
		"CR":                  {strings.ReplaceAll(plain, "\r\n", "\r"), "X1|甲|3"},
		"LF":                  {strings.ReplaceAll(plain, "\r\n", "\n"), "X1|甲|3"},
		"no last end":         {strings.TrimSpace(plain), "X1|甲|3"},
		"sep":                 {"sep=,\r\n" + plain, "X1|甲|3"},
		"sep is a semicolon":  {"SEP=;\n" + strings.ReplaceAll(plain, ",", ";"), "X1|甲|3"},
		"GB18030":             {enc(simplifiedchinese.GB18030, plain), "X1|甲|3"},
		"UTF-16LE":            {enc(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), tabs), "X1|甲|3"},
		"UTF-16BE":            {enc(unicode.UTF16(unicode.BigEndian, unicode.UseBOM), tabs), "X1|甲|3"},
		"UTF-16LE, unmarked":  {enc(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), tabs), "X1|甲|3"},
		"UTF-16BE, unmarked":  {enc(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), plain), "X1|甲|3"},
		"quoted":              {"编码,名称,数量\n\"X1\",\"甲,\"\"乙\"\"\n丙\",\"1,200\"\n", "X1|甲,\"乙\"\n丙|1,200"},
		"kept as text":        {"编码,名称,数量\n=\"001\",\"=\"\"002\"\"\",3\n", "001|002|3"},
		"trailing separators": {"编码,名称,数量,,,\nX1,甲,3,,,\n,,,,,\n", "X1|甲|3"},
		"a title":             {"单位名册,,\n编码,名称,数量\nX1,甲,3\n合计,,3\n", "X1|甲|3"},
		"scientific":          {"编码,名称,数量\n3.70e17,甲,3.7E+017\n", "cell A2: the number stands in scientific notation"},
		"18 digits":           {"编码,名称,数量\n370283199001010011,甲,3\n", "370283199001010011|甲|3"},
		"an error":            {"编码,名称,数量\nX1,#N/A,3\n", "X1|cell B2: the formula"},
		"a quotation mark":    {"编码,名称,数量\nX1,5\" 屏,3\n", `X1|5" 屏|3`},
		"rare characters":     {enc(simplifiedchinese.GB18030, "编码,名称,数量\nX1,朱镕基小学堃䶮,3\n"), "X1|朱镕基小学堃䶮|3"},
	} {
		rows, err := shown(t, table.CSV, strings.NewReader(c.text), named...)
		if err != nil || len(rows) != 1 || rows[0] != c.want && !(strings.Contains(c.want, "cell") && strings.HasPrefix(rows[0], c.want)) {
			t.Errorf("%s: %q %v", name, rows, err)
		}
	}
	for name, text := range map[string]string{
		"Big5":        enc(traditionalchinese.Big5, "code,name\nX1,臺北市第一國民小學\nX2,高雄縣鳳山國中\n"),
		"open":        "code,name\nX1,\"甲\n",
		"behind":      "code,name\n\"X1\"a,甲\n",
		"no UTF-8":    "\xef\xbb\xbfcode,name\nX1,\xb1\xe0\n",
		"binary":      "code,name\n\x00\x01\n",
		"a web page":  "<html><table><tr><td>code</td></tr></table>",
		"an old book": "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
	} {
		rows, err := shown(t, table.CSV, strings.NewReader(text), columns...)
		u, ok := errors.AsType[*table.Unreadable](err)
		if !ok || name == "Big5" && !strings.Contains(u.Why.String(), "CSV UTF-8") {
			t.Errorf("%s: %q %v", name, rows, err)
		}
	}
	_, err := shown(t, table.CSV, strings.NewReader("编码,名称,数量,颜色\n"), named...)
	if headless := (*table.Headless)(nil); !errors.As(err, &headless) || len(headless.Problems) != 1 {
		t.Errorf("a column too many: %v", err)
	}
	// A workbook is one, whatever it is called.
	rows, err := shown(t, "text/csv; charset=utf-8", office(t, func(x *excelize.File) { put(x, "Sheet1", 1, []any{"编码", "名称"}, []any{"X1", "甲"}) }), named...)
	if err != nil || len(rows) != 1 {
		t.Errorf("a workbook as CSV: %v %v", rows, err)
	}
}

// Whatever comes as CSV gives rows or says what is wrong with the file.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "code,name\n1,2\n", "\xef\xbb\xbfcode\n", "\"a", "\xb1\xe0\xc2\xeb\n", "a\x00b\n", "\xff\xfe\n", "sep=;\ncode;name\n", "code\tname\ra\tb\r", "=\"1\",\"\"\"\"\n", "合计,1\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) { acceptable(t, table.CSV, strings.NewReader(data)) })
}

func acceptable(t *testing.T, kind string, body table.Body) {
	last := 0
	_, err := reader.Read(t.Context(), table.Input{Who: "f", Type: kind, Body: body, Columns: columns, Rows: 100}, func(r table.Row) error {
		if r.Number <= last || len(r.Cells) != len(columns) {
			t.Errorf("row %d after %d with %d cells", r.Number, last, len(r.Cells))
		}
		last = r.Number
		return nil
	})
	tolerable(t, err)
}

func tolerable(t *testing.T, err error) {
	var u *table.Unreadable
	var h *table.Headless
	if err != nil && !errors.As(err, &u) && !errors.As(err, &h) {
		t.Errorf("not told: %v", err)
	}
}

// Whatever is in a part of a workbook, reading it ends well, and a text in it is
// what the standard library reads.
func FuzzSheet(f *testing.F) {
	for _, s := range []string{
		`<row r="2"><c r="A2" t="str"><v>a</v></c><c r="B2"><v>46284</v></c></row>`, `<row><c t="inlineStr"><is><t>_x005F_</t></is></c></row>`, `<!-- > -->`, `<?x?>`, `<![CDATA[>]]>`, `<row r="1"/>`, `<c/>`, `</sheetData>`, `<a b="x>y">`, `&#x;`, "<row", `<row><c t="s"><v>0</v></c></row>`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rows string) {
		body := workbook(t, part{"xl/worksheets/sheet1.xml", head + rows, "", 0, foot + " "}, part{"xl/sharedStrings.xml", "<sst><si><t>a</t></si></sst>", "", 0, " "})
		tolerable(t, tablefile.ReadHere(bytes.NewReader(body), columns))
	})
}

// Cases 02, 03, 13 and 14, as they were found.
func TestCase14Found(t *testing.T) {
	t.Parallel()
	units := []table.Column{{Name: "code", Title: "编码", Required: true}, {Name: "name", Title: "名称", Required: true}, {Name: "parent_code", Title: "上级编码", Required: true}, {Name: "level", Title: "级别", Required: true},
		{Title: "类型"}, {Title: "系统"}, {Title: "班级数"}, {Title: "职工数"}, {Title: "人口数"}}
	for name, want := range map[string]string{
		"title-row.xlsx": "X1|甲|370283|镇", "merged-parent.xlsx": "X2|乙|370283001|单位", "hidden-first-sheet.xlsx": "", "leading-zero-format.xlsx": "012345|前导零|370283|镇", "date-as-name.xlsx": "XE3|2026-09-19|370283|镇", "error-cell.xlsx": `XE2|sheet "单位", cell B2: the formula in the cell has failed`,
		"cr-only.csv": "B92|第二小学|370283001|单位", "semicolon.csv": "B92|第二小学|370283001|单位", "sep-line.csv": "B92|第二小学|370283001|单位", "tab-utf16le.csv": "B92|第二小学|370283001|单位", "scientific-code.csv": "cell A2: the number stands in scientific notation",
	} {
		raw, err := os.ReadFile("testdata/" + name)
		must(err)
		kind := table.XLSX
		if strings.HasSuffix(name, ".csv") {
			kind = table.CSV
		}
		rows, err := shown(t, kind, bytes.NewReader(raw), units...)
		if err != nil || len(rows) == 0 || !strings.HasPrefix(rows[len(rows)-1], want) {
			t.Errorf("%s: %q %v", name, rows, err)
		}
	}
}
