package table_test

import (
	"strings"
	"testing"
	"time"

	"github.com/duban/duban/services/internal/table"
	"github.com/google/go-cmp/cmp"
)

func typed(s string) table.Cell { return table.Cell{Kind: table.Text, Shown: s} }

// Case 14: amounts as people write them are numbers; what can be read in two
// ways, or has lost digits, is refused.
func TestCase14Numbers(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]float64{
		"1200": 1200, "1,200": 1200, "１２": 12, "１，２００": 1200, "12.0": 12, " 12 ": 12, "-3.5": -3.5, "1,234,567.25": 1234567.25, "¥1,200.50": 1200.5, "+7": 7,
		"012": 12, "１２．５": 12.5, "": 0, "123456789012345": 123456789012345, "0.10": 0.1, "−4": -4, "1.200": 1.2,
	} {
		if v, why := typed(s).Number(); v != want || why != "" {
			t.Errorf("%q: %v %s", s, v, why)
		}
	}
	for s, want := range map[string]string{
		"1,23": "more than one way", "1.234,5": "more than one way", "12,34,567": "more than one way", "1 200": "more than one way", "95%": "more than one way", "1,2,3": "more than one way",
		"三": "expected a number", "12人": "expected a number", "1e5x": "expected a number", "NaN": "expected a number", "0x10": "expected a number", "Inf": "expected a number",
		"3.7E+17": "scientific", "3.70e17": "scientific", "3.7E+017": "scientific", "1234567890123456": "15 digits", "1234567890.1234567": "15 digits", "#N/A": "formula",
		strings.Repeat("1", 200): "expected a number",
	} {
		if _, why := typed(s).Number(); !strings.Contains(string(why), want) {
			t.Errorf("%q: %q", s, why)
		}
	}
	if _, why := typed("3.5").Whole(); why == "" {
		t.Error("3.5 is whole")
	}
	if n, why := typed("12.0").Whole(); n != 12 || why != "" {
		t.Errorf("12.0: %d %s", n, why)
	}
	for _, c := range []table.Cell{{Kind: table.Moment, Shown: "1900-01-12", Value: 12}, {Kind: table.Truth, Shown: "TRUE", Value: 1}, {Kind: table.Error, Shown: "#REF!"}, {Kind: table.Unsaved}, {Kind: table.Long}} {
		if _, why := c.Number(); why == "" {
			t.Errorf("%+v is a number", c)
		}
	}
}

// Case 03: days as people write them, and those that say no year or could be
// two days.
func TestCase03Days(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	const want = "2026-09-19"
	for _, s := range []string{
		"2026-09-19", "2026-9-19", "2026/9/19", "2026.9.19", "2026.09.19", "2026年9月19日", "2026年09月19日", "2026年9月19号", "20260919", "9月19日", "9月19号", "２０２６年９月１９日",
		"2026-09-19 08:30", "2026-09-19T08:30:00Z", "2026/9/19 8:30:15", "2026年9月19日 8时30分", "2026年9月19日8:30", "2026年 9月 19日", "2026-09-19 00:00:00", "2026年9月19日（星期六）", "2026年9月19日 星期六 上午8:30", "2026/9/19 8:30 AM",
		"9/19/2026", "19.9.2026", " 2026-9-19 ", "9月19日上午8:30",
	} {
		if d, why := typed(s).Date(today); d != want || why != "" {
			t.Errorf("%q: %q %s", s, d, why)
		}
	}
	if d, _ := typed("1月5日").Date(today); d != "2027-01-05" {
		t.Errorf("1月5日 in November: %s", d)
	}
	if d, _ := typed("12月25日").Date(today.AddDate(0, 2, 0)); d != "2026-12-25" {
		t.Errorf("12月25日 in January: %s", d)
	}
	for s, why := range map[string]string{
		"12/05": "more than one way", "9/19": "more than one way", "12/05/2026": "more than one way", "26/9/19": "more than one way", "26.9.19": "more than one way", "2026-9/19": "more than one way", "5月31日": "no year",
		"2026-02-30": "expected a day", "去年": "expected a day", "2026年9月": "expected a day", "12": "expected a day", "2月30日": "expected a day", "1026-09-19": "expected a day", "TRUE": "expected a day",
	} {
		if d, got := typed(s).Date(today); !strings.Contains(string(got), why) {
			t.Errorf("%q: %q %q", s, d, got)
		}
	}
	if d, _ := (table.Cell{Kind: table.Moment, Shown: "9月19日", Day: want}).Date(today); d != want {
		t.Errorf("a cell with a day: %s", d)
	}
	if d, _ := (table.Cell{Kind: table.Number, Shown: "46284", Day: want}).Date(today); d != want {
		t.Errorf("a day without its format: %s", d)
	}
	if d, _ := (table.Cell{Kind: table.Number, Shown: "20260919", Value: 20260919}).Date(today); d != want {
		t.Errorf("a day as a number: %s", d)
	}
}

