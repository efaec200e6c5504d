package tablefile

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/table"
	"github.com/xuri/excelize/v2"
)

// format is how a style shows numbers.
type format struct {
	code  string // nothing for plain digits
	kind  table.Kind
	iso   bool // a day whose own form depends on the machine, or puts the year last
	timed bool // a day with a time behind
	date  string
}

// built are the formats that workbooks name by number alone, those of China
// among them; 14 and 22 show what the machine has set.
var built = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 12: "# ?/?", 13: "# ??/??",
	14: "mm-dd-yy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yy h:mm",
	27: `yyyy"年"m"月"`, 28: `m"月"d"日"`, 29: `m"月"d"日"`, 30: "m-d-yy", 31: `yyyy"年"m"月"d"日"`, 32: `h"时"mm"分"`, 33: `h"时"mm"分"ss"秒"`,
	34: `h"时"mm"分"`, 35: `h"时"mm"分"ss"秒"`, 36: `yyyy"年"m"月"`,
	37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
	50: `yyyy"年"m"月"`, 51: `m"月"d"日"`, 52: `yyyy"年"m"月"`, 53: `m"月"d"日"`, 54: `m"月"d"日"`, 55: `h"时"mm"分"`, 56: `h"时"mm"分"ss"秒"`, 57: `yyyy"年"m"月"`, 58: `m"月"d"日"`,
}

// formatOf says how a format shows numbers. What would show them in scientific
// notation is taken for plain digits, since that says nothing of its own.
func formatOf(number int, code string) format {
	if code == "" {
		code = built[number]
	}
	first, _, _ := strings.Cut(code, ";")
	bones := skeleton(first)
	f := format{code: code, kind: table.Number}
	y, m, d, h := strings.IndexAny(bones, "yeg"), strings.Index(bones, "m"), strings.Index(bones, "d"), strings.IndexAny(bones, "hs")
	switch {
	case strings.Trim(bones, "genral@ ") == "" && !strings.ContainsAny(bones, "ym"):
		return format{kind: table.Number}
	case strings.Contains(bones, "E+"), strings.Contains(bones, "E-"):
		return format{kind: table.Number}
	case y >= 0 || d >= 0 || m >= 0 && h < 0:
		f.kind = table.Moment
		f.timed = h >= 0
		f.date = beforeTime(first)
		whole := y >= 0 && m >= 0 && d >= 0
		f.iso = whole && (number == 14 || number == 22 || !(y < m && m < d))
	case h >= 0:
		f.kind = table.Clock
	}
	return f
}

// skeleton is a format without what it shows as it stands, in small letters but
// for the E of powers.
func skeleton(code string) string {
	var b strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			end := strings.IndexByte(code[i+1:], '"')
			if end < 0 {
				return b.String()
			}
			i += end + 1
		case '\\', '_', '*':
			i++
		case '[':
			end := strings.IndexByte(code[i:], ']')
			if end < 0 {
				return b.String()
			}
			// [h] counts hours; all others are colours, conditions and languages.
			if in := strings.ToLower(code[i+1 : i+end]); strings.Trim(in, "hms") == "" {
				b.WriteString(in)
			}
			i += end
		case 'E':
			b.WriteByte('E')
		default:
			b.WriteString(strings.ToLower(string(c)))
		}
	}
	return strings.NewReplacer("am/pm", "", "a/p", "").Replace(b.String())
}

