// Package text is the one rule for what people write: what of it is kept, and
// how two texts are compared when somebody searches.
//
// What comes in by an operation is cleaned once, at the edge, by Plain; names,
// titles, codes and accounts are put on one line by Line, in the domain, so
// that an import cleans them as a form does. Passwords are no texts: they pass
// as they are.
//
// Taken out are all characters that show nothing and only change how their
// neighbours look or where a search finds them: Unicode's
// Default_Ignorable_Code_Point (U+00AD, U+034F, U+061C, U+115F, U+1160, U+17B4,
// U+180B–U+180F, U+200B–U+200F, U+202A–U+202E, U+2060–U+206F, U+3164, U+FEFF,
// U+FFA0, U+FFF0–U+FFF8, the tags U+E0000–U+E0FFF), the other format
// characters (Cf) but for those with a shape of their own, noncharacters, and
// control characters. Kept are three that make one sign of several: a
// variation selector right behind an ideograph, a Mongolian letter or a
// symbol; the Mongolian vowel separator behind a Mongolian letter; and U+200D
// between two emoji.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Line is s as a text of one line: invisible characters are out, line ends and
// tabs become a space, the rest is in NFC and has no space around it. A text
// of which nothing can be seen is "". Line(Line(s)) is Line(s).
func Line(s string) string { return clean(s, false) }

// Plain is s as a text of several lines: as Line, but line ends (each as \n)
// and tabs stay, and so does the indent of ideographic spaces of a first
// paragraph that others follow.
func Plain(s string) string { return clean(s, true) }

// Broken finds what no hand wrote: a control character other than line ends
// and tabs, or U+FFFD for a character that was lost on the way, for bytes that
// are not UTF-8 too. The edge refuses those by name instead of taking them out,
// for something of the text is wrong already.
func Broken(s string) (which rune, broken bool) {
	for _, r := range s {
		switch {
		case r >= 0x20 && r < 0x7f || r == '\n' || r == '\t' || r == '\r':
		case r == utf8.RuneError, unicode.IsControl(r) && r != '\u0085': // that one ends a line
			return r, true
		}
	}
	return 0, false
}

func clean(s string, lines bool) string {
	if ready(s) {
		return s
	}
	s = norm.NFC.String(strip(s, lines))
	if !visible(s) {
		return ""
	}
	end := strings.TrimRightFunc(s, blank)
	start := strings.TrimLeftFunc(end, blank)
	if !lines || !strings.Contains(start, "\n") {
		return start
	}
	indent := len(end) - len(start)
	for indent > 0 && strings.HasSuffix(end[:indent], ideographicSpace) {
		indent -= len(ideographicSpace)
		start = ideographicSpace + start
	}
	return start
}

const ideographicSpace = "\u3000"

// ready tells quickly that nothing is to be done to s: printing ASCII without
// space around it.
func ready(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// strip takes out what shows nothing, and makes line ends alike.
func strip(s string, lines bool) string {
	var b strings.Builder
	b.Grow(len(s))
	var last rune // the one kept last
	keep := func(r rune) {
		b.WriteRune(r)
		last = r
	}
	for i, r := range s {
		_, size := utf8.DecodeRuneInString(s[i:]) // 1 where it is not UTF-8
		rest := s[i+size:]
		switch {
		case r == '\r' && strings.HasPrefix(rest, "\n"):
		case breaks(r):
			if lines {
				keep('\n')
			} else if last != ' ' {
				keep(' ')
			}
		case r == '\t':
			if lines {
				keep(r)
			} else if last != ' ' {
				keep(' ')
			}
		case !Invisible(r), joins(r, last, rest):
			keep(r)
		}
	}
	return b.String()
}

// breaks tells whether r ends a line.
func breaks(r rune) bool {
	return r >= '\n' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// Invisible tells whether r shows nothing and takes no room.
func Invisible(r rune) bool {
	if r < 0x7f {
		return r < ' ' && r != '\n' && r != '\t'
	}
	return unicode.IsControl(r) || breaks(r) ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Noncharacter_Code_Point) ||
		unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Prepended_Concatenation_Mark, r)
}

// joins tells whether r, which is invisible, makes one sign of its neighbours.
func joins(r, before rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	switch {
	case r == '\u200d':
		return (emoji(before) || before == '\ufe0f') && emoji(next)
	case r >= '\ufe0e' && r <= '\ufe0f':
		return unicode.In(before, unicode.Han, unicode.So, unicode.Sm) && !hollow(before) && before != utf8.RuneError || before == '‼' || before == '⁉' ||
			next == '\u20e3' && strings.ContainsRune("0123456789#*", before)
	case r >= '\ufe00' && r < '\ufe0e', r >= '\U000e0100' && r <= '\U000e01ef':
		return unicode.Is(unicode.Han, before)
	case r >= '\u180b' && r <= '\u180f':
		return unicode.Is(unicode.Mongolian, before) && unicode.IsLetter(before)
	}
	return false
}

func emoji(r rune) bool {
	return r >= 0x2190 && unicode.Is(unicode.So, r) && !hollow(r) && r != utf8.RuneError || r >= 0x1f3fb && r <= 0x1f3ff
}

// hollow are symbols without any ink: the empty pattern of braille, and a note
// without a head.
func hollow(r rune) bool { return r == '\u2800' || r == '\U0001d159' }

func blank(r rune) bool { return unicode.IsSpace(r) || hollow(r) }

// visible tells whether there is more in s than space and marks on nothing.
func visible(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !blank(r) && !unicode.IsMark(r) && !Invisible(r) })
}
