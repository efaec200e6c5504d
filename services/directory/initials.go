package directory

import (
	"strings"

	"github.com/mozillazg/go-pinyin"
)

// initials are the first letters of the pinyin of name, so that 东一村 is found
// by "dyc"; Latin letters and digits stay, everything else is left out.
func initials(name string) string {
	var b strings.Builder
	args := pinyin.Args{Style: pinyin.FirstLetter}
	for _, r := range name {
		switch {
		case r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			b.WriteRune(r + 'a' - 'A')
		case r > 127:
			if p := pinyin.SinglePinyin(r, args); len(p) > 0 {
				b.WriteString(p[0])
			}
		}
	}
	return b.String()
}
