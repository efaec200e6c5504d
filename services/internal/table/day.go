package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/duban/duban/services/internal/fault"
	"golang.org/x/text/unicode/norm"
)

// What is said of cells that hold no day.
const (
	noDay   fault.Text = "expected a day like 2026-09-19"
	twoDays fault.Text = "the day can be read in more than one way; write it like 2026-09-19"
	noYear  fault.Text = "the day says no year; write it like 2026-09-19"
)

// near is how far from today a day without a year is sure of its year.
const near = 150 * 24 * time.Hour

const behind = `(?:[ T]*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?[ T]*(?:(?:上午|下午|中午|晚上|AM|PM) ?)?(?:\d{1,2}(?::\d{1,2}(?::\d{1,2}(?:\.\d+)?)?|时(?:\d{1,2}分?(?:\d{1,2}秒)?)?|点(?:\d{1,2}分?)?)(?: ?[AP]M)?(?:Z|[+-]\d{2}:?\d{2})?)?)?$`

var (
	yearFirst = regexp.MustCompile(`(?i)^(\d{4})(?:([-/.])(\d{1,2})([-/.])(\d{1,2})|(年)(\d{1,2})(月)(\d{1,2})[日号]?)` + behind)
	packed    = regexp.MustCompile(`(?i)^(\d{4})(\d{2})(\d{2})` + behind)
	yearLast  = regexp.MustCompile(`(?i)^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4})` + behind)
	yearless  = regexp.MustCompile(`(?i)^(\d{1,2})月(\d{1,2})[日号]` + behind)
	unsure    = regexp.MustCompile(`^\d{1,2}[-/.]\d{1,2}([-/.]\d{2})?$`)
)

// Date is the day that a cell holds, as 2026-09-19; nothing when it is empty;
// or what is wrong with it. A day without a year lies near today.
func (c Cell) Date(today time.Time) (string, fault.Text) {
	if why := c.unusable(); why != "" {
		return "", why
	}
	if c.Kind == Moment {
		if c.Day == "" {
			return "", noDay
		}
		return c.Day, ""
	}
	s := Unescape(strings.TrimSpace(c.Shown))
	if s == "" {
		return "", ""
	}
	if len(s) > 100 || c.Kind == Truth || c.Kind == Clock {
		return "", noDay
	}
	s = strings.Join(strings.Fields(norm.NFKC.String(s)), " ")
	s = strings.NewReplacer(" 年", "年", "年 ", "年", " 月", "月", "月 ", "月", " 日", "日", "−", "-", "–", "-").Replace(s)
	if d, why, ok := writtenDay(s, today); ok {
		return d, why
	}
	if c.Kind == Number && c.Day != "" {
		return c.Day, ""
	}
	if unsure.MatchString(s) {
		return "", twoDays
	}
	return "", noDay
}

// writtenDay reads a day as people write it.
func writtenDay(s string, today time.Time) (day string, why fault.Text, ok bool) {
	if m := yearFirst.FindStringSubmatch(s); m != nil {
		if m[2] != m[4] {
			return "", twoDays, true
		}
		return dayOf(m[1], m[3]+m[7], m[5]+m[9])
	}
	if m := packed.FindStringSubmatch(s); m != nil {
		return dayOf(m[1], m[2], m[3])
	}
	if m := yearLast.FindStringSubmatch(s); m != nil {
		a, _, aok := dayOf(m[5], m[1], m[3])
		b, _, bok := dayOf(m[5], m[3], m[1])
		aok, bok = aok && a != "", bok && b != ""
		switch {
		case aok && (!bok || a == b):
			return a, "", true
		case bok && !aok:
			return b, "", true
		case aok:
			return "", twoDays, true
		}
		return "", noDay, true
	}
	if m := yearless.FindStringSubmatch(s); m != nil {
		return nearest(m[1], m[2], today)
	}
	return "", "", false
}

func dayOf(year, month, day string) (string, fault.Text, bool) {
	y, _ := strconv.Atoi(year)
	m, _ := strconv.Atoi(month)
	d, _ := strconv.Atoi(day)
	t, err := time.Parse(time.DateOnly, fmt.Sprintf("%04d-%02d-%02d", y, m, d))
	if err != nil || y < 1900 || y > 2100 {
		return "", noDay, true
	}
	return t.Format(time.DateOnly), "", true
}

// nearest is the day of a month that lies near today.
func nearest(month, day string, today time.Time) (string, fault.Text, bool) {
	any := false
	for _, y := range []int{today.Year(), today.Year() - 1, today.Year() + 1} {
		s, _, _ := dayOf(strconv.Itoa(y), month, day)
		if s == "" {
			continue
		}
		any = true
		if t, err := time.Parse(time.DateOnly, s); err == nil && t.Sub(today).Abs() <= near {
			return s, "", true
		}
	}
	if any {
		return "", noYear, true
	}
	return "", noDay, true
}
