// Package spelling gives the ways in which people type a Chinese name on a
// Latin keyboard: the first letters of its pinyin, and the pinyin itself.
package spelling

import (
	"slices"
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/text"
	"github.com/mozillazg/go-pinyin"
)

// Bounds of what is kept of one name. Many characters have several readings;
// where their combinations are more, those with the rarest readings are left
// out.
const (
	maxInitials = 64
	maxWhole    = 32
)

// Of gives the spellings of name, in small letters and without space: first
// those by initials, then the whole ones, each sort beginning with the usual
// reading of every character. A character is spelled by each of its readings,
// by itself and not at all where it has none; letters and digits stand for
// themselves; all other signs are left out. In the last fixed characters of
// name only the usual readings count.
func Of(name string, fixed int) []string {
	rs := []rune(text.Fold(name))
	var short, long [][]string
	for i, r := range rs {
		whole := readings(r)
		if len(whole) == 0 {
			continue
		}
		if i >= len(rs)-fixed {
			whole = whole[:1]
		}
		var first []string
		for _, s := range whole {
			if initial := firstLetter(s); !slices.Contains(first, initial) {
				first = append(first, initial)
			}
		}
		short, long = append(short, first), append(long, whole)
	}
	all := combine(short, maxInitials)
	for _, s := range combine(long, maxWhole) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// Asked is how query is compared with the beginnings of spellings.
func Asked(query string) string {
	return strings.NewReplacer("ü", "v", "'", "", "\u2019", "", "-", "").Replace(text.Fold(query))
}

func firstLetter(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// readings are the ways to spell one folded character, the usual first; none
// when it is not spelled.
func readings(r rune) []string {
	if !unicode.Is(unicode.Han, r) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return []string{string(r)}
		}
		return nil
	}
	all := pinyin.SinglePinyin(r, pinyin.Args{Style: pinyin.Normal, Heteronym: true})
	if len(all) == 0 {
		return []string{string(r), ""}
	}
	if s, ok := more[r]; ok {
		all = append(slices.Clip(all), s)
	}
	var out []string
	for _, s := range all {
		for _, x := range []string{s, strings.Replace(s, "v", "u", 1)} { // 吕: lv, and lu as people type it
			if !slices.Contains(out, x) {
				out = append(out, x)
			}
		}
	}
	return out
}

// more are readings of surnames and places that the table of go-pinyin lacks.
var more = map[rune]string{'乐': "lao", '叶': "she", '获': "huai", '谌': "shen", '贠': "yun", '黑': "he"}

// spelled is the beginning of a combination and how rare its readings are.
type spelled struct {
	text string
	rare int
}

// combine gives the ways to take one of each of parts, at most limit, those of
// usual readings first.
func combine(parts [][]string, limit int) []string {
	all := []spelled{{}}
	for _, p := range parts {
		next := make([]spelled, 0, len(all)*len(p))
		for rare, s := range p {
			for _, a := range all {
				next = append(next, spelled{a.text + s, a.rare + rare})
			}
		}
		slices.SortStableFunc(next, func(a, b spelled) int { return a.rare - b.rare })
		all = next[:min(len(next), limit)]
	}
	seen := map[string]bool{"": true}
	var out []string
	for _, a := range all {
		if !seen[a.text] {
			seen[a.text] = true
			out = append(out, a.text)
		}
	}
	return out
}