// Case 14: yes and no as people write them.
func TestCase14Truths(t *testing.T) {
	t.Parallel()
	for want, words := range map[bool]string{
		true: "是 有 √ ✓ ✔ ☑ 已完成 完成 1 TRUE true Yes Y １ 对 是* ", false: "否 无 没有 未完成 × ✗ ✘ x 0 FALSE no N ０ 未 不是",
	} {
		for s := range strings.FieldsSeq(words) {
			if v, why := typed(s).True(); v != want || why != "" {
				t.Errorf("%s: %v %s", s, v, why)
			}
		}
	}
	for _, s := range []string{"部分", "2", "是否", "基本完成", "是的吧", "#N/A"} {
		if _, why := typed(s).True(); why == "" {
			t.Errorf("%q says something", s)
		}
	}
}

// Cases 02 and 13: scientific notation is no text, in whatever way programs
// write it; codes that only look like it are.
func TestCase13ScientificNotation(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"3.70e17", "3.70E+17", "3.7E+017", "3.70283E+17", "1E+05", "3e17", "-1.5e-07", "３．７Ｅ＋１７", "3.e17", "37E+16", "'3.7E+17"} {
		if v, why := typed(s).Text(); why == "" && !strings.HasPrefix(s, "'") {
			t.Errorf("%q is the text %q", s, v)
		}
	}
	for s, want := range map[string]string{"1E5": "1E5", "3E-2": "3E-2", "E17": "E17", "370283199001010011": "370283199001010011", " a ": "a", "'=1+1": "=1+1", "e1.5": "e1.5", "12E": "12E", "3.7": "3.7"} {
		if v, why := typed(s).Text(); v != want || why != "" {
			t.Errorf("%q: %q %s", s, v, why)
		}
	}
	for _, c := range []table.Cell{{Kind: table.Error, Shown: "#N/A"}, typed("#N/A"), typed(" #div/0! "), {Kind: table.Unsaved}, {Kind: table.Long, Shown: "3.7028319900101E+17"}, {Kind: table.Huge}} {
		if v, why := c.Text(); why == "" {
			t.Errorf("%+v is the text %q", c, v)
		}
	}
}

