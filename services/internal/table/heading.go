package table

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/fault"
	"golang.org/x/text/unicode/norm"
)

// Key is what two spellings of a heading or of a word have in common: width,
// case, blanks, stars and marks of what is compulsory do not matter.
func Key(s string) string {
	s = norm.NFKC.String(s)
	s = compulsory.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r), unicode.Is(unicode.Cf, r), strings.ContainsRune("*＊※★☆✱_-'‘’\"“”", r):
			return -1
		}
		return unicode.ToLower(r)
	}, strings.TrimRight(strings.TrimSpace(s), ":："))
}

var (
	compulsory = regexp.MustCompile(`(?i)[(\[【〔{<]\s*(必\s*填|必\s*选|选\s*填|可\s*选|非\s*必\s*填|可\s*不\s*填|不\s*必\s*填|required|optional)[^)\]】〕}>]{0,20}[)\]】〕}>]`)
	brackets   = regexp.MustCompile(`[(\[【〔{<][^()\[\]【】〔〕{}<>]{0,60}[)\]】〕}>]$`)
)

// bare is a key without what stands in brackets behind it, such as a measure.
func bare(key string) string { return brackets.ReplaceAllString(key, "") }

// passed are columns that people add for themselves.
var passed = keysOf("序号", "序", "行号", "No", "No.", "#", "备注", "附注", "说明", "remark", "remarks", "note", "notes", "comment", "comments", "备注说明")

func keysOf(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[Key(w)] = true
	}
	return m
}

// Headings finds the columns of a table.
type Headings struct {
	columns []Column
	// How sure a name is: what templates say, what people say, and either of
	// them without what stands in brackets.
	levels [3]map[string]int
}

// NewHeadings prepares to look for columns.
func NewHeadings(columns []Column) *Headings {
	h := &Headings{columns: columns}
	for l := range h.levels {
		h.levels[l] = map[string]int{}
	}
	put := func(level int, key string, i int) {
		if _, taken := h.levels[level][key]; !taken && key != "" {
			h.levels[level][key] = i
		}
	}
	for i, c := range columns {
		for _, s := range []string{c.Name, c.Title} {
			put(0, Key(s), i)
			put(2, bare(Key(s)), i)
		}
		for _, s := range c.Also {
			put(1, Key(s), i)
			put(2, bare(Key(s)), i)
		}
	}
	return h
}

// Found is where the columns of a table stand in a row.
type Found struct {
	At      []int // by column; -1 where it is absent
	Unknown []int // headings that are none of the columns
	Passed  []int // headings of columns that people have for themselves
	Known   int   // how many columns are there
	Full    bool  // whether there are some, and all compulsory ones
}

// Find looks for the columns among the headings of a row.
func (h *Headings) Find(heads []string) Found {
	f := Found{At: make([]int, len(h.columns))}
	for i := range f.At {
		f.At[i] = -1
	}
	done := make([]bool, len(heads))
	keys := make([]string, len(heads))
	for i, s := range heads {
		// What is longer is no heading, and what costs by its length is not done to it.
		if len(s) > 600 {
			continue
		}
		keys[i] = Key(s)
		done[i] = keys[i] == ""
	}
	for l, names := range h.levels {
		for i, k := range keys {
			if done[i] {
				continue
			}
			if l == 2 {
				k = bare(k)
			}
			if c, ok := names[k]; ok && k != "" && f.At[c] < 0 {
				f.At[c], done[i] = i, true
				f.Known++
			}
		}
	}
	for i, k := range keys {
		switch {
		case done[i]:
		case passed[k], passed[bare(k)]:
			f.Passed = append(f.Passed, i)
		default:
			f.Unknown = append(f.Unknown, i)
		}
	}
	f.Full = f.Known > 0
	for i, c := range h.columns {
		f.Full = f.Full && (f.At[i] >= 0 || !c.Required)
	}
	return f
}

// Same tells whether a row repeats the headings, as printed tables do on each
// page.
func (f Found) Same(heads []string, cells []Cell) bool {
	same := 0
	for _, at := range f.At {
		if at < 0 || at >= len(cells) || cells[at].Empty() {
			continue
		}
		if cells[at].Shown != heads[at] {
			return false
		}
		same++
	}
	return same > 1
}

