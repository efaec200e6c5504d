package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold is s as searches compare it: the column is stored with it and the
// question asked with it, so that both engines only compare bytes. Compatible
// forms are one (full and half width, ① and 1, ㎡ and m2), large and small
// letters of all scripts, the middle dots of names, hyphens and dashes, and the
// brackets of document numbers; invisible characters and all space are out, so
// that 张　三 is found by 张三. Fold(Fold(s)) is Fold(s).
func Fold(s string) string {
	if plainASCII(s) {
		return s
	}
	// Folding may give what is composed otherwise, and the other way round;
	// twice is enough for all of Unicode.
	s = strings.Map(unify, s)
	for range 2 {
		s = strings.Map(unify, cases.Fold().String(norm.NFKD.String(s)))
		s = strings.ReplaceAll(s, "i\u0307", "i") // what İ becomes
	}
	return norm.NFC.String(s)
}

// plainASCII tells quickly that s is folded already.
func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c >= 'A' && c <= 'Z' {
			return false
		}
	}
	return true
}

func unify(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return r
	case unicode.IsSpace(r), hollow(r), Invisible(r):
		return -1
	}
	switch r {
	case '\u00b7', '\u0387', '\u2022', '\u2027', '\u2219', '\u22c5', '\u2e31', '\u30fb', '\u16eb':
		return '\u00b7'
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212':
		return '-'
	case '〔', '【', '〖', '\u2772', '\u27e6':
		return '['
	case '〕', '】', '〗', '\u2773', '\u27e7':
		return ']'
	case 'ı':
		return 'i'
	}
	return r
}