// Case 14: headings are matched in one way, whatever people add to them.
func TestCase14Headings(t *testing.T) {
	t.Parallel()
	h := table.NewHeadings([]table.Column{
		{Name: "code", Title: "编码", Required: true, Also: []string{"单位编码"}}, {Name: "name", Title: "名称", Required: true, Also: []string{"单位名称"}},
		{Name: "parent_code", Title: "上级编码"}, {Name: "days", Title: "整改期限（工作日）"}, {Name: "residents", Title: "人口数"},
	})
	for _, heads := range [][]string{
		{"编码", "名称", "上级编码", "整改期限（工作日）", "人口数"}, {"编码*", "＊名称", "上级编码（必填）", "整改期限(工作日)", "人口数（人）"}, {"编 码", "单位名称", "上级 编码", "整改期限", "人口数："},
		{"CODE", "Name", "Parent Code", "DAYS", "Residents"}, {"编码[必填]", "名称\n(必填)", "上级编码【选填】", "整改期限", "人口数★"}, {"单位编码", "　名称　", "parent-code", "整改期限（天）", "人\n口\n数"},
	} {
		f := h.Find(heads)
		if d := cmp.Diff([]int{0, 1, 2, 3, 4}, f.At); d != "" || !f.Full || len(f.Unknown) > 0 {
			t.Errorf("%q: %v %v", heads, f.At, f.Unknown)
		}
	}
	f := h.Find([]string{"序号", "编码", "名称", "备 注", "备用", "名称"})
	if !f.Full || !cmp.Equal(f.Unknown, []int{4, 5}) || !cmp.Equal(f.Passed, []int{0, 3}) {
		t.Errorf("%+v", f)
	}
	if f := h.Find([]string{"编码", "人口数"}); f.Full {
		t.Error("full without names")
	}
	var cols []string
	for _, p := range h.Problems(h.Find([]string{"编码", "颜色"}), "单位", 3, []string{"编码", "颜色"}) {
		cols = append(cols, p.Column)
		if p.Column == "颜色" && !strings.Contains(p.Why.String(), `sheet "单位", cell B3`) {
			t.Error(p.Why)
		}
	}
	if d := cmp.Diff([]string{"name", "颜色"}, cols); d != "" {
		t.Error(d)
	}
}

// Case 14: sums, empty lines that are only numbered and lines for signatures
// are no records.
func TestCase14Records(t *testing.T) {
	t.Parallel()
	f := table.NewHeadings([]table.Column{{Name: "name", Title: "名称"}, {Name: "n", Title: "数量"}}).Find([]string{"序号", "名称", "数量", "备注"})
	row := func(cells ...string) (r []table.Cell) {
		for _, c := range cells {
			x := typed(c)
			if c == "" {
				x = table.Cell{}
			}
			r = append(r, x)
		}
		return r
	}
	for _, r := range [][]string{
		{"合计", "", "12"}, {"", "合 计", "12"}, {"总计：", "", "3"}, {"", "小计（3个）", "3"}, {"Total", "", "3"}, {"5"}, {"6", "", "", "无"}, {"填表人：张三", "", "审核人：李四"}, {"注：数量按实填写"}, {"例", "某校", "3"},
		{"填表人：", "张三", "填表日期：", "9月19日"}, {"单位（盖章）："},
	} {
		if f.Record(row(r...)) && r[0] != "单位（盖章）：" {
			t.Errorf("%q is a record", r)
		}
	}
	for _, r := range [][]string{{"1", "合计小学", "12"}, {"", "甲", ""}, {"1", "甲"}, {"", "例", "3"}, {"", "", "3"}, {"1", "注:册处", "3"}} {
		if !f.Record(row(r...)) {
			t.Errorf("%q is no record", r)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA"} {
		if got := table.Name(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// Whatever a cell holds is read or refused, at once and without a panic, and
// what is read is what it says.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"", "1,200", "１２", "3.70e17", "2026年9月19日 8:30", "9月19日", "12/05/2026", "是", "#N/A", "'=1", "合计", "编码（必填）*", "\x00", "\u202e", strings.Repeat("(", 600)} {
		f.Add(s)
	}
	today := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	h := table.NewHeadings([]table.Column{{Name: "code", Title: "编码"}})
	f.Fuzz(func(t *testing.T, s string) {
		c := typed(s)
		if v, why := c.Number(); why != "" && v != 0 {
			t.Errorf("%q: %v and %s", s, v, why)
		}
		d, why := c.Date(today)
		if _, err := time.Parse(time.DateOnly, d); why == "" && d != "" && err != nil {
			t.Errorf("%q: the day %q", s, d)
		}
		if v, why := c.Text(); why == "" && len(v) > len(s) {
			t.Errorf("%q: %q", s, v)
		}
		_, _ = c.True()
		h.Find([]string{s}).Record([]table.Cell{c})
	})
}