// Problems tells what is wrong with the headings of a row.
func (h *Headings) Problems(f Found, sheet string, row int, heads []string) (ps []Problem) {
	for i, c := range h.columns {
		if f.At[i] < 0 && c.Required {
			why := fault.Textf("the column is missing (%s or %s)", c.Name, c.Title)
			if c.Name == c.Title || c.Title == "" {
				why = "the column is missing"
			}
			ps = append(ps, Problem{Row: row, Column: c.Name, Title: c.Title, Why: why})
		}
	}
	for _, at := range f.Unknown {
		why := fault.Textf("there is no such column, or it is there twice; known are %s", h.known())
		shown := Clip(strings.TrimSpace(heads[at]))
		ps = append(ps, Problem{Row: row, Column: shown, Title: shown, Why: Where(sheet, cellName(at, row), why)})
	}
	return ps
}

func (h *Headings) known() string {
	var names []string
	for _, c := range h.columns {
		if len(names) == 20 {
			names = append(names, "…")
			break
		}
		n := Clip(c.Title)
		if c.Name != "" && c.Name != c.Title {
			n += " (" + c.Name + ")"
		}
		names = append(names, n)
	}
	return strings.Join(names, ", ")
}

// Clip shortens what is repeated in an answer.
func Clip(s string) string {
	if len(s) <= 80 {
		return s
	}
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

var (
	totals  = keysOf("合计", "总计", "小计", "共计", "总合计", "本页合计", "本页小计", "累计", "总数", "total", "totals", "subtotal", "sub total", "grand total", "sum")
	example = keysOf("例", "示例", "样例", "例如", "填写示例", "填表示例", "example", "e.g.")
	// signed are the lines that stand below a table on paper.
	signed = regexp.MustCompile(`^(填表|填报|制表|经办|审核|复核|审批|校对|统计|报送)(人|单位|日期|时间|人签字|人签名)?(\(.{0,12}\))?:|^(负责人|联系人|联系电话|电话|日期|时间|单位负责人|主要负责人|分管领导|主要领导|领导签字|签字|签名|盖章|单位盖章|注|备注|说明|填表说明|填写说明|填报说明)(\(.{0,12}\))?:`)
)

// Record tells whether a row is a record: not the sum of others, nothing that
// only numbers empty lines, no example, and no line for signatures.
func (f Found) Record(cells []Cell) bool {
	own, notes, first := 0, 0, -1
	for i, c := range cells {
		if c.Empty() || c.Copied {
			continue
		}
		if first < 0 {
			first = i
		}
		if own++; slices.Contains(f.Passed, i) {
			notes++
		}
	}
	if own == notes {
		return false
	}
	if worded(cells[first].Shown) {
		if k := short(cells[first]); totals[k] || totals[bare(k)] || example[k] && slices.Contains(f.Passed, first) {
			return false
		}
	}
	return !underneath(cells)
}

// worded tells whether a text may be one of the words of which the key is looked
// up, which is too dear for each row of a long table.
func worded(s string) bool {
	return len(s) <= 200 && (strings.ContainsAny(s, "计例总累ＴｔＳｓ") || strings.Trim(s[:1], "TtSsGgEe") == "" || s[0] <= ' ')
}

// underneath tells whether a row holds nothing but what is signed below a table
// on paper, or remarked there: each value with its name, in one cell or two.
func underneath(cells []Cell) bool {
	named := false
	for _, c := range cells {
		if c.Empty() || c.Copied {
			continue
		}
		if named {
			named = false
			continue
		}
		if len(c.Shown) > 600 || !strings.ContainsAny(c.Shown, ":：") {
			return false
		}
		s := squeezed(c.Shown)
		if !signed.MatchString(s) {
			return false
		}
		named = strings.HasSuffix(s, ":")
	}
	return true
}

// short is the key of a cell, nothing where it is too long to be a word.
func short(c Cell) string {
	if len(c.Shown) > 600 {
		return ""
	}
	return Key(c.Shown)
}

// squeezed is a text without blanks, in half width.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(s))
}

func cellName(column, row int) string { return Name(column) + strconv.Itoa(row) }