// beforeTime is the part of a format of a day that stands before the time.
func beforeTime(code string) string {
	quoted, bracket := false, false
	for i, c := range code {
		switch {
		case c == '"' && !bracket:
			quoted = !quoted
		case quoted:
		case c == '[':
			if strings.HasPrefix(strings.ToLower(code[i:]), "[h") || strings.HasPrefix(code[i:], "[$-F400]") {
				return strings.TrimRight(code[:i], ` T\`)
			}
			bracket = true
		case c == ']':
			bracket = false
		case bracket:
		case c == 'h', c == 'H', c == 's', c == 'A' && strings.HasPrefix(code[i:], "AM/PM"), c == '上' && strings.HasPrefix(code[i:], "上午/下午"):
			return strings.TrimRight(code[:i], ` T\`)
		}
	}
	return code
}

// painter shows numbers as a format does.
type painter struct {
	f      *excelize.File
	from04 bool
	styles map[string]int
	shown  map[[2]string]string
}

// remembered is how many shown numbers are kept.
const remembered = 4096

func newPainter(from04 bool) *painter {
	return &painter{from04: from04, styles: map[string]int{}, shown: map[[2]string]string{}}
}

// paint is how the number raw, of the value v, is shown by a format.
func (p *painter) paint(code, raw string, v float64) string {
	key := [2]string{code, raw}
	if s, ok := p.shown[key]; ok {
		return s
	}
	s, ok := p.draw(code, v)
	if !ok {
		s = plainDigits(v)
	}
	if len(p.shown) >= remembered {
		clear(p.shown)
	}
	p.shown[key] = s
	return s
}

// draw has excelize show a number in a cell of a workbook of our own: it knows
// the language of formats, and meets nothing else of the file.
func (p *painter) draw(code string, v float64) (s string, ok bool) {
	defer func() {
		if recover() != nil { // a format that it does not understand
			s, ok = "", false
		}
	}()
	if p.f == nil {
		p.f = excelize.NewFile(excelize.Options{CultureInfo: excelize.CultureNameZhCN})
		if err := p.f.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &p.from04}); err != nil {
			return "", false
		}
	}
	style, known := p.styles[code]
	if !known {
		var err error
		if style, err = p.f.NewStyle(&excelize.Style{CustomNumFmt: &code}); err != nil {
			return "", false
		}
		p.styles[code] = style
	}
	const at = "A1"
	if p.f.SetCellStyle("Sheet1", at, at, style) != nil || p.f.SetCellFloat("Sheet1", at, v, -1, 64) != nil {
		return "", false
	}
	s, err := p.f.GetCellValue("Sheet1", at)
	return strings.TrimSpace(s), err == nil && len(s) <= 1000
}

// plainDigits are the digits of a number, as many as a workbook keeps.
func plainDigits(v float64) string { return strconv.FormatFloat(kept(v), 'f', -1, 64) }

// kept is a number with as many digits as a workbook shows: 0.1+0.2 is 0.3.
func kept(v float64) float64 {
	if r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', table.MaxDigits-1, 64), 64); err == nil {
		return r
	}
	return v
}

// lost is from where on a number has more digits than a workbook keeps.
const lost = 1e15

// number is the cell that a number makes.
func (b *book) number(p *painter, raw string, style int) table.Cell {
	v, err := strconv.ParseFloat(strings.TrimSpace(raw), 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return table.Cell{Kind: table.Text, Shown: raw}
	}
	if math.Abs(v) >= lost {
		return table.Cell{Kind: table.Long, Shown: strings.TrimSpace(raw)}
	}
	f := format{kind: table.Number}
	if style >= 0 && style < len(b.formats) {
		f = b.formats[style]
	}
	c := table.Cell{Kind: f.kind, Value: v}
	if t, ok := b.moment(v); ok && (f.kind == table.Moment || t.Year() >= 2000 && t.Year() <= 2100) {
		c.Day = t.Format(time.DateOnly)
	}
	if f.kind == table.Number {
		c.Value = kept(v)
	}
	switch {
	case f.kind == table.Moment && c.Day == "":
		c.Kind, c.Shown = table.Number, plainDigits(v)
	case f.kind == table.Moment && f.iso:
		c.Shown = c.Day
		if t, _ := b.moment(v); f.timed && v != math.Trunc(v) {
			c.Shown += t.Round(time.Second).Format(" 15:04")
		}
	case f.kind == table.Moment && v == math.Trunc(v):
		c.Shown = p.paint(f.date, raw, v)
	case f.code == "":
		c.Shown = plainDigits(v)
	default:
		c.Shown = p.paint(f.code, raw, v)
	}
	return c
}

// moment is what a number says as a day of 1900 to 2200.
func (b *book) moment(v float64) (time.Time, bool) {
	// A smaller number is a count that got into the wrong column, or a time.
	if !(v >= 367 && v <= 110_000) {
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(v, b.from04)
	return t, err == nil
}
