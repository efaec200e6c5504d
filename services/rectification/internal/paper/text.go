package paper

import (
	"strings"
	"unicode"

	"github.com/duban/duban/services/internal/xlsx"
)

// The widths of characters, in em, as they are in the widest of the fonts that a
// reader may have instead of the official ones: a text never takes more room
// than this says.
const (
	wideEm    = 1.0  // of an ideograph, and of whatever is not known
	capitalEm = 0.75 // A–Z
	broadEm   = 1.0  // W, M, m, w, @, %
	narrowEm  = 0.6  // other letters and digits
	pointEm   = 0.55 // other signs of ASCII
	pictureEm = 1.5  // pictographs
)

// em is how wide a character is.
func em(r rune) float64 {
	switch {
	case r == '\t':
		return 2
	case r < ' ' || unicode.Is(unicode.Mn, r):
		return 0
	case strings.ContainsRune("WMmw@%", r):
		return broadEm
	case r >= 'A' && r <= 'Z':
		return capitalEm
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return narrowEm
	case r < 0x7f:
		return pointEm
	case r >= 0x1f000 && r < 0x20000:
		return pictureEm
	}
	return wideEm
}

func ems(s string) float64 {
	n := 0.0
	for _, r := range s {
		n += em(r)
	}
	return n
}

// Signs that no line begins with, and that none ends with.
const (
	closing = "，。、；：！？）】》〉」』〕”’…—·％℃,.;:!?)]}%"
	opening = "（【《〈「『〔“‘([{"
)

// parts tells whether a line may end between two characters.
func parts(before, after rune) bool {
	if strings.ContainsRune(closing, after) || strings.ContainsRune(opening, before) {
		return false
	}
	return before >= 0x2e80 || after >= 0x2e80 || before == ' ' || before == '\t'
}

// breaks are the places in a text, in bytes, where its lines begin when it is
// set in a width of some em; the first is 0.
func breaks(text string, width float64) []int {
	starts := []int{0}
	x, may, mayX := 0.0, -1, 0.0 // may is where the line may end before here
	before := rune(-1)
	next := func(at int) {
		starts = append(starts, at)
		may = -1
	}
	for i, r := range text {
		if before == '\n' {
			next(i)
			x, before = 0, -1
		}
		if before >= 0 && parts(before, r) {
			may, mayX = i, x
		}
		w := em(r)
		if x+w > width && i > starts[len(starts)-1] && r != '\n' {
			if may > starts[len(starts)-1] {
				x -= mayX
				next(may)
			} else {
				x = 0
				next(i)
			}
		}
		x += w
		before = r
	}
	if before == '\n' {
		next(len(text))
	}
	return starts
}

// lines is how many lines a text has in a width of some em.
func lines(text string, width float64) int {
	if text == "" {
		return 0
	}
	return len(breaks(text, width))
}

// pieces divides a text into parts of at most n lines each, none of which would
// be taken for a formula where it goes on. Joined they are the text, but for the
// line break between two.
func pieces(text string, width float64, n int) []string {
	starts := breaks(text, width)
	var out []string
	for first := 0; first < len(starts); {
		end := min(first+n, len(starts))
		for end < len(starts) && end > first+1 && strings.HasPrefix(xlsx.Escape(text[starts[end]:]), "'") {
			end--
		}
		upTo := len(text)
		if end < len(starts) {
			upTo = starts[end]
		}
		out = append(out, strings.TrimSuffix(text[starts[first]:upTo], "\n"))
		first = end
	}
	return out
}
