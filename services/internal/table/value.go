package table

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/fault"
	"github.com/duban/duban/services/internal/text"
	"golang.org/x/text/unicode/norm"
)

// What is said of cells that hold nothing that can be taken.
const (
	failed     fault.Text = "the formula in the cell has failed; correct it, or type the value in"
	unsaved    fault.Text = "the cell holds a formula whose result is not in the file; open the file in Excel or WPS, save it and send it again"
	tooLong    fault.Text = "a number of more than 15 digits has lost its last digits in the workbook; format the cell as text and fill it in again"
	scientific fault.Text = "the number stands in scientific notation, so that its digits are lost; format the cell as text and fill it in again"
)

// unusable says why nothing can be taken from a cell, of whatever its column is.
func (c Cell) unusable() fault.Text {
	switch c.Kind {
	case Error:
		return failed
	case Unsaved:
		return unsaved
	case Long:
		return tooLong
	case Huge:
		return fault.Textf("it has more than %d characters", MaxText)
	case Text:
		if failures[strings.ToUpper(strings.TrimSpace(c.Shown))] {
			return failed
		}
	}
	return ""
}

var failures = map[string]bool{
	"#N/A": true, "#REF!": true, "#VALUE!": true, "#DIV/0!": true, "#NAME?": true, "#NUM!": true, "#NULL!": true,
	"#SPILL!": true, "#CALC!": true, "#FIELD!": true, "#BLOCKED!": true, "#GETTING_DATA": true, "#CONNECT!": true, "#UNKNOWN!": true,
}

// powers are numbers as programs shorten them; 1E5 is a code of somebody's, but
// a power that programs come to by themselves is none.
var powers = regexp.MustCompile(`^[+-]?(\d[.,]\d*[eE][+-]?\d{1,4}|\d{1,3}[eE][+-]\d{2,4}|\d[eE]\d{2,4})$`)

// Text is the text of a cell as it is shown, cleaned as one of several lines; or
// what is wrong with it.
func (c Cell) Text() (string, fault.Text) {
	if why := c.unusable(); why != "" {
		return "", why
	}
	if r, broken := text.Broken(c.Shown); broken {
		return "", fault.Textf("contains the control character %s; remove it", fmt.Sprintf("U+%04X", r))
	}
	s := Unescape(text.Plain(c.Shown))
	if len(s) <= 40 && powers.MatchString(norm.NFKC.String(s)) {
		return "", scientific
	}
	return s, ""
}

var (
	plain   = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)
	grouped = regexp.MustCompile(`^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$`)
)

const (
	noNumber  fault.Text = "expected a number"
	twoWays   fault.Text = "the number can be read in more than one way; write it like 1200 or 1,200.5"
	dayNumber fault.Text = "expected a number, not a day; format the cell as a number and fill it in again"
	noWhole   fault.Text = "expected a whole number"
)

// Number is the number that a cell holds, 0 when it is empty; or what is wrong
// with it.
func (c Cell) Number() (float64, fault.Text) {
	if why := c.unusable(); why != "" {
		return 0, why
	}
	switch c.Kind {
	case Number:
		return c.Value, ""
	case Moment, Clock:
		return 0, dayNumber
	case Truth:
		return 0, noNumber
	}
	s := strings.TrimSpace(Unescape(strings.TrimSpace(c.Shown)))
	if s == "" {
		return 0, ""
	}
	if len(s) > 100 {
		return 0, noNumber
	}
	s = strings.TrimLeft(norm.NFKC.String(s), "¥￥ ")
	s = strings.NewReplacer("−", "-", "–", "-", "，", ",", "．", ".").Replace(s)
	if grouped.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	}
	switch {
	case powers.MatchString(s):
		return 0, scientific
	case !plain.MatchString(s):
		if strings.ContainsFunc(s, unicode.IsDigit) && strings.Trim(s, "0123456789.,' +-%") == "" {
			return 0, twoWays
		}
		return 0, noNumber
	case digits(s) > MaxDigits:
		return 0, "a number of more than 15 digits cannot be kept exactly; give it fewer digits"
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, noNumber
	}
	return v, ""
}

// digits counts the digits of a number that say something.
func digits(s string) int {
	s = strings.TrimLeft(s, "+-0")
	if whole, part, ok := strings.Cut(s, "."); ok {
		part = strings.TrimRight(part, "0")
		if whole == "" {
			return len(strings.TrimLeft(part, "0"))
		}
		return len(whole) + len(part)
	}
	return len(s)
}

// Whole is the whole number that a cell holds, 0 when it is empty; or what is
// wrong with it. 12.0 is whole.
func (c Cell) Whole() (int64, fault.Text) {
	v, why := c.Number()
	if why == noNumber || why == "" && v != math.Trunc(v) {
		return 0, noWhole
	}
	return int64(v), why
}

var (
	yes = keysOf("是", "有", "对", "真", "已完成", "完成", "已办", "已办结", "√", "✓", "✔", "✅", "☑", "■", "1", "TRUE", "yes", "y", "t")
	no  = keysOf("否", "无", "没有", "不是", "错", "假", "未完成", "未", "未办", "未办结", "×", "✕", "✖", "✗", "✘", "❌", "☒", "x", "0", "FALSE", "no", "n", "f")
)

// NoTruth is what is said of a text that is neither yes nor no.
const NoTruth fault.Text = "expected 是 or 否"

// True tells whether a cell says yes; or what is wrong with it. Ask for it only
// where the cell is not empty.
func (c Cell) True() (bool, fault.Text) {
	if why := c.unusable(); why != "" {
		return false, why
	}
	if c.Kind == Truth {
		return c.Value != 0, ""
	}
	k := short(c)
	switch {
	case yes[k]:
		return true, ""
	case no[k]:
		return false, ""
	}
	return false, NoTruth
}
