package event

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/duban/duban/api/kinds"
)

// Sameness names what a requirement asks for, apart from the task that asks:
// two requirements with the same one ask a unit for the same thing, which it
// should give once. A number is its figure and measure, or its title where it
// is no figure; a table its register, or its title and columns; everything else
// its kind and title. Titles differ in letters and digits only.
func (r Requirement) Sameness() string {
	switch {
	case r.Kind == kinds.Number && r.Figure != "":
		return fmt.Sprintf("number figure %q %q %s", r.Figure, plainTitle(r.Measure), r.aggregated())
	case r.Kind == kinds.Number:
		return fmt.Sprintf("number title %q %q %s", plainTitle(r.Title), plainTitle(r.Measure), r.aggregated())
	case r.Register != "":
		return fmt.Sprintf("register %q", r.Register)
	case len(r.Columns) > 0:
		var b strings.Builder
		for _, c := range r.Columns {
			fmt.Fprintf(&b, " %q:%s", c.Key, c.Type)
		}
		return fmt.Sprintf("%s %s%s", r.Kind, plainTitle(r.Title), b.String())
	}
	return fmt.Sprintf("%s %s", r.Kind, plainTitle(r.Title))
}

func (r Requirement) aggregated() string {
	if r.Aggregate == "" {
		return "sum"
	}
	return r.Aggregate
}

func plainTitle(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
